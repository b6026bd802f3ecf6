"""Go on a square board: stones of the giver and of the taker as the bits of two numbers.

Area scoring: a side has its stones and the empty points that only its stones reach; nothing is taken off as dead, so it
has to be captured. No suicide. No whole board comes twice, whoever is to move (positional superko). Two passes end a
game, and so do `LONGEST` moves for each point of the board; then what stands is counted. Black moves first. The `komi`
is white's, so whoever waits at the start has it, and with whole points a game may be drawn.

Odds are stones that the taker has more, on fixed points. A position is where a game began and the moves since, so that
superko can be told. This module knows no players.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from thinkaloud.errors import UserError
from thinkaloud.games.game import DRAWN, LOST, WON, sides

LETTERS = "abcdefghjklmnopqrst"
"""Columns, as in Go: no i."""
SIZES = (5, 13)
"""Of the smallest and the largest board."""
LONGEST = 3
"""Moves for each point of the board after which a game ends."""
PASS = "pass"


class Position(NamedTuple):
    """The stones where a game began (rows of G, T and ., the far row first), the moves since, and whether the giver is
    black, who moved first there."""

    begun: str
    moves: tuple[str, ...]
    giver_black: bool


class Board(NamedTuple):
    """The stones of both, passes in a row, and all boards that there were."""

    giver: int
    taker: int
    passes: int
    seen: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Go:
    """A square board, such as `9x9`."""

    board: str
    komi: float = 7.0
    name: str = field(default="go", init=False)

    def __post_init__(self) -> None:
        columns, rows = sides(self.board)
        least, most = SIZES
        if columns != rows or not least <= rows <= most:
            raise UserError(f"Go on {self.board}: give a square board of {least}x{least} to {most}x{most}, such as 9x9")

    @cached_property
    def size(self) -> int:
        """Columns, and as many rows."""
        return sides(self.board)[0]

    @cached_property
    def points(self) -> tuple[str, ...]:
        """Their names, a1 first, row by row."""
        return tuple(f"{LETTERS[i % self.size]}{i // self.size + 1}" for i in range(self.size**2))

    @cached_property
    def handicap(self) -> tuple[str, ...]:
        """Where the taker's stones stand: two corners across, the other two, and the middle where there is one."""
        low = 1 if self.size < 7 else 2 if self.size < 13 else 3
        high, middle = self.size - 1 - low, self.size // 2
        at = [(high, high), (low, low), (high, low), (low, high), (middle, middle)]
        return tuple(f"{LETTERS[column]}{row + 1}" for column, row in at[: 4 + self.size % 2])

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.points)}

    @cached_property
    def _around(self) -> tuple[int, ...]:
        """For each point its neighbours, as bits."""
        return tuple(self.spread(1 << i) & ~(1 << i) for i in range(self.size**2))

    @cached_property
    def _sides(self) -> tuple[int, int, int]:
        """All points, the first column, the last one."""
        first = sum(1 << row * self.size for row in range(self.size))
        return (1 << self.size**2) - 1, first, first << (self.size - 1)

    def spread(self, points: int) -> int:
        """These points and their neighbours."""
        every, first, last = self._sides
        aside = (points & ~last) << 1 | (points & ~first) >> 1
        return (points | aside | points << self.size | points >> self.size) & every

    def start(self, stones: int = 0) -> Position:
        """The first position: the taker has so many stones more, and the giver is to move."""
        if not 0 <= stones <= len(self.handicap):
            raise UserError(f"{stones} stones on a board of {self.size}x{self.size}: give 0 to {len(self.handicap)}")
        return Position(self._drawn(0, sum(1 << self._number[at] for at in self.handicap[:stones])), (), True)

    def mirrored(self, position: Position) -> Position:
        """The same stones where the taker is to move as black."""
        board = board_of(self, position)
        return Position(self._drawn(board.giver, board.taker), (), not position.giver_black)

    def moves(self, position: Position) -> list[str]:
        """See `Game`: empty points in the order of `points`, then the pass, which is always legal."""
        board, giver = board_of(self, position), self.giver_to_move(position)
        own, other = (board.giver, board.taker) if giver else (board.taker, board.giver)
        found = []
        for point in bits(self._sides[0] & ~own & ~other):
            after = self._placed(own, other, point)
            if after is not None and (after if giver else after[::-1]) not in board.seen:
                found.append(self.points[point])
        return [*found, PASS]

    def sensible(self, position: Position) -> list[str]:
        """Legal moves without passes and without those that fill an eye of one's own; the pass where there are none."""
        board = board_of(self, position)
        own = board.giver if self.giver_to_move(position) else board.taker
        found = [move for move in self.moves(position)[:-1] if not self._eye(self._number[move], own)]
        return found or [PASS]

    def after(self, position: Position, move: str) -> Position:
        """See `Game`."""
        return position._replace(moves=(*position.moves, move))

    def score(self, position: Position) -> float | None:
        """See `Game`."""
        board = board_of(self, position)
        if board.passes < 2 and len(position.moves) < LONGEST * self.size**2:
            return None
        lead = self.lead(position)
        return DRAWN if lead == 0 else WON if lead > 0 else LOST

    def lead(self, position: Position) -> float:
        """Points that the giver is ahead by, were the game over here."""
        board = board_of(self, position)
        points, left = board.giver.bit_count() - board.taker.bit_count(), self._sides[0] & ~board.giver & ~board.taker
        while left:
            area = self._group(left & -left, left)
            left &= ~area
            borders = self.spread(area)
            whose = bool(borders & board.giver) - bool(borders & board.taker)
            points += whose * area.bit_count()
        return points + (-self.komi if position.giver_black else self.komi)

    def giver_to_move(self, position: Position) -> bool:
        """See `Game`."""
        return position.giver_black == (len(position.moves) % 2 == 0)

    def text(self, move: str) -> str:
        """See `Game`: `e5`, or `pass`."""
        return move

    def write(self, position: Position) -> str:
        """The board and whose black is, as `..T/.../G.. giver`; how it came about is not written. Only of positions in
        which black is to move, as where games begin."""
        board = board_of(self, position)
        return f"{self._drawn(board.giver, board.taker)} {'giver' if position.giver_black else 'taker'}"

    def read(self, text: str) -> Position:
        """The position that `write` gave."""
        rows, _, black = text.partition(" ")
        position = Position(rows, (), black == "giver")
        drawn = rows.split("/")
        if {len(row) for row in drawn} != {self.size} or len(drawn) != self.size or black not in ("giver", "taker"):
            raise UserError(
                f"{text!r} is no position on {self.size}x{self.size}: give rows of G, T and . joined by /, and whose "
                "black is, giver or taker"
            )
        return position

    def stones(self, position: Position) -> list[tuple[str, bool]]:
        """Where a game began: (point, whether the giver's)."""
        board = board_of(self, position._replace(moves=()))
        return [(self.points[i], bool(board.giver >> i & 1)) for i in bits(board.giver | board.taker)]

    def begun(self, rows: str) -> Board:
        """The board of rows in letters."""
        marks = "".join(reversed(rows.split("/")))
        giver, taker = (sum(1 << i for i, mark in enumerate(marks) if mark == who) for who in "GT")
        return Board(giver, taker, 0, frozenset({(giver, taker)}))

    def moved(self, board: Board, move: str, giver: bool) -> Board:
        """The board after a legal move of this side."""
        if move == PASS:
            return board._replace(passes=board.passes + 1)
        own, other = (board.giver, board.taker) if giver else (board.taker, board.giver)
        after = self._placed(own, other, self._number[move])
        assert after is not None, move
        giver_now, taker_now = after if giver else after[::-1]
        return Board(giver_now, taker_now, 0, board.seen | {(giver_now, taker_now)})

    def _placed(self, own: int, other: int, point: int) -> tuple[int, int] | None:
        """Both sides' stones after one is placed and what it captures is taken off; None where it would be captured
        itself."""
        stone = 1 << point
        own |= stone
        left = self._around[point] & other
        while left:
            group = self._group(left & -left, other)
            left &= ~group
            if not self.spread(group) & ~group & ~own & ~other:
                other &= ~group
        free = ~own & ~other
        if not self._around[point] & free and not self.spread(self._group(stone, own)) & free:
            return None
        return own, other

    def _group(self, seed: int, among: int) -> int:
        """All of these points that are joined to the seed."""
        group = seed
        while (more := self.spread(group) & among) != group:
            group = more
        return group

    def _eye(self, point: int, own: int) -> bool:
        """Whether only own stones are around a point, and at most one diagonal (at the edge, none) is not own."""
        if self._around[point] & ~own:
            return False
        row, column = divmod(point, self.size)
        at = [(row + a, column + b) for a in (-1, 1) for b in (-1, 1)]
        there = [r * self.size + c for r, c in at if 0 <= r < self.size and 0 <= c < self.size]
        return sum(not own >> i & 1 for i in there) <= (len(there) == 4)

    def _drawn(self, giver: int, taker: int) -> str:
        marks = ["G" if giver >> i & 1 else "T" if taker >> i & 1 else "." for i in range(self.size**2)]
        return "/".join("".join(marks[i : i + self.size]) for i in range(0, self.size**2, self.size)[::-1])


def bits(points: int) -> Iterator[int]:
    """The numbers of these points."""
    while points:
        bit = points & -points
        points ^= bit
        yield bit.bit_length() - 1


@lru_cache(maxsize=1024)
def board_of(rules: Go, position: Position) -> Board:
    """The board of a position."""
    if not position.moves:
        return rules.begun(position.begun)
    before = position._replace(moves=position.moves[:-1])
    return rules.moved(board_of(rules, before), position.moves[-1], rules.giver_to_move(before))
