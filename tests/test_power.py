"""The claims of thinkaloud.stats.power: the table of a plan, to the digits it was computed with."""

from __future__ import annotations

import pytest

from thinkaloud.stats.power import (
    DETECTION,
    equivalence_factor,
    families_needed,
    half_width,
    items_for,
    items_needed,
    items_to_tell,
    plan,
)

TAUS = (0.05, 0.10, 0.15)
TABLE = {
    20: ((5.0, 7.4, 10.2), (5.3, 7.7, 10.7), 4.1),
    40: ((3.6, 5.2, 7.2), (3.7, 5.5, 7.5), 2.9),
    60: ((2.9, 4.3, 5.9), (3.0, 4.5, 6.2), 2.4),
    80: ((2.5, 3.7, 5.1), (2.6, 3.9, 5.3), 2.1),
    105: ((2.2, 3.2, 4.4), (2.3, 3.4, 4.6), 1.8),
}


@pytest.mark.parametrize(("delta", "n"), [(0.10, 155), (0.05, 626), (0.03, 1742), (0.02, 3922)])
def test_items_for_an_effect_within_one_family(delta: float, n: int) -> None:
    assert round(items_needed(delta)) == n


@pytest.mark.parametrize("families", TABLE)
def test_every_cell_of_the_table_of_families(families: int) -> None:
    """Detectable effect, margin in reach, and margin for this pool, in points, as printed."""
    detect, margin, pool = TABLE[families]
    plans = [plan(families, 50, tau) for tau in TAUS]
    assert [round(100 * p.detectable, 1) for p in plans] == list(detect)
    assert [round(100 * p.margin, 1) for p in plans] == list(margin)
    assert {round(100 * p.pool_margin, 1) for p in plans} == {pool}


def test_families_for_a_margin_of_two_points() -> None:
    """Two points are in reach for this pool from about 86 families; for families like these from about 139 or 300."""
    assert [round(families_needed(0.02, 50, tau)) for tau in (0.0, 0.05, 0.10)] == [86, 139, 300]


def test_the_factors_in_standard_errors() -> None:
    assert pytest.approx(1.959964 + 0.841621, abs=2e-3) == DETECTION
    assert equivalence_factor() == pytest.approx(2.9264, abs=1e-4)


def test_items_do_not_help_where_families_differ() -> None:
    """With tau .10, ten times the items make the margin hardly smaller; ten times the families make it a third."""
    few, items, families = (plan(*size, 0.10) for size in ((20, 50), (20, 500), (200, 50)))
    assert items.margin > 0.8 * few.margin
    assert families.margin == pytest.approx(few.margin / 10**0.5)


def test_a_plan_says_all_four_numbers() -> None:
    assert plan(60, 50, 0.05).sentence == (
        "60 families x 50 items, tau 0.05, discordance 0.2: families like these: detects 2.9 points, can show "
        "equivalence within 3.0; this pool: 2.3 and 2.4 (power 0.8, alpha 0.05)"
    )


def test_an_effect_larger_than_the_discordance_is_refused() -> None:
    with pytest.raises(ValueError, match=r"an effect of 0\.3 needs a discordance"):
        items_needed(0.3)


@pytest.mark.parametrize(("kappa", "n"), [(0.0, 523), (0.5, 262), (0.8, 105)])
def test_items_to_tell_two_models_apart(kappa: float, n: int) -> None:
    """A difference of .1 in the externalised share, whose influence has a standard deviation of .577."""
    assert items_to_tell(0.1, 0.577, kappa) == n
    with pytest.raises(ValueError, match="a difference of 0 is none"):
        items_to_tell(0, 0.577, kappa)


def test_items_to_tell_are_those_of_statsmodels() -> None:
    """Which goes by Student's t, and so asks for two or three more."""
    power = pytest.importorskip("statsmodels.stats.power")
    for kappa in (0.0, 0.5, 0.8):
        exact = power.TTestPower().solve_power(0.1 / (0.4 * (2 * (1 - kappa)) ** 0.5), power=0.8, alpha=0.05)
        assert 0 <= exact - items_to_tell(0.1, 0.4, kappa) + 1 < 4


def test_items_for_a_half_width_have_it() -> None:
    for sd in (0.15, 0.44, 0.577):
        n = items_for(0.1, sd)
        assert half_width(sd, n) <= 0.1 < half_width(sd, n - 1)
