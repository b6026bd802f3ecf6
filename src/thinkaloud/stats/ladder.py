"""What games between players of several skills say of skills and odds: estimates, intervals, tests.

Games that share an opening are not independent: an opening is a *cluster*, with all games that began from it, whoever
played them. How much openings favour a side is estimated (`spread.py`), and chances are averages over them, so that
skill and worth are those of an opening that favours nobody. Intervals are a Bayesian bootstrap over clusters
(`bootstrap.py`), the whole fit made anew each time; the number of clusters that an interval is corrected for is that of
its own odds or of even games, whichever is less. A fit of few games errs away from 0, and a resample errs once more, so
percentiles are taken of what is left when the resamples' error is taken off (Efron 1981). A
test of one number says what its interval says; one of several is Wald's, with the covariance of resamples and Fisher's
F. How much openings differ has an interval of its own (`spread.py`). What the games do not identify has no number
(`davidson.py`).

This module knows no game and no records, and never speaks of the performance of a single match.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from thinkaloud.stats.bootstrap import FEWEST, LEVEL, t_quantile, weights
from thinkaloud.stats.davidson import ELO, ENDLESS, Array, Design, Fit, averaged, fit, played
from thinkaloud.stats.distributions import t_tail
from thinkaloud.stats.fisher import f_tail
from thinkaloud.stats.spread import MOST, limits, spread
from thinkaloud.vocabulary import Estimate, Key, Part

DRAWS = 1000
CHUNK, NEAR = 100, 1e-3
"""Fits at once, and what the last step of each gains: it is taken less than a twentieth of a standard error away."""
ROUNDS, AGAIN = 4, 2
"""How often a spread of openings and the other parameters are found in turn: of all games, and of a resample, which
begins where these ended."""
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
WIDEST = 2 * NORMAL * ENDLESS
"""Logits of an interval that says nothing: that of an endless standard error."""
SMALL, TINY = 1e-6, 1e-300
"""A deviance that is rounding, and games that are none."""
RARE = 5
"""Of resamples, so few say little of how likely it is what they say."""
RISE = 1e-5
"""A step by which derivatives are taken."""
LEAST_GAIN = 0.0005
"""Skill of which d gains no more than this does not help."""
Of = Callable[[Array], Array]
"""Parameters [fits, parameters] -> a number for each."""


@dataclass(frozen=True)
class Test:
    """Of `df` numbers that all of them are 0."""

    df: int
    p: float


@dataclass(frozen=True)
class Misfit:
    """Of the scores of cells from those that a fit expects. `by_chance`: how far they lie from that, on average over
    games, where games are drawn from the fit; `deviance`, and `p` of it."""

    by_chance: float
    deviance: float
    p: float


@dataclass(frozen=True)
class Ladder:
    """Games: `counts` [clusters, cells, 3] of wins, draws and losses; `of` [clusters]: the odds of each cluster."""

    design: Design
    counts: Array
    of: NDArray[np.int64]
    key: Key

    @cached_property
    def draws(self) -> bool:
        """Whether any game was drawn."""
        return bool(self.counts[..., 1].sum())

    @cached_property
    def found(self) -> Fit:
        """The fit of all games."""
        d, alike = self.design, np.ones((1, len(self.counts)))
        total = self.counts.sum(axis=0)[None]
        made = fit(d, total, d.basis(self.draws), d.offset(self.draws))
        for _ in range(ROUNDS):
            offset = d.offset(self.draws, spread(d, self.counts, self.of, made.at, alike))
            made = fit(d, total, made.basis, offset, made.at)
        return made

    @property
    def at(self) -> Array:
        """The most likely parameters."""
        found: Array = self.found.at[0]
        return found

    @cached_property
    def resampled(self) -> Array:
        """The parameters of every resample, [draws, parameters]."""
        lots = np.concatenate(list(weights(len(self.counts), 0, self.key, DRAWS)))
        return np.concatenate([self._again(some) for some in np.array_split(lots, math.ceil(len(lots) / CHUNK))])

    def _again(self, lots: Array) -> Array:
        """The whole fit anew, with so much weight for each opening [fits, clusters]."""
        counts = (lots @ self.counts.reshape(len(self.counts), -1)).reshape(len(lots), *self.counts.shape[1:])
        at = np.tile(self.at, (len(lots), 1))
        for _ in range(AGAIN):
            at = self._fitted(counts, at, spread(self.design, self.counts, self.of, at, lots))
        return at

    def _fitted(self, counts: Array, start: Array | None = None, spreads: Array | None = None) -> Array:
        """The parameters of other games in the same cells; spreads of openings, and where the search begins, are those
        found here unless they are given."""
        start = np.tile(self.at, (len(counts), 1)) if start is None else start
        first = self.design.spread(0)
        spreads = start[:, first : first + self.design.kinds] if spreads is None else spreads
        return fit(self.design, counts, self.found.basis, self.design.offset(self.draws, spreads), start, NEAR).at

    def clusters(self, *odds: int) -> int:
        """The fewest clusters at any of these odds."""
        return min(int((self.of == one).sum()) for one in odds)

    def games(self, *odds: int) -> int:
        """All games at these odds."""
        return round(float(self.counts[:, np.isin(self.design.odds, odds)].sum()))

    def estimate(self, name: str, of: Of, odds: tuple[int, ...], about: Mapping[str, Part]) -> Estimate:
        """A number made from parameters, with its bootstrap interval. `odds`: those whose games it rests on."""
        n, k, slope = self.games(*odds), self.clusters(*odds), self._gradient(of)
        if (why := self._lacking(odds, slope)) is not None:
            return Estimate.absent(name, why, n, k, "opening", about)
        value, lots = float(of(self.at[None])[0]), of(self.resampled)
        if not math.isfinite(value) or not np.isfinite(lots).all():
            lost = int((~np.isfinite(lots)).sum())
            why = (
                f"not identifiable: {lost} of {len(lots)} resamples give no number, so it may be endless; add openings"
            )
            return Estimate.absent(name, why, n, k, "opening", about)
        middle, reach = 2 * _below(lots, value), _reach(k)
        low, high = np.quantile(lots, [NormalDist().cdf(middle + side * reach) for side in (-1, 1)])
        low, high = min(float(low), value), max(float(high), value)
        if high - low > WIDEST * float(np.abs(slope).max()):
            why = f"not identifiable: {value:.0f} [{low:.0f}, {high:.0f}] says nothing; add openings"
            return Estimate.absent(name, why, n, k, "opening", about)
        return Estimate(name, value, low, high, n, k, "opening", None, about)

    def openings(self, name: str, odds: int, about: Mapping[str, Part]) -> Estimate:
        """Elo by which openings differ in whom they favour, as a standard deviation."""
        n, k = self.games(odds), self.clusters(odds)
        if (why := self._lacking((odds,))) is not None:
            return Estimate.absent(name, why, n, k, "opening", about)
        value = float(self.at[self.design.spread(odds)])
        low, high = limits(self.design, self.counts, self.of, self.at, odds, NORMAL)
        if high > MOST - NEAR:
            why = f"not identifiable: {ELO * low:.0f} or more; add openings"
            return Estimate.absent(name, why, n, k, "opening", about)
        low, high = ELO * min(low, value), ELO * max(high, value)
        return Estimate(name, ELO * value, low, high, n, k, "opening", None, about)

    def _lacking(self, odds: tuple[int, ...], slope: Array | None = None) -> str | None:
        """Why a number that rests on games at these odds, and moves with the parameters like that, cannot be told."""
        if 0 in odds and not self.games(0):
            return "not identifiable: there are no even games to hold the others against; play those that failed"
        if (k := self.clusters(*odds)) < FEWEST:
            return f"too few openings (n={k}): an interval needs at least {FEWEST}"
        if slope is not None and not math.isfinite(self.found.error(slope)):
            return self._why(odds)
        return None

    def test(self, restriction: Array, odds: tuple[int, ...]) -> Test | None:
        """Whether restriction @ parameters = 0, [restrictions, parameters]; None where that is not identified. `odds`:
        those whose games it rests on."""
        clusters = self.clusters(*odds)
        if clusters < FEWEST or any(not math.isfinite(self._error(row)) for row in restriction):
            return None
        found, lots, several = restriction @ self.at, self.resampled @ restriction.T, len(restriction)
        if several == 1:
            far = _below(lots[:, 0], 0.0) - 2 * _below(lots[:, 0], float(found[0]))
            return Test(1, 2 * t_tail(abs(far) / math.sqrt(_lacks(clusters)), clusters - 1))
        scale = np.linalg.pinv(np.cov(lots.T), hermitian=True) / _lacks(clusters)
        # numbers of several odds rest on openings of their own
        return Test(several, f_tail(float(found @ scale @ found) / several, several, several * (clusters - 1)))

    def misfit(self) -> Misfit:
        """How far the scores of all cells are from what the fit expects of them. `p`: how often games that are drawn
        from the fit, with openings as they were found, are as far from the fit of their own. No chi-square is asked:
        where a side wins nearly every game of a cell, a deviance is far below it."""
        total = self.counts.sum(axis=0)
        games, rng = np.rint(self.counts.sum(axis=2)).astype(np.int64), self.key.child("misfit").rng
        lots = np.stack([played(self.design, self.at, games, self.of, rng).sum(axis=0) for _ in range(DRAWS)])
        expected = self._scores(self.at[None])
        found = _deviance(total[None], expected)[0]
        parts = [(some, self._scores(self._fitted(some))) for some in np.array_split(lots, math.ceil(DRAWS / CHUNK))]
        chance = np.concatenate([_deviance(some, fitted) for some, fitted in parts])
        p = (1 + int((chance > found - SMALL).sum())) / (1 + len(chance))
        near = float(np.concatenate([_apart(some, fitted) for some, fitted in parts]).mean())
        return Misfit(near, float(found), p)

    def expected(self) -> Array:
        """The giver's score that the fit expects in every cell."""
        found: Array = self._scores(self.at[None])[0]
        return found

    def _scores(self, at: Array) -> Array:
        p = averaged(self.design, at)
        found: Array = p[..., 0] + p[..., 1] / 2
        return found

    def one_sided(self, odds: int) -> str | None:
        """Which side won every game at these odds, None where both won some."""
        won, drawn, lost = self.counts[:, self.design.odds == odds].sum(axis=(0, 1))
        if drawn or (won and lost):
            return None
        return "giver" if won else "taker"

    def _error(self, contrast: Array) -> float:
        """Of a contrast of odds: endless where there are no even games to hold them against."""
        return self.found.error(contrast) if self.games(0) else math.inf

    def _gradient(self, of: Of) -> Array:
        ends = RISE * np.eye(self.design.parameters)
        found: Array = (of(self.at + ends) - of(self.at - ends)) / (2 * RISE)
        return found

    def _why(self, odds: tuple[int, ...]) -> str:
        for one in odds:
            if (side := self.one_sided(one)) is not None:
                at = "even games" if not one else "games at these odds"
                return (
                    f"not identifiable: the {side} won all {self.games(one)} {at}; add players whose skills are "
                    "nearer to where both win"
                )
        return (
            "not identifiable: the players that met here are not tied to the others by games that both sides won; add "
            "players between them"
        )


