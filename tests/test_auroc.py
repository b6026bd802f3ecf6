"""The claims of thinkaloud.metrics.auroc: the share of pairs won, ties half, items resampled as pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.metrics.auroc import auroc, mean_auroc
from thinkaloud.vocabulary import Key


def scores(values: list[float], start: int = 0) -> dict[str, float]:
    return {f"i{start + i}": v for i, v in enumerate(values)}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=5, max_size=12))
def test_it_is_the_share_of_pairs_won_with_ties_half(pairs: list[tuple[int, int]]) -> None:
    one, other = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    won = np.mean([(a > b) + 0.5 * (a == b) for a in one for b in other])
    found = auroc("x", scores(one), scores(other))
    assert found.value == pytest.approx(won)


def test_two_reasoners_that_never_meet_are_told_apart_with_an_interval_that_is_no_point() -> None:
    found = auroc("x", scores([1.0] * 40), scores([0.0] * 40))
    assert found.value == found.high == 1
    assert found.low is not None and 0.8 < found.low < 0.95


def test_only_items_that_both_answered_count() -> None:
    found = auroc("x", scores([1.0] * 10), scores([0.0] * 10, start=5))
    assert (found.n, found.value) == (5, 1)
    assert auroc("x", scores([1.0]), {}).reason == "not measured: no item has both scores"


def test_the_interval_covers_where_scores_overlap() -> None:
    """Normal scores one standard deviation apart: AUROC .760."""
    held = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        easy = rng.normal(0, 0.5, 60)
        found = auroc("x", scores(list(easy + rng.normal(1, 0.866, 60))), scores(list(easy + rng.normal(0, 0.866, 60))))
        assert found.low is not None and found.high is not None
        held.append(found.low <= 0.7602 <= found.high)
    assert np.mean(held) >= 0.9


def test_a_mean_over_rungs_may_be_over_different_items() -> None:
    one = (scores([1.0] * 8), scores([0.0] * 8))
    other = (scores([0.0] * 6, start=100), scores([0.0] * 6, start=100))
    found = mean_auroc("x", [one, other], Key(("t",)))
    assert (found.value, found.n) == (pytest.approx(0.75), 6)
