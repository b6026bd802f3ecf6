"""What a net of Stockfish 15.1 says of positions: the features of a board, and the integer arithmetic behind `eval`.

HalfKAv2_hm: each side looks at the board from below, mirrored so that its king stands on files e to h. A feature is the
square of that king (32), a piece (ours or theirs of five kinds, and both kings as one) and its square. A side's
accumulator is the bias plus the rows of its features. Of 1024 clipped numbers of a side, the first 512 are multiplied
by the last 512: 512 inputs of the side to move, then 512 of the other. Beside that runs a table (PSQT): half the
difference of both sides' sums.

Values are the side to move's, in pawns as Stockfish 15.1 prints them: without what its search adds (the blend with
material, optimism, fifty moves). In check, the engine asks no net; nor where it takes the position for decided by
material (`engine.py`). This module does not know what follows from a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from thinkaloud.games.stockfish_net.net import BUCKETS, WIDTH, Ints, Net, Stack

if TYPE_CHECKING:
    from chess import Board

Values = npt.NDArray[np.float64]

PAWN = 361
"""Internal units of a pawn as the engine prints it."""
SCALE = 16
"""Units of a stack's result, and of the PSQT, in one internal unit."""
SHIFT, TOP = 6, 127
"""Weights of hidden layers are 64ths, and an activation of 1 is 127."""
STRAIGHT = (600 * SCALE, TOP << SHIFT)
"""What the sixteenth output of the first layer is multiplied and divided by on its way to the result."""
HALF, OUTPUTS = WIDTH // 2, 15


@dataclass(frozen=True, eq=False)
class Inputs:
    """Positions as stacks get them, a row each. `hidden`: uint8 (n, 1024); `psqt`: int64 (n, 8), after halving;
    `bucket`: int64 (n,), the stack whose turn it is."""

    hidden: npt.NDArray[np.uint8]
    psqt: Ints
    bucket: Ints


def features(board: Board) -> tuple[list[int], list[int]]:
    """Numbers of the features that the side to move sees, and of those that the other side sees."""
    return _seen(board, board.turn), _seen(board, not board.turn)


def _seen(board: Board, side: bool) -> list[int]:
    king = board.king(side)
    assert king is not None
    turn = (0 if side else 56) ^ (7 if king & 7 < 4 else 0)
    at = king ^ turn
    base = 704 * (31 - 4 * (at >> 3) - ((at & 7) - 4))
    kinds = (board.pawns, board.knights, board.bishops, board.rooks, board.queens)
    own, other = board.occupied_co[side], board.occupied_co[not side]
    planes = [mask & of for mask in kinds for of in (own, other)] + [board.kings]
    return [base + 64 * plane + (square ^ turn) for plane, mask in enumerate(planes) for square in _squares(mask)]


def _squares(mask: int) -> Iterator[int]:
    """The squares of a set of them, a bit each."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def inputs(net: Net, boards: Iterable[Board]) -> Inputs:
    """What a net's transformer makes of positions."""
    hidden, psqt, counts = [], [], []
    for board in boards:
        sides = features(board)
        summed = [
            np.clip(net.bias + net.weight[seen].sum(0, dtype=np.int16), 0, TOP).astype(np.int32) for seen in sides
        ]
        hidden.append(np.concatenate([(one[:HALF] * one[HALF:]) >> 7 for one in summed]).astype(np.uint8))
        difference = net.psqt[sides[0]].sum(0, dtype=np.int64) - net.psqt[sides[1]].sum(0, dtype=np.int64)
        psqt.append((np.abs(difference) // 2) * np.sign(difference))
        counts.append(len(sides[0]))
    return Inputs(
        np.array(hidden, np.uint8).reshape(-1, WIDTH),
        np.array(psqt, np.int64).reshape(-1, BUCKETS),
        (np.array(counts, np.int64) - 1) // 4,
    )


def propagated(stack: Stack, hidden: npt.NDArray[np.uint8]) -> Ints:
    """A stack's result for inputs (n, 1024), by the engine's integer arithmetic: int64 (n,), in 16ths of a unit."""
    first, second, last = stack.layers
    # exact: every sum of products is below 2^24
    out = (hidden.astype(np.float32) @ first.weight.T.astype(np.float32)).astype(np.int64) + first.bias
    body = out[:, :OUTPUTS]
    squared, plain = np.minimum((body * body) >> (2 * SHIFT + 7), TOP), np.clip(body >> SHIFT, 0, TOP)
    both = np.concatenate([squared, plain], axis=1)
    middle = np.clip((both @ second.weight.T[: 2 * OUTPUTS].astype(np.int64) + second.bias) >> SHIFT, 0, TOP)
    straight = out[:, OUTPUTS] * STRAIGHT[0]
    result: Ints = (middle @ last.weight[0].astype(np.int64) + last.bias[0]) + np.sign(straight) * (
        np.abs(straight) // STRAIGHT[1]
    )
    return result


def values(net: Net, given: Inputs) -> Values:
    """What a net says of positions, each by the stack whose turn it is: (n,), in pawns for the side to move."""
    found = np.zeros(len(given.bucket), np.int64)
    for bucket in range(BUCKETS):
        there = given.bucket == bucket
        if there.any():
            found[there] = given.psqt[there, bucket] + propagated(net.stacks[bucket], given.hidden[there])
    return found / (SCALE * PAWN)


def value(net: Net, boards: Sequence[Board]) -> Values:
    """What a net says of boards."""
    return values(net, inputs(net, boards))
