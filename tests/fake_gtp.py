"""A Go engine for tests: `fake_gtp.py first|last|illegal|resign|crash|hang|deaf`. Plays the first or the last sensible
move; it estimates that whoever has more stones is ahead by so many."""

from __future__ import annotations

import sys
import time

from thinkaloud.games.go import PASS, Go, board_of

KNOWN = ["name", "version", "list_commands", "boardsize", "clear_board", "komi", "play", "genmove", "estimate_score"]
MEN = {"black": "G", "white": "T"}


class Fake:
    def __init__(self, how: str) -> None:
        self.how, self.size, self.stones = how, 9, {}

    def answer(self, command: str, *words: str) -> str:
        if command == "list_commands":
            return "\n".join(one for one in KNOWN if self.how != "deaf" or one != "estimate_score")
        if command in ("name", "version"):
            return "Fake"
        if command == "boardsize":
            self.size = int(words[0])
        elif command == "clear_board":
            self.stones = {}
        elif command == "play":
            self.put(words[0], words[1])
        elif command == "genmove":
            return self.move(words[0])
        elif command == "estimate_score":
            more = sum(1 if colour == "black" else -1 for colour in self.stones.values())
            return f"{'B' if more > 0 else 'W'}+{abs(more)}.0 (upper bound: 9, lower: 0)"
        return ""

    def put(self, colour: str, move: str) -> None:
        """Stones are taken off as by our rules; superko is not known here."""
        if move == PASS:
            return
        rules = Go(f"{self.size}x{self.size}")
        before = rules.read(f"{self.drawn(rules)} {'giver' if colour == 'black' else 'taker'}")
        board = board_of(rules, rules.after(before, move))
        here = {rules.points[i]: "black" for i in range(self.size**2) if board.giver >> i & 1}
        self.stones = here | {rules.points[i]: "white" for i in range(self.size**2) if board.taker >> i & 1}

    def drawn(self, rules: Go) -> str:
        marks = [MEN[self.stones[point]] if point in self.stones else "." for point in rules.points]
        return "/".join("".join(marks[i : i + self.size]) for i in range(0, self.size**2, self.size)[::-1])

    def move(self, colour: str) -> str:
        if self.how == "crash":
            sys.exit(3)
        if self.how == "hang":
            time.sleep(60)
        if self.how == "resign":
            return "resign"
        if self.how == "illegal" and self.stones:
            return next(iter(self.stones)).upper()
        rules = Go(f"{self.size}x{self.size}")
        there = rules.sensible(rules.read(f"{self.drawn(rules)} {'giver' if colour == 'black' else 'taker'}"))
        found = there[-1 if self.how == "last" else 0]
        self.put(colour, found)
        return found.upper()


def main() -> None:
    fake = Fake(sys.argv[1])
    for line in sys.stdin:
        words = line.lower().split()
        if words:
            known = words[0] in KNOWN or words[0] == "quit"
            print(f"= {fake.answer(*words)}\n" if known else "? unknown command\n", flush=True)


main()
