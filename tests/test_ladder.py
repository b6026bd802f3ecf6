"""Davidson's model with odds: known parameters come back, oracles of other libraries agree, tests hold their level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import f, norm, t

from simulators import simulator
from thinkaloud.stats import ladder
from thinkaloud.stats.davidson import ELO, Array, Design, averaged, chances, fit
from thinkaloud.stats.fisher import f_tail
from thinkaloud.stats.games import by_davidson, by_score
from thinkaloud.stats.ladder import Ladder, apart, break_even, skill, slope_of, worth_at
from thinkaloud.vocabulary import Key

KEY = Key(("test",))
WORLD = simulator("odds_statistics")
design, games_of, row, slopes_0, adds_up = WORLD.design, WORLD.games, WORLD.row, WORLD.slopes_0, WORLD.adds_up
TRUTH = WORLD.Truth(worth=(0, 60, 150, 300), slopes=(0, 0.1, 0.3, 0.6), damping=(0, 0.1, 0, -0.2), nu=0.4)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim here is about the last digit of an interval."""
    monkeypatch.setattr(ladder, "DRAWS", 200)


def played(of: Design, openings: int, seed: int, nu: float = 0.4, **parts: object) -> Ladder:
    """Games of the benchmark's world, by default with no slopes."""
    found: Ladder = games_of(of, WORLD.Truth(**{"worth": (0, 60, 150, 300), "nu": nu, **parts}).at(of), openings, seed)
    return found


# ----------------------------------------------------------------------------------------------------------------- fit


@pytest.mark.parametrize("spread", [0.0, 1.2])
def test_expected_results_of_known_parameters_give_these_parameters_back(spread: float) -> None:
    of = design()
    at = TRUTH.at(of)
    at[of.colour_slope(0) : of.colour_slope(0) + 4] = [0.1, 0.2, 0, -0.1]
    at[of.spread(0) : of.spread(0) + 4] = spread
    offset = of.offset(True, np.full((1, 4), spread))
    assert fit(of, 50 * averaged(of, at[None]), of.basis(True), offset).at[0] == pytest.approx(at, abs=1e-6)


def test_chances_over_openings_are_the_integral_of_chances() -> None:
    of, far = design(), 0.0
    at = TRUTH.at(of)
    at[of.spread(0) : of.spread(0) + 4] = 1.0
    found, d = averaged(of, at[None])[0], of.advantage(at[None])[0]
    for cell in range(0, len(d), 7):
        for result in range(3):
            there = quad(lambda u, c=cell, r=result: norm.pdf(u) * chances(d[c : c + 1] + u, at[-1:])[0, r], -9, 9)[0]
            far = max(far, abs(found[cell, result] - there))
    assert far < 3e-4


def test_a_general_optimiser_finds_nothing_more_likely() -> None:
    of = design()
    games = played(of, 12, 1, slopes=(0, 0.1, 0.3, 0.6), spread=0.8)
    first = of.spread(0)
    total, basis, offset = (
        games.counts.sum(axis=0),
        of.basis(True),
        of.offset(True, games.at[None, first : first + 4])[0],
    )

    def worse(free: Array) -> float:
        return -float((total * np.log(averaged(of, (offset + basis @ free)[None])[0])).sum())

    other = minimize(worse, np.zeros(basis.shape[1]), method="BFGS", options={"gtol": 1e-6})
    assert -games.found.likelihood[0] == pytest.approx(other.fun, abs=1e-5)
    assert games.at == pytest.approx(offset + basis @ other.x, abs=1e-3)


def test_without_odds_and_draws_it_is_a_logistic_regression() -> None:
    """statsmodels fits the same model to the same games, with the same standard error."""
    import statsmodels.api as sm

    of = design(kinds=1)
    total = played(of, 40, 2, 0, worth=(0,)).counts.sum(axis=0)
    free = of.basis(False)
    free = free[:, free[of.colour_slope(0)] == 0]  # there, moving first is worth the same to all
    found = fit(of, total[None], free, of.offset(False))
    x = np.zeros((len(of.giver), of.players))
    x[np.arange(len(x)), of.giver], x[np.arange(len(x)), of.taker] = 1, -1
    x = np.column_stack([x[:, 1:], of.first])  # the first player stands at 0
    other = sm.GLM(total[:, [0, 2]], x, family=sm.families.Binomial()).fit()
    assert found.at[0, 1:4] - found.at[0, 0] == pytest.approx(other.params[:3], abs=1e-5)
    assert found.error(row(of, (3, 1.0), (0, -1.0))) == pytest.approx(other.bse[2], rel=1e-4)


