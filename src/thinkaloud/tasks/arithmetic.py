"""What the arithmetic families share: sentences for sums, and how the wrong options are chosen.

Knows no questions.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import numpy as np

from thinkaloud.tasks.draws import pick
from thinkaloud.tasks.family import Family, follow
from thinkaloud.tasks.grammar import Form, Grammar
from thinkaloud.vocabulary import Key

P = TypeVar("P")

SAMPLE = 200
"""Number of draws from which the usual answers of a level are estimated."""
FALLBACK = (2, -2, 3, -3)
"""Answers too many, where no typical slip is usable."""

ADD = Form(
    "add",
    (
        "{a} + {b} = {c}.",
        "{a} plus {b} is {c}.",
        "{a} plus {b} makes {c};",
        "Adding {b} to {a} gives {c}.",
        "We get {c} from {a} and {b} together.",
    ),
    value="c",
    sound=lambda a, b, c: int(a) + int(b) == int(c),
    symmetric=("a", "b"),
    asks="What is {a} + {b}?",
    carried=("a",),
)

TAKE = Form(
    "take",
    (
        "{a} - {b} = {c}.",
        "{a} minus {b} is {c}.",
        "{a} minus {b} leaves {c};",
        "Taking {b} from {a} gives {c}.",
        "We get {c} when {b} is taken off {a}.",
    ),
    value="c",
    sound=lambda a, b, c: int(a) - int(b) == int(c),
    asks="What is {a} - {b}?",
    carried=("a",),
)

SUMS = Grammar(ADD, TAKE)


class Calculating(Family[P]):
    """A family whose steps are all 1 or more: it says what its typical `slips` are, not all wrong options.

    The options are two pairs of neighbours: the gold and a slip, each also off by one in the same direction. The slip
    is drawn in proportion to how often it is the right answer to other questions of the level, and neither side has
    more slips than the other. So the options alone hardly reveal the gold: "take the option nearest the most usual
    answer" is right in .20 to .32 of the items of a level, and was in up to .47 when the slip was drawn evenly (chance
    .25).
    """

    grammar = SUMS

    @abstractmethod
    def slips(self, parts: P, right: int) -> Sequence[int]:
        """Typical wrong answers; those nearer than 2 to the right one, or below 0, are passed over."""

    def wrong(self, level: int, parts: P, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The gold off by one, a slip, the slip off by one."""
        right, shift = int(gold), pick(rng, (1, -1))
        usable = _apart(right, shift, self.slips(parts, right)) or _apart(right, shift, [right + x for x in FALLBACK])
        above = sum(slip > right for slip in usable)
        weights = np.array([self._usual(level, s) / (above if s > right else len(usable) - above) for s in usable])
        slip = usable[int(rng.choice(len(usable), p=weights / weights.sum()))]
        return [str(right + shift), str(slip), str(slip + shift)]

    def _usual(self, level: int, number: int) -> float:
        """How usual a number is as an answer at this level: a normal curve fitted to SAMPLE answers."""
        centre, spread = self._spread(level)
        return math.exp(-(((number - centre) / spread) ** 2) / 2) + 1e-9

    @cache  # noqa: B019  # a family is a handful of numbers and lives as long as the program
    def _spread(self, level: int) -> tuple[float, float]:
        rng = Key((self.name, str(level), "usual")).rng
        answers = [int(follow(self.work(self.draw(rng, level)))[1]) for _ in range(SAMPLE)]
        return float(np.mean(answers)), max(1.0, float(np.std(answers)))


def _apart(right: int, shift: int, slips: Sequence[int]) -> list[int]:
    """The slips that give four different options from 0 up."""
    return [slip for slip in slips if abs(slip - right) >= 2 and min(slip, slip + shift) >= 0]
