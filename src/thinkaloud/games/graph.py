"""Every position of a small board that can be reached, with its moves, as arrays: what exact solutions are made from.

A move brings a man one row forward, so the steps that all men have left before them become fewer with every move (a
capture takes the captured man's, too). Positions are sorted by that number: a position's children stand before it, and
whatever is decided from the end backwards is decided for all positions with equally many steps at once (`back`).

This module knows no players.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thinkaloud.errors import UserError
from thinkaloud.games.breakthrough import Breakthrough, Position

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LARGEST = 31
"""Squares of a board whose positions fit into a number of 63 bits. Of more than 16, few can be explored at all."""
MOST = 6_000_000
"""Positions that are held at a time: about 1 GB."""
COUNTED = ((3, 5, 2), (4, 4, 2), (4, 5, 1), (5, 4, 1))
"""Columns, rows and rows of men of boards that were found to have more, from even games with either side first."""


@dataclass(frozen=True)
class Graph:
    """The positions that can be reached from some first ones.

    `keys` [positions], sorted as said above and, among equals, finished games first; `first` [positions + 1]: where the
    moves of a position begin in `child`, the positions that moves lead to; `blocks`: from which to which position the
    unfinished ones with equally many steps stand.
    """

    board: Breakthrough
    keys: Ints
    first: Ints
    child: Ints
    blocks: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """How many positions there are."""
        return len(self.keys)

    @cached_property
    def source(self) -> Ints:
        """The position of each move."""
        return np.repeat(np.arange(self.size), np.diff(self.first))

    @cached_property
    def giver_to_move(self) -> Flags:
        """Of each position."""
        found: Flags = self.keys >> (2 * self.board.squares) > 0
        return found

    @cached_property
    def over(self) -> Flags:
        """Finished positions: whoever is to move there has lost."""
        found: Flags = np.diff(self.first) == 0
        return found

    @cached_property
    def scores(self) -> Floats:
        """The giver's score of finished positions; 0 elsewhere."""
        return (self.over & ~self.giver_to_move).astype(np.float64)

    @cached_property
    def _sorted(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.keys)
        return self.keys[order], order

    def at(self, position: Position) -> int:
        """The number of a position; `KeyError` where it cannot be reached."""
        found = int(self.numbers(_keys(self.board, [position]))[0])
        if found < 0:
            raise KeyError(position)
        return found

    def numbers(self, keys: Ints) -> Ints:
        """The numbers of positions given as in `keys`; -1 where one cannot be reached."""
        known, order = self._sorted
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        found: Ints = np.where(known[place] == keys, order[place], -1)
        return found

    def position(self, number: int) -> Position:
        """The position of a number."""
        n, key = self.board.squares, int(self.keys[number])
        return Position(key & ((1 << n) - 1), key >> n & ((1 << n) - 1), bool(key >> (2 * n)))

    def back(self, values: NDArray[np.generic], decide: Callable[[slice, slice, Ints], NDArray[np.generic]]) -> None:
        """Fill `values` from the ends of games backwards. `decide` is given some positions, their moves, and where in
        these moves each position's begin."""
        for low, high in self.blocks:
            moves = slice(int(self.first[low]), int(self.first[high]))
            values[low:high] = decide(slice(low, high), moves, self.first[low:high] - moves.start)


def check_even(board: Breakthrough) -> None:
    """`UserError` at once where even games, either side first, are known to reach too many positions: as few columns,
    rows and rows of men do already. Whether any other board fits, only `explore` can tell."""
    mine = (board.width, board.height, board.rows)
    if board.squares <= LARGEST and any(
        all(one >= least for one, least in zip(mine, counted, strict=True)) for counted in COUNTED
    ):
        raise _too_many(board)


def _too_many(board: Breakthrough) -> UserError:
    men = f"{board.rows} row{'s' if board.rows > 1 else ''} of men"
    return UserError(
        f"a board of {board.width}x{board.height} with {men} has more than {MOST:,} positions: solve a smaller one, "
        "such as 4x4 with one row"
    )


def explore(board: Breakthrough, roots: Sequence[Position]) -> Graph:
    """All positions that can be reached from `roots`, which are all unfinished."""
    if board.squares > LARGEST:
        raise UserError(f"a board of {board.width}x{board.height} cannot be solved: at most {LARGEST} squares, try 4x4")
    frontier, every, total = np.unique(_keys(board, roots)), [], 0
    while len(frontier):
        every.append(frontier)
        total += len(frontier)
        if total > MOST:
            raise _too_many(board)
        frontier = np.unique(np.concatenate([child for _, child in _steps(board, frontier[~_over(board, frontier)])]))
    keys = np.unique(np.concatenate(every))
    over = _over(board, keys)
    left = _left(board, keys)
    order = np.lexsort((keys, ~over, left))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    going = np.flatnonzero(~over)
    moves = list(_steps(board, keys[going]))
    source = rank[going[np.concatenate([at for at, _ in moves])]]
    child = rank[np.searchsorted(keys, np.concatenate([made for _, made in moves]))]
    by = np.argsort(source, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=len(keys)))])
    return Graph(board, keys[order], first, child[by], _blocks(left[order], over[order]))


def _blocks(left: Ints, over: Flags) -> tuple[tuple[int, int], ...]:
    edges = np.concatenate([[0], np.flatnonzero(np.diff(left)) + 1, [len(left)]])
    found = [(int(a + over[a:b].sum()), int(b)) for a, b in pairwise(edges)]
    return tuple((a, b) for a, b in found if a < b)


def _keys(board: Breakthrough, positions: Sequence[Position]) -> Ints:
    n = board.squares
    return np.array([p.giver | p.taker << n | int(p.to_move) << (2 * n) for p in positions], dtype=np.int64)


def _men(board: Breakthrough, keys: Ints) -> tuple[Ints, Ints]:
    mask = (1 << board.squares) - 1
    return keys & mask, keys >> board.squares & mask


def _over(board: Breakthrough, keys: Ints) -> Flags:
    giver, taker = _men(board, keys)
    found: Flags = (giver & board.far > 0) | (taker & board.back > 0) | (giver == 0) | (taker == 0)
    return found


def _left(board: Breakthrough, keys: Ints) -> Ints:
    """Steps that all men have left before them."""
    giver, taker = _men(board, keys)
    found = np.zeros(len(keys), dtype=np.int64)
    for square in range(board.squares):
        row = square // board.width
        found += (giver >> square & 1) * (board.height - 1 - row) + (taker >> square & 1) * row
    return found


def _steps(board: Breakthrough, keys: Ints) -> Iterator[tuple[Ints, Ints]]:
    """(numbers of positions, what they become) of one kind of move after the other, in the order of
    `Breakthrough.moves`."""
    n = board.squares
    for to_move in (False, True):
        here = np.flatnonzero((keys >> (2 * n) > 0) == to_move)
        giver, taker = _men(board, keys[here])
        own, other = (giver, taker) if to_move else (taker, giver)
        for square in range(n):
            there = np.flatnonzero(own >> square & 1)
            mine, theirs = own[there], other[there]
            for _, mark, straight in board.steps(square, to_move):
                blocked = mine | theirs if straight else mine
                free = (blocked & mark) == 0
                moved, beaten = mine[free] & ~(1 << square) | mark, theirs[free] & ~mark
                up, down = (moved, beaten) if to_move else (beaten, moved)
                yield here[there[free]], up | down << n | int(not to_move) << (2 * n)
