"""Breakthrough on a board of any size, with the men of each side as the bits of a number.

A man steps one row forward, straight or diagonally, onto an empty square; it captures diagonally only. Who reaches the
far row or takes the last man of the other side wins. Every move brings a man forward, so no position comes twice, there
are no draws, and on two columns and more whoever has a man can move. The giver's men move up (row 1 is its own back
row), the taker's move down. Odds are men that the giver lacks at the start, from a corner of its back row inwards.

This module knows no players.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from thinkaloud.errors import UserError
from thinkaloud.games.game import LOST, WON, sides

LARGEST = 64
"""Squares of the largest board."""
LETTERS = "abcdefghijklmnop"


class Position(NamedTuple):
    """The squares of the giver's and of the taker's men, as bits; whether the giver is to move."""

    giver: int
    taker: int
    to_move: bool


Move = tuple[int, int]
"""From a square to a square; a1 is 0, b1 is 1."""


@dataclass(frozen=True)
class Breakthrough:
    """A board of `width` columns and `height` rows, with `rows` rows of men on each side."""

    width: int
    height: int
    rows: int = 2
    name: str = field(default="breakthrough", init=False)
    _steps: tuple[tuple[tuple[tuple[int, int, bool], ...], ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (2 <= self.width <= len(LETTERS) and self.height >= 3) or self.width * self.height > LARGEST:
            raise UserError(
                f"a board of {self.width}x{self.height}: give 2 columns and 3 rows at least, and {LARGEST} squares at "
                "most, such as 5x5"
            )
        if not 1 <= self.rows <= self.height // 2:
            raise UserError(f"{self.rows} rows of men on a board of {self.height} rows: give 1 to {self.height // 2}")
        object.__setattr__(self, "_steps", (self._all_steps(-1), self._all_steps(1)))

    def _all_steps(self, forward: int) -> tuple[tuple[tuple[int, int, bool], ...], ...]:
        """For each square the (square, its bit, whether it is straight ahead) that a man may go to."""
        found = []
        for square in range(self.squares):
            row, column = divmod(square, self.width)
            ahead = [(row + forward, column + aside) for aside in (0, -1, 1)]
            there = [(r * self.width + c, c == column) for r, c in ahead if self._on_board(r, c)]
            found.append(tuple((to, 1 << to, straight) for to, straight in there))
        return tuple(found)

    def _on_board(self, row: int, column: int) -> bool:
        return 0 <= row < self.height and 0 <= column < self.width

    def steps(self, square: int, giver: bool) -> tuple[tuple[int, int, bool], ...]:
        """(square, its bit, whether it is straight ahead) for each that a man on this square might go to."""
        return self._steps[giver][square]

    @property
    def squares(self) -> int:
        """How many there are."""
        return self.width * self.height

    @property
    def back(self) -> int:
        """The giver's back row, which the taker's men want to reach."""
        return (1 << self.width) - 1

    @property
    def far(self) -> int:
        """The taker's back row."""
        return self.back << (self.width * (self.height - 1))

    def start(self, missing: int = 0, giver_first: bool = True) -> Position:
        """The first position; the giver lacks so many men, counted from a1."""
        men = (1 << (self.width * self.rows)) - 1
        if not 0 <= missing < self.width * self.rows:
            raise UserError(
                f"{missing} men missing leaves the giver {self.width * self.rows - missing} of "
                f"{self.width * self.rows}: give 0 to {self.width * self.rows - 1}"
            )
        return Position(men & ~((1 << missing) - 1), men << (self.squares - self.width * self.rows), giver_first)

    def moves(self, position: Position) -> list[Move]:
        """Legal moves, man by man from a1 on."""
        own, other = position[:2] if position.to_move else position[1::-1]
        steps = self._steps[position.to_move]
        found = []
        left = own
        while left:
            bit = left & -left
            left ^= bit
            square = bit.bit_length() - 1
            for to, mark, straight in steps[square]:
                if not own & mark and not (straight and other & mark):
                    found.append((square, to))
        return found

    def after(self, position: Position, move: Move) -> Position:
        """The position after a move, which is taken to be legal."""
        away, to = ~(1 << move[0]), 1 << move[1]
        giver, taker, to_move = position
        if to_move:
            return Position(giver & away | to, taker & ~to, False)
        return Position(giver & ~to, taker & away | to, True)

    def score(self, position: Position) -> float | None:
        """The giver's score where the game is over."""
        if position.giver & self.far or not position.taker:
            return WON
        return LOST if position.taker & self.back or not position.giver else None

    def giver_to_move(self, position: Position) -> bool:
        """Who is to move."""
        return position.to_move

    def text(self, move: Move) -> str:
        """As `a1b2`."""
        return self.square(move[0]) + self.square(move[1])

    def square(self, number: int) -> str:
        """The name of a square."""
        row, column = divmod(number, self.width)
        return f"{LETTERS[column]}{row + 1}"

    def turned(self, men: int) -> int:
        """These men with the board turned around, so that those that moved down move up."""
        return int(f"{men:0{self.squares}b}"[::-1], 2)

    def drawn(self, position: Position) -> str:
        """The board in letters, the far row first: `G` a man of the giver, `T` one of the taker, `.` nothing."""
        marks = [
            "G" if position.giver >> i & 1 else "T" if position.taker >> i & 1 else "." for i in range(self.squares)
        ]
        rows = ["".join(marks[i : i + self.width]) for i in range(0, self.squares, self.width)]
        return "/".join(reversed(rows))

    def write(self, position: Position) -> str:
        """The board and who is to move, as `TTT/.../GGG giver`."""
        return f"{self.drawn(position)} {'giver' if position.to_move else 'taker'}"

    def read(self, text: str) -> Position:
        """The position that `write` gave."""
        drawn, _, mover = text.partition(" ")
        marks = "".join(reversed(drawn.split("/")))
        if len(marks) != self.squares or set(marks) - set("GT.") or mover not in ("giver", "taker"):
            raise UserError(
                f"{text!r} is no position on {self.width}x{self.height}: give rows of G, T and . joined by /, and who "
                "is to move, giver or taker"
            )
        giver, taker = (sum(1 << i for i, mark in enumerate(marks) if mark == who) for who in "GT")
        return Position(giver, taker, mover == "giver")


def board(size: str, rows: int = 2) -> Breakthrough:
    """`5x5`: columns and rows."""
    return Breakthrough(*sides(size), rows)
