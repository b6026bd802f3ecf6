"""A small network that says how likely whoever made a move is to win: two hidden layers, in numpy.

Its input is the board as the one who moved sees it: a number for each square with a man of its own, and one for each
with a man of the other side. So one network plays both sides. Its output is a logit. Learning is Adam on the cross
entropy between that and a target between 0 and 1. This module knows no rules and no games.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.games.learned.boards import Boards

Values = NDArray[np.float32]
Net = Mapping[str, Values]
"""Weights by name: w1 [inputs, hidden], b1, w2 [hidden, second], b2, w3 [second, 1], b3."""
SECOND = 32
"""Width of the second hidden layer."""
ROWS = 1 << 16
"""Boards that are looked at together: bounds the memory."""


def initial(squares: int, hidden: int, rng: np.random.Generator) -> Net:
    """Random weights (He et al. 2015); the output begins at 0."""
    sizes = (2 * squares, hidden, SECOND, 1)
    found: dict[str, Values] = {}
    for i, (wide, narrow) in enumerate(pairwise(sizes), 1):
        spread = math.sqrt(2 / wide) * (i < len(sizes) - 1)
        found[f"w{i}"] = (rng.standard_normal((wide, narrow)) * spread).astype(np.float32)
        found[f"b{i}"] = np.zeros(narrow, np.float32)
    return found


def inputs(boards: Boards) -> Values:
    """[boards, 2 x squares]."""
    return np.concatenate([boards.own, boards.other], axis=1).astype(np.float32)


def logits(net: Net, boards: Boards) -> Values:
    """[boards]: of the chance of winning of who looks and has just moved."""
    parts = [_forward(net, inputs(boards[np.arange(a, min(a + ROWS, len(boards)))]))[-1]
             for a in range(0, len(boards), ROWS)]  # fmt: skip
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _forward(net: Net, x: Values) -> tuple[Values, Values, Values]:
    """Both hidden layers and the logits."""
    one = np.maximum(x @ net["w1"] + net["b1"], 0)
    two = np.maximum(one @ net["w2"] + net["b2"], 0)
    return one, two, (two @ net["w3"] + net["b3"])[:, 0]


def gradient(net: Net, x: Values, target: Values) -> dict[str, Values]:
    """Of the mean cross entropy. `x` as `inputs` gives it, `target` [rows] from 0 to 1."""
    one, two, logit = _forward(net, x)
    back = ((1 / (1 + np.exp(-logit)) - target) / len(x))[:, None]
    into_two = (back @ net["w3"].T) * (two > 0)
    into_one = (into_two @ net["w2"].T) * (one > 0)
    pairs: Iterable[tuple[str, NDArray[Any], NDArray[Any]]] = (
        ("1", x, into_one),
        ("2", one, into_two),
        ("3", two, back),
    )
    return {f"{kind}{i}": (given.T @ error if kind == "w" else error.sum(axis=0))
            for i, given, error in pairs for kind in "wb"}  # fmt: skip


@dataclass
class Learner:
    """A network that learns (Adam; Kingma and Ba 2015). `net` is a new mapping after every step."""

    net: Net
    rate: float
    steps: int = 0
    _mean: dict[str, Values] = field(default_factory=dict)
    _square: dict[str, Values] = field(default_factory=dict)

    def step(self, x: Values, target: Values) -> None:
        """One update."""
        self.steps += 1
        fade = math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        made = {}
        for name, slope in gradient(self.net, x, target).items():
            self._mean[name] = 0.9 * self._mean.get(name, np.float32(0)) + 0.1 * slope
            self._square[name] = 0.999 * self._square.get(name, np.float32(0)) + 0.001 * slope**2
            made[name] = self.net[name] - self.rate * fade * self._mean[name] / (np.sqrt(self._square[name]) + 1e-8)
        self.net = {name: value.astype(np.float32) for name, value in made.items()}
