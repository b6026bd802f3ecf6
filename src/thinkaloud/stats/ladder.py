"""What games between players of several skills say of skills and odds: estimates, intervals, tests.

Games that share an opening are not independent: an opening is a *cluster*, with all games that began from it, whoever
played them. Intervals are a Bayesian bootstrap over clusters (`bootstrap.py`), the whole fit made anew each time; the
number of clusters that an interval is corrected for is that of its own odds or of even games, whichever is less.
`profile` is the interval of the profile likelihood, which takes all games as independent; a report shows it beside the
other. A test is that of the likelihood ratio, divided by how much more the clusters vary than independent games would
(Rao and Scott 1984), if that is more. What the games do not identify has no number (`davidson.py`).

This module knows no game and no records, and never speaks of the performance of a single match.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from thinkaloud.stats.bootstrap import FEWEST, limits, weights
from thinkaloud.stats.davidson import ELO, ENDLESS, Array, Design, Fit, chances, fit, scores_of
from thinkaloud.stats.distributions import chi_square_tail
from thinkaloud.vocabulary import Estimate, Key, Part

DRAWS = 1000
CHUNK = 250
"""Fits at once."""
GRID, REACH = 41, 6.0
"""Points of a profile, and how many standard errors it reaches on either side."""
CRITICAL = 1.959964
WIDEST = 2 * CRITICAL * ENDLESS
"""Logits of an interval that says nothing: that of an endless standard error."""
SMALL, TINY = 1e-6, 1e-300
"""A deviance that is rounding, and games that are none."""
RISE = 1e-5
"""A step by which derivatives are taken."""
Of = Callable[[Array], Array]
"""Parameters [fits, parameters] -> a number for each."""


@dataclass(frozen=True)
class Test:
    """`statistic`: twice the log of the likelihood ratio; `effect`: what it was divided by for clusters; `p` of what
    that leaves, chi-square on `df`."""

    statistic: float
    df: int
    effect: float
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
        d = self.design
        return fit(d, self.counts.sum(axis=0)[None], d.basis(self.draws), d.offset(self.draws))

    @property
    def at(self) -> Array:
        """The most likely parameters."""
        found: Array = self.found.at[0]
        return found

    @cached_property
    def resampled(self) -> Array:
        """The parameters of every resample, [draws, parameters]."""
        flat = self.counts.reshape(len(self.counts), -1)
        lots = np.concatenate(list(weights(len(flat), 0, self.key, DRAWS)))
        return np.concatenate(
            [
                self._fitted((some @ flat).reshape(len(some), *self.counts.shape[1:]))
                for some in np.array_split(lots, math.ceil(len(lots) / CHUNK))
            ]
        )

    def _fitted(self, counts: Array) -> Array:
        """The parameters of other games in the same cells, [fits, parameters], looked for from those found here."""
        start = np.tile(self.at, (len(counts), 1))
        return fit(self.design, counts, self.found.basis, self.design.offset(self.draws), start).at

    def clusters(self, *odds: int) -> int:
        """The fewest clusters at any of these odds."""
        return min(int((self.of == one).sum()) for one in odds)

    def games(self, *odds: int) -> int:
        """All games at these odds."""
        return round(float(self.counts[:, np.isin(self.design.odds, odds)].sum()))

    def estimate(self, name: str, of: Of, odds: tuple[int, ...], about: Mapping[str, Part]) -> Estimate:
        """A number made from parameters, with its bootstrap interval. `odds`: those whose games it rests on."""
        n, k = self.games(*odds), self.clusters(*odds)
        if 0 in odds and not self.games(0):
            why = "not identifiable: there are no even games to hold the others against; play those that failed"
            return Estimate.absent(name, why, n, k, "opening", about)
        if k < FEWEST:
            why = f"too few openings (n={k}): an interval needs at least {FEWEST}"
            return Estimate.absent(name, why, n, k, "opening", about)
        slope = self._gradient(of)
        if not math.isfinite(self.found.error(slope)):
            return Estimate.absent(name, self._why(odds), n, k, "opening", about)
        value, lots = float(of(self.at[None])[0]), of(self.resampled)
        if not math.isfinite(value) or not np.isfinite(lots).all():
            lost = int((~np.isfinite(lots)).sum())
            why = (
                f"not identifiable: {lost} of {len(lots)} resamples give no number, so it may be endless; add openings"
            )
            return Estimate.absent(name, why, n, k, "opening", about)
        low, high = limits(lots, value, k)
        if high - low > WIDEST * float(np.abs(slope).max()):
            why = f"not identifiable: {value:.0f} [{low:.0f}, {high:.0f}] says nothing; add openings"
            return Estimate.absent(name, why, n, k, "opening", about)
        return Estimate(name, value, low, high, n, k, "opening", None, about)

    def profile(self, contrast: Array) -> tuple[float, float]:
        """The 95% interval of contrast @ parameters by the profile likelihood; infinite ends where it has none."""
        value, error = float(contrast @ self.at), self._error(contrast)
        if not math.isfinite(error):
            return -math.inf, math.inf
        points = value + error * np.linspace(-REACH, REACH, GRID)
        wanted = contrast @ self.found.basis
        along = self.found.basis @ wanted / (wanted @ wanted)
        offset = self.design.offset(self.draws) + np.outer(points - contrast @ self.design.offset(self.draws), along)
        counts = np.repeat(self.counts.sum(axis=0)[None], GRID, axis=0)
        made = fit(self.design, counts, self.found.basis @ _null(wanted[None]), offset)
        fallen = 2 * np.maximum(0.0, self.found.likelihood[0] - made.likelihood)
        root = np.sign(points - value) * np.sqrt(fallen)
        low = float(np.interp(-CRITICAL, root, points)) if root[0] < -CRITICAL else -math.inf
        high = float(np.interp(CRITICAL, root, points)) if root[-1] > CRITICAL else math.inf
        return low, high

    def test(self, restriction: Array) -> Test | None:
        """Whether restriction @ parameters = 0, [restrictions, parameters]; None where that is not identified."""
        d, total = self.design, self.counts.sum(axis=0)
        if any(not math.isfinite(self._error(row)) for row in restriction):
            return None
        wanted = restriction @ self.found.basis
        held = fit(d, total[None], self.found.basis @ _null(wanted), d.offset(self.draws))
        statistic = 2 * max(0.0, float(self.found.likelihood[0] - held.likelihood[0]))
        inverse = np.linalg.pinv(self.found.information[0], hermitian=True)
        said = scores_of(d, self.counts, self.at, self.found.basis)
        clusters = len(said)
        between = said.T @ said * clusters / max(1, clusters - 1)
        model, robust = wanted @ inverse @ wanted.T, wanted @ inverse @ between @ inverse @ wanted.T
        effect = max(1.0, float(np.trace(np.linalg.solve(model, robust))) / len(restriction))
        return Test(statistic, len(restriction), effect, chi_square_tail(statistic / effect, len(restriction)))

    def expected(self) -> Array:
        """The giver's score that the fit expects in every cell."""
        found: Array = self._scores(self.at[None])[0]
        return found

    def _scores(self, at: Array) -> Array:
        p = chances(self.design.advantage(at), at[:, -1:])
        found: Array = p[..., 0] + p[..., 1] / 2
        return found

    def misfit(self) -> tuple[float, float]:
        """How far the scores of all cells are from what the fit expects of them, as a deviance, and its p: how often
        games that are drawn from the fit are as far from the fit of their own. No chi-square is asked: where a side
        wins nearly every game of a cell, a deviance is far below it. Games are drawn as independent, which those of one
        cell are, since each began from an opening of its own; what an opening does to several cells is not regarded.
        """
        total = self.counts.sum(axis=0)
        p = chances(self.design.advantage(self.at[None]), self.at[None, -1:])[0]
        games = np.rint(total.sum(axis=1)).astype(np.int64)
        drawn = self.key.child("misfit").rng.multinomial(games, p, size=(DRAWS, len(games))).astype(float)
        found = _deviance(total[None], self.expected()[None])[0]
        by_chance = np.concatenate(
            [
                _deviance(some, self._scores(self._fitted(some)))
                for some in np.array_split(drawn, math.ceil(len(drawn) / CHUNK))
            ]
        )
        return float(found), (1 + int((by_chance > found - SMALL).sum())) / (1 + len(by_chance))

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


