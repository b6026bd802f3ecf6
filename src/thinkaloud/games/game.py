"""What a game is to everything that plays it: plain functions on immutable positions.

Two players, the *giver* and the *taker*. The giver is the one who may begin without some of its material (odds). A
position says who has what and who is to move. This module knows no game.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from thinkaloud.errors import UserError

P = TypeVar("P")
M = TypeVar("M")
WON, LOST, DRAWN = 1.0, 0.0, 0.5
"""Scores, always the giver's."""


class Game(Protocol[P, M]):
    """The rules of a game with positions P and moves M."""

    @property
    def name(self) -> str:
        """What the game is called."""
        ...

    def moves(self, position: P) -> Sequence[M]:
        """The legal moves of whoever is to move, in a fixed order; there is at least one while the game goes on."""
        ...

    def after(self, position: P, move: M) -> P:
        """The position after a legal move."""
        ...

    def score(self, position: P) -> float | None:
        """The giver's score where the game is over, else None."""
        ...

    def giver_to_move(self, position: P) -> bool:
        """Who is to move."""
        ...

    def text(self, move: M) -> str:
        """The move in letters."""
        ...

    def write(self, position: P) -> str:
        """The position in letters."""
        ...

    def read(self, text: str) -> P:
        """The position that `write` gave."""
        ...


def sides(size: str) -> tuple[int, int]:
    """The columns and rows of a board, from `5x5`."""
    found = re.fullmatch(r"(\d+)x(\d+)", size.strip().lower())
    if found is None:
        raise UserError(f"{size!r} is no board: give columns and rows, such as 5x5")
    return int(found[1]), int(found[2])
