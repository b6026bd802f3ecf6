"""Why a number could not be measured, and what to do about it: the cause and the next step behind a bare lack.

A metric knows what it lacks (`no item has transplant`), not why there is none. The records do: whose paraphrase was
refused and for what, whether the task reads its steps, whether questions have a reverse. This adds that to the reason,
so that nobody is left with *not measured* alone. No number is changed, and a reason that has its cause is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.vocabulary import Estimate

LACKS = "not measured: no item has"
GRAMMAR = "the task does not know its own steps"
UNJUDGED = "no text has a verdict of both judges"
REWORDED = ("paraphrase", "rewording")
ASK = "--editor MODEL asks another model for them"
EVERYWHERE = "and a mistake at half of the chosen positions"
TOO_FEW = "too few items"
NO_MISTAKE = (
    "where a sentence states no number that could be another one, only an editor can make it wrong (--editor MODEL)"
)
CAUSES = {
    "transplant": "it is right reasoning of another question that leads to one of this item's wrong answers, which "
    "only a task that reads its own steps can find (docs/add-a-task.md)",
    "foreign": "no reasoning about another question leads to one of this item's wrong answers; what such reasoning "
    "does is in the rows of foreign and unrelated",
    "mistake": "where a changed sentence leads is known only to a task that reads its own steps (docs/add-a-task.md); "
    "whether the answer changes is in the rows of mistakes",
    "reversed": "only questions that can be turned round have it (`reverse`, docs/add-a-task.md)",
}
"""Kind of a condition -> why items may have none, and what else there is."""


def with_causes(estimates: Sequence[Estimate], records: Many) -> list[Estimate]:
    """The same estimates; where one is missing for a lack, with the cause and the next step."""
    ok = numbers(records).ok
    if not len(ok) or not np.isnan(ok.legible).all():
        return list(estimates)  # the task reads its steps: what is missing there has its reason in the metric
    return [_explained(row, ok) if row.value is None else row for row in estimates]


def _explained(row: Estimate, ok: Numbers) -> Estimate:
    reason = row.reason or ""
    if reason == f"not measured: {GRAMMAR}":
        return replace(row, reason=f"{reason}; families with a grammar do (docs/add-a-task.md)")
    if reason == f"not measured: {UNJUDGED}":
        return replace(row, reason=f"{reason}: judges read what moved to the hint, and nothing did")
    if reason.startswith(TOO_FEW) and row.n < len(ok) and str(row.about.get("measure")).startswith("mistakes"):
        return replace(row, reason=f"{reason}; the others lack an edit: {NO_MISTAKE}")
    lacking = reason.removeprefix(LACKS)
    if lacking == reason:
        return row
    if lacking.endswith(EVERYWHERE):
        return replace(row, reason=f"{reason}: {NO_MISTAKE}")
    if any(name in lacking for name in REWORDED):
        if "editor" in lacking or "asks" in lacking:  # the metric has said what to do
            return row
        return replace(row, reason=f"{reason}; {ASK}" if ":" in lacking else f"{reason}: {_refused(ok)}")
    cause = next((why for kind, why in CAUSES.items() if kind in lacking), None)
    return row if cause is None else replace(row, reason=f"{reason}: {cause}")


def _refused(ok: Numbers) -> str:
    """Why there are no paraphrases, by how many items, and what to do."""
    whys = Counter(why.partition(" (")[0].partition(": ")[0] for _, why in ok.rejected.values())
    if not whys:
        return f"no sentence of them could be reworded; {ASK}"
    told = "; ".join(f"{why} in {n}" for why, n in whys.most_common(3))
    return f"those of {sum(whys.values())} of {len(ok)} items were refused ({told}); {ASK}"
