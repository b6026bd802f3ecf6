"""Use: how much does the answer follow what is said, at the position where it listens most?

A test that looks at one position only (the last step, say) calls a reasoner deaf that listens elsewhere. So *use* is
the largest follow over the positions of a directed mistake: counted from the start (`mistake:0`, ...) and from the end
(`mistake:last`, `mistake:last-1`, ...), since items differ in their number of steps.

The largest of several noisy means is too high, so the position is chosen on other items than those that are read: the
items are in two folds, each fold is read at the position where the *other* fold follows most, and the choice is made
again in every bootstrap resample, so that the interval contains the doubt about it (the same remedy as for the baseline
of the channels). The price is that use is a little too low where two positions are nearly alike and the wrong one is
chosen. A position is a candidate where each fold has at least `FEWEST` items with it.

This module does not know what a mistake is, nor whether an answer listens to several steps at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.numbers import Ints, Numbers
from thinkaloud.metrics.readings import CONTINUES
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.metrics.use import Place, positions
from thinkaloud.records.about import Readout, Role, about
from thinkaloud.stats.bootstrap import KEY, Array, Sample, Statistic, divide, interval
from thinkaloud.vocabulary import Estimate, Key, Part

NAME = "use"
FEWEST = 3
"""Items of each fold that a position needs to be a candidate: one or two would be chosen for their luck."""
FORMULAS: dict[Role, tuple[str, Callable[[Array, Array], Array]]] = {
    "raw": (f"{NAME} (raw)", lambda raw, floor: raw),
    "floor": (f"{NAME} (floor)", lambda raw, floor: floor),
    "effect": (NAME, lambda raw, floor: raw - floor),
    "ceiling": (f"{NAME} (ceiling)", lambda raw, floor: np.where(np.isfinite(raw), 1.0, np.nan)),
    "share": (f"{NAME} / ceiling", lambda raw, floor: divide(raw - floor, 1 - floor)),
}
"""Role of a row -> its name, and how it is made of raw and floor at the chosen positions."""


@dataclass(frozen=True, slots=True)
class Table:
    """The items that have a mistake at any position [n], and the positions that are candidates [m].

    `fold` [n] is 0 or 1; `raw`, `floor` and `there` are [n, m], with 0 where an item has no mistake at that position.
    """

    places: tuple[Place, ...]
    fold: Ints
    raw: Array
    floor: Array
    there: Array
    clusters: Sequence[int] | None

    @property
    def missing(self) -> str | None:
        """Why no position can be chosen; None if one can."""
        if not len(self.fold):
            return "not measured: no item has own and a mistake with an option it leads to"
        if not self.places:
            return f"not measured: no position has such a mistake in {FEWEST} items of each half"
        return None

    @property
    def sample(self) -> Sample:
        """As one matrix [n, 6m]: raw, floor and there of fold 0, then of fold 1, with 0 for an item of the other fold.
        An unseen item may follow all, or nothing, or go away from everything, at every position."""
        m = len(self.places)
        columns = [part * (self.fold == f)[:, None] for f in (0, 1) for part in (self.raw, self.floor, self.there)]
        some = [[*[raw] * m, *[1 - raw] * m, *[1.0] * m] for raw in (0.0, 1.0)]
        none = [0.0] * 3 * m
        extremes = [*([*one, *none] for one in some), *([*none, *one] for one in some)]
        return Sample(np.hstack(columns), self.clusters, np.array(extremes))

    def chosen(self) -> NDArray[np.int64]:
        """The position at which each fold is read, [2]."""
        sample = self.sample
        return _chosen(sample.rows, np.ones((1, len(sample.rows))))[2][:, 0]


def listening(records: Many, key: Key = KEY, readout: Readout = "probability", ending: str = "") -> list[Estimate]:
    """`use (raw)`, `use (floor)`, `use` = raw - floor, `use (ceiling)` (1) and `use / ceiling`, each name with
    `ending`, over the items that have the position chosen for their fold."""
    ok = numbers(records).ok
    table = tabulate(ok, readout)
    if table.missing:
        why = ok.unable(CONTINUES) or table.missing
        return [
            Estimate.absent(name + ending, why, len(table.fold), about=_about(role, readout))
            for role, (name, _) in FORMULAS.items()
        ]
    n, sample = int(np.isfinite(_at_chosen(ok, table, readout)).sum()), table.sample
    rows = [
        interval(name + ending, _statistic(formula), sample, key, about=_about(role, readout))
        for role, (name, formula) in FORMULAS.items()
    ]
    return [replace(row, n=n) if row.value is not None else row for row in rows]


def _about(role: Role, readout: Readout) -> Mapping[str, Part]:
    return about(measure=NAME, role=role, by=readout, reads="use")


def by_record(records: Many, readout: Readout = "probability") -> list[float | None]:
    """Raw minus floor of each record at the position chosen for its fold, None where it has none there; their mean is
    the estimate."""
    made = numbers(records)
    table = tabulate(made, readout)
    if table.missing:
        return [None] * len(made)
    return [None if math.isnan(x) else x for x in _at_chosen(made, table, readout).tolist()]


def _at_chosen(made: Numbers, table: Table, readout: Readout) -> Array:
    """Raw minus floor at the position chosen for each record's fold, [records]."""
    found = np.full(len(made), np.nan)
    for f, j in enumerate(table.chosen()):
        raw, floor = _follow(made, table.places[j], readout)
        found = np.where(made.fold == f, raw - floor, found)
    return found


