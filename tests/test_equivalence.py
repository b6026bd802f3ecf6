"""The claims of thinkaloud.stats.equivalence: one honest verdict for every result."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from thinkaloud.metrics.pool import effect
from thinkaloud.stats.bootstrap import unseen_share
from thinkaloud.stats.equivalence import (
    Inference,
    Word,
    benjamini_hochberg,
    confirmations,
    holm,
    judge,
    p_value,
    sign,
    stands,
    tost,
    verdict,
)
from thinkaloud.stats.label import Label
from thinkaloud.stats.pooling import Mean
from thinkaloud.vocabulary import Estimate

MARGIN = 0.03


def families(mu: float, spread: float, count: int, n: int = 50, noise: float = 0.1) -> dict[str, Estimate]:
    """The pool's rows for families whose effects lie evenly around mu."""
    rng = np.random.default_rng(3)
    rows = {}
    for i, at in enumerate(np.linspace(-1, 1, count)):
        x = rng.standard_normal(n)
        rows[f"f{i}"] = mu + spread * at + noise * (x - x.mean())
    return {row.name: row for row in effect(rows, Label("F2 - F1"), MARGIN)}


@pytest.mark.parametrize(
    ("mu", "spread", "count", "inference", "word"),
    [
        (0.10, 0.05, 30, "families like these", "gain"),
        (-0.10, 0.05, 30, "families like these", "loss"),
        (0.00, 0.02, 30, "families like these", "no gain worth the margin"),
        (0.00, 0.40, 30, "families like these", "not decided"),
        (0.00, 0.40, 30, "this pool", "no gain worth the margin"),
        (0.10, 0.05, 12, "families like these", "not decided"),
        (0.10, 0.05, 12, "this pool", "gain"),
    ],
)
def test_every_verdict_can_be_reached(mu: float, spread: float, count: int, inference: Inference, word: Word) -> None:
    assert verdict("F2 - F1", families(mu, spread, count), inference).word == word


def test_few_families_say_how_many_and_the_bound_can_be_set() -> None:
    pool = families(0.1, 0.05, 12)
    assert verdict("F2 - F1", pool, "families like these").why.startswith("not decided: 12 families, at least 20")
    assert verdict("F2 - F1", pool, "families like these", general=12).word == "gain"
    assert verdict("T1 - T2", pool, "this pool").why == "not measured"


def row(low: float, high: float, shrink: float = 1.0) -> Estimate:
    middle = (low + high) / 2
    half = (high - low) / 2 * shrink
    return Estimate("x", middle, middle - half, middle + half, 100, 30, "family")


def test_the_verdicts_are_full_and_disjoint() -> None:
    """Any interval has exactly one verdict, and it is the one whose condition holds first."""
    grid = np.linspace(-0.1, 0.1, 41)
    seen = set()
    for low, high in itertools.combinations(grid, 2):
        mean, limits = row(low, high), row(low, high, 1.645 / 1.96)
        word, why = judge(mean, limits, MARGIN)
        inside = limits.low > -MARGIN and limits.high < MARGIN  # type: ignore[operator]
        expected = (
            "no gain worth the margin" if inside else "gain" if low > 0 else "loss" if high < 0 else "not decided"
        )
        assert (word, bool(why)) == (expected, True)
        seen.add(word)
    assert seen == {"gain", "loss", "no gain worth the margin", "not decided"}


def test_a_certain_but_worthless_gain_is_called_worthless_and_not_hidden() -> None:
    word, why = judge(row(0.002, 0.012), row(0.003, 0.011), MARGIN)
    assert word == "no gain worth the margin" and "although it is not 0" in why


def test_a_wide_interval_around_zero_is_never_called_no_gain() -> None:
    assert judge(row(-0.2, 0.2), row(-0.17, 0.17), MARGIN)[0] == "not decided"
    assert judge(Estimate.absent("x", "why not"), row(0, 1), MARGIN) == ("not decided", "why not")


