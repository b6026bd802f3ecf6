"""A chess engine for tests: `fake_uci.py first|last|illegal|hang|crash|net`. Plays the first or the last legal move.
`net` has one, which sees a pawn more for white where white has a queen."""

from __future__ import annotations

import sys
import time

import chess


def main() -> None:
    how, board, net = sys.argv[1], chess.Board(), sys.argv[1] == "net"
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["uci"]:
            print("id name Fake\noption name Hash type spin default 1 min 1 max 64")
            if net:
                print("option name Use NNUE type check default true")
            print("uciok")
        elif words[:4] == ["setoption", "name", "Use", "NNUE"]:
            net = words[-1] == "true"
        elif words[:1] == ["isready"]:
            print("readyok")
        elif words[:1] == ["position"]:
            board = _position(words[1:])
        elif words[:1] == ["go"]:
            _go(how, board, net)
        elif words[:1] == ["quit"]:
            return
        sys.stdout.flush()


def _position(words: list[str]) -> chess.Board:
    moves = words[words.index("moves") + 1 :] if "moves" in words else []
    board = chess.Board() if words[0] == "startpos" else chess.Board(" ".join(words[1:7]))
    for move in moves:
        board.push_uci(move)
    return board


def _go(how: str, board: chess.Board, net: bool) -> None:
    if how == "crash":
        sys.exit(3)
    if how == "hang":
        time.sleep(60)
    moves = [move.uci() for move in board.legal_moves]
    value = sum(
        len(board.pieces(piece, board.turn)) - len(board.pieces(piece, not board.turn)) for piece in range(1, 7)
    )
    if net and board.pieces(chess.QUEEN, chess.WHITE):
        value += 1 if board.turn else -1
    print(f"info depth 1 score cp {100 * value} nodes 1")
    print(f"bestmove {'a1a8' if how == 'illegal' else moves[-1 if how == 'last' else 0]}")


main()
