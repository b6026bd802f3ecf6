"""The claims of thinkaloud.metrics.crossover: a map of families, and slopes with the family as the unit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from arm_records import arm_attempt, arm_record
from thinkaloud.metrics.crossover import Point, hc3, places, points, rows_of, slopes
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Record


def record(item: str, arm: str, steps: list[int] | None, load: int, parts: int | None, chain: int | None) -> Record:
    attempt = arm_attempt("A", **({} if steps is None else {"steps": steps}))
    return arm_record(arm, item, [attempt], load=load, parts=parts, chain=chain)


def test_a_familys_place_is_over_both_arms_and_counts_each_item_once() -> None:
    rows = [
        record("a", "F1", [3, 4], 100, 4, 4),
        record("a", "F2", [1, 4], 100, 4, 4),
        record("b", "F2", [4, 4], 300, 4, 1),
        record("c", "R2", [0, 4], 9000, 4, 1),
    ]
    load, error, independence = places(rows, ("F2", "F1"))
    assert (load, error, independence) == (200, 1 - 8 / 12, 2.5)


def test_what_nobody_knows_is_missing_and_not_zero() -> None:
    assert places([record("a", "F2", None, 0, None, None)], ("F2", "F1")) == (None, None, None)


def test_the_map_is_a_row_a_family_with_p_adjusted_over_the_map() -> None:
    rows = {"up": np.ones(12), "flat": np.array([1.0, -1.0] * 6), "none": np.zeros(0)}
    found = points({name: [] for name in rows}, rows, ("F2", "F1"))
    assert [x.family for x in found] == ["up", "flat"]
    assert found[0].adjusted == pytest.approx(2 * found[0].p)
    assert found[1].adjusted == 1.0
    assert rows_of("F2 - F1", found)[0]["value"] == 1.0


def test_hc3_as_worked_by_hand() -> None:
    """x = -1, 0, 1 and y = 0, 0, 3: slope 1.5, residuals .5, -1, .5, leverages 5/6, 1/3, 5/6."""
    slope, error = hc3(np.array([-1.0, 0.0, 1.0]), np.array([0.0, 0.0, 3.0]))
    assert slope == pytest.approx(1.5)
    assert error == pytest.approx(math.sqrt(2 * (0.5 * 6) ** 2) / 2)
    assert hc3(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0]))[1] == math.inf


def made(count: int, slope: float = 0.1) -> list[Point]:
    rng = np.random.default_rng(0)
    loads = np.exp(np.linspace(4, 8, count))
    effect = slope * (np.log(loads) - 6) + 0.02 * rng.standard_normal(count)
    return [
        Point(family=f"f{i}", load=loads[i], error=None, independence=2.0, effect=float(effect[i]), n=50, p=0.5)
        for i in range(count)
    ]


def test_a_slope_is_per_standard_deviation_with_the_family_as_the_unit() -> None:
    load, error, independence = slopes(Label("F2 - F1"), made(24))
    spread = float(np.std(np.linspace(4, 8, 24), ddof=1))
    assert load.name == "F2 - F1 slope load"
    assert load.value == pytest.approx(0.1 * spread, abs=0.01)
    assert load.low is not None and load.low > 0
    assert (load.n, load.clusters, load.clustered_by) == (24 * 50, 24, "family")
    assert error.reason == "too few families whose step error is known (n=0): a slope needs at least 10"
    assert independence.reason == "not identifiable: all families have the same independence"


def test_nine_families_have_no_slope() -> None:
    assert slopes(Label("x"), made(9))[0].value is None
    assert slopes(Label("x"), made(10))[0].value is not None
