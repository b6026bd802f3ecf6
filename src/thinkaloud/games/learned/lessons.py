"""How a network learns from games: TD(lambda) on the positions after its own moves (Sutton 1988; Tesauro 1995).

A *lesson* is some games at once. Of each side's games, every position after a move of that side is told what it was
worth: the network's own value of the next one, or the end of the game, mixed by lambda. Who learns takes a fixed number
of updates from it, each over a fixed number of positions, drawn with replacement: so two trainings of equally many
lessons have had equally many updates over equally many positions, however long their games were.

This module does not know against whom, or from where, is played.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thinkaloud.games.learned.boards import Floats
from thinkaloud.games.learned.nets import Learner, Net, Values, inputs, logits
from thinkaloud.games.learned.rounds import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How is learned. `trace`: lambda; `temperature`: of moves while learning; `updates` a lesson, each over `rows`
    positions of a side."""

    trace: float = 0.7
    temperature: float = 0.5
    rate: float = 1e-3
    updates: int = 8
    rows: int = 256


def targets(net: Net, seen: Round, giver: bool, trace: float) -> tuple[Values, Values]:
    """Inputs and targets of the positions after a side's moves; those that end a game are left out."""
    steps = [step for step in seen.steps if step.giver == giver]
    worth: Floats = seen.scores if giver else 1 - seen.scores
    worth = worth.copy()
    xs, ys = [], []
    for step in reversed(steps):
        left = ~step.won
        value = np.ones(len(step.games))
        value[left] = 1 / (1 + np.exp(-logits(net, step.boards[left]).astype(np.float64)))
        xs.append(inputs(step.boards[left]))
        ys.append(worth[step.games[left]].astype(np.float32))
        worth[step.games] = (1 - trace) * value + trace * worth[step.games]
    return np.concatenate(xs), np.concatenate(ys)


def learn(learner: Learner, x: Values, target: Values, way: Way, rng: np.random.Generator) -> None:
    """The updates of one lesson."""
    for _ in range(way.updates):
        some = rng.integers(len(x), size=way.rows)
        learner.step(x[some], target[some])
