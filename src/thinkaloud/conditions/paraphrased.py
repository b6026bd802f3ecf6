"""What a reader of a report must know about the paraphrases of a run: who made them, and which were refused and why.

Works on records; knows no model and makes no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from thinkaloud.vocabulary import Record

ITEMS = 3
"""So many refused items are named; the records have all of them."""


def about_paraphrases(task: str, records: Sequence[Record], paraphraser: str, model: str) -> list[str]:
    """Sentences about the paraphrases of one task; nothing where the task's rules made one of every item."""
    ok = [r for r in records if r["status"] == "ok" and ("paraphrase" in r["conditions"] or r.get("rejected"))]
    refused = [r for r in ok if r.get("rejected")]
    said = []
    if paraphraser == "model" and ok:
        said.append(
            f"{task}: paraphrased by {model} itself, the model under test. A code that it keeps when it rewrites its "
            "own words is counted as content, not as residue: content is an upper bound here, residue a lower one. "
            "The check sees numbers, negations, quantifiers, opposites and which options are named; not who did what "
            "to whom, nor anything implied."
        )
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
