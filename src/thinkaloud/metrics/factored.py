"""The factored-cognition effect of one task, and what else a naive comparison of arms would have called by its name.

    factored effect    F2 - F1, T1 - T2        the same parts in fresh contexts; nothing else counts
    naive gain         F2 at b - R2 once       what one reads off a table of systems; it falls into
      spend            R2k at b - R2 once      as many tokens for the plain way
      information      F1 at b - R2k at b      the decomposition, in one context
      fresh context    F2 at b - F1 at b
    naive gain         T1 at b - R2 once       it falls into
      spend, tool      R2k - R2 once, T0 - R2k
      environment      T2 - T0
      fresh context    T1 - T2

The parts are taken over the items that have every arm of the sum, so they add up item by item and in the mean; the
factored effect by itself over the items that have its two arms. `F2 - F1` is the area between the curves over the log
range of the budgets on the primary meter, `F2 - F1 by B1` the same on another meter, `F2 - F1 at b` the difference at a
budget, with a band that holds at all budgets at once. `F2 spend` is what one attempt costs on the primary meter, in the
mean over an item's attempts (on a meter that knows a cache, later ones find the first one's prompt in it) and over the
items that have any. All rows share one bootstrap key. An arm that is not in the records, or is `absent` in all of them,
has no rows; an arm with too few items has rows that say so.

This module does not know about families or verdicts (`pool.py`, `equivalence.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thinkaloud.budget.meters import METERS
from thinkaloud.metrics import gaps
from thinkaloud.metrics.arm_edits import edits
from thinkaloud.metrics.bootstrap import KEY, Array
from thinkaloud.metrics.columns import SIGNED, Columns, estimates
from thinkaloud.metrics.frontier import Frontier, area_weights, crossing, frontiers, paired
from thinkaloud.vocabulary import Estimate, Key, Record

EFFECTS = (("F2", "F1"), ("T1", "T2"))
"""The two forms of the factored-cognition effect."""
GAINS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "F2": (("spend", "R2"), ("information", "F1"), ("fresh context", "F2")),
    "T1": (("spend", "R2"), ("tool", "T0"), ("environment", "T2"), ("fresh context", "T1")),
}
"""An arm -> the parts of its naive gain over R2 once, each with the arm that it arrives at."""


def rungs(records: Sequence[Record], budgets: Sequence[int], meter: str, key: Key = KEY) -> list[Estimate]:
    """Every estimate of one task, in reading order: accuracies, effects, naive gains, gaps, crossings, edits."""
    found = frontiers(records, budgets, meter)
    both = gaps.pairs(found, meter)
    return [
        *(row for block in blocks(found, budgets, meter) for row in estimates(block, key)),
        *gaps.logits(both, key),
        *(
            crossing(f"crossing {left} {right}", rows, budgets, (left, right), key)
            for (left, right), rows in differences(found, meter).items()
        ),
        *edits(records, key),
    ]


def blocks(found: Mapping[str, Frontier], budgets: Sequence[int], meter: str) -> list[Columns]:
    """Everything that is a mean over items, a matrix for each set of items."""
    return [
        *(block for arm in found.values() for block in (_accuracies(arm, budgets, meter), _spend(arm))),
        *(block for left, right in EFFECTS for block in _effect(found, (left, right), budgets, meter)),
        *(block for arm in GAINS for block in _gain(found, arm, budgets, meter)),
        *gaps.raw(gaps.pairs(found, meter)),
    ]


def differences(found: Mapping[str, Frontier], meter: str) -> dict[tuple[str, str], Array]:
    """The factored effects on a meter: the two arms -> the difference of each item that has both, [items, budgets]."""
    rows = {}
    for left, right in EFFECTS:
        if left in found and right in found:
            one, other = paired(found[left], found[right])
            rows[left, right] = found[left].at[meter][one] - found[right].at[meter][other]
    return rows


def by_meter(name: str, meter: str, primary: str) -> str:
    """A name on a meter: the primary one is not named."""
    return name if meter == primary else f"{name} by {meter}"


def voted(arm: str) -> str:
    """What an arm is called at a budget: R2 with votes is R2k, every other arm keeps its name."""
    return gaps.VOTED if arm == "R2" else arm


def _accuracies(arm: Frontier, budgets: Sequence[int], meter: str) -> Columns:
    """Once, and at every budget on every meter, the primary one first."""
    names, columns = [f"{arm.arm} once"], [arm.once[:, None]]
    for m in sorted(METERS, key=lambda m: (m != meter, m)):
        names += [by_meter(f"{voted(arm.arm)} at {budget}", m, meter) for budget in budgets]
        columns.append(arm.at[m])
    return Columns(tuple(names), np.hstack(columns), lacking=f"no item has {arm.arm}")


def _spend(arm: Frontier) -> Columns:
    """What one attempt costs; an item that failed before its first attempt is not one that cost nothing."""
    known = arm.spend[np.isfinite(arm.spend)]
    return Columns((f"{arm.arm} spend",), known[:, None], None, lacking=f"no item has an attempt of {arm.arm}")


def _effect(found: Mapping[str, Frontier], arms: tuple[str, str], budgets: Sequence[int], meter: str) -> list[Columns]:
    """The area on every meter, the primary one first, and the band over the budgets."""
    rows = {m: differences(found, m).get(arms) for m in sorted(METERS, key=lambda m: (m != meter, m))}
    here = {m: difference for m, difference in rows.items() if difference is not None}
    if not here:
        return []
    name, weights = " - ".join(arms), area_weights(budgets)
    lacking = f"no item has both of {name}"
    areas = np.stack([difference @ weights for difference in here.values()], axis=1)
    at = tuple(f"{name} at {budget}" for budget in budgets)
    return [
        Columns(tuple(by_meter(name, m, meter) for m in here), areas, SIGNED, lacking=lacking),
        Columns(at, here[meter], SIGNED, band=True, lacking=lacking),
    ]


def _gain(found: Mapping[str, Frontier], arm: str, budgets: Sequence[int], meter: str) -> list[Columns]:
    """The naive gain of an arm at every budget with its parts, over the items that have all arms of the sum."""
    steps = GAINS[arm]
    arms = [found.get(name) for _, name in steps]
    here = [a for a in arms if a is not None]
    if len(here) < len(steps):
        return []
    rows = paired(*here)
    scores = [a.at[meter][r] for a, r in zip(here, rows, strict=True)]
    start = here[0].once[rows[0]][:, None]
    names, columns = [f"naive gain {arm} at {budget}" for budget in budgets], [scores[-1] - start]
    for (part, _), before, after in zip(steps, [start, *scores[:-1]], scores, strict=True):
        names += [f"{part} {arm} at {budget}" for budget in budgets]
        columns.append(after - before)
    lacking = f"no item has all of {', '.join(name for _, name in steps)}"
    return [Columns(tuple(names), np.hstack(columns), SIGNED, lacking=lacking)]
