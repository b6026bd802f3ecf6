"""The claims of thinkaloud.stats.bootstrap: intervals that cover, ends that are honest, choices re-made."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from thinkaloud.stats.bootstrap import (
    Array,
    Sample,
    corners,
    difference,
    divide,
    expanded_tail,
    interval,
    mean,
    means,
    ratio,
    t_quantile,
    unseen_share,
    weights,
)
from thinkaloud.vocabulary import Key

UNIT = [(0.0, 1.0)]


def column(values: object, box: list[tuple[float, float]] | None = None, clusters: list[int] | None = None) -> Sample:
    rows = np.asarray(values, dtype=np.float64).reshape(-1, 1)
    return Sample(rows, clusters, None if box is None else corners(*box))


@pytest.mark.parametrize(
    ("df", "table"), [(4, 2.77645), (9, 2.26216), (19, 2.09302), (39, 2.02269), (99, 1.98422), (999, 1.96234)]
)
def test_t_quantile_agrees_with_printed_tables(df: int, table: float) -> None:
    assert t_quantile(0.975, df) == pytest.approx(table, abs=1e-3 if df < 9 else 1e-4)


def test_t_quantile_is_symmetric_and_accurate_from_twelve_degrees_on() -> None:
    assert t_quantile(0.025, 20) == pytest.approx(-t_quantile(0.975, 20))
    assert t_quantile(0.975, 12) == pytest.approx(2.178813, abs=1e-5)
    assert t_quantile(0.975, 30) == pytest.approx(2.042272, abs=1e-5)


def test_percentiles_are_moved_outwards_for_few_clusters_and_not_for_many() -> None:
    """Hesterberg's rule: Phi(-sqrt(n/(n-1)) t), so 5 items read the 0.1% percentile and a million the 2.5%."""
    assert expanded_tail(5) == pytest.approx(0.00096, abs=2e-5)
    assert expanded_tail(20) == pytest.approx(0.0159, abs=1e-4)
    assert expanded_tail(10**6) == pytest.approx(0.025, abs=1e-5)


def test_the_estimate_is_the_plain_statistic_of_the_sample() -> None:
    rows = np.array([[0.2, 0.4], [0.4, 0.4], [0.6, 0.4], [0.8, 0.6], [0.9, 0.7]])
    sample = Sample(rows)
    assert interval("x", mean(0), sample).value == pytest.approx(0.58)
    assert interval("x", difference(0, 1), sample).value == pytest.approx(0.08)
    assert interval("x", ratio(1, 0), sample).value == pytest.approx(0.5 / 0.58)


def test_equal_keys_give_equal_intervals_and_other_keys_other_ones() -> None:
    sample = column(np.linspace(0, 1, 30))
    first, again = (interval("x", mean(0), sample, Key(("a",))) for _ in range(2))
    other = interval("x", mean(0), sample, Key(("b",)))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_fewer_than_five_clusters_have_a_reason_and_no_number(n: int) -> None:
    found = interval("x", mean(0), column([0.5] * n))
    assert found.value is None
    assert found.reason == f"too few items (n={n}): an interval needs at least 5"


def test_no_rows_say_what_is_lacking() -> None:
    found = interval("x", mean(0), Sample(np.empty((0, 1)), lacking="no item has own"))
    assert (found.value, found.reason, found.n) == (None, "not measured: no item has own", 0)


def test_many_rows_of_few_clusters_are_few() -> None:
    found = interval("x", mean(0), column(np.linspace(0, 1, 40), clusters=[0, 1, 2, 3] * 10))
    assert found.value is None and "n=4" in str(found.reason)


def test_a_ratio_without_a_denominator_is_not_identifiable() -> None:
    rows = np.array([[1.0, 0.0]] * 6)
    found = interval("x", ratio(0, 1), Sample(rows))
    assert found.value is None and "resamples give no number" in str(found.reason)


def test_a_ratio_over_next_to_nothing_is_no_number() -> None:
    """One denominator in six: no resample loses it, but the interval reaches into the thousands."""
    found = interval("x", ratio(0, 1), Sample(np.array([[1.0, 0.0]] * 5 + [[1.0, 1.0]])))
    assert found.value is None and str(found.reason).startswith("not identifiable: 6.00 [1.")
    wide = interval("x", mean(0), column(np.linspace(0, 400, 30)))
    assert wide.value == pytest.approx(200), "a large number with a wide interval is one"


