"""Intervals: a Bayesian bootstrap over items with one prior item, for any statistic of weighted rows.

A *sample* is a matrix with a row per item and a column per measured quantity. A *statistic* is a function of the rows
and of a matrix of weights with a line per resample; it returns one number per line. Because a resample is nothing but
weights, a mean is one matrix product for all resamples together, and ratios and choices made from the data are simply
written on top of it: they are re-made inside every resample without anybody having to remember to.

A resample gives every cluster (item) an exponential weight (Rubin 1981, "The Bayesian Bootstrap"). Two corrections,
both for small samples:

* *One prior item*: n items that all agree do not prove that every item would. So one more item, which nobody saw, is
  spread over the *extremes*, the most extreme rows that an item could have, each with weight Gamma(1 / number of
  extremes). The doubt shrinks as 1/n. For a 0/1 quantity this is Jeffreys' interval; for a difference of two
  probabilities a quarter of the prior item lies at each of -1 and +1.
* *Expanded percentiles* (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", section 4.4): percentile
  intervals are too short by sqrt((n-1)/n) and by normal instead of t quantiles, so the percentiles are moved outwards.

The price: a rare kind of item is held a little less often than 95% of the time (docs/statistics.md has the tables).
What n items cannot exclude at all is `unseen_share(n)`; a page prints it as a sentence (`unseen`).

More than `GROUPS` clusters are put into that many groups by lot, and the groups are resampled instead (random groups,
Wolter 2007, "Introduction to Variance Estimation", chapter 2): what a report costs does not grow with the items. The
value stays that of all rows. A width has 2% of chance from the lot, about as much as from the number of resamples. This
is right for a statistic of weighted means, which that of the groups shows by its value: where it is not that of the
rows (`NEAR`), the rows themselves are resampled.

This module does not know what the columns mean, and nothing about models, tasks or records.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from thinkaloud.stats.distributions import halving, t_tail
from thinkaloud.vocabulary import Estimate, Key, Part

Array = NDArray[np.float64]
Statistic = Callable[[Array, Array], Array]
"""(rows [n, columns], weights [draws, n]) -> [draws]. Must be unchanged when all weights of a line are scaled."""

LEVEL = 0.95
FEWEST = 5
"""An interval from fewer clusters would be more formula than data."""
SERIES, WIDEST = 4, 1e6
"""Degrees of freedom from which the series for t is used, and a t that nobody asks for."""
FARTHEST = 10.0
"""An interval that is so many times as wide as its value, or as 1, is that of a ratio over next to nothing."""
DRAWS = 4000
"""Ends of intervals have about 2% of their half-width from chance in these."""
BLOCK = 4_000_000
"""Weights held in memory at a time (8 bytes each)."""
GROUPS = 960
"""With the extremes of five quantities their weights are one block, and kept."""
NEAR = 1e-9
"""How close the statistic of the groups must be to that of the rows, as a share of it, or of 1."""
KEY = Key(("bootstrap",))


@dataclass(frozen=True)
class Sample:
    """What was measured: `rows` [n, columns], `clusters` the cluster of each row (None: each row is its own; an array
    of numbers costs less than a list), `extremes` [any, columns] the most extreme rows that an item could have (None:
    unbounded, then nothing is said of unseen items), `lacking` what to say where there are no rows at all."""

    rows: Array
    clusters: Sequence[Hashable] | NDArray[np.int64] | None = None
    extremes: Array | None = None
    lacking: str = "there are no items"

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """Number of each row's cluster, counted from 0 in order of appearance."""
        if self.clusters is None:
            return np.arange(len(self.rows), dtype=np.int64)
        if isinstance(self.clusters, np.ndarray):
            _, first, inverse = np.unique(self.clusters, return_index=True, return_inverse=True)
            return np.argsort(np.argsort(first))[inverse]
        numbers = {cluster: i for i, cluster in enumerate(dict.fromkeys(self.clusters))}
        return np.array([numbers[cluster] for cluster in self.clusters], dtype=np.int64)

    @property
    def size(self) -> int:
        """Number of clusters."""
        return int(self.index.max(initial=-1)) + 1


