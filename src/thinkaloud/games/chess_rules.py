"""Chess with pieces missing, by the `chess` package (an extra), as a game of a giver and a taker.

A position is where a game began and the moves since, so that repetitions can be told. Draws are declared by these rules
and not claimed: stalemate, too little material, fifty moves without progress, a position that comes the third time, and
`LONGEST` moves. With a rook goes the right to castle on its side. This module knows no engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from thinkaloud.errors import UserError, unknown
from thinkaloud.games.game import DRAWN, LOST, WON

if TYPE_CHECKING:
    from chess import Board

LONGEST = 400
"""Moves of both sides after which a game is drawn."""
PIECES = {"pawn f": "f2", "knight": "b1", "bishop": "c1", "rook": "a1", "queen": "d1", "pawn c": "c2"}
"""What the giver may lack -> the square of it that stays empty. Several are joined by ` + `."""
WORTH = {"pawn f": 1.0, "pawn c": 1.0, "knight": 3.0, "bishop": 3.0, "rook": 5.0, "queen": 9.0}
"""In pawns, by the usual count: the order of odds, and nothing else."""


class Position(NamedTuple):
    """Where a game began (FEN), the moves since, and whether white is the giver."""

    begun: str
    moves: tuple[str, ...]
    white_gives: bool


def need_chess() -> None:
    """`UserError` where the package is not there."""
    try:
        import chess  # noqa: F401
    except ImportError as error:
        raise UserError("chess needs the package `chess`: pip install 'thinkaloud[chess]'") from error


@dataclass(frozen=True)
class Chess:
    """The rules."""

    @property
    def name(self) -> str:
        """See `Game`."""
        return "chess"

    def start(self, odds: Sequence[str]) -> Position:
        """White, who is to move, lacks these pieces."""
        import chess

        board = chess.Board()
        for piece in odds:
            if piece not in PIECES:
                raise unknown("chess odds", piece, PIECES)
            board.remove_piece_at(chess.parse_square(PIECES[piece]))
        board.castling_rights = board.clean_castling_rights()
        return Position(board.fen(), (), True)

    def mirrored(self, position: Position) -> Position | None:
        """The same material on the same squares with colours exchanged and the other side to move, so that the giver,
        who was to move as white, waits as black; None where that would leave a king to be taken."""
        board = board_of(position).mirror()
        board.turn = not board.turn
        board.ep_square = None
        found = Position(board.fen(), (), not position.white_gives)
        return found if board.is_valid() and self.score(found) is None else None

    def moves(self, position: Position) -> list[str]:
        """See `Game`; moves are written as UCI writes them."""
        return [move.uci() for move in board_of(position).legal_moves]

    def after(self, position: Position, move: str) -> Position:
        """See `Game`."""
        return position._replace(moves=(*position.moves, move))

    def score(self, position: Position) -> float | None:
        """See `Game`."""
        board = board_of(position)
        if board.is_checkmate():
            return LOST if board.turn == position.white_gives else WON
        drawn = (
            board.is_stalemate()
            or board.is_insufficient_material()
            or board.halfmove_clock >= 100
            or len(position.moves) >= LONGEST
            or board.is_repetition(3)
        )
        return DRAWN if drawn else None

    def giver_to_move(self, position: Position) -> bool:
        """See `Game`."""
        return bool(board_of(position).turn == position.white_gives)

    def text(self, move: str) -> str:
        """See `Game`."""
        return move

    def write(self, position: Position) -> str:
        """The position as FEN and whose the missing pieces are; how it came about is not written."""
        return f"{board_of(position).fen()} {'white' if position.white_gives else 'black'} gives"

    def read(self, text: str) -> Position:
        """The position that `write` gave."""
        import chess

        fen, giver, _ = text.rsplit(" ", 2)
        position = Position(fen, (), giver == "white")
        try:
            kings = [len(board_of(position).pieces(chess.KING, colour)) for colour in chess.COLORS]
        except ValueError as error:
            raise UserError(f"{text!r} is no position of chess: {error}") from error
        if kings != [1, 1]:
            raise UserError(f"{text!r} is no position of chess: each side has one king")
        return position


@lru_cache(maxsize=256)
def board_of(position: Position) -> Board:
    """The board of a position; not to be changed."""
    import chess

    if not position.moves:
        return chess.Board(position.begun)
    board = board_of(position._replace(moves=position.moves[:-1])).copy()
    board.push_uci(position.moves[-1])
    return board
