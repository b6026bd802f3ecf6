"""AUROC: how well one number an item tells two reasoners apart that answered the same items.

The chance that a random item of the first scores higher than a random item of the second, ties counting half. Items
are resampled as pairs, since both reasoners answered the same ones: an item's difficulty then cancels as it should.
Where all items of the one score above all of the other the bootstrap has no width; the prior item gives it
one.

This module does not know what was scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thinkaloud.stats.bootstrap import KEY, Array, Sample, Statistic, interval
from thinkaloud.vocabulary import Estimate, Key


def auroc(name: str, first: Mapping[str, float], second: Mapping[str, float], key: Key = KEY) -> Estimate:
    """AUROC of `first` above `second`, each a score by item, over the items that both have."""
    items = [item for item in first if item in second]
    rows = np.array([[first[item], second[item]] for item in items], dtype=np.float64).reshape(len(items), 2)
    return interval(name, above(0, 1), Sample(rows, items, _extremes(rows), "no item has both scores"), key, DRAWS)


def mean_auroc(name: str, pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]], key: Key = KEY) -> Estimate:
    """Mean AUROC over several pairs of reasoners. Each pair answered the same items; the pairs may have answered
    different ones, of which the i-th are then resampled together: tuples of independent items are independent of each
    other."""
    both = [[(one[item], other[item]) for item in one if item in other] for one, other in pairs]
    n = min(map(len, both), default=0)
    rows = np.array([[x for scores in both for x in scores[i]] for i in range(n)]).reshape(n, 2 * len(pairs))

    def statistic(rows_: Array, weights: Array) -> Array:
        found: Array = np.mean([above(2 * i, 2 * i + 1)(rows_, weights) for i in range(len(pairs))], axis=0)
        return found

    return interval(name, statistic, Sample(rows, None, None, "no item has both scores"), key, DRAWS)


DRAWS = 1000


def above(first: int, second: int) -> Statistic:
    """Weighted share of pairs of rows in which the first column is higher than the second, ties half."""

    def statistic(rows: Array, weights: Array) -> Array:
        higher = np.sign(rows[:, first][:, None] - rows[:, second][None, :])
        wins = ((weights @ higher) * weights).sum(axis=1)
        found: Array = 0.5 + 0.5 * wins / weights.sum(axis=1) ** 2
        return found

    return statistic


def _extremes(rows: Array) -> Array:
    """An unseen item could score anything that was seen."""
    if not len(rows):
        return np.empty((0, 2))
    low, high = float(rows.min()), float(rows.max())
    return np.array([[low, high], [high, low]])