def interval(
    name: str,
    statistic: Statistic,
    sample: Sample,
    key: Key = KEY,
    draws: int = DRAWS,
    about: Mapping[str, Part] | None = None,
) -> Estimate:
    """The statistic of the sample with its 95% interval, or an absent estimate that says why there is none; `about` is
    what a program finds it by.

    Equal keys give equal resamples, so that estimates over the same items are comparable draw by draw.
    """
    return _estimate(name, sample, _spans([statistic], sample, key, draws), min, about)


def least(
    name: str,
    statistics: Sequence[Statistic],
    sample: Sample,
    key: Key = KEY,
    about: Mapping[str, Part] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """The least of several statistics of one sample, such as the gain over the best of several baselines.

    Its lower limit is the least of their lower limits: that all of them are above a value needs no correction for
    their number (intersection-union test, Berger 1982). The upper limit is the least of their upper limits. The value
    errs low where several are nearly equal: the least of several noisy means is below the least mean.
    """
    return _estimate(name, sample, _spans(statistics, sample, key, DRAWS, (level, level)), min, about)


def greatest(
    name: str,
    statistics: Sequence[Statistic],
    sample: Sample,
    key: Key = KEY,
    about: Mapping[str, Part] | None = None,
) -> Estimate:
    """The greatest of several statistics of one sample. That any of them is above a value is a claim about the best of
    several, so the lower limit is the greatest of limits that are corrected for their number (Bonferroni); the upper
    limit is the greatest of the upper ones. The value errs high where several are nearly equal."""
    lower = 1 - (1 - LEVEL) / len(statistics)
    return _estimate(name, sample, _spans(statistics, sample, key, DRAWS, (lower, LEVEL)), max, about)


def spanning(
    name: str,
    statistics: Sequence[Statistic],
    sample: Sample,
    key: Key = KEY,
    about: Mapping[str, Part] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """The least of several statistics, with an interval from the least of their lower to the greatest of their upper
    limits: it holds whichever of them is the one that is meant."""
    spans = _spans(statistics, sample, key, DRAWS, (level, level))
    if not isinstance(spans, str):
        low, high = min(low for _, low, _ in spans), max(high for _, _, high in spans)
        spans = [(min(value for value, _, _ in spans), low, high)]
    return _estimate(name, sample, spans, min, about)


def _spans(
    statistics: Sequence[Statistic],
    sample: Sample,
    key: Key,
    draws: int,
    levels: tuple[float, float] = (LEVEL, LEVEL),
) -> list[tuple[float, float, float]] | str:
    """Value, lower and upper limit of each, each end at its own level, or why there are none."""
    clusters = sample.size
    if not clusters:
        return f"not measured: {sample.lacking}"
    if clusters < FEWEST:
        return f"too few items (n={clusters}): an interval needs at least {FEWEST}"
    found = []
    grouped = folded(sample, key)
    for statistic in statistics:
        value, resampled = of_all(statistic, sample), _drawn(statistic, sample, grouped, key, draws)
        if lost := int(draws - np.isfinite(resampled).sum()) or int(not math.isfinite(value)):
            return f"not identifiable: {lost} of {draws} resamples give no number"
        ends = [limits(resampled, value, clusters, level)[side] for side, level in enumerate(levels)]
        found.append((value, ends[0], ends[1]))
    return found


def _estimate(
    name: str,
    sample: Sample,
    spans: list[tuple[float, float, float]] | str,
    which: Callable[[Iterable[float]], float],
    about: Mapping[str, Part] | None,
) -> Estimate:
    """`which` of the values and of both limits."""
    n, clusters = len(sample.rows), sample.size
    if isinstance(spans, str):
        return Estimate.absent(name, spans, n, about=about)
    value, low, high = (which(one) for one in zip(*spans, strict=True))
    if high - low > FARTHEST * max(1.0, abs(value)):
        why = f"not identifiable: {value:.2f} [{low:.3g}, {high:.3g}] says nothing, what it is divided by may be 0"
        return Estimate.absent(name, why, n, about=about)
    return Estimate(name, value, low, high, n, clusters, about=about or {})


def of_all(statistic: Statistic, sample: Sample) -> float:
    """The statistic of the sample itself."""
    return float(statistic(sample.rows, np.ones((1, len(sample.rows))))[0])


def drawn(statistic: Statistic, sample: Sample, key: Key = KEY, draws: int = DRAWS) -> Array:
    """The statistic in every resample [draws]. Equal keys give the items of samples of one size equal weights, so that
    quantities of the same items are comparable draw by draw."""
    return _drawn(statistic, sample, folded(sample, key), key, draws)


@dataclass(frozen=True, slots=True)
class Folded:
    """Means of random groups of a sample's rows [groups, columns], how many rows are behind each [groups], and the
    extremes; `each`: rows that a cluster has on average."""

    rows: Array
    behind: Array
    extremes: Array | None
    each: float


def folded(sample: Sample, key: Key = KEY) -> Folded | None:
    """The sample's groups: its clusters, where these are few, though they have many rows. None where it has too few
    rows to need any, or one without a number."""
    index, rows, clusters = sample.index, sample.rows, sample.size
    if len(rows) <= GROUPS or not np.isfinite(rows).all():
        return None
    of = index if clusters <= GROUPS else lots(clusters, key)[index]
    behind = np.bincount(of).astype(np.float64)
    sums = [np.bincount(of, weights=column) for column in rows.T]
    return Folded(np.stack(sums, axis=1) / behind[:, None], behind, sample.extremes, len(index) / clusters)


@lru_cache(maxsize=8)
def lots(clusters: int, key: Key) -> NDArray[np.int64]:
    """The group of each cluster. Groups have equally many, but for one; who is in which does not follow from any
    order."""
    found: NDArray[np.int64] = key.child("groups").rng.permutation(clusters) % GROUPS
    return found


def _drawn(statistic: Statistic, sample: Sample, grouped: Folded | None, key: Key, draws: int) -> Array:
    if grouped is not None:
        behind, beyond = grouped.behind, grouped.extremes
        value, same = of_all(statistic, sample), float(statistic(grouped.rows, behind[None])[0])
        if abs(value - same) <= NEAR * max(1.0, abs(value)):
            rows = grouped.rows if beyond is None else np.vstack([grouped.rows, beyond])
            blocks = weights(len(behind), 0 if beyond is None else len(beyond), key, draws)
            size = np.concatenate([behind, np.full(len(rows) - len(behind), grouped.each)])
            return np.concatenate([statistic(rows, block * size) for block in blocks])
    index, rows, beyond, clusters = sample.index, sample.rows, sample.extremes, sample.size
    if beyond is not None:
        rows = np.vstack([rows, beyond])
    alone, each = clusters == len(index), len(index) / clusters  # the prior item has as many rows as the others
    found = [
        statistic(rows, block if alone else np.hstack([block[:, index], each * block[:, clusters:]]))
        for block in weights(clusters, 0 if beyond is None else len(beyond), key, draws)
    ]
    return np.concatenate(found)


def limits(found: Array, value: float, clusters: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of a level from resamples of so many clusters, joined with the value itself."""
    tail = expanded_tail(clusters, level)
    low, high = np.quantile(found, (tail, 1 - tail))
    return min(float(low), value), max(float(high), value)


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


def unseen(n: int) -> str:
    """What so many items cannot exclude, as a sentence."""
    return (
        f"{n} items: a kind of item that is {unseen_share(n):.0%} of all would have been missed altogether "
        "1 time in 20, and nothing here speaks of it"
    )


def weights(clusters: int, extremes: int, key: Key, draws: int = DRAWS) -> Iterator[Array]:
    """Weights of the clusters and, in the last columns, of the parts of the prior item, [block of draws, clusters +
    extremes] at a time. Those of the clusters are the same whatever the number of extremes."""
    size = max(1, BLOCK // (clusters + extremes))
    if draws <= size:
        yield _kept(clusters, extremes, key, draws)
        return
    own, prior = key.rng, key.child("prior item").rng
    for start in range(0, draws, size):
        yield _weights(own, prior, clusters, extremes, min(size, draws - start))


@lru_cache(maxsize=4)
def _kept(clusters: int, extremes: int, key: Key, draws: int) -> Array:
    """One block of weights. Kept, because the rows of a report share their key and so their resamples."""
    return _weights(key.rng, key.child("prior item").rng, clusters, extremes, draws)


def _weights(own: np.random.Generator, prior: np.random.Generator, clusters: int, extremes: int, draws: int) -> Array:
    parts = prior.standard_gamma(1 / extremes, (draws, extremes)) if extremes else np.empty((draws, 0))
    return np.hstack([own.standard_exponential((draws, clusters)), parts])
