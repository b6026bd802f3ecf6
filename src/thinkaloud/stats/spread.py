"""How much openings favour one side: the standard deviation t of what an opening adds to d, for each odds.

Found by moments. Two games from one opening go together, because the opening favours the same side in both; what their
scores have in common, over all pairs of games of each opening, is set equal to what openings with this t would make of
it. It needs chances that are right on average, and no more; `fit` (`davidson.py`) takes t from here and gives chances,
in turn. Below 0 there is no t: where games of an opening have nothing in common it is 0.

A kind of opening that favours one *player*, or whoever moves first, is seen only as far as it makes the giver's scores
go together. `counts` [clusters, cells, 3]; clusters are openings, and `of` [clusters] says at which odds.
"""

from __future__ import annotations

import numpy as np

from thinkaloud.stats.davidson import NODES, SHARES, Array, Design, Ints, chances

LEAST, ROUNDS = 0.05, 3
"""What openings make of scores is proportional to t^2 where t is small. So it is found from a t above 0, in rounds."""
MOST = 6.0
"""Logits: no opening differs from another by more."""
STEPS, TINY = 601, 1e-12
"""So many t are tried; and a variance that is none."""


def spread(design: Design, counts: Array, of: Ints, at: Array, weights: Array) -> Array:
    """t of all odds, [fits, kinds], in logits, given other parameters [fits, parameters] and how much each opening
    counts [fits, clusters]."""
    found = np.zeros((len(at), design.kinds))
    for odds in range(design.kinds):
        rows, cells = of == odds, np.flatnonzero(design.odds == odds)
        if rows.sum() > 1 and len(cells):
            one = _Odds(design, cells, counts[rows][:, cells], at, weights[:, rows])
            found[:, odds] = one.spread(at[:, design.spread(odds)])
    return found


def limits(design: Design, counts: Array, of: Ints, at: Array, odds: int, reach: float) -> tuple[float, float]:
    """Between which values t of some odds lies, given the parameters [parameters] that were found: those for which the
    totals of openings vary as much as they did, give or take so many standard deviations (`reach`). How much totals
    vary is nearly a chi-square; its cube root is nearly normal (Wilson and Hilferty 1931), with degrees of freedom that
    follow from how long the tails of totals are (they are short where openings differ a lot)."""
    rows, cells = of == odds, np.flatnonzero(design.odds == odds)
    one = _Odds(design, cells, counts[rows][:, cells], at[None], np.ones((1, int(rows.sum()))))
    tried = np.linspace(0, MOST, STEPS)
    ratio, df = one.against(tried, float(at[design.spread(odds)]))
    # by how many standard deviations totals vary less than openings with this t would make them
    less = np.maximum.accumulate((1 - 2 / (9 * df) - np.cbrt(ratio)) / np.sqrt(2 / (9 * df)))
    low, high = np.interp((-reach, reach), less, tried)
    return float(low), float(high)


class _Odds:
    """The openings of one odds, [fits, clusters]."""

    def __init__(self, design: Design, cells: Ints, counts: Array, at: Array, weights: Array) -> None:
        self.games = counts.sum(axis=2)
        self.won = counts[..., 0] + counts[..., 1] / 2
        self.squares = (counts[..., 0] + counts[..., 1] / 4).sum(axis=1)
        self.weights = weights / weights.sum(axis=1, keepdims=True)
        self.advantage, self.log_nu = design.advantage(at)[:, cells], at[:, -1:]

    def spread(self, start: Array) -> Array:
        """In rounds, from what it was."""
        found: Array = np.where(start > 0, start, 0.5)
        for _ in range(ROUNDS):
            tried = np.maximum(found, LEAST)
            scores = np.stack([self._score(tried, node) for node in NODES])
            mean = np.tensordot(SHARES, scores, 1)
            found = tried * np.sqrt(np.maximum(self._seen(mean), 0) / np.maximum(self._expected(scores - mean), 1e-12))
        return found

    def against(self, spread: Array, found: float) -> tuple[Array, Array]:
        """How much totals of openings vary, as a share of what it would be with each of these spreads in the place of
        the one that was found, all else being as it was; and the degrees of freedom of that. Of the first fit."""
        mean, n = self._mean(np.array([found])), len(self.won)
        scores = np.stack([self._score(spread, node) for node in NODES])
        shifts = scores - np.tensordot(SHARES, scores, 1)
        alone = max(float(self._alone(mean)[0]), TINY)
        common = np.maximum(self._expected(shifts), 0.0)
        moved = (shifts @ self.games.T).mean(axis=-1)  # the total of an opening at each node, for each spread
        inside = np.maximum(alone - SHARES @ (shifts**2 @ self.games.T).mean(axis=-1), TINY)
        fourth = SHARES @ (moved**4 + 6 * moved**2 * inside + 3 * inside**2)
        tails = fourth / (SHARES @ (moved**2 + inside)) ** 2 - 3
        df = 2 / np.maximum(2 / (n - 1) + tails / n, 1 / n)
        return self._totals(mean) / (alone + common), df

    def _mean(self, spread: Array) -> Array:
        return np.tensordot(SHARES, np.stack([self._score(spread, node) for node in NODES]), 1)

    def _score(self, spread: Array, node: float) -> Array:
        p = chances(self.advantage + node * spread[:, None], self.log_nu)
        found: Array = p[..., 0] + p[..., 1] / 2
        return found

    def _seen(self, mean: Array) -> Array:
        """What the scores of games of one opening have in common, beyond what all openings have."""
        return self._totals(mean) - self._alone(mean)

    def _totals(self, mean: Array) -> Array:
        """The variance of totals over openings. What all of them have takes some of it away: a share of 1 / openings
        where they count the same."""
        apart = self.won.sum(axis=1) - mean @ self.games.T
        apart -= (self.weights * apart).sum(axis=1, keepdims=True)
        found: Array = (self.weights * apart**2).sum(axis=1) / (1 - (self.weights**2).sum(axis=1))
        return found

    def _alone(self, mean: Array) -> Array:
        """The variance of the games of an opening, added up as if they had nothing in common."""
        alone = self.squares - 2 * mean @ self.won.T + mean**2 @ self.games.T
        found: Array = (self.weights * alone).sum(axis=1)
        return found

    def _expected(self, shifts: Array) -> Array:
        """What openings would make of it, given how much each node of the average moves the scores of cells."""
        together = sum(share * (shift @ self.games.T) ** 2 for share, shift in zip(SHARES, shifts, strict=True))
        alone = np.tensordot(SHARES, shifts**2, 1) @ self.games.T
        found: Array = (self.weights * (together - alone)).sum(axis=1)
        return found
