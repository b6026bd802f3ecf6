"""What a game brings to the study: its rules and odds, openings and players, and what is wrong with a recipe for it.

A game is a module that makes a `Setup` from a recipe (`open_setup.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from thinkaloud.games.game import Game
from thinkaloud.games.match import Played, Player
from thinkaloud.games.openings import Opening
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
    def title(self) -> str:
        """For progress and lists."""
        return f"{self.giver} - {self.taker}, {self.odds}"


class Setup(Protocol):
    """A game as a recipe wants it."""

    @property
    def game(self) -> Game[Any, Any]:
        """Its rules."""
        ...

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

    def player(self, name: str, role: str) -> Player[Any, Any]:
        """A player that is no language model, as giver or as taker."""
        ...

    def known(self, cell: Cell) -> Callable[[Any, Played], dict[str, Any]] | None:
        """What a record of a game holds besides, given its first position; None where nothing is known."""
        ...

    def files(self) -> Mapping[str, str]:
        """Digests of what games depend on and the recipe only names, by name."""
        ...

    def check(self, where: str) -> None:
        """`UserError` where the recipe asks for what this game does not have."""
        ...
