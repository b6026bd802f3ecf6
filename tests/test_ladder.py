"""Davidson's model with odds: known parameters come back, oracles of other libraries agree, tests hold their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2

from thinkaloud.stats import ladder
from thinkaloud.stats.davidson import ELO, NO_DRAWS, Array, Design, chances, fit
from thinkaloud.stats.games import by_davidson, by_score
from thinkaloud.stats.ladder import Ladder, break_even, skill, worth_at
from thinkaloud.vocabulary import Key

KEY = Key(("test",))


def design(players: int = 4, kinds: int = 4) -> Design:
    every = [(g, t, o, c) for g in range(players) for t in range(players) for o in range(kinds) for c in (1, -1)]
    giver, taker, odds, first = (np.array(column) for column in zip(*(c for c in every if c[0] != c[1]), strict=True))
    return Design(giver, taker, odds, first.astype(float), players, kinds)


def truth(of: Design, worth: list[float], slopes: list[float], nu: float) -> Array:
    skills = np.linspace(-250, 250, of.players) / ELO
    colour = np.full(of.kinds, 20 / ELO)
    last = [math.log(nu) if nu else NO_DRAWS]
    return np.concatenate([skills, colour, np.array(worth) / ELO, slopes, last])


def played(of: Design, at: Array, openings: int, seed: int, spread: float = 0.0) -> Ladder:
    """Every cell once from every opening; `spread`: how much openings favour one side, in logits."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat(range(of.kinds), openings)
    counts = np.zeros((len(kinds), len(of.giver), 3))
    for cluster, odds in enumerate(kinds):
        p = chances(of.advantage(at[None])[0] + rng.normal(0, spread), at[-1:])
        result = (rng.random(len(p))[:, None] > p.cumsum(axis=1)).sum(axis=1)
        here = np.flatnonzero(of.odds == odds)
        counts[cluster, here, np.minimum(result[here], 2)] = 1
    return Ladder(of, counts, kinds, Key((str(seed),)))


def row(of: Design, *places: tuple[int, float]) -> Array:
    found = np.zeros(of.parameters)
    for place, weight in places:
        found[place] = weight
    return found


# ----------------------------------------------------------------------------------------------------------------- fit


def test_expected_results_of_known_parameters_give_these_parameters_back() -> None:
    of = design()
    at = truth(of, [0, 60, 150, 300], [0, 0.1, 0.3, 0.6], 0.4)
    counts = 50 * chances(of.advantage(at[None]), at[None, -1:])
    assert fit(of, counts, of.basis(True), of.offset(True)).at[0] == pytest.approx(at, abs=1e-6)


def test_a_general_optimiser_finds_nothing_more_likely() -> None:
    of = design()
    games = played(of, truth(of, [0, 60, 150, 300], [0, 0.1, 0.3, 0.6], 0.4), 12, 1)
    total, basis, offset = games.counts.sum(axis=0), of.basis(True), of.offset(True)

    def worse(free: Array) -> float:
        at = (offset + basis @ free)[None]
        return -float((total * np.log(chances(of.advantage(at), at[:, -1:])[0])).sum())

    other = minimize(worse, np.zeros(basis.shape[1]), method="BFGS", options={"gtol": 1e-6})
    assert -games.found.likelihood[0] == pytest.approx(other.fun, abs=1e-5)
    assert games.at == pytest.approx(offset + basis @ other.x, abs=1e-3)


def test_without_odds_and_draws_it_is_a_logistic_regression() -> None:
    """statsmodels fits the same model to the same games, with the same standard error."""
    import statsmodels.api as sm

    of = design(kinds=1)
    games = played(of, truth(of, [0], [0], 0), 40, 2)
    total = games.counts.sum(axis=0)
    x = np.zeros((len(of.giver), of.players))
    x[np.arange(len(x)), of.giver], x[np.arange(len(x)), of.taker] = 1, -1
    x = np.column_stack([x[:, 1:], of.first])  # the first player stands at 0
    other = sm.GLM(total[:, [0, 2]], x, family=sm.families.Binomial()).fit()
    assert games.at[1:4] - games.at[0] == pytest.approx(other.params[:3], abs=1e-5)
    apart = row(of, (3, 1.0), (0, -1.0))
    assert games.found.error(apart) == pytest.approx(other.bse[2], rel=1e-4)


def test_many_weightings_at_once_are_each_of_them_alone() -> None:
    of = design()
    games = played(of, truth(of, [0, 60, 150, 300], [0] * 4, 0.3), 8, 3)
    total = games.counts.sum(axis=0)
    several = np.stack([total, 3 * total, total + games.counts[0]])
    basis, offset = of.basis(True), of.offset(True)
    together = fit(of, several, basis, offset).at
    assert together[1] == pytest.approx(together[0], abs=1e-6)
    assert together[2] == pytest.approx(fit(of, several[2:], basis, offset).at[0], abs=1e-6)


# ------------------------------------------------------------------------------------------------ intervals, identified