def test_where_openings_differ_skills_are_those_of_a_regression_within_openings() -> None:
    """Conditional logit of statsmodels knows nothing of other openings, so nothing is averaged. A fit that knows
    nothing of openings finds differences a seventh too small."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    of = design(3, 1)
    games = played(of, 150, 4, 0, worth=(0,), spread=1.2)
    x = np.zeros((len(of.giver), 3))
    x[np.arange(len(x)), of.giver], x[np.arange(len(x)), of.taker] = 1, -1
    x = np.column_stack([x[:, 1:], of.first])
    won, groups = games.counts[..., 0].ravel(), np.repeat(np.arange(150), len(x))
    other = ConditionalLogit(won, np.tile(x, (150, 1)), groups=groups).fit(disp=0)
    naive = fit(of, games.counts.sum(axis=0)[None], of.basis(False), of.offset(False)).at[0]
    true = 500 / ELO
    assert games.at[2] - games.at[0] == pytest.approx(other.params[1], rel=0.03)
    assert abs(games.at[2] - games.at[0] - true) < 0.06 * true < abs(naive[2] - naive[0] - true)
    assert games.at[of.spread(0)] == pytest.approx(1.2, rel=0.15)


def test_openings_that_favour_nobody_have_next_to_no_spread() -> None:
    of = design()
    at = played(of, 200, 5).at
    assert all(at[of.spread(odds)] < 0.25 for odds in range(4))  # 43 Elo; t^2 is known to .02 or so


def test_many_weightings_at_once_are_each_of_them_alone() -> None:
    of = design()
    games = played(of, 8, 3)
    total = games.counts.sum(axis=0)
    several = np.stack([total, 3 * total, total + games.counts[0]])
    basis, offset = of.basis(True), of.offset(True)
    together = fit(of, several, basis, offset).at
    assert together[1] == pytest.approx(together[0], abs=1e-6)
    assert together[2] == pytest.approx(fit(of, several[2:], basis, offset).at[0], abs=1e-6)


# ------------------------------------------------------------------------------------------------ intervals, identified


def test_skill_worth_and_break_even_say_the_same_of_one_fit() -> None:
    """At the break-even gap, a giver who is so much stronger than the taker scores one half."""
    of = design()
    games = played(of, 10, 5, slopes=(0, 0.1, 0.3, 0.6), damping=(0, 0, 0, 0.2))
    gap = float(break_even(of, 3, 1)(games.at[None])[0])
    at = games.at.copy()
    at[2] = at[1] + gap / ELO
    one = Design(np.array([2]), np.array([1]), np.array([3]), np.zeros(1), of.players, of.kinds)
    assert one.advantage(at[None])[0, 0] == pytest.approx(0, abs=1e-9)
    mean = float(worth_at(of, 3)(games.at[None])[0])
    skills = [float(skill(i)(games.at[None])[0]) for i in range(4)]
    own = [float(worth_at(of, 3, i)(games.at[None])[0]) for i in range(4)]
    assert sum(skills) == pytest.approx(0, abs=1e-9) and np.mean(own) == pytest.approx(mean)


def test_what_even_games_do_not_tell_apart_has_no_worth_of_odds() -> None:
    """All even games won by the giver: h cannot be told from the difference of skills."""
    of = design(players=2, kinds=2)
    counts = np.zeros((20, len(of.giver), 3))
    counts[:10, (of.odds == 0) & (of.giver == 1), 0] = 1
    counts[10:15, (of.odds == 1) & (of.giver == 1), 0] = 1
    counts[15:, (of.odds == 1) & (of.giver == 1), 2] = 1
    games = Ladder(of, counts, np.repeat([0, 1], 10), KEY)
    worth = games.estimate("worth", worth_at(of, 1), (0, 1), {})
    assert worth.value is None and "the giver won all 20 even games" in str(worth.reason)
    assert games.test(row(of, (of.slope(1), 1.0))[None], (0, 1)) is None


def test_odds_at_which_one_side_wins_everything_are_named_and_others_keep_their_numbers() -> None:
    of = design(players=3, kinds=3)
    games = played(of, 20, 6, 0, worth=(0, 80, 0))
    counts = games.counts.copy()
    lost = of.odds == 2
    counts[:, lost, 2] += counts[:, lost, 0]
    counts[:, lost, 0] = 0
    some = Ladder(of, counts, games.of, KEY)
    hopeless = some.estimate("worth", worth_at(of, 2), (0, 2), {})
    assert hopeless.value is None and "the taker won all" in str(hopeless.reason)
    fine = some.estimate("worth", worth_at(of, 1), (0, 1), {})
    assert fine.value is not None and fine.low < 80 < fine.high  # type: ignore[operator]


def test_an_interval_of_thousands_of_elo_is_no_number() -> None:
    """A few games at odds, nearly all lost: the fit has a value, and its resamples run away."""
    of = design(players=2, kinds=2)
    counts = np.zeros((12, len(of.giver), 3))
    counts[:6, of.odds == 0, 0] = 1
    counts[3:6, of.odds == 0, 0], counts[3:6, of.odds == 0, 2] = 0, 1
    at_odds = np.flatnonzero(of.odds == 1)
    counts[6:, at_odds, 2] = 1
    counts[6, at_odds[0], 0], counts[6, at_odds[0], 2] = 1, 0
    games = Ladder(of, counts, np.repeat([0, 1], 6), KEY)
    found = [games.estimate("worth", worth_at(of, 1, player), (0, 1), {}) for player in (None, 0, 1)]
    assert all(e.value is None or e.high - e.low < 6000 for e in found)  # type: ignore[operator]
    assert any(e.value is None for e in found)


def test_a_spread_of_openings_makes_intervals_wider_and_not_narrower() -> None:
    of, odds = design(), (0, 2)
    widths = []
    for spread in (0.0, 1.0):
        found = played(of, 24, 3, spread=spread).estimate("", worth_at(of, 2), odds, {})
        widths.append(found.high - found.low)  # type: ignore[operator]
    assert widths[1] > 1.5 * widths[0]


def test_resamples_vary_as_much_as_games_drawn_anew_do() -> None:
    """Half-widths of intervals against the standard deviation of estimates of 60 ladders."""
    of = design(3, 2)
    ladders = [played(of, 12, seed, worth=(0, 100), spread=0.7) for seed in range(60)]
    found = ELO * np.array([one.at[of.worth(1)] for one in ladders])
    reach = t.ppf(0.975, 11)
    halves = [one.estimate("", worth_at(of, 1), (0, 1), {}) for one in ladders[:12]]
    half = np.mean([(e.high - e.low) / 2 for e in halves])  # type: ignore[operator]
    assert 0.75 < half / (reach * found.std(ddof=1)) < 1.3
    assert abs(found.mean() - 100) < 3.5 * found.std() / 60**0.5


def test_what_resamples_err_by_is_taken_off_an_interval_and_a_test() -> None:
    """Resamples lie half a deviation above what was found, so what was found is taken to lie as far above the truth."""
    of = design()
    games = played(of, 12, 3)
    lots = np.tile(games.at, (20_000, 1))
    place, found = of.worth(2), games.at[of.worth(2)]
    lots[:, place] += norm.ppf((np.arange(20_000) + 0.5) / 20_000, 0.25 * found, 0.5 * found)
    games.__dict__["resampled"] = lots
    e = games.estimate("", worth_at(of, 2), (0, 2), {})
    reach = t.ppf(0.975, 11) * (13 / 11) ** 0.5
    ends = [ELO * found * (1 - 0.25 + 0.5 * side * reach) for side in (-1, 1)]
    assert [e.low, e.high] == pytest.approx(ends, abs=0.01 * ELO * found)
    p = games.test(row(of, (place, 1.0))[None], (0, 2)).p  # type: ignore[union-attr]
    assert p == pytest.approx(2 * t.sf(1.5 / (13 / 11) ** 0.5, 11), rel=0.01)


@pytest.mark.parametrize("spread", [0.0, 0.6, 1.2])
def test_how_much_openings_differ_lies_in_its_interval(spread: float) -> None:
    """Two odds of 10 ladders, 12 openings each: of 20 intervals at 95%, fewer than 16 hold 1 time in 400."""
    of = design(3, 2)
    found = [played(of, 12, seed, worth=(0, 100), spread=spread).openings("", odds, {})
             for seed in range(10) for odds in (0, 1)]  # fmt: skip
    assert sum(e.low <= ELO * spread <= e.high for e in found if e.value is not None) >= 16  # type: ignore[operator]
    far = played(of, 40, 1, worth=(0, 100), spread=spread).openings("", 1, {})
    assert not far.low <= ELO * (spread + 1) <= far.high  # type: ignore[operator]


def test_shares_of_fishers_f_are_those_of_scipy() -> None:
    for above, below, ratio in ((1, 4, 0.3), (2, 11, 4.0), (3, 33, 2.9), (3, 33, 1e-4), (5, 495, 1.0), (7, 70, 25.0)):
        assert f_tail(ratio, above, below) == pytest.approx(f.sf(ratio, above, below), rel=1e-8)
    assert f_tail(0, 3, 33) == 1


def test_few_openings_have_no_interval() -> None:
    of = design()
    games = played(of, 4, 7)
    assert "too few openings (n=4)" in str(games.estimate("worth", worth_at(of, 1), (0, 1), {}).reason)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_hold_the_truth_and_tests_their_level_also_where_openings_favour_a_side(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """14 ladders; `benchmarks/odds_statistics.py` has many."""
    monkeypatch.setattr(ladder, "DRAWS", 150)
    of = design()
    held, rejected = [], []
    for seed in range(14):
        games = played(of, 20, seed, worth=(0, 80, 120, 200), nu=0.2, spread=spread)
        for number, odds, true in ((worth_at(of, 2), (0, 2), 120.0), (apart(3, 0), (0, 1, 2, 3), 500.0)):
            found = games.estimate("", number, odds, {})
            held.append(found.low <= true <= found.high)  # type: ignore[operator]
        rejected += WORLD.rejected(games)
    assert sum(held) >= 22  # of 28 at 95%: fewer happen 1 time in 800, and they are less alike than not
    assert sum(rejected) <= 6  # of 28 at 5%: more happen 1 time in 800


def test_a_test_of_one_number_says_what_its_interval_says() -> None:
    of = design()
    for seed in range(6):
        games = played(of, 10, seed, slopes=(0, 0.4, 0, 0), spread=0.5)
        found = games.estimate("", slope_of(of, 1), (0, 1), {})
        p = games.test(row(of, (of.slope(1), 1.0))[None], (0, 1)).p  # type: ignore[union-attr]
        edge = min(abs(found.low), abs(found.high)) / (found.high - found.low)  # type: ignore[operator, arg-type]
        assert edge < 0.06 or (p <= 0.05) == (not found.low <= 0 <= found.high)  # type: ignore[operator]


def test_a_slope_and_odds_that_do_not_add_up_are_found() -> None:
    of = design()
    games = played(of, 40, 8, worth=(0, 80, 120, 420), slopes=(0, 0.3, 0.5, 0.8), nu=0.2, spread=0.5)
    for restriction in (slopes_0(of), adds_up(of)):
        found = games.test(restriction, (0, 1, 2, 3))
        assert found is not None and found.p < 0.006 and found.df == len(restriction)


def test_games_of_which_only_some_were_played_are_a_ladder_too() -> None:
    """Half of the openings of some cells failed."""
    of = design()
    games = played(of, 200, 9, spread=1.0)
    games.counts[::2, ::3] = 0
    assert games.at[3] - games.at[0] == pytest.approx(500 / ELO, rel=0.1)
    assert games.at[of.spread(2)] == pytest.approx(1, rel=0.25)


@pytest.mark.slow
def test_a_misfit_has_its_level_where_most_cells_are_one_sided_and_a_gross_one_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """60 ladders that hold, of players so far apart that one side wins nearly every game of most cells: a chi-square
    over them has a p near 1, or far too often near 0 where it is taken over the other cells alone."""
    monkeypatch.setattr(ladder, "DRAWS", 100)
    of = design(6, 1)
    at = of.offset(draws=False).copy()
    at[:6], at[of.colour(0)] = [-6.0, -4.0, -2.0, 2.0, 4.0, 6.0], 0.1
    sure = np.abs(chances(of.advantage(at[None]), at[None, -1:])[0, :, 0] - 0.5) > 0.45
    assert sure.mean() > 0.5
    found = [games_of(of, at, 10, seed).misfit().p for seed in range(60)]
    assert 1 <= sum(p <= 0.05 for p in found) <= 8  # none happens 1 time in 20, more than 8 1 time in 500
    assert 0.35 < np.mean(found) < 0.62

    upset = games_of(of, at, 10, 1)
    strong = (of.giver == 5) & (of.taker == 0)  # the strongest loses half of its games with the weakest
    upset.counts[:5, strong] = [0, 0, 1]
    assert upset.misfit().p < 0.02


# ------------------------------------------------------------------------------------------------------ how many games


@pytest.mark.parametrize(
    ("score", "draws", "wanted"),
    [(0.5, 0, (742, 742)), (0.5, 0.1, (668, 824)), (0.5, 0.3, (519, 1060)), (0.7, 0, (883, 883)),
     (0.7, 0.1, (778, 1003)), (0.7, 0.3, (568, 1374)), (0.8, 0, (1159, 1159)), (0.8, 0.1, (978, 1374)),
     (0.8, 0.3, (616, 2182)), (0.9, 0, (2061, 2061)), (0.9, 0.1, (1489, 2854)), (0.95, 0, (3905, 3905)),
     (0.95, 0.1, (1850, 8244)), (0.98, 0, (9464, 9464))],
)  # fmt: skip
def test_games_for_25_elo_are_those_of_the_table_in_both_units(
    score: float, draws: float, wanted: tuple[int, int]
) -> None:
    assert (by_score(score, draws), by_davidson(score, draws)) == (
        pytest.approx(wanted[0], abs=1),
        pytest.approx(wanted[1], abs=1),
    )


def test_no_games_have_a_score_that_its_draws_do_not_allow() -> None:
    with pytest.raises(ValueError, match=r"no games have a score of 0\.95 with 0\.3"):
        by_score(0.95, 0.3)
