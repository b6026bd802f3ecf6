"""Where games begin: some random moves from the first position, kept only where they give nothing away.

An opening is used twice: once the giver is to move there, once the taker, with the same men on the same squares. What
is mirrored is the position and not a seed: the same random numbers on a board with other odds or another side to move
lead elsewhere. Both uses belong together and are never counted as independent (`stats/ladder.py`).

Random moves give men away, and then an opening measures the moves and not the odds. So an opening is kept where, for
whoever is to move, it is worth what the first position is worth, give or take `tolerance`. All openings of the same
odds differ: two players that draw nothing by lot would only copy their games. This module knows no players.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from thinkaloud.errors import UserError
from thinkaloud.games.game import Game, M, P
from thinkaloud.vocabulary import Key

TRIES = 300
"""Random openings for one that is kept."""


@dataclass(frozen=True)
class Asked:
    """How openings are made: `plies` random moves (an even number), how many openings, and by how much they may be
    worth more or less than the first position. `odds`: what they are of, in words."""

    odds: str
    plies: int
    count: int
    tolerance: float


@dataclass(frozen=True)
class Opening:
    """Two positions with the same material on the same squares, the giver to move in `giver_first` and the taker in
    `taker_first` (as `Game.write` gives them), and the moves that led there."""

    number: int
    giver_first: str
    taker_first: str
    moves: tuple[str, ...] = ()

    def first(self, giver: bool) -> str:
        """The one or the other."""
        return self.giver_first if giver else self.taker_first


@dataclass(frozen=True)
class Ground(Generic[P, M]):
    """Where openings are made: the rules, the first position (the giver is to move), what a position is worth to the
    giver, and the same material with the taker to move (None where that cannot be). `drawn`: the moves that random ones
    are among, where these are not all legal ones."""

    game: Game[P, M]
    start: P
    value: Callable[[P], float]
    mirrored: Callable[[P], P | None]
    drawn: Callable[[P], Sequence[M]] | None = None


def openings(ground: Ground[P, M], asked: Asked, key: Key) -> list[Opening]:
    """The openings; without random moves, the first position so many times."""
    write, start = ground.game.write, ground.start
    other = ground.mirrored(start)
    if other is None:
        raise UserError(f"with {asked.odds} nobody but the giver can move first")
    if not asked.plies:
        return [Opening(number, write(start), write(other)) for number in range(asked.count)]
    worth = [ground.value(one) for one in (start, other)]
    found: list[Opening] = []
    seen: set[str] = set()
    for number in range(TRIES * asked.count):
        made = _random(ground, asked.plies, key.child(number))
        if made is None or write(made[0]) in seen or (other := ground.mirrored(made[0])) is None:
            continue
        seen.add(write(made[0]))
        there = [ground.value(one) for one in (made[0], other)]
        if all(abs(one - was) <= asked.tolerance for one, was in zip(there, worth, strict=True)):
            found.append(Opening(len(found), write(made[0]), write(other), made[1]))
        if len(found) == asked.count:
            return found
    raise UserError(
        f"only {len(found)} openings of {asked.plies} random moves with {asked.odds} are worth what the first position "
        f"is, give or take {asked.tolerance:g}; {asked.count} were wanted: give fewer openings, another number of "
        "plies or more tolerance"
    )


def _random(ground: Ground[P, M], plies: int, key: Key) -> tuple[P, tuple[str, ...]] | None:
    """A position after random moves with its moves, None where the game was over before."""
    game, rng, position, said = ground.game, key.rng, ground.start, []
    for _ in range(plies):
        moves = (ground.drawn or game.moves)(position)
        move = moves[int(rng.integers(len(moves)))]
        position = game.after(position, move)
        said.append(game.text(move))
        if game.score(position) is not None:
            return None
    return position, tuple(said)
