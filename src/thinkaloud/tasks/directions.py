"""Which way a person faces after turning.

Ann faces north. Ann turns left. Ann turns around. -> Left of north is west. Behind west is east.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.draws import NAMES, pick
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.vocabulary import Item

COMPASS = ("north", "east", "south", "west")
QUARTERS = {"right": 1, "around": 2, "left": 3}
FACING = words(*COMPASS)


def _turned(facing: str, turn: str) -> str:
    return COMPASS[(COMPASS.index(facing) + QUARTERS[turn]) % 4]


TURN = Form(
    "turn",
    (
        "Turning {turn} from {a} gives {b}.",
        "From {a} a turn {turn} leads to {b};",
        "We face {b} after turning {turn} from {a}.",
        "One who faced {a} and turns {turn} faces {b}.",
    ),
    value="b",
    sound=lambda turn, a, b: _turned(a, turn) == b,
    kinds={"turn": words(*QUARTERS), "a": FACING, "b": FACING},
    asks="Somebody faces {a}. Somebody turns {turn}. Which way does somebody face?",
    carried=("a",),
)

Walk = tuple[str, str, tuple[str, ...]]
"""Who, facing where to begin with, and the turns."""


class Directions(Family[Walk]):
    """One step per turn."""

    name = "directions"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many turns are made"
    grammar = Grammar(TURN)
    algorithm = (
        "Take the turns in order. Going right, north is followed by east, south, west and north again; "
        "left goes one place back, around goes two on."
    )

    def draw(self, rng: np.random.Generator, level: int) -> Walk:
        """A start and `level` turns, each any of three."""
        return pick(rng, NAMES), pick(rng, COMPASS), tuple(pick(rng, list(QUARTERS)) for _ in range(level))

    def ask(self, parts: Walk) -> str:
        """The start, the turns, the question."""
        who, facing, turns = parts
        return f"{who} faces {facing}. {' '.join(f'{who} turns {turn}.' for turn in turns)} Which way does {who} face?"

    def work(self, parts: Walk) -> Work:
        """One step per turn."""
        _, facing, turns = parts
        for turn in turns:
            facing = yield TURN(turn=turn, a=facing, b=_turned(facing, turn))
        return facing

    def program(self, item: Item) -> str:
        """Quarters to the right, added up."""
        _, facing, turns = item.meta["parts"]
        taken = ", ".join(f'"{turn}"' for turn in turns)
        return (
            'compass = ["north", "east", "south", "west"]\n'
            'quarters = {"right": 1, "around": 2, "left": 3}\n'
            f'facing = compass.index("{facing}")\n'
            f"for turn in [{taken}]:\n"
            "    facing += quarters[turn]\n"
            "print(compass[facing % 4])"
        )

    def wrong(self, level: int, parts: Walk, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The other three directions."""
        return [facing for facing in COMPASS if facing != gold]

    def solve(self, question: str) -> str:
        """Add up the angles."""
        angles = {"north": 0, "east": 90, "south": 180, "west": 270, "left": -90, "right": 90, "around": 180}
        total = sum(angles[word] for word in re.findall(r"(?:faces|turns) (\w+)\.", question))
        return {0: "north", 90: "east", 180: "south", 270: "west"}[total % 360]
