"""One quantity in two runs of the same items: how much it differs, whether that is nothing, and what could be seen.

Every item is one row with the readings of both runs, so what makes items easy or hard for both drops out. For a
quantity that is a mean over items the difference is B - A, item by item. Beside it stand

    95% interval      by the Bayesian bootstrap over joint rows with one prior item (`bootstrap.py`); cluster = item
    90% interval      from the same resamples: each end is a one-sided 95% limit, so it decides equivalence at level .05
    p                 two-sided, by sign flips of the items' differences (`signs.py`: exact where few differ or all by
                      as much, else 9,999 random signs); over many rows Holm's
    smallest change   that would have been called *different* with 80% power: 2.8 standard errors, or, where the prior
                      item makes the interval wider than its standard error does, half of its width and .84 of them

THE RULE, in this order:

    the same within M    the 90% interval lies within the margin, even if 0 is outside of the 95% interval; or both
                         runs are of one model and every item has the very same value in both
    different            the 95% interval does not contain 0, and p by sign flips is .05 or less: where only a few items
                         differ at all, an interval can leave 0 out that the signs of these few explain (4 of 4 one way
                         is p .125)
    cannot tell          anything else

A difference is about other items like these: not about other tasks, prompts or trainings. A margin that was chosen
after the results makes all of this worthless; this module does not know when it was. Nor does it know what was read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np

from thinkaloud.stats.bootstrap import FEWEST, KEY, Array, Sample, Statistic, drawn, limits, of_all
from thinkaloud.stats.equivalence import ALPHA, holm
from thinkaloud.stats.power import DETECTION, POWER
from thinkaloud.stats.signs import sign_flip
from thinkaloud.vocabulary import Estimate, Key

MARGIN = 0.05
DRAWS = 10_000
"""More than for one run: a verdict hangs on these."""
OUTER, INNER = 0.95, 0.90
"""Levels of the interval, and of the one that decides equivalence."""
TINY = 1e-9

Word = Literal["different", "the same", "cannot tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """What two runs have of one quantity.

    `rows` [n, columns]: both runs' readings of an item, one item each; `statistic` the difference B - A of them;
    `extremes` [any, columns] the most extreme rows that an item could have. `single` [n]: each item's part in the
    difference, in the mean the difference itself (of a ratio: to first order). `a`, `b`: the quantity in each run over
    these items. `missing`: why there is nothing (then rows are empty). `without`: items of both runs that lack it, by
    reason. `chosen`: whether its value hangs on a choice that is made from all items (a baseline, a position)."""

    name: str
    rows: Array
    extremes: Array
    statistic: Statistic
    single: Array
    a: float = math.nan
    b: float = math.nan
    missing: str | None = None
    without: dict[str, int]
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A quantity compared: `a` and `b` in each run, `difference` B - A with its 95% interval, `inner` the 90% interval,
    `smallest` the change that would have been seen with 80% power, `p` by sign flips, `holm` over all rows; None where
    there is no number (the reason is the difference's)."""

    name: str
    a: float | None
    b: float | None
    difference: Estimate
    inner: tuple[float, float] | None
    smallest: float | None
    p: float | None
    word: Word
    why: str
    without: dict[str, int]
    holm: float | None = None


def compare_row(
    joint: Joint, margin: float = MARGIN, *, one_model: bool = False, key: Key = KEY, draws: int = DRAWS
) -> Row:
    """The quantity with its verdict. `one_model`: both runs are of the same model in the same arithmetic, so that equal
    values are no accident of the items. Always the same numbers for the same key."""
    n = len(joint.rows)
    why = joint.missing or (f"too few items (n={n}): an interval needs at least {FEWEST}" if n < FEWEST else None)
    if why is not None:
        return _absent(joint, why, n)
    sample = Sample(joint.rows, extremes=joint.extremes)
    value = of_all(joint.statistic, sample)
    found = drawn(joint.statistic, sample, key.child("weights"), draws)
    if not (math.isfinite(value) and np.isfinite(found).all()):
        return _absent(joint, "not identifiable: some resamples give no number", n)
    outer, inner = limits(found, value, n, OUTER), limits(found, value, n, INNER)
    smallest = smallest_change((outer[1] - outer[0]) / 2, float(joint.single.std(ddof=1)) / math.sqrt(n))
    equal = one_model and bool(np.abs(joint.single).max() <= TINY)
    if equal:
        outer = inner = (0.0, 0.0)
    p = sign_flip(joint.single, key.child("signs"))
    word, why = judge(Found(value, outer, inner, p, equal), margin)
    estimate = Estimate(joint.name, value, *outer, n, n)
    return Row(
        name=joint.name, a=joint.a, b=joint.b, difference=estimate, inner=inner, smallest=smallest, p=p, word=word,
        why=why, without=joint.without,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What the rule looks at. `equal`: one model, and every item has the very same value in both runs."""

    value: float
    outer: tuple[float, float]
    inner: tuple[float, float]
    p: float
    equal: bool = False


def judge(found: Found, margin: float) -> tuple[Word, str]:
    """The rule (see the module), and why."""
    (low, high), (inner_low, inner_high) = found.outer, found.inner
    ends = f"90% interval {inner_low:+.3f} to {inner_high:+.3f}"
    if found.equal:
        return "the same", "one model, and every item has the very same value in both runs"
    apart = low > 0 or high < 0
    if -margin < inner_low and inner_high < margin:
        return "the same", f"within {margin:g} of 0{', although it is not 0' if apart else ''} ({ends})"
    if apart and found.p <= ALPHA:
        beyond = "all of it beyond" if min(abs(low), abs(high)) > margin else "perhaps less than"
        return "different", f"{'above' if found.value > 0 else 'below'} 0, {beyond} the margin of {margin:g}"
    if apart:
        return "cannot tell", f"so few items differ that their signs may be chance (p {found.p:.3f})"
    return "cannot tell", f"the interval includes 0 and reaches beyond {margin:g} ({ends})"


def smallest_change(half: float, error: float) -> float:
    """The difference that an interval of this half-width leaves 0 out for with 80% power."""
    return max(DETECTION * error, half + NormalDist().inv_cdf(POWER) * error)


def with_holm(rows: Sequence[Row]) -> list[Row]:
    """The rows with Holm's p over all of them that have one."""
    at = [i for i, row in enumerate(rows) if row.p is not None]
    found = dict(zip(at, holm([rows[i].p or 0.0 for i in at]), strict=True))
    return [replace(row, holm=found.get(i)) for i, row in enumerate(rows)]


def _absent(joint: Joint, why: str, n: int) -> Row:
    estimate = Estimate.absent(joint.name, why, n)
    return Row(
        name=joint.name, a=None, b=None, difference=estimate, inner=None, smallest=None, p=None, word="cannot tell",
        why=why, without=joint.without,
    )  # fmt: skip
