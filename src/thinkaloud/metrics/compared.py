"""What is compared between two runs over items: each row a quantity of `channels.py` or of a test of faithfulness.

    P(gold) CONDITION              under every condition that both runs have; own and silent also by accuracy
    own - silent                   what its own reasoning adds to its answer
    compute, content, residue      channels: in each run the best baseline is chosen on the other fold, again in every
                                   resample. `silent` and `own - chance` differ exactly as P(gold) silent and P(gold)
                                   own do, chance being that of the item, and have no row of their own
    externalised share             content / (own - chance), B - A; only where the ability is clearly above 0 in both
    early AOC, use, follow X       as in the study of channels; `use` at the positions that each run's records choose
    TEST                           raw - floor of every test of faithfulness, by probability

All are linear in the items but for the share, whose `single` values are its influence to first order. A floor that is
exactly 0 for every item in both runs is a structural 0 (a reading against itself) and nothing an unseen item could
change. This module does not know how a difference is judged (`paired.py`), nor which study a run is of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from thinkaloud.metrics.bootstrap import FEWEST, Array, difference
from thinkaloud.metrics.channels import ABILITY, CHANNELS, RESAMPLE, SHARE
from thinkaloud.metrics.crossfit import UNRELATED, CrossFit, Formula, fillers, free_of_content
from thinkaloud.metrics.early import aoc_of
from thinkaloud.metrics.faithfulness import Test, tests
from thinkaloud.metrics.listening import by_record
from thinkaloud.metrics.matched import Matched, values
from thinkaloud.metrics.paired import OUTER, Joint
from thinkaloud.metrics.prior_item import drawn, limits
from thinkaloud.metrics.readings import Column, hit, p_gold
from thinkaloud.metrics.use import from_end, implied
from thinkaloud.records.item import ItemRecord
from thinkaloud.vocabulary import Key

CLEAR = 0.1
"""An ability whose lower limit is below this has no share worth comparing: its ratio would say nothing."""
KEY = Key(("compare", "ability"))
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
        Quantity("early AOC", aoc_of),
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
    named = ["own", "paraphrase", "silent", *fillers(records), UNRELATED, "foreign", RESAMPLE]
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
    return linear(matched, Quantity("use", lambda record: known[id(record)], EFFECT))


def _test(matched: Matched, test: Test) -> Joint:
    """Raw - floor of one test."""

    def of(record: ItemRecord) -> float | None:
        raw, floor = test.raw(record, "probability"), test.floor(record, "probability")
        return None if raw is None or floor is None else raw - floor

    structural = not any(test.floor(record, "probability") for record in _all(matched))
    return linear(matched, Quantity(test.name, of, LIKELY if structural else EFFECT))


# --------------------------------------------------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class _Fits:
    """Both runs' readings of the same items, in the columns of `CrossFit`, side by side."""

    a: CrossFit
    b: CrossFit
    without: dict[str, int]

    @property
    def rows(self) -> Array:
        """[n, columns of A and of B]."""
        return np.hstack([self.a.sample.rows, self.b.sample.rows])

    @property
    def extremes(self) -> Array:
        """Every extreme of A beside every one of B: an unseen item is in one fold and has one chance."""
        a, b = (fit.sample.extremes for fit in (self.a, self.b))
        assert a is not None and b is not None
        return np.array([[*x, *y] for x in a for y in b if (x[:2] == y[:2]).all()])

    def joint(self, name: str, formula: Formula) -> Joint:
        """A formula of the means, B - A. Each item's part in it has the choices that were made."""
        if self.missing is not None:
            return _nothing(name, self.missing, self.without)
        width = self.a.sample.rows.shape[1]

        def statistic(rows: Array, weights: Array) -> Array:
            mine, theirs = (
                formula(self.a.means(rows[:, :width], weights)),
                formula(self.b.means(rows[:, width:], weights)),
            )
            return np.asarray(theirs - mine, dtype=np.float64)

        one = np.ones((1, len(self.a.sample.rows)))
        a, b = (float(formula(fit.means(fit.sample.rows, one))[0]) for fit in (self.a, self.b))
        return Joint(
            name=name, rows=self.rows, extremes=self.extremes, statistic=statistic, a=a, b=b,
            single=formula(self.b.single()) - formula(self.a.single()), without=self.without,
        )  # fmt: skip

    @property
    def missing(self) -> str | None:
        """Why there are no channels."""
        return self.a.missing or self.b.missing


def _channels(matched: Matched) -> list[Joint]:
    """The linear channels and the share."""
    fits = _fits(matched)
    formulas = dict(CHANNELS)
    return [*(fits.joint(name, formulas[name]) for name in LINEAR), _share(fits)]


def _fits(matched: Matched) -> _Fits:
    """Over the items with one record in each run that has every reading; content-free conditions that both have."""
    sides = [[pair[side][0] for pair in matched.both.values()] for side in (0, 1)]
    free = [name for name in free_of_content(sides[0]) if name in free_of_content(sides[1])]
    needed = {*free, "paraphrase", "own"}
    whole = [all(needed <= r["conditions"].keys() for r in pair) for pair in zip(*sides, strict=True)]
    kept = [[r for r, full in zip(side, whole, strict=True) if full] for side in sides]
    lacking = len(whole) - sum(whole)
    without = {"one of the readings that channels need": lacking} if lacking else {}
    return _Fits(CrossFit(kept[0], free=free), CrossFit(kept[1], free=free), without)


def _share(fits: _Fits) -> Joint:
    """Ratio by ratio, where both have an ability to take a share of."""
    name, formula = SHARE
    if fits.missing is not None or len(fits.rows) < FEWEST:
        return fits.joint(*SHARE)
    for run, fit in (("A", fits.a), ("B", fits.b)):
        rows, extremes = fit.sample.rows, fit.sample.extremes
        assert extremes is not None
        one = np.ones((1, len(rows)))
        value = float(_ability(fit, rows, one)[0])
        low, high = limits(drawn(partial(_ability, fit), rows, extremes, KEY), value, OUTER, len(rows))
        if low <= CLEAR:
            shown = f"own - chance = {value:.3f} [{low:.3f}, {high:.3f}]"
            why = f"not identifiable: own is not clearly above chance in {run} ({shown}, and {CLEAR:g} is needed)"
            return _nothing(name, why, fits.without, fits.rows)
    joint = fits.joint(name, formula)
    parts = [_influence(fit, share) for fit, share in ((fits.a, joint.a), (fits.b, joint.b))]
    return Joint(
        name=name, rows=joint.rows, extremes=joint.extremes, statistic=joint.statistic, a=joint.a, b=joint.b,
        single=parts[1] - parts[0], without=joint.without,
    )  # fmt: skip


def _ability(fit: CrossFit, rows: Array, weights: Array) -> Array:
    return np.asarray(ABILITY[1](fit.means(rows, weights)), dtype=np.float64)


def _influence(fit: CrossFit, share: float) -> Array:
    """Each item's part in content / (own - chance), to first order; their mean is the share."""
    one = fit.single()
    top, bottom = one["level"] - one["baseline"], one["own"] - one["chance"]
    return np.asarray(share + (top - share * bottom) / bottom.mean(), dtype=np.float64)


def _nothing(name: str, why: str, without: dict[str, int], rows: Array | None = None) -> Joint:
    """A quantity without a number."""
    none = np.empty((0, 0)) if rows is None else rows
    return Joint(
        name=name, rows=none, extremes=np.empty((0, 0)), statistic=difference(1, 0), single=np.empty(0), missing=why,
        without=without,
    )  # fmt: skip
