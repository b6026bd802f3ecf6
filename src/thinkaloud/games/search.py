"""Alpha-beta with a fixed number of nodes: players of graded strength that are the same on every machine.

A node is a position that is entered. The search deepens step by step and plays the best move of the last depth that it
finished, or of a deeper one as far as it got, if it got past the move that was best before. A limit on nodes, and never
on time, so that equal positions give equal moves. The first step takes as many nodes as there are moves and is always
finished: limits below that all play alike (`least_nodes`).

This module knows no game: it is given the rules and how to judge an unfinished position.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import numpy as np

from thinkaloud.games.breakthrough import Breakthrough, Position
from thinkaloud.games.game import DRAWN, Game, M, P

WIN = 10_000.0
"""A won game; less by 1 for every move that it takes."""
DEEPEST = 60
Judge = Callable[[P], float]
"""What an unfinished position is worth to the giver."""


class _Spent(Exception):
    """The nodes are used up."""


@dataclass
class Search(Generic[P, M]):
    """A player. `nodes`: as many as a move may take."""

    game: Game[P, M]
    judge: Judge[P]
    nodes: int

    def best(self, position: P, rng: np.random.Generator | None = None) -> tuple[M, float]:
        """A best move and what it is worth to whoever is to move. Equals are drawn with `rng`, else the first one."""
        moves = list(self.game.moves(position))
        if rng is not None:
            moves = [moves[i] for i in rng.permutation(len(moves))]
        self._left, found = max(self.nodes, len(moves)), (moves[0], 0.0)
        for depth in range(1, DEEPEST):
            best: tuple[M, float] | None = None
            floor = -math.inf
            try:
                for move in moves:
                    worth = -self._worth(self.game.after(position, move), depth - 1, -math.inf, -floor)
                    if worth > floor:
                        floor, best = worth, (move, worth)
            except _Spent:
                return best or found  # what was best before is looked at first
            assert best is not None
            found = best
            if abs(floor) >= WIN - DEEPEST:
                break
            moves.remove(found[0])
            moves.insert(0, found[0])
        return found

    def _worth(self, position: P, depth: int, low: float, high: float) -> float:
        """To whoever is to move."""
        if not self._left:
            raise _Spent
        self._left -= 1
        game = self.game
        side = 1.0 if game.giver_to_move(position) else -1.0
        if (score := game.score(position)) is not None:
            return side * (score - DRAWN) * 2 * (WIN - DEEPEST + depth)
        if not depth:
            return side * self.judge(position)
        best = -math.inf
        for move in game.moves(position):
            worth = -self._worth(game.after(position, move), depth - 1, -high, -max(low, best))
            if worth > best:
                best = worth
                if best >= high:
                    break
        return best


def least_nodes(game: Game[P, M], position: P) -> int:
    """Limits below this number play alike at a position."""
    return len(game.moves(position))


MAN, AHEAD = 10.0, 1.0
"""What a man is worth, and a step that it has gone, times how far it has gone already."""


def advanced(board: Breakthrough) -> Judge[Position]:
    """Men, and more for those that are far ahead."""
    row = (1 << board.width) - 1
    masks = [row << (board.width * r) for r in range(board.height)]
    worth = [MAN + AHEAD * r * (r + 1) / 2 for r in range(board.height)]
    rows = list(zip(masks, worth, reversed(worth), strict=True))

    def judge(position: Position) -> float:
        giver, taker, _ = position
        return sum((giver & m).bit_count() * up - (taker & m).bit_count() * down for m, up, down in rows)

    return judge
