"""How many games a match between two players takes for an interval of a wanted half-width in Elo.

Two units, which differ once there are draws: the Elo of the expected score E (`by_score`), and Davidson's d
(`by_davidson`):

    n = (z sd / (w k E (1 - E)))^2        n = (z / (w k))^2 / sd^2        sd^2 = P(win) + P(draw) / 4 - E^2

k = ln 10 / 400, w the half-width, z = 1.96. Games are taken as independent. The worth of odds on a ladder is known at
best to

    w = z / k sqrt(4 / n + t^2 / openings)

Elo either way (`of_worth`): from n games at these odds with scores of one half, no draws, where what openings add is
normal with standard deviation t (logits), and even games of the same players do not add to it. This module knows no
players.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from thinkaloud.stats.davidson import ELO

Z = NormalDist().inv_cdf(0.975)
HALF_WIDTH = 25.0


def variance(score: float, draws: float = 0.0) -> float:
    """Of the score of a game; `ValueError` where no game has such a score with so many draws."""
    wins = score - draws / 2
    if not 0 < score < 1 or wins < 0 or wins + draws > 1 or (found := wins + draws / 4 - score**2) <= 0:
        raise ValueError(f"no games have a score of {score:g} with {draws:g} of them drawn")
    return found


def by_score(score: float, draws: float = 0.0, half: float = HALF_WIDTH) -> float:
    """Games for the Elo of the expected score; not rounded."""
    return variance(score, draws) * (Z * ELO / (half * score * (1 - score))) ** 2


def by_davidson(score: float, draws: float = 0.0, half: float = HALF_WIDTH) -> float:
    """Games for Davidson's d; not rounded."""
    return (Z * ELO / half) ** 2 / variance(score, draws)


def of_worth(games: float, openings: int, spread: float) -> float:
    """The half-width in Elo of the worth of odds, at best."""
    return Z * ELO * math.sqrt(4 / games + spread**2 / openings)
