"""Limits by the Bayesian bootstrap with one prior item: for differences between two runs, where items agree a lot.

A resample gives every cluster an exponential weight (Rubin 1981), and one more item, which nobody saw, is spread over
the *extremes*: the most extreme rows that an item could have, each with weight Gamma(1 / number of extremes). So items
that all agree do not prove that every item would, and the doubt shrinks as 1/n. For a 0/1 quantity this is Jeffreys'
interval; for a paired difference of two probabilities a quarter of the prior item lies at each of -1 and +1.

`bootstrap.interval` guards against unseen items by the exact worst case instead: nothing can be closer to 0 than
1 - .05**(1/n) then (.061 with 48 items), so that two runs could never be shown to be the same within .05 with fewer
than 59 items. The price of the milder guard is that a rare change is held a little less often than 95% of the time
(`benchmarks/compare_coverage.py` has the figures, docs/compare.md the table).

This module does not know what the rows mean.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from thinkaloud.metrics.bootstrap import KEY, Array, Statistic, expanded_tail
from thinkaloud.vocabulary import Key

DRAWS = 10_000
"""Ends of intervals have 2% of their half-width from chance in these."""


def drawn(statistic: Statistic, rows: Array, extremes: Array, key: Key = KEY, draws: int = DRAWS) -> Array:
    """The statistic in every resample [draws]; rows [n, columns], one a cluster, extremes [any, columns]. Equal keys
    and sizes give equal weights, so that quantities of the same items are comparable draw by draw."""
    found = statistic(np.vstack([rows, extremes]), _weights(len(rows), len(extremes), key, draws))
    return np.asarray(found, dtype=np.float64)


def limits(found: Array, value: float, level: float, n: int) -> tuple[float, float]:
    """The interval of a level from the resamples of n items, joined with the value itself. The percentiles are expanded
    as for every interval of the house (`bootstrap.expanded_tail`). Not a number where a resample is none."""
    tail = expanded_tail(n, level)
    low, high = np.quantile(found, (tail, 1 - tail))
    return min(float(low), value), max(float(high), value)


@lru_cache(maxsize=4)
def _weights(n: int, extremes: int, key: Key, draws: int) -> Array:
    """Weights of the items and, in the last columns, of the prior item's parts."""
    rng = key.rng
    own = rng.standard_exponential((draws, n))
    prior = rng.standard_gamma(1 / extremes, (draws, extremes)) if extremes else np.empty((draws, 0))
    return np.hstack([own, prior])
