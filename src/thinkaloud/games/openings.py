"""Where games begin: some random moves from the first position, kept only where they give nothing away.

An opening is used twice: once the giver is to move there, once the taker, with the same men on the same squares. What
is mirrored is the position and not a seed: the same random numbers on a board with other odds or another side to move
lead elsewhere. Both uses belong together and are never counted as independent (`stats/ladder.py`).

Random moves give men away, and then an opening measures the moves and not the odds. So an opening is kept where, for
whoever is to move, it is worth what the first position is worth, give or take `tolerance`. All openings of the same
odds differ: two players that draw nothing by lot would only copy their games. This module knows no players.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from thinkaloud.errors import UserError
from thinkaloud.games.breakthrough import Breakthrough, Position
from thinkaloud.vocabulary import Key

TRIES = 300
"""Random openings for one that is kept."""
Value = Callable[[Position], float]
"""What a position is worth to the giver."""


@dataclass(frozen=True)
class Asked:
    """How openings are made: `missing` men of the giver, `plies` random moves (an even number), how many of them, and
    by how much they may be worth more or less than the first position."""

    missing: int
    plies: int
    count: int
    tolerance: float


@dataclass(frozen=True)
class Opening:
    """Men on squares, and the moves that led there."""

    number: int
    giver: int
    taker: int
    moves: tuple[str, ...] = ()

    def position(self, giver_first: bool) -> Position:
        """The same men, with one side or the other to move."""
        return Position(self.giver, self.taker, giver_first)


def openings(rules: Breakthrough, asked: Asked, value: Value, key: Key) -> list[Opening]:
    """The openings; without random moves, the first position so many times."""
    start = rules.start(asked.missing)
    if not asked.plies:
        return [Opening(number, start.giver, start.taker) for number in range(asked.count)]
    worth = [value(start._replace(to_move=first)) for first in (True, False)]
    found: list[Opening] = []
    seen: set[tuple[int, int]] = set()
    for number in range(TRIES * asked.count):
        made = _random(rules, start, asked.plies, key.child(number))
        if made is None or made[0][:2] in seen:
            continue
        seen.add(made[0][:2])
        there = [value(made[0]._replace(to_move=first)) for first in (True, False)]
        if all(abs(one - was) <= asked.tolerance for one, was in zip(there, worth, strict=True)):
            found.append(Opening(len(found), made[0].giver, made[0].taker, made[1]))
        if len(found) == asked.count:
            return found
    raise UserError(
        f"only {len(found)} openings of {asked.plies} random moves with {asked.missing} men missing are worth what the "
        f"first position is, give or take {asked.tolerance:g} men; {asked.count} were wanted: give fewer openings, "
        "another number of plies or more tolerance"
    )


def _random(rules: Breakthrough, start: Position, plies: int, key: Key) -> tuple[Position, tuple[str, ...]] | None:
    """A position after random moves with its moves, None where the game was over before."""
    rng, position, said = key.rng, start, []
    for _ in range(plies):
        moves = rules.moves(position)
        move = moves[rng.integers(len(moves))]
        position = rules.after(position, move)
        said.append(rules.text(move))
        if rules.score(position) is not None:
            return None
    if any(rules.score(position._replace(to_move=first)) is not None for first in (True, False)):
        return None
    return position, tuple(said)
