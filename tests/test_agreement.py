"""The claims of thinkaloud.metrics.agreement: the worked examples, and no agreement from accuracy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from item_records import reading
from item_records import record as item_record
from thinkaloud.metrics.agreement import agreement, expected
from thinkaloud.vocabulary import Estimate

ONE = np.ones((1, 1))


def independent(a: float, m: int = 4) -> list[float]:
    """Marginal of an answer with accuracy a, wrong answers spread evenly."""
    return [a] + [(1 - a) / (m - 1)] * (m - 1)


def rows(parts: list[tuple[float, int]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Items with independent answers: both at accuracy a, in a stratum."""
    return np.array([[stratum, *independent(a), *independent(a)] for a, stratum in parts])


@pytest.mark.parametrize(("a", "same"), [(0.4, 0.28), (0.6, 0.41333), (0.8, 0.65333), (0.95, 0.90333)])
def test_independent_answers_agree_by_accuracy_alone(a: float, same: float) -> None:
    found, alone = expected(rows([(a, 0)]), ONE, 4, 1)
    assert found[0] == pytest.approx(same, abs=1e-5)
    assert alone[0] == pytest.approx(same, abs=1e-5)


def test_kappa_of_the_worked_example() -> None:
    """Marginals (.5,.3,.1,.1) and (.4,.3,.2,.1) give L_ind = .32; L = .66 then gives .5."""
    _, alone = expected(np.array([[0, 0.5, 0.3, 0.1, 0.1, 0.4, 0.3, 0.2, 0.1]]), ONE, 4, 1)
    assert alone[0] == pytest.approx(0.32)
    assert (0.66 - alone[0]) / (1 - alone[0]) == pytest.approx(0.5)


def test_a_mixture_of_easy_and_hard_items_agrees_by_itself_unless_it_is_stratified() -> None:
    """Halves with accuracy .95 and .4, independent within: pooled kappa .198, stratified 0."""
    both = np.ones((1, 2))
    same, pooled = expected(rows([(0.95, 0), (0.4, 0)]), both, 4, 1)
    assert (same[0], pooled[0]) == pytest.approx((0.59167, 0.49083), abs=1e-5)
    assert (same[0] - pooled[0]) / (1 - pooled[0]) == pytest.approx(0.19804, abs=1e-5)
    same, alone = expected(rows([(0.95, 0), (0.4, 1)]), both, 4, 2)
    assert same[0] - alone[0] == pytest.approx(0)


def record(i: int, silent: int, own: int, gold: int, level: int = 1) -> dict[str, Any]:
    conditions = {
        name: reading([-0.1 if k == answer else -4.0 for k in range(4)])
        for name, answer in (("silent", silent), ("own", own))
    }
    return item_record(i, conditions, "abcd", gold, level=level)


def table(records: list[dict[str, Any]]) -> dict[str, Estimate]:
    return {e.name: e for e in agreement(records)}


def test_answers_that_always_agree_have_kappa_one_and_an_interval_that_is_not_a_point() -> None:
    found = table([record(i, i % 4, i % 4, 0) for i in range(40)])["agreement (kappa)"]
    assert found.value == pytest.approx(1)
    assert found.low is not None and 0.7 < found.low < 0.97


def test_answers_that_are_independent_have_kappa_zero_wherever_the_right_option_stands() -> None:
    """Every combination of (silent, own) relative to the right option once, at four positions of the right option."""
    records = [
        record(16 * g + 4 * a + b, (g + a) % 4, (g + b) % 4, g) for g in range(4) for a in range(4) for b in range(4)
    ]
    assert table(records)["agreement (kappa)"].value == pytest.approx(0)


def test_a_model_that_is_always_right_says_nothing_about_kappa() -> None:
    """Its letters vary with the right option's and would give kappa 1; relative to the right option they do not."""
    found = table([record(i, i % 4, i % 4, i % 4) for i in range(20)])
    assert found["same answer silent and own"].value == 1
    assert found["agreement (kappa)"].value is None


def test_nothing_measured_is_a_reason() -> None:
    assert {e.reason for e in agreement([])} == {"not measured: no item has silent and own"}
