"""A coin that some people turn over and others do not.

A coin shows heads. Ann flips it. Bob does not flip it. -> Ann turns heads into tails. Bob leaves tails as tails.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.draws import NAMES, pick, some, whole
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.vocabulary import Item

SIDES = ("heads", "tails")
KINDS = {"who": words(*NAMES), "a": words(*SIDES), "b": words(*SIDES)}

FLIP = Form(
    "flip",
    (
        "{who} flips {a} to {b}.",
        "{who} turns {a} into {b};",
        "After the flip of {who} it shows {b} instead of {a}.",
        "With {who} flipping it, {a} becomes {b}.",
    ),
    value="b",
    sound=lambda who, a, b: a != b,
    kinds=KINDS,
    asks="A coin shows {a}. {who} flips it. Which side is up?",
    carried=("a",),
)
KEEP = Form(
    "keep",
    (
        "{who} leaves {a} as {b}.",
        "{who} does nothing and {a} stays {b};",
        "After the turn of {who} it shows {b} and before it {a}.",
        "With {who} not flipping it, {a} remains {b}.",
    ),
    value="b",
    sound=lambda who, a, b: a == b,
    kinds=KINDS,
    asks="A coin shows {a}. {who} does not flip it. Which side is up?",
    carried=("a",),
)

Tosses = tuple[str, tuple[tuple[str, bool], ...]]
"""The side to begin with; who, and whether they flip the coin."""


class Coin(Family[Tosses]):
    """Which side is up after all turns."""

    name = "coin"
    levels = (2, 3, 4, 5, 6, 8)
    meaning = "how many people flip the coin or leave it"
    grammar = Grammar(FLIP, KEEP)
    algorithm = (
        "Go through the people in order. A flip turns heads into tails and tails into heads; no flip changes nothing."
    )

    def draw(self, rng: np.random.Generator, level: int) -> Tosses:
        """Each flips with probability 1/2."""
        return pick(rng, SIDES), tuple((who, whole(rng, 0, 1) == 1) for who in some(rng, NAMES, level))

    def ask(self, parts: Tosses) -> str:
        """The start, the turns, the question."""
        turns = (f"{who} {'flips it' if flips else 'does not flip it'}." for who, flips in parts[1])
        return f"A coin shows {parts[0]}. {' '.join(turns)} Which side is up?"

    def work(self, parts: Tosses) -> Work:
        """One step per turn."""
        side, turns = parts
        for who, flips in turns:
            step = FLIP(who=who, a=side, b=_other(side)) if flips else KEEP(who=who, a=side, b=side)
            side = yield step
        return side

    def program(self, item: Item) -> str:
        """Turn by turn."""
        side, turns = item.meta["parts"]
        flips = ", ".join(str(flips) for _, flips in turns)
        return (
            f'side = "{side}"\n'
            f"for flips in [{flips}]:\n"
            "    if flips:\n"
            '        side = "tails" if side == "heads" else "heads"\n'
            "print(side)"
        )

    def wrong(self, level: int, parts: Tosses, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The other side."""
        return [_other(gold)]

    def solve(self, question: str) -> str:
        """By the parity of the flips."""
        start = re.findall(r"shows (\w+)", question)[0]
        return start if question.count(" flips it.") % 2 == 0 else _other(start)


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]