def _reach(clusters: int) -> float:
    """How many of their standard deviations resamples are followed to either side: their variance is known to n - 1
    degrees of freedom (Hesterberg 2015, of the ordinary bootstrap)."""
    return t_quantile((1 + LEVEL) / 2, clusters - 1) * math.sqrt(_lacks(clusters))


def _lacks(clusters: int) -> float:
    """By how much more than resamples do means vary: of n clusters that count by exponential weights, they vary by
    (n - 1) / (n + 1) of what they should."""
    return (clusters + 1) / (clusters - 1)


def _below(lots: Array, value: float) -> float:
    """What share of resamples lies below a value, as a normal quantile; those at it are halved. Beyond all but a few it
    goes on with their standard deviation."""
    few = RARE / len(lots)
    share = float(((lots < value).mean() + (lots <= value).mean()) / 2)
    inside = min(max(share, few), 1 - few)
    if inside == share:
        return NormalDist().inv_cdf(share)
    return NormalDist().inv_cdf(inside) + float((value - np.quantile(lots, inside)) / max(lots.std(), TINY))


def _deviance(counts: Array, expected: Array) -> Array:
    """Of the scores of games [fits, cells, 3], a draw as half a game won, from those expected, [fits, cells]."""
    games, won = counts.sum(axis=-1), counts[..., 0] + counts[..., 1] / 2
    found = np.zeros(len(counts))
    for seen, share in ((won, expected), (games - won, 1 - expected)):
        ratio = np.where(seen > 0, seen / np.maximum(games * share, TINY), 1.0)
        found += 2 * (seen * np.log(ratio)).sum(axis=-1)
    return found