def tabulate(made: Numbers, readout: Readout) -> Table:
    """Raw and floor of every record at every position that is a candidate."""
    some, kept = np.zeros(len(made), dtype=np.bool_), list[tuple[Place, Array, Array]]()
    for place in positions(made):
        raw, floor = _follow(made, place, readout)
        there = ~np.isnan(raw - floor)
        some |= there
        if min(int((there & (made.fold == f)).sum()) for f in (0, 1)) >= FEWEST:
            kept.append((place, raw, floor))
    kept.sort(key=lambda one: int(np.isnan(one[1] - one[2]).sum()))  # of equals, the one most items have
    raws, floors = (np.array([one[part] for one in kept]).reshape(len(kept), len(made))[:, some].T for part in (1, 2))
    missing = np.isnan(raws - floors)
    raw, floor = (np.where(missing, 0.0, both) for both in (raws, floors))
    places = tuple(place for place, _, _ in kept)
    return Table(places, made.fold[some], raw, floor, (~missing).astype(np.float64), made.clusters(some))


def _follow(made: Numbers, place: Place, readout: Readout) -> tuple[Array, Array]:
    """Raw and floor of every record at one position."""
    under = place.under(made)
    return made.implied(under, under, readout), made.implied(under, "own", readout)


def _statistic(formula: Callable[[Array, Array], Array]) -> Statistic:
    def statistic(rows: Array, weights: Array) -> Array:
        raw, floor, _ = _chosen(rows, weights)
        return formula(raw, floor)

    return statistic


def _chosen(rows: Array, weights: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Mean raw and floor [draws], each fold at the position where the other fold follows most, and these positions [2,
    draws]; of equals the first, which is the one that most items have. Where a resample has nothing of the other fold,
    the choice is made on what it has."""
    sums = (weights @ rows).reshape(len(weights), 2, 3, -1)
    halves = [np.moveaxis(sums[:, f], 1, 0) for f in (0, 1)]
    whole = halves[0] + halves[1]
    common = (halves[0][2] > 0) & (halves[1][2] > 0)
    apart = common.any(axis=1)
    chosen = np.stack(
        [np.where(apart, _highest(other, common), _highest(whole, whole[2] > 0)) for other in halves[::-1]]
    )
    picked = [np.take_along_axis(half, chosen[f][None, :, None], axis=2)[:, :, 0] for f, half in enumerate(halves)]
    total = picked[0] + picked[1]
    return divide(total[0], total[2]), divide(total[1], total[2]), chosen


def _highest(sums: Array, among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where raw minus floor is highest among some positions, [draws]; sums [3, draws, positions]."""
    follow = np.round(divide(sums[0] - sums[1], sums[2]), 9)
    found: NDArray[np.int64] = np.where(among, follow, -np.inf).argmax(axis=1)
    return found
