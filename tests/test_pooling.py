"""The claims of thinkaloud.stats.pooling and .distributions: what is said over families of tasks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from thinkaloud.metrics.pool import effect
from thinkaloud.stats import pooling
from thinkaloud.stats.distributions import chi_square_quantile, chi_square_tail, t_tail
from thinkaloud.stats.label import Label
from thinkaloud.stats.pooling import effects, fixed_mean, random_mean, shrunken, tau, tau_squared
from thinkaloud.vocabulary import Estimate


def made(values: list[float], n: int = 50, spread: float = 0.4, seed: int = 0) -> dict[str, np.ndarray]:
    """Families whose mean is exactly the value and whose items vary by `spread` around it."""
    rng = np.random.default_rng(seed)
    rows = {}
    for i, value in enumerate(values):
        x = rng.standard_normal(n)
        rows[f"f{i}"] = value + spread * (x - x.mean()) / x.std(ddof=1)
    return rows


def ends(row: Estimate) -> tuple[float, float]:
    assert row.low is not None and row.high is not None
    return row.low, row.high


@pytest.mark.parametrize(
    ("df", "lower", "upper"), [(4, 0.48442, 11.14329), (9, 2.70039, 19.02277), (19, 8.90652, 32.85233)]
)
def test_chi_square_agrees_with_printed_tables(df: int, lower: float, upper: float) -> None:
    assert chi_square_quantile(0.025, df) == pytest.approx(lower, abs=1e-4)
    assert chi_square_quantile(0.975, df) == pytest.approx(upper, abs=1e-4)
    assert chi_square_tail(upper, df) == pytest.approx(0.025, abs=1e-5)


@pytest.mark.parametrize(("df", "t"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (8, 2.30600), (30, 2.04227)])
def test_t_tail_agrees_with_printed_tables(df: int, t: float) -> None:
    assert t_tail(t, df) == pytest.approx(0.025, abs=1e-6)
    assert t_tail(-t, df) == pytest.approx(0.975, abs=1e-6)
    assert t_tail(0.0, df) == pytest.approx(0.5)


def test_with_equal_items_the_mean_is_the_plain_one_and_its_interval_that_of_the_families() -> None:
    """Then Hartung and Knapp's is Student's t over family means, whatever tau."""
    values = [0.0, 0.02, 0.05, 0.11, -0.04, 0.2]
    found = random_mean(effects(made(values)))
    assert found.value == pytest.approx(np.mean(values))
    assert found.error == pytest.approx(np.std(values, ddof=1) / math.sqrt(6))
    assert found.df == 5


def test_tau_is_what_the_families_vary_by_beyond_their_items() -> None:
    """Equal items: REML is the sample variance of the family means minus the noise of each, or 0."""
    values = [0.0, 0.1, 0.2, 0.3, 0.4, -0.1]
    assert tau_squared(effects(made(values))) == pytest.approx(np.var(values, ddof=1) - 0.4**2 / 50, rel=1e-6)
    assert tau_squared(effects(made([0.0, 0.01, 0.0, 0.01, 0.0]))) == 0.0


def test_the_interval_of_tau_solves_cochrans_equation_at_both_ends() -> None:
    found = effects(made([0.0, 0.1, 0.2, 0.3, 0.4, -0.1]))
    row = tau(Label("tau"), found)
    spread, noise = float(np.var(found.value)) * 6, 0.4**2 / 50
    expected = [math.sqrt(spread / chi_square_quantile(p, 5) - noise) for p in (0.975, 0.025)]
    assert ends(row) == pytest.approx(expected, rel=1e-5)
    assert (row.n, row.clusters, row.clustered_by) == (300, 6, "family")


def test_families_where_nobody_is_ever_right_do_not_draw_the_mean_to_zero() -> None:
    """Their variance is 0 and so is their effect; weighed by that they would decide alone."""
    rows = made([0.3] * 6) | {f"floor{i}": np.zeros(50) for i in range(2)}
    found = effects(rows)
    assert found.own[-1] == 0.0
    assert random_mean(found).value == pytest.approx(0.3 * 6 / 8)


def test_this_pool_and_families_like_these_are_two_inferences() -> None:
    """Families that differ widely: this pool is known well, the next ones are not; and the pool's interval is that of
    its items alone."""
    found = effects(made([-0.3, 0.3] * 5))
    pool, general = fixed_mean(found), random_mean(found)
    assert pool.value == pytest.approx(0.0, abs=1e-12) and general.value == pytest.approx(0.0, abs=1e-12)
    assert pool.error == pytest.approx(0.4 / math.sqrt(500))
    assert general.error > 5 * pool.error


def test_a_new_family_lies_in_a_wider_interval_than_the_mean() -> None:
    rows = {row.name: row for row in effect(made([0.0, 0.1, 0.2, 0.3, 0.4, -0.1]), Label("x"), 0.03)}
    mean, new = ends(rows["x pooled mean"]), ends(rows["x prediction"])
    found = effects(made([0.0, 0.1, 0.2, 0.3, 0.4, -0.1]))
    known = 1.96 * math.sqrt(tau_squared(found) + random_mean(found).error ** 2)  # as if tau were known
    assert new[0] < mean[0] < mean[1] < new[1]
    assert new[1] - 0.15 > 1.2 * known
    assert (new[0] + new[1]) / 2 == pytest.approx(0.15, abs=1e-3)


def test_with_many_families_a_new_one_lies_where_the_normal_model_says() -> None:
    values = [0.1 * float(x) for x in np.random.default_rng(4).standard_normal(400)]
    found = effects(made(values))
    low, high = ends(pooling.prediction(Label("x"), found))
    expected = 1.96 * math.sqrt(tau_squared(found) + random_mean(found).error ** 2)
    assert (high - low) / 2 == pytest.approx(expected, rel=0.02)


def test_shrunken_families_move_to_the_mean_and_further_with_fewer_items() -> None:
    rows = made([0.0, 0.1, 0.0, 0.1, 0.05, 0.0, 0.1, 0.05])
    rows["many"], rows["few"] = made([0.4], 400, seed=1)["f0"], made([0.4], 8, seed=2)["f0"]
    found = {row.name.split()[-1]: row for row in shrunken(Label("shrunken"), effects(rows))}
    mean = random_mean(effects(rows)).value
    many, few = found["many"].value, found["few"].value
    assert many is not None and few is not None
    assert mean < few < many < 0.4
    assert found["few"].n == 8 and found["few"].clusters == 10
    assert np.subtract(*ends(found["few"])[::-1]) > np.subtract(*ends(found["many"])[::-1])


def test_families_that_are_alike_are_shrunken_to_one_number_with_a_doubt_about_it() -> None:
    """The doubt about tau stays: intervals are wider than if tau were known to be 0, narrower than without pooling."""
    found = effects(made([0.1, 0.12, 0.08, 0.11, 0.09, 0.1, 0.13, 0.07]))
    rows = shrunken(Label("s"), found)
    values = [row.value for row in rows]
    assert max(values) - min(values) < 0.025  # type: ignore[type-var, operator]
    half = np.subtract(*ends(rows[0])[::-1]) / 2
    assert 1.96 * 0.4 / math.sqrt(50 * 8) < half < 1.96 * 0.4 / math.sqrt(50)


# ------------------------------------------------------------------------------- the same model, integrated by scipy


def uneven() -> pooling.Effects:
    """Families that differ in what they show and in how many items show it."""
    rows = made([0.0, 0.1, 0.2, 0.3, 0.4, -0.1, 0.05])
    return effects(rows | {"few": made([0.5], 8, seed=2)["f0"]})


def restricted(found: pooling.Effects, tau: float) -> tuple[float, float, float]:
    """Mean and variance of mu at a tau, and the restricted log-likelihood of that tau: the textbook's formulas."""
    weight = 1 / (found.noise + tau**2)
    mu = float(weight @ found.value / weight.sum())
    fit = -0.5 * float(weight @ (found.value - mu) ** 2)
    return mu, 1 / float(weight.sum()), fit + 0.5 * float(np.log(weight).sum() - np.log(weight.sum()))