def _apart(counts: Array, expected: Array) -> Array:
    """The mean distance between scores and those expected, over games, [fits]."""
    games = counts.sum(axis=-1)
    found: Array = np.abs(counts[..., 0] + counts[..., 1] / 2 - games * expected).sum(axis=-1) / games.sum(axis=-1)
    return found


# ------------------------------------------------------------------------------------------- what can be asked of it


def skill(player: int) -> Of:
    """Elo above the mean of all players."""
    return lambda at: ELO * at[:, player]


def worth_at(design: Design, odds: int, player: int | None = None) -> Of:
    """Elo that odds are worth between players of mean skill, or of a player's own."""

    def of(at: Array) -> Array:
        m = 0.0 if player is None else at[:, player]
        found: Array = ELO * (at[:, design.worth(odds)] + at[:, design.slope(odds)] * m)
        return found

    return of


def slope_of(design: Design, odds: int) -> Of:
    """How much more odds are worth for each unit of skill."""
    return lambda at: at[:, design.slope(odds)]


def colour_slope_of(design: Design, odds: int) -> Of:
    """How much more moving first is worth for each unit of skill."""
    return lambda at: at[:, design.colour_slope(odds)]


def damping_of(design: Design, odds: int) -> Of:
    """By which share a difference of skill counts for less than at even games."""
    return lambda at: at[:, design.damping(odds)]


