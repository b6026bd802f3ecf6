"""The claims of thinkaloud.metrics.frontier and .columns: scores at a budget, bands, areas, crossings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from arm_records import arm_attempt, arm_record, spent
from thinkaloud.errors import UserError
from thinkaloud.metrics.frontier import area_weights, crossing, frontiers, paired
from thinkaloud.stats.bootstrap import Sample, corners, interval, mean
from thinkaloud.stats.columns import SIGNED, UNIT, Columns, estimates
from thinkaloud.stats.label import Label, label
from thinkaloud.vocabulary import Key, Record

BUDGETS = (1000, 4000, 16000)
CROSSING = label("c", arm="F2", against="F1")


def attempt(answer: str | None, uncached: int = 100, output: int = 100, cached: int = 0) -> dict[str, Any]:
    return arm_attempt(answer, spent(uncached, output, cached))


def record(item: str, attempts: list[dict[str, Any]], arm: str = "R2", **more: Any) -> Record:
    return arm_record(arm, item, attempts, **more)


def scores(one: Record, meter: str = "B4", primary: str = "B4") -> list[float]:
    found: list[float] = frontiers([one], BUDGETS, primary)["R2"].at[meter][0].tolist()
    return found


def test_a_budget_pays_for_as_many_attempts_in_order_as_it_can_and_votes_over_all_of_them() -> None:
    """Three attempts of 900: one fits 1000, all fit 4000. With one, the expectation over which of the three it is."""
    one = record("a", [attempt(x, 800, 100) for x in "ABA"])
    assert scores(one) == pytest.approx([2 / 3, 1.0, 1.0])


def test_an_attempt_that_costs_exactly_the_budget_is_paid_and_one_token_more_is_not() -> None:
    exact, over = (record("a", [attempt("A", 900 + extra, 100)]) for extra in (0, 1))
    assert scores(exact)[0] == 1.0 and scores(over)[0] == 0.0


def test_meters_charge_what_they_say() -> None:
    """900 written, 100 read, 9,000 re-read: B1 and B4 pay at 1000, B3 at 16000 (4,600), B2 (10,000) at 16000."""
    one = record("a", [attempt("A", 100, 900, 9000)])
    paid = {meter: [x == 1.0 for x in scores(one, meter)] for meter in ("B1", "B2", "B3", "B4")}
    assert paid == {"B1": [True] * 3, "B2": [False, False, True], "B3": [False, False, True], "B4": [True] * 3}


def test_below_the_first_attempt_the_run_that_was_cut_counts_on_the_primary_meter_only() -> None:
    one = record("a", [attempt("A", 1500, 500)], short={"1000": attempt("A", 800, 200)})
    assert scores(one)[0] == 1.0
    assert scores(one, "B2")[0] == 0.0
    assert scores(record("a", [attempt("A", 1500, 500)]))[0] == 0.0


def test_failures_score_nothing_and_are_not_dropped() -> None:
    """A record that failed is an item with 0; an attempt without an answer is charged and has no vote."""
    failed = record("b", [], status="failed", error="x")
    assert scores(failed) == [0.0, 0.0, 0.0]
    half = record("a", [attempt(None, 800, 100), attempt("A", 800, 100)])
    assert scores(half) == pytest.approx([0.5, 1.0, 1.0])
    cannot = record("c", [], status="absent", error="no tools")  # not a failure: nothing was asked
    both = frontiers([half, failed, cannot], BUDGETS, "B4")["R2"]
    assert both.once.tolist() == [0.5, 0.0]


def test_what_an_attempt_costs_is_its_mean_on_the_primary_meter_and_missing_without_attempts() -> None:
    """200 and 400 on B4 (900 cached tokens cost nothing there, 90 on B3); a record that failed at once cost no 0."""
    rows = [record("a", [attempt("A", 100, 100), attempt(None, 100, 300, 900)]), record("b", [], status="failed")]
    (b4, none), (b3, _) = (frontiers(rows, BUDGETS, meter)["R2"].spend.tolist() for meter in ("B4", "B3"))
    assert b4 == 300.0 and math.isnan(none)
    assert b3 == (500 + 1390) / 2


def test_arms_are_paired_by_item_and_level() -> None:
    one = [record(x, [attempt("A")], "F1") for x in "abc"]
    two = [record(x, [attempt("B")], "F2") for x in "cda"] + [record("b", [attempt("A")], "F2", level=2)]
    found = frontiers(one + two, BUDGETS, "B4")
    left, right = paired(found["F2"], found["F1"])
    assert [found["F2"].items[i] for i in left] == [found["F1"].items[i] for i in right] == [(1, "a"), (1, "c")]


def test_a_wrong_meter_or_budget_is_refused_with_its_value() -> None:
    with pytest.raises(UserError, match="no meter named 'B5'; did you mean"):
        frontiers([], BUDGETS, "B5")
    with pytest.raises(UserError, match="budgets 4000, 1000: give positive numbers that ascend"):
        frontiers([], (4000, 1000), "B4")


def test_the_area_is_the_mean_over_the_log_range() -> None:
    """1k, 4k, 64k: steps of 2 and 4 doublings, so the trapezoid weighs 1/6, 1/2 and 1/3."""
    assert area_weights((1000, 4000, 64000)) == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    assert area_weights((1000,)) == pytest.approx([1.0])


def test_many_columns_at_once_have_the_interval_of_one_at_a_time() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 3)).astype(float)
    rows[:, 2] = 1.0
    key = Key(("test",))
    fast = estimates(Columns(tuple(map(Label, "abc")), rows), key)
    for i, row in enumerate(fast):
        slow = interval(row.name, mean(0), Sample(rows[:, [i]], extremes=corners(UNIT)), key)
        assert (row.value, row.low, row.high) == pytest.approx((slow.value, slow.low, slow.high))
        assert (row.n, row.clusters) == (slow.n, slow.clusters)


def test_too_few_rows_have_a_reason() -> None:
    one = estimates(Columns((Label("a"),), np.ones((4, 1)), unit="family", n=80))[0]
    assert one.reason == "too few families (n=4): an interval needs at least 5"
    assert (one.n, one.clusters, one.clustered_by) == (80, 4, "family")
    none = estimates(Columns((Label("a"),), np.ones((0, 1)), lacking="no item has F2"))[0]
    assert none.reason == "not measured: no item has F2"


def test_a_band_is_wider_than_single_intervals_and_one_column_needs_no_more_than_one() -> None:
    rows = np.random.default_rng(2).standard_normal((400, 6)) / 10
    labels = tuple(map(Label, "abcdef"))
    bands, singles = (estimates(Columns(labels, rows, box=None, band=b)) for b in (True, False))
    ratio = [(b.high - b.low) / (s.high - s.low) for b, s in zip(bands, singles, strict=True)]  # type: ignore[operator]
    assert np.mean(ratio) == pytest.approx(2.63 / 1.96, abs=0.06)  # the largest of six independent |z|: 1.96 -> 2.63
    one = estimates(Columns((Label("a"),), rows[:, :1], box=None, band=True))[0]
    single = estimates(Columns((Label("a"),), rows[:, :1], box=None))[0]
    assert one.high == pytest.approx(single.high, abs=0.002)


def test_a_budget_where_nothing_differs_does_not_break_the_band() -> None:
    rows = np.zeros((20, 2))
    rows[::2, 1] = 1.0
    flat, live = estimates(Columns((Label("a"), Label("b")), rows, box=SIGNED, band=True))
    assert flat.value == 0.0 and flat.high is not None and 0.02 < flat.high < 1 - 0.05 ** (1 / 20)
    assert live.low is not None and 0 < live.low < 0.5


def curves(*means: float, n: int = 60, noise: float = 0.05) -> np.ndarray:
    x = np.random.default_rng(5).standard_normal((n, len(means)))
    return np.asarray(means) + noise * (x - x.mean(axis=0))


def test_curves_cross_where_a_straight_line_in_log_budget_is_zero() -> None:
    """-.1 at 4k and +.1 at 16k: 8k. The interval holds it, and its ends are budgets too."""
    row = crossing(CROSSING, curves(-0.1, -0.1, 0.1), BUDGETS)
    assert row.value == pytest.approx(8000)
    assert row.low is not None and row.high is not None and 4000 < row.low < 8000 < row.high < 16000


def test_along_a_stretch_of_equality_they_cross_in_its_middle() -> None:
    row = crossing(CROSSING, curves(-0.1, 0, 0, 0.1, noise=0.0), (1000, 2000, 8000, 16000))
    assert row.value == pytest.approx(4000)


def test_curves_that_do_not_cross_say_which_side_is_above_and_how_sure_that_is() -> None:
    above = crossing(CROSSING, curves(0.1, 0.2, 0.1), BUDGETS)
    assert (
        above.reason == "does not cross: F2 is above F1 throughout 1000..16000 (there is a crossing in 0% of resamples)"
    )
    equal = crossing(CROSSING, curves(0, 0, 0, noise=0), BUDGETS)
    assert equal.reason is not None and equal.reason.startswith("does not cross: equal throughout")
    twice = crossing(CROSSING, curves(0.1, -0.1, 0.1), BUDGETS)
    assert twice.reason == "not identifiable: the curves cross 2 times within 1000..16000"


def test_a_crossing_that_only_some_resamples_have_is_no_number() -> None:
    row = crossing(CROSSING, curves(-0.005, 0.005, 0.01, noise=0.1), BUDGETS)
    assert row.value is None and row.reason is not None
    assert row.reason.startswith("not identifiable: crosses at about 2000, but only in ")
    assert math.isclose(2000, float(row.reason.split("about ")[1].split(",")[0]))
