"""What a reader of a report must know about the paraphrases of a run: who made them, how much of a text they changed,
and which were refused and why.

Works on records; knows no model and makes no estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.vocabulary import Record

ITEMS = 3
"""So many refused items are named; the records have all of them."""
SEEN = (
    "The check sees numbers, negations, quantifiers, opposites and which options are named; not who did what to whom, "
    "nor anything implied."
)


def about_paraphrases(task: str, records: Sequence[Record], settings: ConditionSettings, model: str) -> list[str]:
    """Sentences about the paraphrases of one task, whose reasoning is `model`'s; nothing where the task's rules made
    one of every item."""
    ok = [r for r in records if r["status"] == "ok" and ("paraphrase" in r["conditions"] or r.get("rejected"))]
    refused = [r for r in ok if r.get("rejected")]
    said = []
    if settings.paraphraser == "model" or any(map(_unread, ok)):
        said += [f"{task}: {_by(settings, model)} {SEEN}"] if ok else []
        said += _extent(task, ok)
    elif ok and settings.editor:
        said.append(f"{task}: its own rules paraphrase; {settings.editor} was not asked (--paraphraser model asks it).")
    if refused:
        whys = Counter(str(r["rejected"]["why"]).partition(" (")[0].partition(": ")[0] for r in refused)
        names = [str(r["item"]) for r in refused]
        more = f" and {len(names) - ITEMS} more" if len(names) > ITEMS else ""
        said.append(
            f"{task}: {len(refused)} of {len(ok)} items have no paraphrase "
            f"({'; '.join(f'{why}: {n}' for why, n in whys.most_common())}): "
            f"{', '.join(names[:ITEMS])}{more}. They are outside content, residue and the share."
        )
    return said


def _by(settings: ConditionSettings, model: str) -> str:
    """Who paraphrased, and what follows for content and residue."""
    if settings.paraphraser == "wording":
        return (
            "paraphrased by rules for any text, which know few forms: what is left of its own words is counted as "
            "content, so content is an upper bound here, residue a lower one."
        )
    if settings.editor:
        return (
            f"paraphrased by {settings.editor}, another model than the one under test ({model}). A code that it copies "
            "is counted as content; a meaning that it changed unseen is counted as residue."
        )
    return (
        f"paraphrased by {model} itself, the model under test. A code that it keeps when it rewrites its own words is "
        "counted as content, not as residue: content is an upper bound here, residue a lower one."
    )


def _extent(task: str, ok: Sequence[Record]) -> list[str]:
    """How much of the reasoning was reworded where that was done in pieces."""
    done = [r["conditions"]["paraphrase"] for r in ok if "share" in r["conditions"].get("paraphrase", ())]
    if not done:
        return []
    share, by_rule = (sum(float(one[name]) for one in done) / len(done) for name in ("share", "by_rule"))
    return [
        f"{task}: {share:.0%} of the sentences that have words to change were reworded ({len(done)} items), "
        f"{by_rule:.0%} of these by rules for any text. Formulas, code, tables and headings stay as they are."
    ]


def _unread(record: Record) -> bool:
    """Whether an item's paraphrase, made or refused, was not the grammar's."""
    refused = record.get("rejected")
    if refused:
        return bool(refused["by"] != "rules")
    return bool(record["conditions"]["paraphrase"].get("check") == "words")