def apart(one: int, other: int) -> Of:
    """Elo by which one player is stronger than another."""
    return lambda at: ELO * (at[:, one] - at[:, other])


def worth_between(design: Design, odds: int, one: int, other: int) -> Of:
    """Elo by which one of these two would have to be the stronger to make up for the odds, if their mean stayed; not a
    number where being stronger does not help."""

    def of(at: Array) -> Array:
        m = (at[:, one] + at[:, other]) / 2
        return _made_up(at[:, design.worth(odds)] + at[:, design.slope(odds)] * m, 1 - at[:, design.damping(odds)])

    return of


def break_even(design: Design, odds: int, taker: int) -> Of:
    """Elo by which a giver must be stronger than this taker for equal chances, who moves first drawn by lot; not a
    number where being stronger does not help."""

    def of(at: Array) -> Array:
        h, k, s = at[:, design.worth(odds)], at[:, design.slope(odds)], at[:, taker]
        return _made_up(h + k * s, 1 - at[:, design.damping(odds)] - k / 2)

    return of


def _made_up(lacking: Array, gained: Array) -> Array:
    """Elo that make up for what is lacking, of which each gains so much."""
    found: Array = np.where(gained > LEAST_GAIN, ELO * lacking / np.maximum(gained, LEAST_GAIN), np.nan)
    return found