@pytest.mark.parametrize("n", [20, 40, 300])
def test_a_proportion_of_one_has_jeffreys_limit_and_not_zero_width(n: int) -> None:
    """All n agree: the resamples are those of Beta(n + 1/2, 1/2), read at the expanded percentile."""
    ones, zeros = interval("x", mean(0), column([1] * n, UNIT)), interval("x", mean(0), column([0] * n, UNIT))
    limit = stats.beta.ppf(expanded_tail(n), n + 0.5, 0.5)
    assert ones.low == pytest.approx(limit, abs=0.15 * (1 - limit)) and ones.high == 1
    assert zeros.high == pytest.approx(1 - limit, abs=0.15 * (1 - limit)) and zeros.low == 0


@pytest.mark.parametrize(("n", "k"), [(12, 3), (24, 12), (24, 1), (48, 40)])
def test_a_proportion_has_the_quantiles_of_jeffreys_posterior(n: int, k: int) -> None:
    rows = (np.arange(n) < k).astype(np.float64)
    found = interval("x", mean(0), column(rows, UNIT), draws=40_000)
    tail, posterior = expanded_tail(n), stats.beta(k + 0.5, n - k + 0.5)
    assert (found.low, found.high) == pytest.approx((posterior.ppf(tail), posterior.ppf(1 - tail)), abs=0.012)


def test_the_doubt_about_what_was_not_seen_shrinks_as_1_over_n_and_is_small_where_items_differ() -> None:
    assert unseen_share(100) == pytest.approx(0.0295, abs=1e-4)
    widths = [(interval("x", mean(0), column([1.0] * n, UNIT)).low or 0.0) for n in (24, 48, 96, 192)]
    ratios = [(1 - a) / (1 - b) for a, b in pairwise(widths)]
    assert ratios == pytest.approx([2.0] * 3, abs=0.4)
    spread = np.tile([0.0, 1.0], 20)
    with_box, without = interval("x", mean(0), column(spread, UNIT)), interval("x", mean(0), column(spread))
    assert with_box.low == pytest.approx(without.low, abs=0.02)


def test_nearly_equal_values_are_treated_like_equal_ones() -> None:
    """There is no cliff: one item off by a thousandth does not make the interval forty times shorter."""
    same, nearly = [0.0] * 40, [0.001] + [0.0] * 39
    a, b = interval("x", mean(0), column(same, UNIT)), interval("x", mean(0), column(nearly, UNIT))
    assert a.high == pytest.approx(b.high, abs=1e-3)


def test_a_quarter_of_the_prior_item_lies_at_each_end_of_a_difference() -> None:
    """30 items without any difference: the resamples are (g1 - g2) / (30 + 1 item), g1 and g2 of Gamma(1/4)."""
    found = interval("x", difference(0, 1), Sample(np.full((30, 2), 0.5), extremes=corners(*UNIT * 2)), draws=40_000)
    rng = np.random.default_rng(0)
    parts, items = rng.standard_gamma(0.25, (400_000, 4)), rng.standard_gamma(30, 400_000)
    known = np.quantile((parts[:, 0] - parts[:, 1]) / (parts.sum(axis=1) + items), 1 - expanded_tail(30))
    assert found.high == pytest.approx(known, abs=0.004) and found.low == pytest.approx(-known, abs=0.004)


def test_equal_keys_give_the_items_equal_weights_whatever_the_number_of_extremes() -> None:
    """So that quantities of the same items are comparable draw by draw."""
    few, many, none = (next(weights(12, extremes, Key(("a",)), 50)) for extremes in (2, 64, 0))
    assert (few[:, :12] == many[:, :12]).all() and (few[:, :12] == none).all()
    assert many.shape == (50, 76)


def test_resamples_that_do_not_fit_at_once_are_as_many_and_have_a_prior_item_too() -> None:
    blocks = list(weights(2_000, 4, Key(("a",)), 5_000))
    assert len(blocks) > 1 and sum(map(len, blocks)) == 5_000 and {block.shape[1] for block in blocks} == {2_004}
    assert not np.array_equal(blocks[0][:10], blocks[1][:10])


def test_unbounded_quantities_get_no_floor() -> None:
    found = interval("x", mean(0), column([3.0] * 10))
    assert (found.low, found.high) == pytest.approx((3.0, 3.0))


@given(st.lists(st.floats(0, 1), min_size=5, max_size=30), st.integers(0, 5))
def test_the_value_is_inside_and_the_interval_is_inside_the_box(values: list[float], seed: int) -> None:
    found = interval("x", mean(0), column(values, UNIT), Key((str(seed),)), draws=200)
    assert found.value is not None and found.low is not None and found.high is not None
    assert -1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9


