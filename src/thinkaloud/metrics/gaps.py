"""Gaps between rungs of the ladder, on the raw and on the logit scale.

A gap is a difference of the accuracy of single attempts ("once"), as a user sees it who asks once: spend is *not*
matched, and a gap is no effect of anything. R2k is voting, so there R2k at the largest budget stands against R2 once.
Gaps are for slopes on capability ("do they widen?"), and raw gaps shrink at the ceiling whatever happens; hence the
logit of (k + .5) / (n + 1), k the sum of the scores of n items, which is finite at 0 and 1 and pulled to 0 for few.

This module does not know the size of a model.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from thinkaloud.metrics.bootstrap import KEY, Array, Sample, Statistic, corners, interval, means
from thinkaloud.metrics.columns import SIGNED, UNIT, Columns
from thinkaloud.metrics.frontier import Frontier, paired
from thinkaloud.vocabulary import Estimate, Key

VOTED = "R2k"
GAPS = (("R1", "R0"), ("R2", "R1"), (VOTED, "R2"), ("F1", "R2"), ("F2", "F1"), ("T0", "R2"), ("T1", "T2"))


def pairs(found: Mapping[str, Frontier], meter: str) -> dict[str, Array]:
    """`gap X - Y` -> the scores of both, [items, 2], over the items that have both; only arms that are there."""
    rows = {}
    for left, right in GAPS:
        arms = [found.get("R2" if name == VOTED else name) for name in (left, right)]
        if arms[0] is None or arms[1] is None:
            continue
        one, other = paired(arms[0], arms[1])
        upper = arms[0].at[meter][:, -1] if left == VOTED else arms[0].once
        rows[f"gap {left} - {right}"] = np.stack([upper[one], arms[1].once[other]], axis=1)
    return rows


def raw(rows: Mapping[str, Array]) -> list[Columns]:
    """The raw gaps, as columns."""
    return [
        Columns((name,), both[:, :1] - both[:, 1:], SIGNED, lacking=f"no item has both of {name.removeprefix('gap ')}")
        for name, both in rows.items()
    ]


def logits(rows: Mapping[str, Array], key: Key = KEY) -> list[Estimate]:
    """`gap X - Y logit`: the difference of the logits of two mean accuracies."""
    box = corners(UNIT, UNIT)
    made = []
    for name, both in rows.items():
        sample = Sample(both, extremes=box, lacking=f"no item has both of {name.removeprefix('gap ')}")
        made.append(interval(f"{name} logit", _statistic(len(both)), sample, key))
    return made


def logit_gap(both: Array) -> float:
    """The logit gap of one family."""
    return float(_gap(both.mean(axis=0, keepdims=True), len(both))[0])


def _statistic(n: int) -> Statistic:
    return lambda rows, weights: _gap(means(rows, weights), n)


def _gap(accuracy: Array, n: int) -> Array:
    """Logit of the first column minus logit of the second."""
    p = (accuracy * n + 0.5) / (n + 1)
    logit = np.log(p / (1 - p))
    return np.asarray(logit[:, 0] - logit[:, 1], dtype=np.float64)
