"""Intervals: a cluster bootstrap over items, for any statistic of weighted rows.

A *sample* is a matrix with a row per item and a column per measured quantity. A *statistic* is a function of the rows
and of a matrix of weights with a line per resample; it returns one number per line. Because a resample is nothing but
weights, a mean is one matrix product for all resamples together, and ratios and choices made from the data are simply
written on top of it: they are re-made inside every resample without anybody having to remember to.

Two corrections, both for small samples:

* *Expanded percentiles* (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", section 4.4): percentile
  intervals are too short by sqrt((n-1)/n) and by normal instead of t quantiles, so the percentiles are moved outwards.
* *The unseen item*: n items that all agree do not prove that every item would. With 95% confidence at most a share
  `1 - .05**(1/n)` (about 3/n) of items is of a kind that n draws did not show. The interval is widened to what the
  statistic would be if such a share had the most extreme values there can be. For a proportion of 0 or 1 this is the
  exact one-sided 95% limit; where items differ a lot it changes nothing.

This module does not know what the columns mean, and nothing about models, tasks or records.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.distributions import halving, t_tail
from thinkaloud.vocabulary import Estimate, Key, Part

Array = NDArray[np.float64]
Statistic = Callable[[Array, Array], Array]
"""(rows [n, columns], weights [draws, n]) -> [draws]. Must be unchanged when all weights of a line are scaled."""

LEVEL = 0.95
FEWEST = 5
"""An interval from fewer clusters would be more formula than data."""
SERIES, WIDEST = 4, 1e6
"""Degrees of freedom from which the series for t is used, and a t that nobody asks for."""
BLOCK = 4_000_000
"""Weights held in memory at a time (8 bytes each)."""
KEY = Key(("bootstrap",))


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured: `rows` [n, columns], `clusters` the cluster of each row (None: each row is its own),
    `extremes` [any, columns] the most extreme rows that an item could have (None: unbounded, then nothing is said of
    unseen items), `lacking` what to say where there are no rows at all."""

    rows: Array
    clusters: Sequence[Hashable] | None = None
    extremes: Array | None = None
    lacking: str = "there are no items"

    def index(self) -> NDArray[np.int64]:
        """Number of each row's cluster, counted from 0 in order of appearance."""
        if self.clusters is None:
            return np.arange(len(self.rows), dtype=np.int64)
        numbers = {cluster: i for i, cluster in enumerate(dict.fromkeys(self.clusters))}
        return np.array([numbers[cluster] for cluster in self.clusters], dtype=np.int64)


def interval(
    name: str,
    statistic: Statistic,
    sample: Sample,
    key: Key = KEY,
    draws: int = 2000,
    about: Mapping[str, Part] | None = None,
) -> Estimate:
    """The statistic of the sample with its 95% interval, or an absent estimate that says why there is none; `about` is
    what a program finds it by.

    Equal keys give equal resamples, so that estimates over the same items are comparable draw by draw.
    """
    index = sample.index()
    n, clusters = len(index), int(index.max(initial=-1)) + 1
    if n == 0:
        return Estimate.absent(name, f"not measured: {sample.lacking}", about=about)
    if clusters < FEWEST:
        why = f"too few items (n={clusters}): an interval needs at least {FEWEST}"
        return Estimate.absent(name, why, n, about=about)
    value = float(statistic(sample.rows, np.ones((1, n)))[0])
    drawn = np.concatenate([statistic(sample.rows, w) for w in resamples(index, clusters, key, draws)])
    lost = int(draws - np.isfinite(drawn).sum())
    if lost or not math.isfinite(value):
        why = f"not identifiable: {lost} of {draws} resamples give no number"
        return Estimate.absent(name, why, n, about=about)
    tail = expanded_tail(clusters)
    low, high = np.quantile(drawn, tail, method="lower"), np.quantile(drawn, 1 - tail, method="higher")
    unseen = np.append(_unseen(statistic, sample, clusters), value)
    ends = float(min(low, unseen.min())), float(max(high, unseen.max()))
    return Estimate(name, value, *ends, n, clusters, about=about or {})