def over_tau(found: pooling.Effects, value: Callable[[float], float]) -> float:
    """The mean of something over the posterior of tau, by adaptive quadrature."""

    def density(tau: float) -> float:
        return math.exp(restricted(found, tau)[2] - restricted(found, 0.2)[2])

    whole = integrate.quad(density, 0, np.inf, limit=200)[0]
    return float(integrate.quad(lambda tau: density(tau) * value(tau), 0, np.inf, limit=200)[0] / whole)


def test_tau_maximises_the_restricted_likelihood() -> None:
    found = uneven()
    best = optimize.minimize_scalar(lambda t: -restricted(found, t)[2], bounds=(0, 2), options={"xatol": 1e-9})
    assert math.sqrt(tau_squared(found)) == pytest.approx(best.x, rel=1e-5)


def test_a_shrunken_effect_is_the_mean_of_its_posterior_and_its_ends_are_quantiles_of_it() -> None:
    found = uneven()

    def normal(family: int, tau: float) -> tuple[float, float]:
        """Where this family's effect lies if tau is this: mean and standard deviation."""
        mu, doubt, _ = restricted(found, tau)
        kept = tau**2 / (tau**2 + found.noise[family])
        own = mu + kept * (found.value[family] - mu)
        return own, math.sqrt(kept * found.noise[family] + (1 - kept) ** 2 * doubt)

    rows = shrunken(Label("s"), found)
    for family in (0, 4, len(rows) - 1):
        assert rows[family].value == pytest.approx(over_tau(found, lambda t, i=family: normal(i, t)[0]), abs=1e-4)
        for end, p in zip(ends(rows[family]), (0.025, 0.975), strict=True):
            below = over_tau(found, lambda t, i=family, x=end: float(stats.norm.cdf(x, *normal(i, t))))
            assert below == pytest.approx(p, abs=1e-4)


def test_one_more_family_lies_within_the_quantiles_of_its_posterior() -> None:
    found = uneven()

    def below(x: float, tau: float) -> float:
        mu, doubt, _ = restricted(found, tau)
        return float(stats.norm.cdf(x, mu, math.sqrt(tau**2 + doubt)))

    for end, p in zip(ends(pooling.prediction(Label("x"), found)), (0.025, 0.975), strict=True):
        assert over_tau(found, lambda t, x=end: below(x, t)) == pytest.approx(p, abs=1e-4)


def test_fewer_than_five_families_have_a_reason_instead_of_a_number() -> None:
    rows = effect(made([0.1, 0.2, 0.3, 0.4]), Label("x"), 0.03)
    known = [row.name for row in rows if row.value is not None]
    assert known == ["x margin"]
    assert next(row for row in rows if row.name == "x tau").reason == (
        "too few families (n=4): an interval needs at least 5"
    )


def test_where_no_item_differs_the_interval_still_knows_of_items_not_seen() -> None:
    found = effects({f"f{i}": np.zeros(20) for i in range(6)})
    low, high = ends(pooling.fixed(Label("x"), found))
    assert low == -high and high == pytest.approx(1 - 0.05 ** (1 / 120))
    assert tau(Label("tau"), found).reason == "not identifiable: no item differs, so the noise of a family is unknown"
