"""Who has the ball after people swapped what they hold.

Ann has the ball. Ann and Bob swap. Cara and Dan swap. -> Ann and Bob swap, so it moves from Ann to Bob.
Only swaps that move the ball are steps; the others are distractors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.draws import NAMES, pick, shuffled, some
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.vocabulary import Item

PLAYERS = 4
WHO = words(*NAMES)

MOVES = Form(
    "moves",
    (
        "{x} and {y} swap, so it goes from {a} to {b}.",
        "From {a} it moves to {b} as {x} and {y} swap;",
        "When {x} and {y} swap, {b} gets it from {a}.",
        "The ball leaves {a} for {b} in the swap of {x} and {y}.",
    ),
    value="b",
    sound=lambda x, y, a, b: {x, y} == {a, b},
    kinds={"x": WHO, "y": WHO, "a": WHO, "b": WHO},
    symmetric=("x", "y"),
    asks="{x}, {y} play. {a} has the ball. {x} and {y} swap. Who has the ball?",
    carried=("a",),
)

Game = tuple[tuple[str, ...], str, tuple[tuple[str, str], ...]]
"""The players, who has the ball to begin with, and the swaps."""


class Swaps(Family[Game]):
    """Follow one ball through swaps among four people, each of whom holds something else."""

    name = "swaps"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many swaps move the ball; from 2 on, level // 2 others do not"
    grammar = Grammar(MOVES)
    algorithm = (
        "Go through the swaps in order and keep track of who has the ball. "
        "If that person is in the swap, the ball goes to the other one; if not, nothing changes."
    )

    def draw(self, rng: np.random.Generator, level: int) -> Game:
        """`level` swaps of the person with the ball, and swaps of two others after some of them."""
        players = some(rng, NAMES, PLAYERS)
        start = holder = pick(rng, players)
        beside = set(some(rng, range(level), level // 2))
        swaps = []
        for i in range(level):
            partner = pick(rng, [p for p in players if p != holder])
            swaps.append(_pair(rng, holder, partner))
            holder = partner
            if i in beside:
                swaps.append(_pair(rng, *some(rng, [p for p in players if p != holder], 2)))
        return tuple(players), start, tuple(swaps)

    def ask(self, parts: Game) -> str:
        """Players, start, swaps, question."""
        players, start, swaps = parts
        told = " ".join(f"{x} and {y} swap." for x, y in swaps)
        return f"{', '.join(players)} play. {start} has the ball. {told} Who has the ball?"

    def work(self, parts: Game) -> Work:
        """One step per swap that moves the ball."""
        _, holder, swaps = parts
        for x, y in swaps:
            if holder in (x, y):
                holder = yield MOVES(x=x, y=y, a=holder, b=y if holder == x else x)
        return holder

    def program(self, item: Item) -> str:
        """Swap by swap."""
        _, start, swaps = item.meta["parts"]
        pairs = ", ".join(f'("{x}", "{y}")' for x, y in swaps)
        return (
            f'ball = "{start}"\n'
            f"for x, y in [{pairs}]:\n"
            "    if ball == x:\n"
            "        ball = y\n"
            "    elif ball == y:\n"
            "        ball = x\n"
            "print(ball)"
        )

    def wrong(self, level: int, parts: Game, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """Everybody else."""
        return [player for player in parts[0] if player != gold]

    def solve(self, question: str) -> str:
        """Swap what each person holds and look where the ball is."""
        holds = {name: name for name in question.split(" play.")[0].split(", ")}
        start = re.findall(r"(\w+) has the ball\.", question)[0]
        for x, y in re.findall(r"(\w+) and (\w+) swap\.", question):
            holds[x], holds[y] = holds[y], holds[x]
        return next(name for name, first in holds.items() if first == start)


def _pair(rng: np.random.Generator, x: str, y: str) -> tuple[str, str]:
    first, second = shuffled(rng, [x, y])
    return first, second