def corners(*bounds: tuple[float, float]) -> Array:
    """The extreme rows where each column has a lowest and a highest value: all their combinations."""
    return np.array(list(itertools.product(*(sorted({low, high}) for low, high in bounds))), dtype=np.float64)


def mean(column: int) -> Statistic:
    """Weighted mean of a column."""
    return lambda rows, weights: means(rows, weights)[:, column]


def difference(left: int, right: int) -> Statistic:
    """Mean of one column minus mean of another, paired by row."""
    return lambda rows, weights: means(rows, weights)[:, left] - means(rows, weights)[:, right]


def ratio(top: int, bottom: int) -> Statistic:
    """Mean of one column over mean of another: the whole ratio is resampled, not its parts."""
    return lambda rows, weights: divide(means(rows, weights)[:, top], means(rows, weights)[:, bottom])


def means(rows: Array, weights: Array) -> Array:
    """Weighted mean of every column, [draws, columns]."""
    found: Array = (weights @ rows) / weights.sum(axis=1, keepdims=True)
    return found


def divide(top: Array, bottom: Array) -> Array:
    """top / bottom where bottom is not 0, else not a number (which `interval` turns into a reason)."""
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def expanded_tail(n: int, level: float = LEVEL) -> float:
    """Which percentile to read at each end with n clusters: Hesterberg's alpha'/2; 0.025 for large n."""
    t = t_quantile((1 + level) / 2, n - 1)
    return NormalDist().cdf(-t * math.sqrt(n / (n - 1)))


def t_quantile(p: float, df: int) -> float:
    """Student's t quantile by the Cornish-Fisher series (Abramowitz & Stegun 26.7.5); below 4 degrees of freedom, where
    the series is no good, by halving.

    At p = .975 the error is below .001 from 4 degrees of freedom on, and below .00001 from 12; at p = .995 it is .01
    of 4.6 with 4, and below .001 from 7.
    """
    if df < SERIES:
        return halving(lambda t: 1 - p - t_tail(t, df), -WIDEST, WIDEST)
    z = NormalDist().inv_cdf(p)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / float(df) ** power for power, term in enumerate(terms, start=1))


def unseen_share(n: int, level: float = LEVEL) -> float:
    """The largest share of items that n draws miss altogether with probability 1 - level."""
    return 1.0 - float((1 - level) ** (1 / n))


def resamples(index: NDArray[np.int64], clusters: int, key: Key, draws: int) -> Iterator[Array]:
    """How often each row stands in each resample of clusters, [block of draws, n] at a time."""
    size = max(1, BLOCK // len(index))
    if draws <= size:
        yield _counts(clusters, key, draws)[:, index]
        return
    rng = key.rng
    even = np.full(clusters, 1 / clusters)
    for start in range(0, draws, size):
        counts = rng.multinomial(clusters, even, size=min(size, draws - start))
        yield counts[:, index].astype(np.float64)


@lru_cache(maxsize=8)
def _counts(clusters: int, key: Key, draws: int) -> Array:
    """One block of counts. Kept, because the rows of a report share their key and so their resamples."""
    return key.rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws).astype(np.float64)


def _unseen(statistic: Statistic, sample: Sample, clusters: int) -> Array:
    """The statistic if the unseen share of items were all like one of the extremes, one number for each of them."""
    if sample.extremes is None:
        return np.empty(0)
    share, n, extremes = unseen_share(clusters), len(sample.rows), len(sample.extremes)
    weights = np.hstack([np.ones((extremes, n)), np.eye(extremes) * n * share / (1 - share)])
    found = statistic(np.vstack([sample.rows, sample.extremes]), weights)
    return found[np.isfinite(found)]
