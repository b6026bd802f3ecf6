"""Claims: intervals of very many items cost no more than those of a thousand, and are as wide as if every item were
resampled; a statistic for which groups of items will not do is noticed, and gets its items."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thinkaloud.stats import bootstrap, columns
from thinkaloud.stats.bootstrap import (
    GROUPS,
    Array,
    Sample,
    corners,
    difference,
    divide,
    drawn,
    folded,
    interval,
    lots,
    mean,
    means,
    ratio,
)
from thinkaloud.vocabulary import Estimate, Key

UNIT = (0.0, 1.0)
MANY = 3 * GROUPS + 7


def sample(n: int = MANY, seed: int = 1, each: int = 1) -> Sample:
    """`n` items of `each` rows: two quantities that go together, and one that is rare."""
    draw = np.random.default_rng(seed)
    rows = draw.beta(0.5, 0.5, (n * each, 3))
    rows[:, 1] = 0.7 * rows[:, 0] + 0.3 * rows[:, 1]
    rows[:, 2] = draw.random(n * each) < 0.01
    clusters = None if each == 1 else [i // each for i in range(n * each)]
    return Sample(rows, clusters, corners(UNIT, UNIT, UNIT))


def width(found: Estimate) -> float:
    assert found.low is not None and found.high is not None
    return found.high - found.low


@pytest.mark.parametrize("each", [1, 3])
@pytest.mark.parametrize("statistic", [mean(0), difference(0, 1), ratio(2, 0)])
def test_intervals_of_groups_are_those_of_items(
    statistic: bootstrap.Statistic, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, key = sample(each=each), Key(("groups",))
    by_groups = interval("x", statistic, some, key)
    monkeypatch.setattr(bootstrap, "GROUPS", 10**9)
    by_items = interval("x", statistic, some, key)
    assert by_groups.value == by_items.value
    assert (by_groups.n, by_groups.clusters) == (by_items.n, by_items.clusters) == (MANY * each, MANY)
    assert width(by_groups) == pytest.approx(width(by_items), rel=0.1)
    assert by_groups.low != by_items.low, "the same interval: no groups were made"


def test_over_many_lots_their_width_is_the_right_one() -> None:
    """One lot has 2.3% of chance (960 groups), so the mean of forty is within 1%."""
    found = [
        width(interval("x", mean(0), sample(seed=seed), Key(("lot", str(seed)))))
        / (2 * 1.96 * sample(seed=seed).rows[:, 0].std(ddof=1) / math.sqrt(MANY))
        for seed in range(40)
    ]
    assert np.mean(found) == pytest.approx(1.0, abs=0.012)
    assert 0.01 < np.std(found) < 0.04


def test_rows_are_averaged_only_for_statistics_of_means() -> None:
    """The mean product of two columns is no statistic of their means, and its groups would say something else."""

    def product(rows: Array, weights: Array) -> Array:
        seen.append(len(rows))
        return np.asarray((weights @ (rows[:, 0] * rows[:, 1])) / weights.sum(axis=1))

    seen: list[int] = []
    some = sample()
    drawn(product, some, Key(("x",)), 50)
    assert seen[-1] == MANY + len(some.extremes if some.extremes is not None else ()), "groups were resampled"

    ready = Sample(np.column_stack([some.rows, some.rows[:, 0] * some.rows[:, 1]]), None, corners(*[UNIT] * 4))
    seen.clear()

    def prepared(rows: Array, weights: Array) -> Array:
        seen.append(len(rows))
        return means(rows, weights)[:, 3]

    drawn(prepared, ready, Key(("x",)), 50)
    assert seen[-1] == GROUPS + 16


def test_a_statistic_that_chooses_between_means_keeps_its_groups() -> None:
    def best(rows: Array, weights: Array) -> Array:
        seen.append(len(rows))
        found: Array = means(rows, weights).max(axis=1)
        return found

    seen: list[int] = []
    found = interval("x", best, sample(), Key(("x",)))
    assert seen[-1] == GROUPS + 8
    assert found.value == pytest.approx(sample().rows.mean(axis=0).max())


def test_groups_follow_from_no_order_of_the_items() -> None:
    """Items whose kind comes round with their number would fill some groups with one kind only."""
    n = 4 * GROUPS
    rows = (np.arange(n) % GROUPS < GROUPS // 2).astype(float)[:, None]
    found = width(interval("x", mean(0), Sample(rows, None, corners(UNIT)), Key(("x",))))
    assert found == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(n), rel=0.1)


def test_all_items_are_in_one_group_each_and_clusters_are_not_parted() -> None:
    some = sample(each=3)
    grouped = folded(some, Key(("x",)))
    assert grouped is not None and grouped.behind.sum() == 3 * MANY
    assert (grouped.rows * grouped.behind[:, None]).sum(axis=0) == pytest.approx(some.rows.sum(axis=0))
    assert set(np.bincount(lots(MANY, Key(("x",))))) == {3, 4}
    assert set(grouped.behind % 3) == {0.0}


@pytest.mark.parametrize("n", [GROUPS - 1, GROUPS])
def test_few_items_are_resampled_themselves(n: int) -> None:
    assert folded(sample(n)) is None


def test_rows_without_a_number_are_left_as_they_are() -> None:
    rows = sample().rows.copy()
    rows[0, 0] = np.nan
    assert folded(Sample(rows)) is None


def test_the_doubt_about_what_nobody_saw_is_that_of_one_item() -> None:
    """All items alike: the upper limit is Jeffreys' for so many items, and not for so many groups."""
    some = Sample(np.zeros((MANY, 1)), None, corners(UNIT))
    found = interval("x", mean(0), some, Key(("x",)))
    assert found.high == pytest.approx(2.51 / MANY, rel=0.15)


def test_many_columns_share_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    some, key = sample(), Key(("x",))
    by_groups = columns.resampled(some.rows, key, box=UNIT)
    monkeypatch.setattr(bootstrap, "GROUPS", 10**9)
    by_items = columns.resampled(some.rows, key, box=UNIT)
    assert by_groups.shape == by_items.shape
    assert by_groups.mean(axis=0) == pytest.approx(by_items.mean(axis=0), abs=5e-4)
    assert by_groups.std(axis=0) == pytest.approx(by_items.std(axis=0), rel=0.1)
    assert not np.array_equal(by_groups, by_items)


def test_a_ratio_of_groups_is_not_a_number_where_that_of_the_items_is_not() -> None:
    rows = np.zeros((MANY, 2))
    found = interval("x", lambda r, w: divide(means(r, w)[:, 0], means(r, w)[:, 1]), Sample(rows), Key(("x",)))
    assert found.value is None and found.reason is not None and "not identifiable" in found.reason
