"""Many means at once: a matrix with a row for each item (or family) and a column for each labelled quantity.

A frontier has hundreds of numbers that are all means over the same items. Here they share one set of resamples and one
matrix product, so a whole report takes seconds, and a difference of two columns is the difference of their resamples.
Each column gets the interval of `bootstrap.interval`: expanded percentiles of a Bayesian bootstrap with one prior item.
Where the rows are families, the prior item is one of the *items* behind them: a kind of family that nobody saw is not
in it.

Columns that form one curve can ask for a *simultaneous band* instead: the interval of every column is so wide that with
95% confidence all of them hold at once. The width in standard errors is the 95th percentile of the largest |t| over the
columns of a resample, stretched by sqrt(n / (n-1)) and by Student's t over the normal quantile for few rows.

This module does not know what the columns mean.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import KW_ONLY, dataclass
from statistics import NormalDist

import numpy as np

from thinkaloud.stats.bootstrap import (
    DRAWS,
    FEWEST,
    KEY,
    LEVEL,
    Array,
    Sample,
    expanded_tail,
    folded,
    t_quantile,
    weights,
)
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Estimate, Key

UNIT = (0.0, 1.0)
SIGNED = (-1.0, 1.0)
PRIOR = {UNIT: (0.0, 1.0), SIGNED: (0.0, -1.0, 1.0, 0.0)}
"""What the prior item could have, each value equally: a difference of two probabilities has four corners."""
PLURAL = {"item": "items", "family": "families"}


@dataclass(frozen=True, slots=True)
class Columns:
    """`rows` [units, labels]; `units`: what each row is (empty: it does not matter); `box` the least and the largest
    value that an item can have (None: unbounded); `n` the number of items behind the rows (None: a row is an item);
    `band`: the columns are one curve; `lacking` says what there is none of if there are no rows."""

    labels: tuple[Label, ...]
    rows: Array
    _: KW_ONLY
    units: tuple[Hashable, ...] = ()
    box: tuple[float, float] | None = UNIT
    band: bool = False
    n: int | None = None
    unit: str = "item"
    lacking: str = "there are no items"

    @property
    def items(self) -> int:
        """Number of items behind the rows."""
        return len(self.rows) if self.n is None else self.n


def estimates(columns: Columns, key: Key = KEY, draws: int = DRAWS) -> list[Estimate]:
    """The mean of every column with its interval, or why there is none; in the order of the columns."""
    why = missing(columns)
    if why is not None:
        size = (columns.items, len(columns.rows), columns.unit)
        return [Estimate.absent(label.name, why, *size, about=label.about) for label in columns.labels]
    value = columns.rows.mean(axis=0)
    drawn = resampled(columns.rows, key, draws, columns.box, columns.items)
    if columns.band:
        half = band(columns.rows, drawn)
        low, high = value - half, value + half
    else:
        tail = expanded_tail(len(columns.rows))
        low, high = np.quantile(drawn, (tail, 1 - tail), axis=0)
    if columns.box is not None:
        low, high = np.maximum(columns.box[0], low), np.minimum(columns.box[1], high)
    ends = zip(columns.labels, value.tolist(), low.tolist(), high.tolist(), strict=True)
    size = (columns.items, len(columns.rows), columns.unit)
    return [Estimate(label.name, x, min(a, x), max(b, x), *size, about=label.about) for label, x, a, b in ends]


def missing(columns: Columns) -> str | None:
    """Why there can be no interval, None if there can."""
    if not len(columns.rows):
        return f"not measured: {columns.lacking}"
    if len(columns.rows) < FEWEST:
        return f"too few {PLURAL[columns.unit]} (n={len(columns.rows)}): an interval needs at least {FEWEST}"
    return None


def resampled(
    rows: Array,
    key: Key = KEY,
    draws: int = DRAWS,
    box: tuple[float, float] | None = None,
    items: int | None = None,
) -> Array:
    """The mean of every column in every resample of rows, [draws, columns]; the resamples are those of `interval`.
    `box`: bounds of an item's value, for the prior item (None: there is none); `items`: how many are behind the rows
    (None: a row is an item)."""
    n = len(rows)
    prior = np.array(() if box is None else PRIOR.get(box, box))
    grouped, found = folded(Sample(rows), key), []
    if grouped is not None:
        rows = grouped.rows
    for block in weights(len(rows), len(prior), key, draws):
        own, beyond = block[:, : len(rows)], block[:, len(rows) :] * (n / (items or n))
        if grouped is not None:
            own = own * grouped.behind
        found.append((own @ rows + (beyond @ prior)[:, None]) / (own.sum(axis=1) + beyond.sum(axis=1))[:, None])
    return np.concatenate(found)


def band(rows: Array, drawn: Array) -> Array:
    """Half-width of the simultaneous band at each column. A column that never varies does not enter the largest |t|."""
    n, spread = len(rows), drawn.std(axis=0, ddof=1)
    live = spread > 1e-12
    if not live.any():
        return np.zeros(rows.shape[1])
    largest = (np.abs(drawn[:, live] - rows[:, live].mean(axis=0)) / spread[live]).max(axis=1)
    p = (1 + LEVEL) / 2
    stretch = math.sqrt(n / (n - 1)) * t_quantile(p, n - 1) / NormalDist().inv_cdf(p)
    width = float(np.quantile(largest, LEVEL, method="higher"))
    return np.asarray(width * stretch * spread, dtype=np.float64)
