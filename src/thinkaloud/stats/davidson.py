"""Wins, draws and losses between a giver, who may begin with less, and a taker: Davidson's model (1970) with odds.

    d = s_g - s_t + c g_o - H_o(m)        H_o(m) = h_o + k_o m        m = (s_g + s_t) / 2
    P(win) : P(draw) : P(loss) = e^(d/2) : nu : e^(-d/2)              from the giver's side

s: skills, which add up to 0, so that m = 0 is the mean of the players; c: +1 where the giver moves first, else -1; g_o:
what moving first is worth; h_o: the worth of the odds at mean skill; k_o: how much more they are worth for every unit
of skill. Odds 0 are even games: h and k are 0 there. All in logits of P(win) / P(loss), of which `ELO` makes Elo.

A fit is by Fisher scoring, for many weightings of the same games at once (resamples, points of a profile). Whatever is
held fixed is a linear restriction, and the parameters that are left are a `basis`. h_o needs the same players at these
odds *and* at even games, and games that are not all won by one side: where that is lacking the information about it is
next to nothing, and `error` says so by an endless standard error. This module knows no game and no records.
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
STEPS, SMALL = 60, 1e-10
NO_DRAWS = -40.0
"""log nu where nothing was drawn."""
ENDLESS = 8.0
"""A standard error of so many logits (1,390 Elo), in the units of a contrast, is that of something that the games say
nothing of."""


@dataclass(frozen=True)
class Design:
    """Which games there are: a *cell* for each giver, taker, odds and side that moves first, by their numbers. `first`
    is +1 or -1. `players` and `odds`: how many; odds 0 are even games."""

    giver: Ints
    taker: Ints
    odds: Ints
    first: Array
    players: int
    kinds: int

    @property
    def parameters(self) -> int:
        """Skills, and for all odds (even games first) worth of moving first, h and k; then log nu."""
        return self.players + 3 * self.kinds + 1

    def colour(self, odds: int) -> int:
        """The place of g_o."""
        return self.players + odds

    def worth(self, odds: int) -> int:
        """The place of h_o."""
        return self.players + self.kinds + odds

    def slope(self, odds: int) -> int:
        """The place of k_o."""
        return self.players + 2 * self.kinds + odds

    def basis(self, draws: bool, slopes: bool = True) -> Array:
        """[parameters, free ones]: skills add up to 0, even games have no odds, and who moves first has a worth only
        where both sides did."""
        found = np.eye(self.parameters)
        found[: self.players] -= np.eye(self.parameters)[: self.players].sum(axis=0) / self.players
        fixed = {0, self.worth(0), self.slope(0)}
        fixed |= set() if draws else {self.parameters - 1}
        fixed |= set() if slopes else {self.slope(odds) for odds in range(self.kinds)}
        for odds in range(self.kinds):
            if len(set(self.first[self.odds == odds])) < 2:
                fixed.add(self.colour(odds))
        return np.delete(found, sorted(fixed), axis=1)

    def offset(self, draws: bool) -> Array:
        """Where the fixed parameters stand."""
        found = np.zeros(self.parameters)
        found[-1] = 0.0 if draws else NO_DRAWS
        return found

    def advantage(self, at: Array) -> Array:
        """d of every cell, [fits, cells], at parameters [fits, parameters]."""
        giver, taker = at[:, self.giver], at[:, self.taker]
        h, k = at[:, self.worth(0) + self.odds], at[:, self.slope(0) + self.odds]
        return giver - taker + self.first * at[:, self.colour(0) + self.odds] - h - k * (giver + taker) / 2

    def jacobian(self, at: Array) -> Array:
        """How d changes with the parameters, [fits, cells, parameters]."""
        fits, cells = len(at), np.arange(len(self.giver))
        k = at[:, self.slope(0) + self.odds]
        found = np.zeros((fits, len(cells), self.parameters))
        found[:, cells, self.giver] += 1 - k / 2
        found[:, cells, self.taker] += -1 - k / 2
        found[:, cells, self.colour(0) + self.odds] = self.first
        found[:, cells, self.worth(0) + self.odds] = -1
        found[:, cells, self.slope(0) + self.odds] = -(at[:, self.giver] + at[:, self.taker]) / 2
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
    logits = np.stack([advantage / 2, np.broadcast_to(log_nu, advantage.shape), -advantage / 2], axis=-1)
    logits -= logits.max(axis=-1, keepdims=True)
    odds = np.exp(logits)
    found: Array = odds / odds.sum(axis=-1, keepdims=True)
    return found


def fit(design: Design, counts: Array, basis: Array, offset: Array, start: Array | None = None) -> Fit:
    """The most likely parameters `offset + basis @ free` for each weighting of the games: `counts` [fits, cells, 3] of
    wins, draws and losses of the giver. `offset` is of all fits, or [fits, parameters]; `start` as `Fit.at`."""
    offset = np.broadcast_to(offset, (len(counts), design.parameters))
    free = np.zeros((len(counts), basis.shape[1]))
    if start is not None:
        free += np.linalg.lstsq(basis, (start - offset).T, rcond=None)[0].T
    likelihood = _likelihood(design, counts, offset + free @ basis.T)
    going = np.arange(len(counts))
    information = np.zeros((len(counts), basis.shape[1], basis.shape[1]))
    for _ in range(STEPS):
        score, information[going] = _derivatives(design, counts[going], offset[going] + free[going] @ basis.T, basis)
        ridge = SMALL * (1 + np.trace(information[going], axis1=1, axis2=2))[:, None, None] * np.eye(basis.shape[1])
        step = np.linalg.solve(information[going] + ridge, score[..., None])[..., 0]
        step *= np.minimum(1.0, 4.0 / np.maximum(np.abs(step).max(axis=1, initial=1e-300), 1e-300))[:, None]
        gain = np.full(len(going), -np.inf)
        for _ in range(12):  # a step that makes it worse is halved
            behind = gain < -SMALL * (1 + np.abs(likelihood[going]))
            if not behind.any():
                break
            some = going[behind]
            tried = _likelihood(design, counts[some], offset[some] + (free[some] + step[behind]) @ basis.T)
            gain[behind] = tried - likelihood[some]
            step[behind & (gain < 0)] /= 2
        better = gain >= 0
        free[going[better]] += step[better]
        likelihood[going[better]] += gain[better]
        going = going[better & (np.abs(step).max(axis=1, initial=0.0) > 1e-8)]
        if not len(going):
            break
    at = offset + free @ basis.T
    return Fit(at, likelihood, basis, _derivatives(design, counts, at, basis)[1])


def scores_of(design: Design, counts: Array, at: Array, basis: Array) -> Array:
    """The derivative of the likelihood by the free parameters from each line of `counts` [lines, cells, 3], at one
    point: what a cluster says."""
    p = chances(design.advantage(at[None]), at[None, -1:])[0]
    games = counts.sum(axis=2)
    by_d = (counts[..., 0] - counts[..., 2]) / 2 - games * (p[:, 0] - p[:, 2]) / 2
    found: Array = by_d @ (design.jacobian(at[None])[0] @ basis)
    found += (counts[..., 1] - games * p[:, 1]).sum(axis=1)[:, None] * basis[-1]
    return found


def _likelihood(design: Design, counts: Array, at: Array) -> Array:
    p = chances(design.advantage(at), at[:, -1:])
    found: Array = (counts * np.log(np.maximum(p, 1e-300))).sum(axis=(1, 2))
    return found


def _derivatives(design: Design, counts: Array, at: Array, basis: Array) -> tuple[Array, Array]:
    """Score and information, in the coordinates of the basis."""
    p = chances(design.advantage(at), at[:, -1:])
    games = counts.sum(axis=2)
    by_d = design.jacobian(at) @ basis
    by_nu = np.broadcast_to(basis[-1], by_d.shape)
    apart = p[..., 0] - p[..., 2]
    dd = games * (p[..., 0] + p[..., 2] - apart**2) / 4
    dn = -games * apart * p[..., 1] / 2
    nn = games * p[..., 1] * (1 - p[..., 1])
    score = np.einsum("fc,fcr->fr", (counts[..., 0] - counts[..., 2] - games * apart) / 2, by_d)
    score += (counts[..., 1] - games * p[..., 1]).sum(axis=1)[:, None] * basis[-1]
    turned = by_d.transpose(0, 2, 1)
    mixed = (turned * dn[:, None]) @ by_nu
    information = (turned * dd[:, None]) @ by_d + mixed + mixed.transpose(0, 2, 1)
    information += nn.sum(axis=1)[:, None, None] * np.outer(basis[-1], basis[-1])
    return score, information
