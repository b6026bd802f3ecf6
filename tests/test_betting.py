"""The claims of thinkaloud.stats.betting: looked at after every unit, it keeps its rate of false alarms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from thinkaloud.stats.betting import BETS, ENOUGH, wealth

LOOKS = range(8, 201, 8)


def paired(rng: np.random.Generator, n: int) -> np.ndarray:
    """Differences of two readings of one item, of mean 0."""
    rate = rng.beta(0.6, 0.6, n)
    return rng.beta(8 * rate + 1e-3, 8 * (1 - rate) + 1e-3) - rng.beta(8 * rate + 1e-3, 8 * (1 - rate) + 1e-3)


def test_the_wealth_is_the_mean_over_bets_of_what_each_has_won() -> None:
    d = np.array([0.5, -0.25])
    up = np.mean([(1 + b * 0.5) * (1 - b * 0.25) for b in BETS])
    down = np.mean([(1 - b * 0.5) * (1 + b * 0.25) for b in BETS])
    same = min(np.mean([(1 + b * (0.1 + s * 0.5)) * (1 + b * (0.1 - s * 0.25)) for b in BETS]) for s in (1, -1))
    found = wealth(d, 0.1)
    assert found.different == pytest.approx((up + down) / 2)
    assert found.same == pytest.approx(same)
    assert wealth(np.empty(0), 0.1).different == pytest.approx(1)


def test_the_order_of_items_does_not_matter() -> None:
    d = paired(np.random.default_rng(0), 50)
    assert wealth(d, 0.05).different == pytest.approx(wealth(d[::-1], 0.05).different)


def test_looking_after_every_unit_keeps_the_false_alarms_where_a_t_test_does_not() -> None:
    """400 equal pairs, looked at after every 8 of 200 items."""
    rng, times = np.random.default_rng(1), 400
    betting = testing = 0
    for _ in range(times):
        d = paired(rng, max(LOOKS))
        betting += any(wealth(d[:n], 0.05).different >= ENOUGH for n in LOOKS)
        testing += any(stats.ttest_1samp(d[:n], 0).pvalue <= 0.05 for n in LOOKS)
    assert betting <= stats.binom.ppf(0.999, times, 0.05)
    assert testing >= 0.18 * times


def test_a_difference_at_the_margin_is_called_the_same_at_most_one_time_in_twenty() -> None:
    rng, times = np.random.default_rng(2), 400
    same = sum(
        any(wealth(np.clip(paired(rng, 200) * 0.2 + 0.05, -1, 1)[:n], 0.05).same >= ENOUGH for n in LOOKS)
        for _ in range(times)
    )
    assert same <= stats.binom.ppf(0.999, times, 0.05)


def test_what_is_there_is_found_and_what_is_not_is_said_to_be_the_same() -> None:
    rng = np.random.default_rng(3)
    lost = np.where(rng.random(200) < 0.4, -0.6, 0.0)
    found = [wealth(lost[:n], 0.05).decided for n in LOOKS]
    assert "different" in found and found.index("different") < len(found) // 2
    assert [wealth(np.zeros(n), 0.05).decided for n in (40, 120)] == [None, "the same"]


def test_a_large_wealth_is_no_overflow() -> None:
    assert math.isfinite(wealth(np.ones(5000), 0.05).different)
