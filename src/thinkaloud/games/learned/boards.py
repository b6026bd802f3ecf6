"""Breakthrough for many games at once: positions as arrays, the same rules as `breakthrough.py`.

`Boards` are seen by whoever is to move: own men move up, towards higher squares. The other side sees the same position
with the board turned around (`turned`). Moves stand game by game, so that what is decided within a game is decided
with `reduceat`. This module knows no players.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thinkaloud.games.breakthrough import Breakthrough, Position

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Boards:
    """`own`, `other` [games, squares]: where the men are of whoever looks, and of the other side."""

    own: Flags
    other: Flags

    def __len__(self) -> int:
        return len(self.own)

    def __getitem__(self, some: Ints | Flags) -> Boards:
        return Boards(self.own[some], self.other[some])

    @property
    def turned(self) -> Boards:
        """As the other side sees them."""
        return Boards(self.other[:, ::-1], self.own[:, ::-1])


@dataclass(frozen=True, slots=True)
class Moves:
    """Legal moves of some boards, game by game; no game is without one. `game`, `source`, `target` [moves]; `first`
    [games]: where the moves of a game begin."""

    game: Ints
    source: Ints
    target: Ints
    first: Ints

    def only(self, places: Ints) -> Moves:
        """These moves, one of each board."""
        return Moves(self.game[places], self.source[places], self.target[places], np.arange(len(places)))

    def best(self, worth: Floats) -> Ints:
        """Of each game the move that is worth most, the first of equals, as its place among all moves."""
        top = np.maximum.reduceat(worth, self.first)
        there = np.flatnonzero(worth == top[self.game])
        return there[np.unique(self.game[there], return_index=True)[1]]


def boards(rules: Breakthrough, positions: list[Position]) -> Boards:
    """Positions as the giver sees them, whoever is to move."""
    bits = np.array([[p.giver, p.taker] for p in positions], dtype=np.uint64)
    found = (bits[:, :, None] >> np.arange(rules.squares, dtype=np.uint64)) & np.uint64(1) > 0
    return Boards(found[:, 0], found[:, 1])


def moves(rules: Breakthrough, seen: Boards) -> Moves:
    """The legal moves of whoever looks; every board must have one, as boards of unfinished games do."""
    shape = (len(seen), rules.height, rules.width)
    own, free = seen.own.reshape(shape), ~seen.own.reshape(shape)
    legal = np.zeros((len(seen), rules.height - 1, rules.width, 3), dtype=bool)
    legal[:, :, :, 0] = own[:, :-1] & free[:, 1:] & ~seen.other.reshape(shape)[:, 1:]
    legal[:, :, 1:, 1] = own[:, :-1, 1:] & free[:, 1:, :-1]
    legal[:, :, :-1, 2] = own[:, :-1, :-1] & free[:, 1:, 1:]
    game, row, column, aside = np.nonzero(legal)
    source = row * rules.width + column
    target = source + rules.width + np.array([0, -1, 1])[aside]
    return Moves(game, source, target, np.searchsorted(game, np.arange(len(seen))))


def after(seen: Boards, made: Moves) -> Boards:
    """The board after each of the moves, still seen by who made it."""
    at = np.arange(len(made.game))
    own, other = seen.own[made.game], seen.other[made.game]
    own[at, made.source] = False
    own[at, made.target] = True
    other[at, made.target] = False
    return Boards(own, other)


def wins(rules: Breakthrough, seen: Boards, made: Moves) -> Flags:
    """Which of the moves win: to the far row, or of the last man of the other side."""
    last = seen.other.sum(axis=1)[made.game] - seen.other[made.game, made.target] == 0
    found: Flags = (made.target >= rules.squares - rules.width) | last
    return found
