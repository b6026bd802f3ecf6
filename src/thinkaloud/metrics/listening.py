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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.readings import CONTINUES, parsed, unable
from thinkaloud.metrics.use import Where, implied, positions
from thinkaloud.records.about import Readout, Role, about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, Array, Sample, Statistic, divide, interval
from thinkaloud.vocabulary import Estimate, Key, Part, Record

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

    places: tuple[Where, ...]
    items: tuple[str, ...]
    fold: Array
    raw: Array
    floor: Array
    there: Array

    @property
    def missing(self) -> str | None:
        """Why no position can be chosen; None if one can."""
        if not self.items:
            return "not measured: no item has own and a mistake with an option it leads to"
        if not self.places:
            return f"not measured: no position has such a mistake in {FEWEST} items of each half"
        return None

    @property
    def sample(self) -> Sample:
        """As one matrix; an unseen item may follow all, or nothing, or go away from everything, at every position."""
        m = len(self.places)
        extremes = [[f, *[raw] * m, *[1 - raw] * m, *[1.0] * m] for f in (0.0, 1.0) for raw in (0.0, 1.0)]
        rows = np.column_stack([self.fold, self.raw, self.floor, self.there])
        return Sample(rows, self.items, np.array(extremes))

    def chosen(self) -> NDArray[np.int64]:
        """The position at which each fold is read, [2]."""
        return _chosen(self.sample.rows, np.ones((1, len(self.items))))[2][:, 0]


def listening(
    records: Sequence[Record], key: Key = KEY, readout: Readout = "probability", ending: str = ""
) -> list[Estimate]:
    """`use (raw)`, `use (floor)`, `use` = raw - floor, `use (ceiling)` (1) and `use / ceiling`, each name with
    `ending`, over the items that have the position chosen for their fold."""
    ok = parsed(records)
    table = tabulate(ok, readout)
    if table.missing:
        why = unable(records, CONTINUES) or table.missing
        return [
            Estimate.absent(name + ending, why, len(table.items), about=_about(role, readout))
            for role, (name, _) in FORMULAS.items()
        ]
    n = sum(value is not None for value in by_record(ok, readout))
    rows = [
        interval(name + ending, _statistic(formula), table.sample, key, about=_about(role, readout))
        for role, (name, formula) in FORMULAS.items()
    ]
    return [replace(row, n=n) if row.value is not None else row for row in rows]


def _about(role: Role, readout: Readout) -> Mapping[str, Part]:
    return about(measure=NAME, role=role, by=readout, reads="use")


def by_record(records: Sequence[ItemRecord], readout: str = "probability") -> list[float | None]:
    """Raw minus floor of each record at the position chosen for its fold, None where it has none there; their mean is
    the estimate."""
    table = tabulate(records, readout)
    if table.missing:
        return [None] * len(records)
    places = [table.places[j] for j in table.chosen()]
    both = [_follow(record, places[int(record["fold"])], readout) for record in records]
    return [None if pair is None else pair[0] - pair[1] for pair in both]


def tabulate(records: Sequence[ItemRecord], readout: str) -> Table:
    """Raw and floor of every record at every position that is a candidate."""
    places = [place.where for place in positions(records)]
    found = [(record, [_follow(record, where, readout) for where in places]) for record in records]
    found = [(record, pairs) for record, pairs in found if any(pair is not None for pair in pairs)]
    shape = (len(found), len(places))
    there = np.array([[pair is not None for pair in pairs] for _, pairs in found], dtype=np.float64).reshape(shape)
    both = np.array([[pair or (0.0, 0.0) for pair in pairs] for _, pairs in found]).reshape(*shape, 2)
    fold = np.array([float(record["fold"]) for record, _ in found])
    enough = np.flatnonzero(np.all([there[fold == f].sum(axis=0) >= FEWEST for f in (0, 1)], axis=0))
    enough = enough[np.argsort(-there[:, enough].sum(axis=0), kind="stable")]  # of equals, the one most items have
    items = tuple(str(record["item"]) for record, _ in found)
    kept = tuple(places[j] for j in enough)
    return Table(kept, items, fold, both[:, enough, 0], both[:, enough, 1], there[:, enough])


def _follow(record: ItemRecord, where: Where, readout: str) -> tuple[float, float] | None:
    """Raw and floor of one record at one position."""
    name = where(record)
    raw, floor = implied(record, name, name, readout), implied(record, name, "own", readout)
    return None if raw is None or floor is None else (raw, floor)


def _statistic(formula: Callable[[Array, Array], Array]) -> Statistic:
    def statistic(rows: Array, weights: Array) -> Array:
        raw, floor, _ = _chosen(rows, weights)
        return formula(raw, floor)

    return statistic


def _chosen(rows: Array, weights: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Mean raw and floor [draws], each fold at the position where the other fold follows most, and these positions [2,
    draws]; of equals the first, which is the one that most items have. Where a resample has nothing of the other fold,
    the choice is made on what it has."""
    fold = rows[:, 0]
    raw, floor, there = np.split(rows[:, 1:], 3, axis=1)
    halves = []
    for f in (0, 1):
        here = weights * (fold == f)
        halves.append(np.stack([here @ raw, here @ floor, here @ there]))
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
