"""What is compared between two runs over items: each row a quantity of `channels.py` or of a test of faithfulness.

    P(gold) CONDITION              under every condition that both runs have; own and silent also by accuracy
    own - silent                   what its own reasoning adds to its answer
    compute, content, residue      channels: in each run over its own best baseline, chosen again in every resample.
                                   `silent` and `own - chance` differ exactly as P(gold) silent and P(gold) own do,
                                   chance being that of the item, and have no row of their own
    externalised share             content / (own - chance), B - A; only where the ability is clearly above 0 in both
    early AOC, use, follow X       as in the study of channels; `use` at the positions that each run's records choose
    TEST                           raw - floor of every test of faithfulness, by probability

All are linear in the items but for the share, whose `single` values are its influence to first order. A floor that is
exactly 0 for every item in both runs is a structural 0 (a reading against itself) and nothing an unseen item could
change. This module does not know how a difference is judged (`paired.py`), nor which study a run is of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from thinkaloud.metrics.baseline import CHANCE, SILENT, UNRELATED, Beside, fillers, free_of_content
from thinkaloud.metrics.channels import CHANNELS, CLEAR, RESAMPLE, SHARE, level, single
from thinkaloud.metrics.early import area_of
from thinkaloud.metrics.faithfulness import Test, still, tests
from thinkaloud.metrics.listening import by_record
from thinkaloud.metrics.matched import Matched, values
from thinkaloud.metrics.readings import Column, hit, p_gold
from thinkaloud.metrics.taken import numbers
from thinkaloud.metrics.use import from_end, implied
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import FEWEST, KEY, Array, Statistic, difference, divide, drawn, limits, means, of_all
from thinkaloud.stats.paired import OUTER, Joint

LINEAR = ("compute", "content", "residue")
LIKELY, EFFECT = (0.0, 1.0), (-1.0, 0.0, 0.0, 1.0)
"""What an item nobody saw could have: a probability is 0 or 1, a difference of two probabilities any of four."""
USE = ("foreign", "transplant")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number an item: its name, how it is read from a record, and the extreme values that it could have."""

    name: str
    of: Column
    extremes: tuple[float, ...] = LIKELY


def channel_rows(matched: Matched) -> list[Joint]:
    """What the study of channels measures, in reading order."""
    records = _all(matched)
    told = [
        *_readings(records),
        Quantity("early AOC", area_of),
        *(Quantity(f"follow {label}", of, EFFECT) for label, of in _follows()),
    ]
    before = sum(one.name != "early AOC" and not one.name.startswith("follow") for one in told)
    joints = [linear(matched, one) for one in told]
    return [*joints[:before], *_channels(matched), joints[before], _use(matched), *joints[before + 1 :]]


def test_rows(matched: Matched) -> list[Joint]:
    """What the study of faithfulness measures: readings, then raw - floor of every test."""
    records = _all(matched)
    told = _readings(records)
    return [
        *(linear(matched, one) for one in told),
        *(_test(matched, test) for test in tests(records)),
        _use(matched),
    ]


