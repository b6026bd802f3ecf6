"""One game between two players, from any position to its end.

A player is asked for a move and may fail to give a legal one: then it has lost, and the game says so. Nothing is asked
again and nothing is dropped. All that a player draws comes from the key of the game and the number of the move, so that
a game is the same wherever and whenever it is played. This module knows no player and no odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from thinkaloud.games.game import LOST, WON, Game, M
from thinkaloud.vocabulary import Key

P = TypeVar("P")
Seen = TypeVar("Seen", contravariant=True)


@dataclass(frozen=True)
class Chosen(Generic[M]):
    """A move, None where the player gave no legal one; `said`: what stood before it, and what else is known;
    `gives_up`: it takes the game for lost and makes no move."""

    move: M | None
    said: Mapping[str, Any] = field(default_factory=dict)
    gives_up: bool = False


class Player(Protocol[Seen, M]):
    """Whoever chooses moves."""

    async def choose(self, position: Seen, key: Key) -> Chosen[M]:
        """A move of whoever is to move there."""
        ...


@dataclass(frozen=True)
class Played:
    """A game: its moves in letters, the giver's score, how it ended, and what was said before each move."""

    moves: tuple[str, ...]
    score: float
    ended: str
    said: tuple[Mapping[str, Any], ...]


async def play(game: Game[P, M], position: P, giver: Player[P, M], taker: Player[P, M], key: Key) -> Played:
    """Play to the end."""
    moves: list[str] = []
    said: list[Mapping[str, Any]] = []
    while (score := game.score(position)) is None:
        own = game.giver_to_move(position)
        chosen = await (giver if own else taker).choose(position, key.child(len(moves)))
        said.append(chosen.said)
        if chosen.move is None or chosen.move not in game.moves(position):
            ended = "given up" if chosen.gives_up else "illegal"
            return Played(tuple(moves), LOST if own else WON, ended, tuple(said))
        moves.append(game.text(chosen.move))
        position = game.after(position, chosen.move)
    return Played(tuple(moves), score, "over", tuple(said))
