"""Games between two players of a crowd, all at once, move by move.

The giver's and the taker's moves are decided by different players, each of which sees its own men move up. What is
kept of a game is its score and, where it is asked for, every position after a move. This module trains nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from thinkaloud.games.breakthrough import Breakthrough
from thinkaloud.games.learned.boards import Boards, Flags, Floats, Ints, after, moves, wins
from thinkaloud.games.learned.crowd import Player


@dataclass(frozen=True, slots=True)
class Begun:
    """Where games begin: boards as the giver sees them, and whether the giver moves first."""

    boards: Boards
    giver_first: Flags

    def __len__(self) -> int:
        return len(self.boards)


@dataclass(frozen=True, slots=True)
class Step:
    """One move of some games by one side: which games, the boards after it as the mover sees them, and who has won by
    it."""

    giver: bool
    games: Ints
    boards: Boards
    won: Flags


@dataclass
class Round:
    """Games that were played. `scores` [games] are the giver's; `steps` in their order."""

    scores: Floats
    steps: list[Step] = field(default_factory=list)


def played(rules: Breakthrough, begun: Begun, giver: Player, taker: Player, rng: np.random.Generator) -> Round:
    """Play all games to their ends."""
    own, other, to_move = begun.boards.own.copy(), begun.boards.other.copy(), begun.giver_first.copy()
    found, going = Round(np.full(len(begun), np.nan)), np.ones(len(begun), dtype=bool)
    while going.any():
        turn = to_move.copy()
        for side, player in ((True, giver), (False, taker)):
            games = np.flatnonzero(going & (turn == side))
            if not len(games):
                continue
            seen = Boards(own[games], other[games])
            seen = seen if side else seen.turned
            made = moves(rules, seen)
            pick = made.only(player(seen, made, rng))
            then, won = after(seen, pick), wins(rules, seen, pick)
            found.steps.append(Step(side, games, then, won))
            there = then if side else then.turned
            own[games], other[games], to_move[games] = there.own, there.other, not side
            found.scores[games[won]] = float(side)
            going[games[won]] = False
    return found
