"""The claims of metrics.judges: agreement on saturated verdicts, and rates corrected for a judge's mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.metrics.judges import (
    Labels,
    Pair,
    ac1,
    agreement,
    corrected,
    fieller,
    kappa,
    raw_agreement,
    rogan_gladen,
    rogan_gladen_variance,
)


def verdicts(both: int, first: int, second: int, neither: int) -> np.ndarray:
    rows = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    return np.array(rows, dtype=np.float64)


def value(statistic, rows) -> float:
    return float(statistic(rows, np.ones((1, len(rows))))[0])


@pytest.mark.parametrize(
    ("table", "raw", "cohen", "gwet"),
    [
        ((40, 10, 20, 30), 0.70, 0.40, 0.4059),  # e = .5*.6 + .5*.4 = .5; AC1: r = .55, e = .495
        ((980, 8, 8, 4), 0.984, 0.3252, 0.9836),  # saturated
        ((950, 20, 20, 10), 0.96, 0.3127, 0.9575),  # saturated
        ((0, 50, 50, 0), 0.0, -1.0, -1.0),
        ((50, 0, 0, 50), 1.0, 1.0, 1.0),
    ],
)
def test_agreement_matches_hand_computed_tables(table, raw, cohen, gwet) -> None:
    rows = verdicts(*table)
    assert value(raw_agreement, rows) == pytest.approx(raw)
    assert value(kappa, rows) == pytest.approx(cohen, abs=2e-4)
    assert value(ac1, rows) == pytest.approx(gwet, abs=2e-4)


def test_kappa_collapses_on_saturated_verdicts_and_ac1_does_not() -> None:
    rows = verdicts(980, 8, 8, 4)
    assert value(raw_agreement, rows) > 0.98 and value(kappa, rows) < 0.34 and value(ac1, rows) > 0.98


def test_judges_that_always_say_the_same_have_ac1_but_no_kappa() -> None:
    """All yes: agreement by chance is 1, kappa is 0/0 and says so; nothing becomes 0."""
    found = {e.name: e for e in agreement(Pair([True] * 40, [True] * 40), "x")}
    assert found["judges agree x"].value == found["judges AC1 x"].value == 1
    assert (found["judges kappa x"].reason or "").startswith("not identifiable")


def test_a_missing_verdict_drops_the_text_and_texts_of_one_item_are_one_cluster() -> None:
    pair = Pair([True, None, False, True] * 10, [True, True, None, False] * 10, [i // 4 for i in range(40)])
    found = agreement(pair, "x")[0]
    assert (found.value, found.n, found.clusters) == (pytest.approx(0.5), 20, 10)
    reason = "not measured: no text has a verdict of both judges"
    assert {e.reason for e in agreement(Pair([None], [True]), "x")} == {reason}


# ------------------------------------------------------------------------------------------------------ Rogan-Gladen


@pytest.mark.parametrize(
    ("found", "m", "flagged", "low", "high"),
    [
        (0.9, 200, 0.291, 0.248, 0.352),
        (0.5, 200, 0.171, 0.210, 0.390),
        (0.3, 200, 0.111, 0.162, 0.438),
        (0.3, 50, 0.111, 0.087, 0.513),
    ],
)
def test_rogan_gladen_and_its_variance_match_the_worked_examples(found, m, flagged, low, high) -> None:
    """pi = .30, F = .03, n = 500: the flagged share leads back to pi, with the stated Wald interval."""
    labels = Labels(found * m, m, 0.03 * m, m)
    assert 0.3 * found + 0.7 * 0.03 == pytest.approx(flagged)
    pi, variance = rogan_gladen(flagged, labels), rogan_gladen_variance(flagged, 500, labels)
    assert pi == pytest.approx(0.30)
    assert (pi - 1.96 * variance**0.5, pi + 1.96 * variance**0.5) == pytest.approx((low, high), abs=5e-4)


def test_rogan_gladen_from_counts() -> None:
    """60 of 400 flagged, 72 of 90 found, 6 of 120 made up: pi .13333, SE .0339, .0668-.1998."""
    labels = Labels(72, 90, 6, 120)
    pi, se = rogan_gladen(0.15, labels), rogan_gladen_variance(0.15, 400, labels) ** 0.5
    assert pi == pytest.approx(0.133333, abs=1e-6) and se == pytest.approx(0.0339, abs=5e-5)
    assert (pi - 1.96 * se, pi + 1.96 * se) == pytest.approx((0.0668, 0.1998), abs=5e-5)


@given(
    st.integers(0, 50), st.integers(1, 30), st.integers(1, 30), st.floats(0, 1), st.floats(0, 1), st.integers(1, 200)
)
def test_fiellers_interval_is_never_empty_and_stays_in_the_unit(k, m1, m0, t, f, n) -> None:
    labels = Labels(round(t * m1), m1, round(f * m0), m0)
    flagged = min(k, n) / n
    low, high = fieller(flagged, n, labels)
    assert 0 <= low < high <= 1
    estimate = corrected("x", flagged, n, labels)
    if estimate.value is not None:
        assert low - 1e-9 <= estimate.value <= high + 1e-9


def test_fiellers_interval_agrees_with_walds_where_that_is_good_and_grows_where_it_is_not() -> None:
    good, bad = Labels(180, 200, 6, 200), Labels(6, 20, 4, 20)
    assert fieller(0.291, 500, good) == pytest.approx((0.248, 0.352), abs=2e-3)
    assert fieller(0.25, 100, bad) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("pi", "t", "f", "n", "m"), [(0.1, 0.9, 0.03, 40, 20), (0.3, 0.7, 0.1, 100, 50), (0.9, 0.3, 0.2, 40, 20)]
)
def test_fiellers_interval_covers_also_with_a_bad_judge(pi, t, f, n, m) -> None:
    """400 draws: at least 92% of the intervals hold the truth. Wald's hold it in about 65% in the last case."""
    rng, held = np.random.default_rng(3), 0
    for _ in range(400):
        labels = Labels(rng.binomial(m, t), m, rng.binomial(m, f), m)
        low, high = fieller(rng.binomial(n, pi * t + (1 - pi) * f) / n, n, labels)
        held += low <= pi <= high
    assert held >= 368


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    found = corrected("x", 0.3, 100, Labels(10, 50, 10, 50))
    assert found.reason == "not identifiable: on the labelled texts the judge finds 0.20 and makes up 0.20"
    assert rogan_gladen_variance(0.3, 100, Labels(10, 50, 10, 50)) is None