@given(st.lists(st.floats(0, 1), min_size=5, max_size=20))
def test_mirrored_data_have_the_mirrored_interval(values: list[float]) -> None:
    """Nothing in the construction prefers one end."""
    a = interval("x", mean(0), column(values, UNIT), draws=200)
    b = interval("x", mean(0), column([1 - v for v in values], UNIT), draws=200)
    assert a.low is not None and b.high is not None
    assert a.low == pytest.approx(1 - b.high, abs=0.12)  # the prior item's parts are drawn


def test_clustered_standard_error_of_the_worked_example() -> None:
    """Questions answered (1,1), (0,0), (1,0): clustered SE .28868 (with 3/2 for three clusters), iid .20412."""
    values, who = [1, 1, 0, 0, 1, 0] * 4, [c + 3 * copy for copy in range(4) for c in (0, 0, 1, 1, 2, 2)]
    draws: list[float] = []

    def spy(rows: Array, weights: Array) -> Array:
        found = means(rows, weights)[:, 0]
        draws.extend(found if len(found) > 1 else ())
        return found

    # four copies of the three questions, because five clusters are the fewest: half the standard error
    bayes = np.sqrt(12 / 13), np.sqrt(24 / 25)  # weights of n clusters vary by n / (n + 1) of what counts do
    for clusters, error in ((who, bayes[0] * 0.28868 * np.sqrt(2 / 3) / 2), (None, bayes[1] * 0.20412 / 2)):
        draws.clear()
        interval("x", spy, column(values, clusters=clusters), Key(("se",)), draws=20_000)
        assert np.std(draws) == pytest.approx(error, rel=0.02)


def test_repeating_every_row_within_its_cluster_does_not_narrow_the_interval() -> None:
    values = np.linspace(0, 1, 20)
    once = interval("x", mean(0), column(values, clusters=list(range(20))))
    often = interval("x", mean(0), column(np.repeat(values, 50), clusters=list(np.repeat(range(20), 50))))
    assert (once.low, once.high) == pytest.approx((often.low, often.high))
    assert (often.n, often.clusters) == (1000, 20)


def covered(samples: list[Sample], truth: float, draws: int = 400) -> float:
    """Share of samples whose interval for the mean of column 0 holds the truth."""
    found = [interval("x", mean(0), s, Key(("cover", str(i))), draws) for i, s in enumerate(samples)]
    return float(np.mean([e.low is not None and e.high is not None and e.low <= truth <= e.high for e in found]))


@pytest.mark.slow
def test_intervals_for_a_mean_of_probabilities_cover_at_twelve_and_forty_items() -> None:
    """Fixed seed. Beta(.35, .9) is as U-shaped as readings of real models are."""
    rng = np.random.default_rng(0)
    for n in (12, 40):
        samples = [column(rng.beta(0.35, 0.9, n), UNIT) for _ in range(300)]
        assert 0.92 <= covered(samples, 0.35 / 1.25) <= 0.99


@pytest.mark.slow
def test_rare_failures_are_covered_although_most_samples_do_not_show_one() -> None:
    """At 2% failures, 45% of samples of 40 show none; a bootstrap alone then has zero width and misses."""
    rng = np.random.default_rng(1)
    draws = [rng.random(40) < 0.98 for _ in range(300)]
    assert covered([column(d, UNIT) for d in draws], 0.98) >= 0.95
    assert covered([column(d) for d in draws], 0.98) < 0.65


def test_iid_intervals_cover_half_where_clustered_ones_cover_nineteen_in_twenty() -> None:
    """50 questions x 20 samples with item rates Beta(.35, .9): published simulation 46% against 94%."""
    rng = np.random.default_rng(2)
    questions, iid, clustered = list(np.repeat(range(50), 20)), [], []
    for _ in range(200):
        answers = rng.random((50, 20)) < rng.beta(0.35, 0.9, (50, 1))
        p = answers.mean()
        iid.append(abs(p - 0.28) <= 1.96 * np.sqrt(p * (1 - p) / 1000))
        clustered.append(covered([column(answers, UNIT, questions)], 0.28))
    assert np.mean(iid) < 0.6
    assert 0.91 <= np.mean(clustered) <= 0.985


def test_corners_are_all_combinations_and_a_fixed_column_has_one_value() -> None:
    assert corners((0, 1), (0.25, 0.25)).tolist() == [[0, 0.25], [1, 0.25]]
    assert len(corners((0, 1), (0, 1), (0, 1))) == 8


def test_division_by_zero_is_not_a_number() -> None:
    assert np.isnan(divide(np.array([1.0]), np.array([0.0])))[0]
