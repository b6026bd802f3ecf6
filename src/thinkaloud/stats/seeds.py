"""The mean over a few training seeds, with Student's interval: seeds are the clusters, whatever was measured in each.

With five seeds the bootstrap has too little to resample, so the means of seeds are taken as normal. What five equal
seeds cannot prove is not forgotten: the half-width is never below the share of *items* that all of them together could
have missed (`unseen_share`), times the quantity's range. This module does not know what was trained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from thinkaloud.stats.bootstrap import LEVEL, t_quantile, unseen_share
from thinkaloud.stats.distributions import t_tail
from thinkaloud.vocabulary import Estimate, Part

FEWEST = 3
"""Seeds that an interval needs; with three of them it is wide."""
BY = "training seed"


def over_seeds(
    name: str, values: Sequence[float], items: int, reach: float, about: Mapping[str, Part], level: float = LEVEL
) -> Estimate:
    """Mean and interval of one number a seed. `items`: what each number rests on; `reach`: the largest change of it."""
    n = len(values)
    if n < FEWEST:
        return Estimate.absent(name, f"too few seeds (n={n}): an interval needs at least {FEWEST}", n, n, BY, about)
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(n)
    half = max(t_quantile((1 + level) / 2, n - 1) * error, reach * unseen_share(max(1, n * items)))
    return Estimate(name, mean, mean - half, mean + half, n, n, BY, None, about)


def p_of(values: Sequence[float]) -> float:
    """Two-sided p that the mean over seeds is 0 (Student); 1 where every seed has 0."""
    n, mean = len(values), float(np.mean(values))
    if mean == 0:
        return 1.0
    error = max(float(np.std(values, ddof=1)) / math.sqrt(n), 1e-12)
    return min(1.0, 2 * t_tail(abs(mean) / error, n - 1))
