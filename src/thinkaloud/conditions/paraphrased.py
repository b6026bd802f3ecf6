"""What a reader of a report must know about the paraphrases of a run: who made them, how much of a text they changed,
and which were refused and why.

Works on records; knows no model and makes no estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.vocabulary import Record

ITEMS = 3
"""So many refused items are named; the records have all of them."""
SEEN = (
    "The check sees numbers, negations, quantifiers, opposites and which options are named; not who did what to whom, "
    "nor anything implied."
)


def about_paraphrases(task: str, records: Iterable[Record], settings: ConditionSettings, model: str) -> list[str]:
    """Sentences about the paraphrases of one task, whose reasoning is `model`'s; nothing where the task's rules made
    one of every item. The records are read once, and none is kept."""
    n, unread, refused, extents, whys = 0, False, list[str](), list[tuple[float, float]](), Counter[str]()
    for record in records:
        made, rejected = record["conditions"].get("paraphrase"), record.get("rejected")
        if record["status"] != "ok" or (made is None and not rejected):
            continue
        n += 1
        unread = unread or _unread(made, rejected)
        if rejected:
            refused.append(str(record["item"]))
            whys[str(rejected["why"]).partition(" (")[0].partition(": ")[0]] += 1
        if made is not None and "share" in made:
            extents.append((float(made["share"]), float(made["by_rule"])))
    said = []
    if settings.paraphraser == "model" or unread:
        said += [f"{task}: {_by(settings, model)} {SEEN}"] if n else []
        said += _extent(task, extents)
    elif n and settings.editor:
        said.append(f"{task}: its own rules paraphrase; {settings.editor} was not asked (--paraphraser model asks it).")
    if refused:
        more = f" and {len(refused) - ITEMS} more" if len(refused) > ITEMS else ""
        said.append(
            f"{task}: {len(refused)} of {n} items have no paraphrase "
            f"({'; '.join(f'{why}: {times}' for why, times in whys.most_common())}): "
            f"{', '.join(refused[:ITEMS])}{more}. They are outside content, residue and the share."
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


def _extent(task: str, extents: Sequence[tuple[float, float]]) -> list[str]:
    """How much of the reasoning was reworded, and how much of that by rule, where that was done in pieces."""
    if not extents:
        return []
    share, by_rule = (sum(column) / len(extents) for column in zip(*extents, strict=True))
    return [
        f"{task}: {share:.0%} of the sentences that have words to change were reworded ({len(extents)} items), "
        f"{by_rule:.0%} of these by rules for any text. Formulas, code, tables and headings stay as they are."
    ]


def _unread(made: Mapping[str, Any] | None, rejected: Mapping[str, Any] | None) -> bool:
    """Whether an item's paraphrase, made or refused, was not the grammar's."""
    if rejected:
        return bool(rejected["by"] != "rules")
    return made is not None and made.get("check") == "words"