def test_the_profile_interval_is_where_the_likelihood_has_fallen_by_half_of_chi_square() -> None:
    of = design()
    games = played(of, truth(of, [0, 60, 150, 300], [0] * 4, 0.3), 10, 4)
    contrast = row(of, (of.worth(3), 1.0), (of.slope(3), 0.5))
    ends = games.profile(contrast)
    for end in ends:
        away = games.design.offset(True) + end * games.found.basis @ ((w := contrast @ games.found.basis) / (w @ w))
        free = np.linalg.svd(w[None])[2][1:].T
        held = fit(of, games.counts.sum(axis=0)[None], games.found.basis @ free, away)
        fallen = 2 * (games.found.likelihood[0] - held.likelihood[0])
        assert fallen == pytest.approx(chi2.ppf(0.95, 1), rel=0.01)
    assert ends[0] < float(contrast @ games.at) < ends[1]


def test_skill_worth_and_break_even_say_the_same_of_one_fit() -> None:
    """At the break-even gap, a giver who is so much stronger than the taker scores one half."""
    of = design()
    games = played(of, truth(of, [0, 60, 150, 300], [0, 0.1, 0.3, 0.6], 0.3), 10, 5)
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
    assert games.profile(row(of, (of.worth(1), 1.0))) == (-math.inf, math.inf)
    assert games.test(row(of, (of.slope(1), 1.0))[None]) is None


def test_odds_at_which_one_side_wins_everything_are_named_and_others_keep_their_numbers() -> None:
    of = design(players=3, kinds=3)
    games = played(of, truth(of, [0, 80, 0], [0] * 3, 0), 20, 6)
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


def test_few_openings_have_no_interval() -> None:
    of = design()
    games = played(of, truth(of, [0, 60, 150, 300], [0] * 4, 0.3), 4, 7)
    assert "too few openings (n=4)" in str(games.estimate("worth", worth_at(of, 1), (0, 1), {}).reason)


@pytest.mark.slow
def test_intervals_hold_the_truth_and_tests_their_level_also_where_openings_favour_a_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20 ladders a setting; `benchmarks/odds_statistics.py` has many. The profile forgets the openings and fails."""
    monkeypatch.setattr(ladder, "DRAWS", 200)
    of = design()
    at = truth(of, [0, 80, 120, 200], [0] * 4, 0.2)
    slopes = np.stack([row(of, (of.slope(odds), 1.0)) for odds in (1, 2, 3)])
    additive = row(of, (of.worth(3), 1.0), (of.worth(1), -1.0), (of.worth(2), -1.0))[None]
    for spread in (0.0, 0.7):
        held, profiled, rejected = 0, 0, 0
        for seed in range(20):
            games = played(of, at, 20, seed, spread)
            worth = games.estimate("worth", worth_at(of, 2), (0, 2), {})
            low, high = games.profile(ELO * row(of, (of.worth(2), 1.0)))
            held += worth.low <= 120 <= worth.high  # type: ignore[operator]
            profiled += low <= 120 <= high
            rejected += sum(games.test(one).p <= 0.05 for one in (slopes, additive))  # type: ignore[union-attr]
        assert held >= 16  # of 20 at 95%: fewer happen 1 time in 400
        assert rejected <= 6  # of 40 at 5%: more happen 1 time in 300
        if spread:
            assert profiled < held


def test_a_slope_and_odds_that_do_not_add_up_are_found() -> None:
    of = design()
    games = played(of, truth(of, [0, 80, 120, 420], [0, 0.3, 0.5, 0.8], 0.2), 40, 8)
    slopes = np.stack([row(of, (of.slope(odds), 1.0)) for odds in (1, 2, 3)])
    additive = row(of, (of.worth(3), 1.0), (of.worth(1), -1.0), (of.worth(2), -1.0))[None]
    for restriction in (slopes, additive):
        found = games.test(restriction)
        assert found is not None and found.p < 0.001 and found.df == len(restriction)


@pytest.mark.slow
def test_a_misfit_has_its_level_where_most_cells_are_one_sided_and_a_gross_one_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """60 ladders that hold, of players so far apart that one side wins nearly every game of most cells: a chi-square
    over them has a p near 1, or far too often near 0 where it is taken over the other cells alone."""
    monkeypatch.setattr(ladder, "DRAWS", 100)
    of = design(6, 1)
    at = np.concatenate([[-6.0, -4.0, -2.0, 2.0, 4.0, 6.0], [0.1, 0.0, 0.0, NO_DRAWS]])
    sure = np.abs(chances(of.advantage(at[None]), at[None, -1:])[0, :, 0] - 0.5) > 0.45
    assert sure.mean() > 0.5
    found = [played(of, at, 10, seed).misfit()[1] for seed in range(60)]
    assert 1 <= sum(p <= 0.05 for p in found) <= 8  # none happens 1 time in 20, more than 8 1 time in 500
    assert 0.35 < np.mean(found) < 0.62

    upset = played(of, at, 10, 1)
    strong = (of.giver == 5) & (of.taker == 0)  # the strongest loses half of its games with the weakest
    upset.counts[:5, strong] = [0, 0, 1]
    assert upset.misfit()[1] < 0.02


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
