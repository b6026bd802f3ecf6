"""A test that may be looked at after every item: is there a difference, or is there none worth having?

A t test that is looked at again and again finds a difference sooner or later: after every 8 of 200 items in a quarter
of the cases where there is none. An *e-process* does not: it is the wealth of somebody who bets on a difference at fair
odds. If there is none, the wealth is ever 20 or more with a probability of at most .05, however often one looks
(Ville's inequality; Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting").

    wealth of a bet L     product over items of 1 + L x_i        x_i in [-1, 1], of mean 0 or less if there is nothing
    wealth                the mean over the bets `BETS`, since nobody knows which is best

    different             the mean difference is not 0: x_i = d_i and x_i = -d_i, half of the stake on each
    the same within M     two tests at .05 each: it is below +M (x_i = M - d_i), and above -M (x_i = M + d_i)

Items have to be drawn independently of what was seen before. It takes about twice the items of a test that is looked at
once (docs/compare.md). This module does not know what the differences are of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from thinkaloud.stats.bootstrap import Array
from thinkaloud.stats.equivalence import ALPHA

BETS = tuple(round(0.05 + 0.075 * k, 3) for k in range(12))
"""Shares of the wealth that are bet, .05 to .875."""
ENOUGH = 1 / ALPHA
"""Wealth at which the null is rejected at .05."""


@dataclass(frozen=True, slots=True)
class Wealth:
    """What was won so far on `n` items by betting on a difference (`different`), and on the mean being below +margin
    and above -margin (`same`: the smaller of the two)."""

    n: int
    different: float
    same: float

    @property
    def decided(self) -> Literal["different", "the same"] | None:
        """What has been shown, None if nothing yet. A difference that is smaller than the margin can be both: then it
        is *the same*, as in `paired.judge`."""
        if self.same >= ENOUGH:
            return "the same"
        return "different" if self.different >= ENOUGH else None

    def __str__(self) -> str:
        return f"{self.n} items: e {self.different:.3g} for a difference, {self.same:.3g} for none within the margin"


def wealth(differences: Array, margin: float) -> Wealth:
    """The wealth after these differences [n], each in -1..1; their order does not matter."""
    both = (_won(differences) + _won(-differences)) / 2
    return Wealth(len(differences), both, min(_won(margin - differences), _won(margin + differences)))


def _won(x: Array) -> float:
    """Mean wealth over the bets on values above 0."""
    logs = np.log1p(np.outer(BETS, x)).sum(axis=1)
    return math.exp(min(700.0, float(np.logaddexp.reduce(logs)) - math.log(len(BETS))))
