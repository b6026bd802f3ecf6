"""Hand-written statistics against scipy and statsmodels: the core does without them, the tests do not."""

from __future__ import annotations

import gc
import math

import numpy as np
import pytest

from thinkaloud.metrics.auroc import above
from thinkaloud.metrics.judges import ac1, kappa
from thinkaloud.stats.bootstrap import expanded_tail, t_quantile, unseen_share
from thinkaloud.stats.distributions import chi_square_quantile, chi_square_tail, t_tail
from thinkaloud.stats.equivalence import benjamini_hochberg, holm
from thinkaloud.stats.pooling import _normal
from thinkaloud.stats.wilson import wilson

stats = pytest.importorskip("scipy.stats")
multitest = pytest.importorskip("statsmodels.stats.multitest")
proportion = pytest.importorskip("statsmodels.stats.proportion")
rater = pytest.importorskip("statsmodels.stats.inter_rater")

DF = (*range(1, 40), 60, 99, 100, 200, 500)


def rows(seed: int, n: int = 60) -> np.ndarray:
    """Two columns of yes and no that go together more or less."""
    rng = np.random.default_rng(seed)
    one = rng.random(n) < rng.uniform(0.1, 0.9)
    other = np.where(rng.random(n) < rng.uniform(0.2, 0.9), one, rng.random(n) < 0.5)
    return np.stack([one, other], axis=1).astype(np.float64)


# --------------------------------------------------------------------------------------------------- distributions


@pytest.mark.parametrize(
    ("p", "df", "error"),
    [
        (0.975, range(1, 4), 1e-9), (0.975, range(4, 12), 1e-3), (0.975, range(12, 500), 1e-5),
        (0.995, range(1, 4), 1e-9), (0.995, range(4, 7), 1.1e-2), (0.995, range(7, 500), 1e-3),
        (0.95, range(4, 500), 3e-4), (0.999, range(1, 4), 1e-7),
    ],
)  # fmt: skip
def test_quantiles_of_t_are_off_by_no_more_than_is_said(p: float, df: range, error: float) -> None:
    """Below 4 degrees of freedom the series alone would be off by 1.4 at p = .975 (11.3 for 12.7)."""
    for free in df:
        assert t_quantile(p, free) == pytest.approx(stats.t.ppf(p, free), abs=error)
        assert t_quantile(1 - p, free) == pytest.approx(-t_quantile(p, free), rel=1e-9)


def test_expanded_percentiles_are_those_of_exact_quantiles() -> None:
    for n in range(5, 300):
        exact = stats.norm.cdf(-stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1)))
        assert expanded_tail(n) == pytest.approx(exact, abs=4e-6)


def test_the_normal_distribution_is_right_to_seven_digits() -> None:
    z = np.linspace(-9, 9, 4001)
    assert np.abs(_normal(z) - stats.norm.cdf(z)).max() < 1e-7


@pytest.mark.parametrize("df", DF)
def test_chi_square_and_t_are_exact_to_rounding(df: int) -> None:
    for x in (0.0, 1e-6, 0.01, *np.linspace(0.1, 3 * df + 40, 30).tolist()):
        assert chi_square_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), abs=1e-12)
    for p in (0.001, 0.025, 0.05, 0.5, 0.95, 0.975, 0.999):
        assert chi_square_quantile(p, df) == pytest.approx(stats.chi2.ppf(p, df), abs=1e-9)
    for t in np.linspace(-12, 12, 49).tolist():
        assert t_tail(t, df) == pytest.approx(stats.t.sf(t, df), abs=1e-13)


# ------------------------------------------------------------------------------------------------------- intervals


@pytest.mark.parametrize("n", [1, 5, 20, 96, 263])
def test_wilson_s_interval_and_the_unseen_share_are_those_of_statsmodels(n: int) -> None:
    """The unseen share is the exact one-sided limit of a count of 0 (Clopper & Pearson at twice the level)."""
    for count in range(0, n + 1, max(1, n // 9)):
        ends = proportion.proportion_confint(count, n, method="wilson")
        assert wilson(count, n) == pytest.approx((max(0.0, ends[0]), min(1.0, ends[1])), abs=1e-7)
    assert unseen_share(n) == pytest.approx(proportion.proportion_confint(0, n, 0.1, method="beta")[1], rel=1e-9)


# ------------------------------------------------------------------------------------------------------ many tests


@pytest.mark.parametrize("seed", range(20))
def test_adjusted_p_are_those_of_statsmodels(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ties, zeros and ones among them."""
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels tidies up all memory at each call, which takes longest
    rng = np.random.default_rng(seed)
    p = [*np.round(rng.random(int(rng.integers(1, 12))) ** 2, 2).tolist(), 0.0, 0.04, 0.04, 1.0][: 1 + seed]
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(multitest.multipletests(p, method="fdr_bh")[1])


# --------------------------------------------------------------------------------------------- agreement and order


@pytest.mark.parametrize("seed", range(12))
def test_kappa_is_that_of_statsmodels_weighted_or_not(seed: int) -> None:
    """Weights are how often a text was drawn: the same as a table of so many texts."""
    verdicts, counts = rows(seed), np.random.default_rng(seed).integers(0, 4, 60)
    for weights in (np.ones(60), counts):
        table = np.zeros((2, 2))
        for (one, other), weight in zip(verdicts.astype(int), weights, strict=True):
            table[one, other] += weight
        found = kappa(verdicts, weights[None, :].astype(np.float64))[0]
        assert found == pytest.approx(rater.cohens_kappa(table, return_results=False))


@pytest.mark.parametrize("seed", range(12))
def test_ac1_is_agreement_above_that_of_raters_who_guess_on_hard_texts(seed: int) -> None:
    """Gwet 2008, from its definition over both categories: pe = sum of rate (1 - rate) / (2 - 1)."""
    verdicts = rows(seed)
    raw = float((verdicts[:, 0] == verdicts[:, 1]).mean())
    shares = [float((verdicts == category).mean()) for category in (0, 1)]
    alone = sum(share * (1 - share) for share in shares) / (len(shares) - 1)
    assert ac1(verdicts, np.ones((1, 60)))[0] == pytest.approx((raw - alone) / (1 - alone))


@pytest.mark.parametrize("seed", range(12))
def test_auroc_is_the_statistic_of_mann_and_whitney(seed: int) -> None:
    """With ties; resampled items are as many copies of them."""
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=(40, 2)) + np.array([0.5, 0.0]), 1)
    counts = rng.integers(0, 3, 40)
    for times in (np.ones(40, dtype=int), counts):
        one, other = (np.repeat(scores[:, column], times) for column in (0, 1))
        exact = stats.mannwhitneyu(one, other).statistic / (len(one) * len(other))
        assert above(0, 1)(scores, times[None, :].astype(np.float64))[0] == pytest.approx(exact)
