"""Which day it is after going some days forward and back.

Start on Monday. Go 3 days forward. Go 2 back. -> 3 days after Monday is Thursday. 2 days before Thursday is Tuesday.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.draws import pick, whole
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.vocabulary import Item

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = {"a": words(*DAYS), "b": words(*DAYS)}


def _shifted(day: str, n: int) -> str:
    return DAYS[(DAYS.index(day) + n) % 7]


AFTER = Form(
    "after",
    (
        "{n} days after {a} is {b}.",
        "From {a} going {n} days forward leads to {b};",
        "We reach {b} when {n} days pass from {a}.",
        "Counting {n} days on from {a} gives {b}.",
    ),
    value="b",
    sound=lambda n, a, b: _shifted(a, int(n)) == b,
    kinds=KINDS,
    asks="Start on {a}. Go {n} days forward. Which day is it?",
    carried=("a",),
)
BEFORE = Form(
    "before",
    (
        "{n} days before {a} is {b}.",
        "From {a} going {n} days back leads to {b};",
        "We reach {b} when we go back {n} days from {a}.",
        "Counting {n} days down from {a} gives {b}.",
    ),
    value="b",
    sound=lambda n, a, b: _shifted(a, -int(n)) == b,
    kinds=KINDS,
    asks="Start on {a}. Go {n} days back. Which day is it?",
    carried=("a",),
)

Trip = tuple[str, tuple[int, ...]]
"""The day to begin with, and how many days forward (or, negative, back), again and again."""


class Weekday(Family[Trip]):
    """One step per move."""

    name = "weekday"
    levels = (1, 2, 3, 4, 5)
    meaning = "how many times one goes 2 to 6 days forward or back"
    grammar = Grammar(AFTER, BEFORE)
    algorithm = (
        "Make the moves in order, one day at a time, and write down the day after each move. After Sunday comes Monday."
    )

    def draw(self, rng: np.random.Generator, level: int) -> Trip:
        """A day and `level` moves."""
        return pick(rng, DAYS), tuple(pick(rng, (1, -1)) * whole(rng, 2, 6) for _ in range(level))

    def ask(self, parts: Trip) -> str:
        """The start, the moves, the question."""
        moves = (f"Go {abs(n)} days {'forward' if n > 0 else 'back'}." for n in parts[1])
        return f"Start on {parts[0]}. {' '.join(moves)} Which day is it?"

    def work(self, parts: Trip) -> Work:
        """One step per move."""
        day, moves = parts
        for n in moves:
            form = AFTER if n > 0 else BEFORE
            day = yield form(n=abs(n), a=day, b=_shifted(day, n))
        return day

    def program(self, item: Item) -> str:
        """All moves at once."""
        day, moves = item.meta["parts"]
        days = ", ".join(f'"{name}"' for name in DAYS)
        moved = " ".join(f"{'+' if n > 0 else '-'} {abs(n)}" for n in moves)
        return f'days = [{days}]\nday = days.index("{day}") {moved}\nprint(days[day % 7])'

    def wrong(self, level: int, parts: Trip, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """Off by one, a slip in the last move (forgotten, twice, the wrong way round), and that slip off by one."""
        last, one = parts[1][-1], pick(rng, (1, -1))
        slips = [s for s in (-last, last, -2 * last) if 2 <= s % 7 <= 5]
        slip = pick(rng, slips)
        return [_shifted(gold, n) for n in (one, slip, slip + one)]

    def solve(self, question: str) -> str:
        """Count all the days from Monday and take what is left after whole weeks."""
        start = re.findall(r"Start on (\w{3})", question)[0]
        days = "MonTueWedThuFriSatSun".index(start) // 3
        for n, way in re.findall(r"Go (\d) days (\w+)", question):
            days += int(n) if way == "forward" else -int(n)
        return DAYS[days % 7]
