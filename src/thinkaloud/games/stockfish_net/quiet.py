"""Positions of a chess game that a static evaluation should get right: nobody is in check, and the move that was played
is no capture. Elsewhere the material on the board is about to change, and a search would not stop there.

This module does not know what is learned from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from thinkaloud.games.chess_rules import Position

if TYPE_CHECKING:
    from chess import Board


def quiet(begun: Position, moves: Sequence[str]) -> Iterator[tuple[Board, bool]]:
    """Boards of a game that began there, each with whether the giver is to move; boards are copies."""
    import chess

    board = chess.Board(begun.begun)
    for move in map(chess.Move.from_uci, (*begun.moves, *moves)):
        if not board.is_check() and not board.is_capture(move):
            yield board.copy(stack=False), board.turn == begun.white_gives
        board.push(move)
