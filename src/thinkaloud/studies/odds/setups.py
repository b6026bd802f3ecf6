"""What a game brings to the study: its rules and odds, openings and players, and what is wrong with a recipe for it.

A game is a module that makes a `Setup` from a recipe (`open_setup.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, Protocol

from thinkaloud.errors import UserError
from thinkaloud.games.game import Game, M, P
from thinkaloud.games.match import Played, Player, play
from thinkaloud.games.openings import Opening
from thinkaloud.games.programs import located
from thinkaloud.studies.odds.recipe import Recipe
from thinkaloud.vocabulary import Key

EVEN = "even"
"""Odds of nothing."""


@dataclass(frozen=True)
class Odds:
    """What the giver lacks, in words; how much that is (men, or pawns); and the pairs of other odds of the same run
    that add up to it."""

    label: str
    material: float
    sums: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cell:
    """Who plays whom, at which odds."""

    giver: str
    taker: str
    odds: str

    @property
    def roles(self) -> dict[str, str]:
        """Players of the cell by role."""
        return {"giver": self.giver, "taker": self.taker}

    @property
    def title(self) -> str:
        """For progress and lists."""
        return f"{self.giver} - {self.taker}, {self.odds}"


Match = Callable[[Opening, bool, Key], Awaitable[Played]]
"""A game from an opening, given whether the giver is first there and the game's key. Who is first has the move in a
game of turns; where both act at the same time it has the first side of the map."""


SIDES = {"rts": ("beginning at the upper left", "began at the upper left")}
"""What it is to be first, and what the first did, in games in which both act at the same time."""
TURNS = ("moving first", "moved first")


class Setup(Protocol):
    """A game as a recipe wants it."""

    @property
    def title(self) -> str:
        """The subject of estimates."""
        ...

    @property
    def odds(self) -> Sequence[Odds]:
        """Those that are played, the least first; even games are among them."""
        ...

    def openings(self, label: str, key: Key) -> list[Opening]:
        """Where games at some odds begin."""
        ...

    def match(self, cell: Cell, spoken: Mapping[str, Player[Any, Any]]) -> Match:
        """The games of two players, of whom those that are language models are among `spoken`."""
        ...

    def known(self, cell: Cell) -> Callable[[str, Played], dict[str, Any]] | None:
        """What a record of a game holds besides, given where it began; None where nothing is known."""
        ...

    def notes(self) -> list[str]:
        """What is to be said with the findings, found by asking players and not by games."""
        ...

    def files(self) -> Mapping[str, str]:
        """Digests of what games depend on and the recipe only names, by name."""
        ...

    def check(self, where: str) -> None:
        """`UserError` where the recipe asks for what this game does not have."""
        ...


def by_turns(game: Game[P, M], giver: Player[P, M], taker: Player[P, M]) -> Match:
    """The games of two players who move by turns."""

    async def one(opening: Opening, first: bool, key: Key) -> Played:
        return await play(game, game.read(opening.first(first)), giver, taker, key)

    return one


def adding_up(amounts: Mapping[str, float], parts: Callable[[str, str, str], bool]) -> list[Odds]:
    """Odds with how much they are, the least first; `parts`: whether the first two of three add up to the third."""
    there = sorted(amounts, key=lambda label: amounts[label])
    pairs = list(combinations_with_replacement([label for label in amounts if label != EVEN], 2))
    return [Odds(whole, amounts[whole], tuple(pair for pair in pairs if parts(*pair, whole))) for whole in there]


def counted(amounts: Mapping[str, int]) -> list[Odds]:
    """Odds that are so many of the same thing."""
    ordered = dict(sorted(amounts.items(), key=lambda pair: pair[1]))
    return adding_up(ordered, lambda one, other, whole: amounts[one] + amounts[other] == amounts[whole])


def need_even(recipe: Recipe, where: str, known: Sequence[str]) -> None:
    """`UserError` where odds with names are given twice, or even games are not among them, or men are missing."""
    if recipe.missing:
        raise UserError(
            f"missing of {where} is {list(recipe.missing)!r}: {recipe.game} has odds, odds = {list(known[:2])!r}"
        )
    if EVEN not in recipe.odds or len(set(recipe.odds)) < len(recipe.odds):
        raise UserError(
            f"odds of {where} are {list(recipe.odds)!r}: give each once, and {EVEN!r} among them, since odds have no "
            f"worth without even games of the same players; known: {', '.join(known)}"
        )


def engines_of(recipe: Recipe, speaks: str, such_as: str) -> dict[str, str]:
    """Digests of the engines of a recipe: with another build of one, games would be others."""
    engines = sorted({spec.engine for spec in recipe.players.values() if spec.by == "engine"})
    return {f"engine {one}": digest_of(located(one, speaks, such_as)) for one in engines}


def digest_of(path: str) -> str:
    """Of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
