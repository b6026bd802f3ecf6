"""The claims of thinkaloud.stats.signs: exact where all signs can be counted, close to that where they are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from thinkaloud.stats.signs import FLIPS, LISTED, sign_flip
from thinkaloud.vocabulary import Key

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(("items", "p"), [(5, 0.0625), (6, 0.03125), (8, 0.0078125)])
def test_items_that_all_go_one_way_are_no_certainty(items: int, p: float) -> None:
    """Student's t called each of these p = 0."""
    assert sign_flip(np.ones(items)) == sign_flip(-0.25 * np.ones(items)) == p


def test_where_nothing_differs_there_is_no_evidence() -> None:
    assert sign_flip(np.zeros(8)) == sign_flip(np.array([1.0, -1.0, 1.0, -1.0])) == 1.0


@pytest.mark.parametrize("n", [3, 12, 40, 300, 1200])
def test_right_and_wrong_is_the_sign_test_of_scipy_for_any_number_of_items(n: int) -> None:
    """Items that both have right, or wrong, change nothing."""
    for up in range(0, n + 1, max(1, n // 11)):
        x = np.concatenate([np.ones(up), -np.ones(n - up), np.zeros(7)])
        assert sign_flip(x) == pytest.approx(stats.binomtest(up, n).pvalue, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("seed", range(12))
def test_few_differences_of_any_size_are_the_exact_permutation_test_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(0.3, 1, int(rng.integers(2, 11))), 1 + seed % 2)  # ties, and zeros now and then
    exact = stats.permutation_test((x,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(x) == pytest.approx(exact.pvalue)


def test_drawn_signs_are_close_to_all_of_them_and_the_same_for_one_key() -> None:
    x = np.random.default_rng(4).normal(0.5, 1, LISTED + 2)
    exact = stats.permutation_test((x,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    found = sign_flip(x, Key(("x",)))
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact / FLIPS))
    assert found == sign_flip(x, Key(("x",))) != sign_flip(x, Key(("y",)))
    assert sign_flip(np.linspace(1, 2, 60)) == 1 / (FLIPS + 1), "never 0"
