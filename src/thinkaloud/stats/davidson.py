"""Wins, draws and losses between a giver, who may begin with less, and a taker: Davidson's model (1970) with odds.

    d = (1 - e_o) (s_g - s_t) + c (g_o + l_o m) - h_o - k_o m + u         m = (s_g + s_t) / 2
    P(win) : P(draw) : P(loss) = e^(d/2) : nu : e^(-d/2)                  from the giver's side

s: skills, which add up to 0, so that m = 0 is the mean of the players; c: +1 where the giver moves first, else -1; g_o:
what moving first is worth, and l_o how much more to the stronger; h_o: the worth of the odds at mean skill; k_o: how
much more they are worth for every unit of skill; e_o: by how much less a difference of skill counts at these odds; u:
how much an opening favours the giver, normal with mean 0 and standard deviation t_o. Odds 0 are even games: h, k and e
are 0 there. All in logits of P(win) / P(loss) in an opening that favours nobody, of which `ELO` makes Elo.

Chances are averaged over u, and games are taken as if each had an opening of its own: such a fit needs no more than
the averages to be right, and what games of one opening have in common is for the intervals (Zeger, Liang and Albert
1988). t is given to a fit and not found by it (`spread.py`).

A fit is by Fisher scoring, for many weightings of the same games at once (resamples). Whatever is held fixed is a
linear restriction, and the parameters that are left are a `basis`. h_o needs the same players at these odds *and* at
even games, and games that are not all won by one side: where that is lacking the information about it is next to
nothing, and `error` says so by an endless standard error. This module knows no game and no records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

ELO = 400 / math.log(10)
"""Elo of a logit."""
STEPS, SMALL, TINY = 60, 1e-10, 1e-300
NO_DRAWS = -40.0
"""log nu where nothing was drawn."""
ENDLESS = 8.0
"""A standard error of so many logits (1,390 Elo), in the units of a contrast, is that of something that the games say
nothing of."""
ENOUGH = 3
"""Givers and takers from which on a difference of skill may count for less at odds. It is settled by who plays whom and
never by how games ended."""
NEAR = 1e-9
"""A step that gains so much of the log likelihood is the last. From where it begins, the end is the root of twice that
away, in standard errors."""
NODES, SHARES = np.polynomial.hermite_e.hermegauss(7)
SHARES = SHARES / SHARES.sum()
"""Where a normal variable is looked at to average over it, and with which weights (Gauss and Hermite): of chances, to
.0001 where openings differ by a logit and to .002 where they differ by two."""


@dataclass(frozen=True)
class Design:
    """Which games there are: a *cell* for each giver, taker, odds and side that moves first, by their numbers. `first`
    is +1 or -1. `players` and `kinds`: how many there are, of players and of odds; odds 0 are even games."""

    giver: Ints
    taker: Ints
    odds: Ints
    first: Array
    players: int
    kinds: int

    @property
    def parameters(self) -> int:
        """Skills; for all odds (even games first) g, l, h, k, e and t; then log nu."""
        return self.players + 6 * self.kinds + 1

    def colour(self, odds: int) -> int:
        """The place of g_o."""
        return self.players + odds

    def colour_slope(self, odds: int) -> int:
        """The place of l_o."""
        return self.players + self.kinds + odds

    def worth(self, odds: int) -> int:
        """The place of h_o."""
        return self.players + 2 * self.kinds + odds

    def slope(self, odds: int) -> int:
        """The place of k_o."""
        return self.players + 3 * self.kinds + odds

    def damping(self, odds: int) -> int:
        """The place of e_o."""
        return self.players + 4 * self.kinds + odds

    def spread(self, odds: int) -> int:
        """The place of t_o."""
        return self.players + 5 * self.kinds + odds

    def basis(self, draws: bool) -> Array:
        """[parameters, free ones]: skills add up to 0, even games have no odds, who moves first has a worth only where
        both sides did, differences of skill count in full where `ENOUGH` did not play, and spreads are given."""
        found = np.eye(self.parameters)
        found[: self.players] -= np.eye(self.parameters)[: self.players].sum(axis=0) / self.players
        fixed = {0, self.worth(0), self.slope(0), self.damping(0), *map(self.spread, range(self.kinds))}
        fixed |= set() if draws else {self.parameters - 1}
        for odds in range(self.kinds):
            here = self.odds == odds
            if len(set(self.first[here])) < 2:
                fixed |= {self.colour(odds), self.colour_slope(odds)}
            if min(len(set(self.giver[here])), len(set(self.taker[here]))) < ENOUGH:
                fixed.add(self.damping(odds))
        return np.delete(found, sorted(fixed), axis=1)

    def offset(self, draws: bool, spread: Array | None = None) -> Array:
        """Where the fixed parameters stand, [parameters]; with `spread` [fits, kinds], of each fit."""
        found = np.zeros((1 if spread is None else len(spread), self.parameters))
        found[:, -1] = 0.0 if draws else NO_DRAWS
        found[:, self.spread(0) : self.spread(0) + self.kinds] = 0.0 if spread is None else spread
        whole: Array = found[0] if spread is None else found
        return whole

    def advantage(self, at: Array) -> Array:
        """d of every cell in an opening that favours nobody, [fits, cells], at parameters [fits, parameters]."""
        giver, taker = at[:, self.giver], at[:, self.taker]
        mean, less = (giver + taker) / 2, at[:, self.damping(0) + self.odds]
        moving = at[:, self.colour(0) + self.odds] + at[:, self.colour_slope(0) + self.odds] * mean
        worth = at[:, self.worth(0) + self.odds] + at[:, self.slope(0) + self.odds] * mean
        found: Array = (1 - less) * (giver - taker) + self.first * moving - worth
        return found

    def spreads(self, at: Array) -> Array:
        """t of every cell, likewise."""
        found: Array = at[:, self.spread(0) + self.odds]
        return found

    def jacobian(self, at: Array) -> Array:
        """How d changes with the parameters, [fits, cells, parameters]."""
        fits, cells = len(at), np.arange(len(self.giver))
        giver, taker = at[:, self.giver], at[:, self.taker]
        mean, less = (giver + taker) / 2, at[:, self.damping(0) + self.odds]
        tilt = (self.first * at[:, self.colour_slope(0) + self.odds] - at[:, self.slope(0) + self.odds]) / 2
        found = np.zeros((fits, len(cells), self.parameters))
        found[:, cells, self.giver] += 1 - less + tilt
        found[:, cells, self.taker] += less - 1 + tilt
        found[:, cells, self.colour(0) + self.odds] = self.first
        found[:, cells, self.colour_slope(0) + self.odds] = self.first * mean
        found[:, cells, self.worth(0) + self.odds] = -1
        found[:, cells, self.slope(0) + self.odds] = -mean
        found[:, cells, self.damping(0) + self.odds] = taker - giver
        return found


@dataclass(frozen=True)
class Fit:
    """`at` [fits, parameters]; `likelihood` [fits], logarithms; `basis`, and the information about its coordinates,
    [fits, free, free]."""

    at: Array
    likelihood: Array
    basis: Array
    information: Array

    def error(self, contrast: Array, fit: int = 0) -> float:
        """The standard error of contrast @ parameters; infinite where the games say nothing of it."""
        wanted = contrast @ self.basis
        values, vectors = np.linalg.eigh(self.information[fit])
        parts = (vectors.T @ wanted) ** 2
        floor = SMALL * max(1.0, float(values.max(initial=0.0)))
        if np.any(parts[values <= floor] > SMALL):
            return math.inf
        kept = values > floor
        found = math.sqrt(float((parts[kept] / values[kept]).sum()))
        return found if found < ENDLESS * float(np.abs(contrast).max()) else math.inf


def chances(advantage: Array, log_nu: Array) -> Array:
    """P(win), P(draw), P(loss), [..., 3]."""
    win, draw = _chances(advantage, np.exp(log_nu))
    found: Array = np.stack([win, draw, np.maximum(1 - win - draw, 0)], axis=-1)
    return found


def _chances(advantage: Array, nu: Array) -> tuple[Array, Array]:
    fall = np.exp(-np.abs(advantage) / 2)
    beaten, drawn = fall * fall, nu * fall
    whole = 1 + drawn + beaten
    return np.where(advantage > 0, 1.0, beaten) / whole, drawn / whole


def averaged(design: Design, at: Array) -> Array:
    """The chances of every cell over all openings, [fits, cells, 3]."""
    found: Array = np.stack(_Averages(design, at).p, axis=-1)
    return found


class _Averages:
    """Chances of a win, a draw and a loss, `p`; how they change with d, `by_d`, and with log nu, `by_nu`; each
    [fits, cells]."""

    def __init__(self, design: Design, at: Array) -> None:
        advantage, spread, nu = design.advantage(at), design.spreads(at), np.exp(at[:, -1:])
        where = list(zip(NODES, SHARES, strict=True)) if spread.any() else [(0.0, 1.0)]
        won, drawn, won_d, drawn_d, won_nu, drawn_nu = np.zeros((6, *advantage.shape))
        for node, share in where:
            win, draw = _chances(advantage + node * spread, nu)
            lose = 1 - win - draw
            won += share * win
            drawn += share * draw
            won_d += share * win * (lose + draw / 2)
            drawn_d += share * draw * ((lose - win) / 2)
            won_nu -= share * win * draw
            drawn_nu += share * draw * (1 - draw)
        self.p = tuple(np.maximum(part, TINY) for part in (won, drawn, 1 - won - drawn))
        self.by_d = (won_d, drawn_d, -won_d - drawn_d)
        self.by_nu = (won_nu, drawn_nu, -won_nu - drawn_nu)


def played(design: Design, at: Array, games: Ints, of: Ints, rng: np.random.Generator) -> Array:
    """Games drawn from known parameters [parameters]: results of so many `games` [openings, cells], [openings, cells,
    3]. `of` [openings]: the odds of each; every opening favours a side at random."""
    found = np.zeros((*games.shape, 3))
    for odds in range(design.kinds):
        here = np.ix_(np.flatnonzero(of == odds), np.flatnonzero(design.odds == odds))
        favour = rng.normal(0, at[design.spread(odds)], (len(here[0]), 1))
        found[here] = rng.multinomial(games[here], chances(design.advantage(at[None])[0][here[1]] + favour, at[-1]))
    return found


def fit(
    design: Design, counts: Array, basis: Array, offset: Array, start: Array | None = None, near: float = NEAR
) -> Fit:
    """The most likely parameters `offset + basis @ free` for each weighting of the games: `counts` [fits, cells, 3] of
    wins, draws and losses of the giver. `offset` is of all fits, or [fits, parameters]; `start` as `Fit.at`; `near`:
    what the last step gains."""
    offset = np.broadcast_to(offset, (len(counts), design.parameters))
    free = np.zeros((len(counts), basis.shape[1]))
    if start is not None:
        free += np.linalg.lstsq(basis, (start - offset).T, rcond=None)[0].T
    likelihood, score, information = _derivatives(design, counts, offset + free @ basis.T, basis)
    going = np.arange(len(counts))
    for _ in range(STEPS):
        ridge = SMALL * (1 + np.trace(information[going], axis1=1, axis2=2))[:, None, None] * np.eye(basis.shape[1])
        step = np.linalg.solve(information[going] + ridge, score[going][..., None])[..., 0]
        step *= np.minimum(1.0, 4.0 / np.maximum(np.abs(step).max(axis=1, initial=TINY), TINY))[:, None]
        behind, gained = np.ones(len(going), dtype=bool), np.zeros(len(going))
        for _ in range(12):  # a step that makes it worse is halved
            some = going[behind]
            at = offset[some] + (free[some] + step[behind]) @ basis.T
            tried = _derivatives(design, counts[some], at, basis)
            better = tried[0] - likelihood[some] >= -SMALL * (1 + np.abs(likelihood[some]))
            taken = some[better]
            free[taken] += step[behind][better]
            gained[np.flatnonzero(behind)[better]] = tried[0][better] - likelihood[taken]
            likelihood[taken], score[taken], information[taken] = (part[better] for part in tried)
            behind[np.flatnonzero(behind)[better]] = False
            if not behind.any():
                break
            step[behind] /= 2
        going = going[gained > near]
        if not len(going):
            break
    return Fit(offset + free @ basis.T, likelihood, basis, information)


def _derivatives(design: Design, counts: Array, at: Array, basis: Array) -> tuple[Array, Array, Array]:
    """Log likelihood, score and information, the last two in the coordinates of the basis."""
    over, games = _Averages(design, at), counts.sum(axis=2)
    results = [counts[..., i] for i in range(3)]
    likelihood = sum((n * np.log(p)).sum(axis=1) for n, p in zip(results, over.p, strict=True))
    moved, nu = design.jacobian(at) @ basis, basis[-1]
    by_d = sum(n * d / p for n, d, p in zip(results, over.by_d, over.p, strict=True))
    score = np.einsum("fc,fcr->fr", by_d, moved)
    turned = moved.transpose(0, 2, 1)
    information = (turned * (games * sum(d * d / p for d, p in zip(over.by_d, over.p, strict=True)))[:, None]) @ moved
    if nu.any():
        by_nu = list(zip(over.by_nu, over.p, strict=True))
        score += sum(n * d / p for n, (d, p) in zip(results, by_nu, strict=True)).sum(axis=1)[:, None] * nu
        both = games * sum(one * d / p for one, (d, p) in zip(over.by_d, by_nu, strict=True))
        mixed = (turned @ both[..., None]) * nu
        alone = (games * sum(d * d / p for d, p in by_nu)).sum(axis=1)
        information += mixed + mixed.transpose(0, 2, 1) + alone[:, None, None] * np.outer(nu, nu)
    return likelihood, score, information