def test_the_two_one_sided_tests_agree_with_the_interval_of_ninety_percent() -> None:
    for value in np.linspace(-0.05, 0.05, 21):
        mean = Mean(float(value), 0.011, 29)
        low, high = mean.ends(0.95)
        assert (tost(mean, MARGIN).p < 0.05) == (low > -MARGIN and high < MARGIN)
    assert tost(Mean(0.03, 0.01, 20), 0.03).p == pytest.approx(0.5)


def test_items_that_all_agree_are_no_certainty_of_equivalence() -> None:
    """p is .05 exactly where the share of items that may have gone unseen is the margin, as intervals have it."""
    for n in (6, 24, 96):
        found = tost(Mean(0.0, 0.0, n - 1), unseen_share(n))
        assert found.above == found.below == pytest.approx(0.05)
    assert tost(Mean(0.0, 0.0, 20), 0.03).p == pytest.approx(0.97**21)
    assert tost(Mean(0.05, 0.0, 20), 0.03).p == 1.0
    assert tost(Mean(-0.03, 0.0, 20), 0.03).p == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_the_two_tests_are_those_of_statsmodels(seed: int) -> None:
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    rng = np.random.default_rng(seed)
    one, other = rng.normal(0, 0.2, (2, 30))
    low_p, high_p = (found[1] for found in weightstats.ttost_paired(one, other, -0.1, 0.1)[1:])
    x = one - other
    found = tost(Mean(float(x.mean()), float(x.std(ddof=1)) / 30**0.5, 29), 0.1)
    assert (found.above, found.below) == (pytest.approx(low_p), pytest.approx(high_p))


def test_families_that_all_have_one_effect_have_the_p_of_their_signs() -> None:
    assert p_value(Estimate("x", 0.1, 0.1, 0.1, 900, 6, "family")) == 2 / 2**6
    assert p_value(Estimate("x", 0.0, 0.0, 0.0, 900, 6, "family")) == 1.0


def test_the_sign_is_counted_against_the_primary_meter() -> None:
    """Three meters below 0 do not make the primary one's gain a claim that stands."""
    base = np.linspace(0.05, 0.15, 12)[:, None]
    three = sign(Label("F2 - F1 sign"), base * np.array([1, -1, 1, 1]), 3)
    alone = sign(Label("F2 - F1 sign"), base * np.array([-1, -1, -1, 1]), 3)
    assert (three.value, three.low, three.high) == (3.0, 3.0, 3.0)
    assert alone.value == 1.0
    assert stands(three) == "stands: the same sign on 3 of 4 meters"
    assert stands(alone) == "depends on the price of re-reading"
    assert sign(Label("x"), np.zeros((12, 4)), 0).value == 0.0


def test_a_sign_that_luck_decides_has_a_wide_interval() -> None:
    rows = np.random.default_rng(1).standard_normal((30, 4))
    found = sign(Label("x"), rows - rows.mean(axis=0) + 0.001, 0)
    assert found.value == 4.0 and found.low is not None and found.low <= 1


def test_adjusted_p_as_worked_by_hand() -> None:
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert holm([]) == benjamini_hochberg([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_p_of_a_mean_is_that_of_its_interval() -> None:
    """An interval that just touches 0 has p = .05; both effects together are corrected by Holm."""
    touching = Estimate("F2 - F1 pooled mean", 0.1, 0.0, 0.2, 900, 30, "family")
    clear = Estimate("T1 - T2 pooled mean", 0.1, 0.05, 0.15, 900, 30, "family")
    assert p_value(touching) == pytest.approx(0.05, abs=1e-4)
    found = confirmations(["F2 - F1", "T1 - T2", "x"], {touching.name: touching, clear.name: clear})
    assert found["F2 - F1"] == pytest.approx(0.05, abs=1e-4)
    p = p_value(clear)
    assert p is not None and found["T1 - T2"] == pytest.approx(2 * p)
