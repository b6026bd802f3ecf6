"""Gaps between rungs of the ladder, on the raw and on the logit scale.

A gap is a difference of the accuracy of single attempts ("once"), as a user sees it who asks once: spend is *not*
matched, and a gap is no effect of anything. R2k is voting, so there R2k at the largest budget stands against R2 once.
Gaps are for slopes on capability ("do they widen?"), and raw gaps shrink at the ceiling whatever happens; hence the
logit of (k + .5) / (n + 1), k the sum of the scores of n items, which is finite at 0 and 1 and pulled to 0 for few.

This module does not know the size of a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from thinkaloud.metrics.frontier import Frontier, Name, common, paired
from thinkaloud.stats.bootstrap import KEY, Array, Sample, Statistic, corners, interval, means
from thinkaloud.stats.columns import SIGNED, UNIT, Columns
from thinkaloud.stats.label import Label, label
from thinkaloud.vocabulary import Estimate, Key

VOTED = "R2k"
GAPS = (("R1", "R0"), ("R2", "R1"), (VOTED, "R2"), ("F1", "R2"), ("F2", "F1"), ("T0", "R2"), ("T1", "T2"))
"""Pairs of rungs, the higher one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Two rungs, the items that have both, and their scores [items, 2]."""

    arm: str
    against: str
    items: tuple[Name, ...]
    scores: Array

    @property
    def lacking(self) -> str:
        """What there is none of where there are no items."""
        return f"no item has both of {self.arm} - {self.against}"

    @property
    def raw(self) -> Label:
        """The label of the difference of accuracies."""
        name = f"gap {self.arm} - {self.against}"
        return label(name, measure="gap", arm=self.arm, against=self.against, scale="accuracy")

    @property
    def logit(self) -> Label:
        """The label of the difference of logits."""
        return self.raw.more("logit", scale="logit")


def pairs(found: Mapping[str, Frontier], meter: str) -> dict[tuple[str, str], Gap]:
    """The gaps between arms that are there, by their two rungs."""
    gaps = {}
    for left, right in GAPS:
        upper, lower = (found.get("R2" if name == VOTED else name) for name in (left, right))
        if upper is None or lower is None:
            continue
        one, other = paired(upper, lower)
        single = upper.at[meter][:, -1] if left == VOTED else upper.once
        scores = np.stack([single[one], lower.once[other]], axis=1)
        gaps[left, right] = Gap(arm=left, against=right, items=common(upper, lower), scores=scores)
    return gaps


def raw(gaps: Iterable[Gap]) -> list[Columns]:
    """The raw gaps, as columns."""
    return [
        Columns((gap.raw,), gap.scores[:, :1] - gap.scores[:, 1:], units=gap.items, box=SIGNED, lacking=gap.lacking)
        for gap in gaps
    ]


def logits(gaps: Iterable[Gap], key: Key = KEY) -> list[Estimate]:
    """`gap X - Y logit`: the difference of the logits of two mean accuracies."""
    made, box = [], corners(UNIT, UNIT)
    for gap in gaps:
        sample = Sample(gap.scores, extremes=box, lacking=gap.lacking)
        made.append(interval(gap.logit.name, _statistic(len(gap.items)), sample, key, about=gap.logit.about))
    return made


def logit_gap(gap: Gap) -> float:
    """The logit gap of one family."""
    return float(_gap(gap.scores.mean(axis=0, keepdims=True), len(gap.items))[0])


def _statistic(n: int) -> Statistic:
    return lambda rows, weights: _gap(means(rows, weights), n)


def _gap(accuracy: Array, n: int) -> Array:
    """Logit of the first column minus logit of the second."""
    p = (accuracy * n + 0.5) / (n + 1)
    logit = np.log(p / (1 - p))
    return np.asarray(logit[:, 0] - logit[:, 1], dtype=np.float64)