def _deviance(counts: Array, expected: Array) -> Array:
    """Of the scores of games [fits, cells, 3], a draw as half a game won, from those expected, [fits, cells]."""
    games, won = counts.sum(axis=-1), counts[..., 0] + counts[..., 1] / 2
    found = np.zeros(len(counts))
    for seen, share in ((won, expected), (games - won, 1 - expected)):
        ratio = np.where(seen > 0, seen / np.maximum(games * share, TINY), 1.0)
        found += 2 * (seen * np.log(ratio)).sum(axis=-1)
    return found


def _null(rows: Array) -> Array:
    """An orthonormal basis of what these rows leave free."""
    _, sizes, turned = np.linalg.svd(rows)
    rank = int((sizes > 1e-10 * max(1.0, float(sizes.max(initial=0.0)))).sum())
    found: Array = turned[rank:].T
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


def apart(one: int, other: int) -> Of:
    """Elo by which one player is stronger than another."""
    return lambda at: ELO * (at[:, one] - at[:, other])


def worth_between(design: Design, odds: int, one: int, other: int) -> Of:
    """Elo that odds are worth between these two."""

    def of(at: Array) -> Array:
        m = (at[:, one] + at[:, other]) / 2
        found: Array = ELO * (at[:, design.worth(odds)] + at[:, design.slope(odds)] * m)
        return found

    return of


def break_even(design: Design, odds: int, taker: int) -> Of:
    """Elo by which a giver must be stronger than this taker for equal chances, who moves first drawn by lot."""

    def of(at: Array) -> Array:
        h, k, s = at[:, design.worth(odds)], at[:, design.slope(odds)], at[:, taker]
        found: Array = np.where(k < 2, ELO * (h + k * s) / (1 - np.minimum(k, 1.999) / 2), np.nan)
        return found

    return of
