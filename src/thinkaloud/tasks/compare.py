"""Which of two sums is larger, as a yes-or-no question that can be asked the other way round.

Is 4 + 5 larger than 3 + 8? -> 4 + 5 = 9. 3 + 8 = 11. 9 is larger than 11: no. A question and its reverse have opposite
right answers, so a model that says yes to both was wrong once; `reverse` makes the other question. Of such a pair the
family draws only one (which one, a hash of the two sides decides), so the pairs of a sample are different pairs. Sums
are never equal, and the right answer is yes as often as no.

The sums are close: they differ by less than the first two numbers of the larger side. So a slip in any single step can
turn the answer, and the answer cannot be seen from the sizes of the numbers at a glance. The last step states its
verdict in one word at its end, because a step's value is what the step ends in; it does not name the relation twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import ADD
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.draws import whole
from thinkaloud.tasks.family import Family, Work, follow
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.tasks.identity import named
from thinkaloud.tasks.parts import Decomposition
from thinkaloud.vocabulary import Item, Step, Transcript

YES, NO = "yes", "no"

LARGER = Form(
    "larger",
    (
        "{a} is larger than {b}: {r}.",
        "{a} exceeds {b}: {r};",
        "Is it so that {a} is more than {b}: {r}.",
        "The answer to whether {b} is less than {a} would be {r}.",
    ),
    value="r",
    sound=lambda a, b, r: (int(a) > int(b)) == (r == YES),
    kinds={"r": words(YES, NO)},
    asks="Is {a} larger than {b}?",
    carried=("a", "b"),
)

Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""The numbers before and after `larger than`."""


class Compare(Family[Sides]):
    """Is one sum of numbers from 1 to 9 larger than another one?"""

    name = "compare"
    levels = (2, 3, 4, 5, 6)
    meaning = "how many numbers from 1 to 9 are added on each side"
    grammar = Grammar(ADD, LARGER)
    algorithm = "Add up each side, from left to right. Say yes if the first sum is larger than the second, else no."

    def draw(self, rng: np.random.Generator, level: int) -> Sides:
        """Two sides with close but different sums, in the one order in which they are asked."""
        while True:
            one, other = (tuple(whole(rng, 1, 9) for _ in range(level)) for _ in range(2))
            larger = max(one, other, key=sum)
            if 0 < abs(sum(one) - sum(other)) < larger[0] + larger[1]:
                return _ordered(one, other)

    def ask(self, parts: Sides) -> str:
        """Is 4 + 5 larger than 3 + 8?"""
        left, right = (" + ".join(map(str, side)) for side in parts)
        return f"Is {left} larger than {right}?"

    def work(self, parts: Sides) -> Work:
        """One step per addition, left side first, then the verdict."""
        left = yield from _total(parts[0])
        right = yield from _total(parts[1])
        return (yield LARGER(a=left, b=right, r=YES if left > right else NO))

    def program(self, item: Item) -> str:
        """print("yes" if 4 + 5 > 3 + 8 else "no")"""
        left, right = (" + ".join(map(str, side)) for side in item.meta["parts"])
        return f'print("{YES}" if {left} > {right} else "{NO}")'

    def wrong(self, level: int, parts: Sides, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The other answer."""
        return [_other(gold)]

    def solve(self, question: str) -> str:
        """Add up what stands on each side of `larger than`."""
        left, right = (sum(map(int, re.findall(r"\d+", side))) for side in question.split("larger than"))
        return YES if left > right else NO

    def decompose(self, item: Item) -> Decomposition | None:
        """The additions, the two sides independent of each other; the comparison is the final question."""
        made = super().decompose(item)
        return made and Decomposition(made.parts[:-1], made.parts[-1].question)

    def reverse(self, item: Item) -> Item:
        """The same two sums in the other order: another id, the opposite answer, the same options in the same order."""
        left, right = item.meta["parts"]
        parts = (right, left)
        question = self.ask(parts)
        steps, gold = follow(self.work(parts))
        worked = Transcript(tuple(steps))
        other = Item("", self.name, item.level, question, item.options, gold, worked, {"parts": parts})
        return check_item(named(other))


def _total(numbers: Sequence[int]) -> Generator[Step, str, int]:
    """The steps that add numbers up; goes on from the sums that were stated."""
    total = numbers[0]
    for b in numbers[1:]:
        total = int((yield ADD(a=total, b=b, c=total + b)))
    return total


def _ordered(one: tuple[int, ...], other: tuple[int, ...]) -> Sides:
    """The two sides in an order that depends only on the two sides and is as good as random."""
    low, high = sorted((one, other))
    return (low, high) if hashlib.sha256(repr((low, high)).encode()).digest()[0] % 2 else (high, low)


def _other(answer: str) -> str:
    return NO if answer == YES else YES