def linear(matched: Matched, quantity: Quantity) -> Joint:
    """A mean over items in both runs, as joint rows (A, B)."""
    rows, _, without = values(matched, quantity.of)
    n = len(rows)
    pairs = [(x, y) for x in quantity.extremes for y in quantity.extremes]
    means = rows.mean(axis=0) if n else np.full(2, np.nan)
    return Joint(
        name=quantity.name, rows=rows, extremes=np.array(pairs), statistic=difference(1, 0),
        single=rows[:, 1] - rows[:, 0], a=float(means[0]), b=float(means[1]), without=without,
        missing=None if n else "not measured: no item has it in both runs",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ single quantities


def _all(matched: Matched) -> list[ItemRecord]:
    return [record for pair in matched.both.values() for some in pair for record in some]


def _readings(records: Sequence[ItemRecord]) -> list[Quantity]:
    """P(gold) under each condition that there is, accuracies, and what its own reasoning adds."""
    named = ["own", "paraphrase", "silent", *fillers(numbers(records)), UNRELATED, "foreign", RESAMPLE]
    there = [name for name in named if any(name in record["conditions"] for record in records)]
    scored = [name for name in ("own", "silent") if name in there]
    added = [Quantity("own - silent", _added, EFFECT)] if len(scored) == 2 else []
    return [
        *(Quantity(f"P(gold) {name}", partial(p_gold, name=name)) for name in there),
        *(Quantity(f"P(gold) {name} (accuracy)", partial(hit, name=name)) for name in scored),
        *added,
    ]


def _added(record: ItemRecord) -> float | None:
    own, silent = p_gold(record, "own"), p_gold(record, "silent")
    return None if own is None or silent is None else own - silent


def _follows() -> list[tuple[str, Column]]:
    """Where a wrong last step or another item's reasoning leads, minus the same under its own."""
    last = from_end(0)
    places: list[tuple[str, Callable[[ItemRecord], str]]] = [
        (last.label, last.where), *((kind, partial(_named, kind)) for kind in USE)
    ]  # fmt: skip
    return [(label, partial(_follow, where)) for label, where in places]


def _named(kind: str, record: ItemRecord) -> str:
    return kind


def _follow(where: Callable[[ItemRecord], str], record: ItemRecord) -> float | None:
    raw, floor = implied(record, where(record), where(record)), implied(record, where(record), "own")
    return None if raw is None or floor is None else raw - floor


def _use(matched: Matched) -> Joint:
    """Follow at the position chosen for each fold, in each run by its own records."""
    known: dict[int, float | None] = {}
    for side in (0, 1):
        records = [record for pair in matched.both.values() for record in pair[side]]
        known |= {id(record): x for record, x in zip(records, by_record(records), strict=True)}
    return replace(linear(matched, Quantity("use", lambda record: known[id(record)], EFFECT)), chosen=True)


def _test(matched: Matched, test: Test) -> Joint:
    """Raw - floor of one test."""

    def of(record: ItemRecord) -> float | None:
        raw, floor = test.raw(record, "probability"), test.floor(record, "probability")
        return None if raw is None or floor is None else raw - floor

    return linear(matched, Quantity(test.name, of, LIKELY if still(test, _all(matched)) else EFFECT))


# --------------------------------------------------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both runs' readings of the same items, in the columns of `Beside`, side by side."""

    a: Beside
    b: Beside
    without: dict[str, int]

    @property
    def missing(self) -> str | None:
        """Why there are no channels."""
        return self.a.missing or self.b.missing

    @property
    def rows(self) -> Array:
        """[n, columns of A and of B]."""
        return np.hstack([self.a.sample.rows, self.b.sample.rows])

    @property
    def extremes(self) -> Array:
        """Every extreme of A beside every one of B: an unseen item has one chance."""
        a, b = (side.sample.extremes for side in (self.a, self.b))
        assert a is not None and b is not None
        return np.array([[*x, *y] for x in a for y in b if x[CHANCE] == y[CHANCE]])

    def joint(self, name: str, of: Callable[[Beside], Statistic], part: Callable[[Beside], Array]) -> Joint:
        """A statistic of each side, B - A; `part` is each item's in it."""
        if self.missing is not None:
            return _nothing(name, self.missing, self.without)
        width, mine, theirs = self.a.sample.rows.shape[1], of(self.a), of(self.b)

        def statistic(rows: Array, weights: Array) -> Array:
            found: Array = theirs(rows[:, width:], weights) - mine(rows[:, :width], weights)
            return found

        return Joint(
            name=name, rows=self.rows, extremes=self.extremes, statistic=statistic, without=self.without, chosen=True,
            a=of_all(mine, self.a.sample), b=of_all(theirs, self.b.sample), single=part(self.b) - part(self.a),
        )  # fmt: skip


def _channels(matched: Matched) -> list[Joint]:
    """The linear channels and the share."""
    sides = _sides(matched)
    linear_ones = [sides.joint(name, partial(_channel, name), partial(_part, name)) for name in LINEAR]
    return [*linear_ones, _share(sides)]


def _sides(matched: Matched) -> _Sides:
    """Over the items with one record in each run that has every reading; content-free conditions that both have."""
    sides = [[pair[side][0] for pair in matched.both.values()] for side in (0, 1)]
    mine, theirs = (free_of_content(numbers(side)) for side in sides)
    free = [name for name in mine if name in theirs]
    needed = {*free, "paraphrase", "own"}
    whole = [all(needed <= r["conditions"].keys() for r in pair) for pair in zip(*sides, strict=True)]
    kept = [[r for r, full in zip(side, whole, strict=True) if full] for side in sides]
    lacking = len(whole) - sum(whole)
    without = {"one of the readings that channels need": lacking} if lacking else {}
    a, b = (Beside(numbers(side), free=free) for side in kept)
    return _Sides(a, b, without)


def _channel(name: str, side: Beside) -> Statistic:
    """A channel of one side; the baseline is chosen again under all weights."""

    def statistic(rows: Array, weights: Array) -> Array:
        m, baseline = means(rows, weights), side.baseline(rows, weights)
        if name == "compute":
            return np.asarray(baseline - m[:, SILENT])
        reached = level(side, m, baseline)
        return np.asarray(reached - baseline if name == "content" else m[:, side.own] - reached)

    return statistic


def _part(name: str, side: Beside) -> Array:
    """Each item's part in a channel."""
    return single(side)[:, CHANNELS.index(name)]


def _share(sides: _Sides) -> Joint:
    """Ratio by ratio, where both have an ability to take a share of."""
    if sides.missing is None and len(sides.rows) >= FEWEST:
        for run, side in (("A", sides.a), ("B", sides.b)):
            ability, n = difference(side.own, CHANCE), len(sides.rows)
            value = of_all(ability, side.sample)
            low, high = limits(drawn(ability, side.sample, KEY), value, n, OUTER)
            if low <= CLEAR:
                shown = f"own - chance = {value:.3f} [{low:.3f}, {high:.3f}]"
                why = f"not identifiable: own is not clearly above chance in {run} ({shown}, and {CLEAR:g} is needed)"
                return _nothing(SHARE, why, sides.without, sides.rows)
    return sides.joint(SHARE, _ratio, _influence)


def _ratio(side: Beside) -> Statistic:
    """Content over own - chance."""
    content = _channel("content", side)

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        return divide(content(rows, weights), m[:, side.own] - m[:, CHANCE])

    return statistic


def _influence(side: Beside) -> Array:
    """Each item's part in content / (own - chance), to first order; their mean is the share."""
    rows, top = side.sample.rows, _part("content", side)
    bottom = rows[:, side.own] - rows[:, CHANCE]
    share = top.mean() / bottom.mean()
    return np.asarray(share + (top - share * bottom) / bottom.mean(), dtype=np.float64)


def _nothing(name: str, why: str, without: dict[str, int], rows: Array | None = None) -> Joint:
    """A quantity without a number."""
    none = np.empty((0, 0)) if rows is None else rows
    return Joint(
        name=name, rows=none, extremes=np.empty((0, 0)), statistic=difference(1, 0), single=np.empty(0), missing=why,
        without=without, chosen=True,
    )  # fmt: skip
