"""Adding and taking away, one operation after the other.

Three families that differ in what makes them harder: how many numbers, how many operations of two kinds, how large the
numbers. Typical slips: off by one, the last operation forgotten, done twice, or done the wrong way round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import ADD, TAKE, Calculating
from thinkaloud.tasks.draws import whole
from thinkaloud.tasks.family import Work
from thinkaloud.vocabulary import Item

Terms = tuple[int, ...]
"""The numbers in their order, those taken away negative."""


class _Chain(Calculating[Terms]):
    """What the families below share: one step per operation, from left to right."""

    algorithm = (
        "Go from left to right: put the first two numbers together, then the result and the next number, "
        "until no number is left."
    )

    def ask(self, parts: Terms) -> str:
        """What is 5 + 6 - 3?"""
        rest = (f"{'+' if x > 0 else '-'} {abs(x)}" for x in parts[1:])
        return f"What is {parts[0]} {' '.join(rest)}?"

    def work(self, parts: Terms) -> Work:
        """One step per operation."""
        total = parts[0]
        for x in parts[1:]:
            step = ADD(a=total, b=x, c=total + x) if x > 0 else TAKE(a=total, b=-x, c=total + x)
            total = int((yield step))
        return str(total)

    def program(self, item: Item) -> str:
        """print(5 + 6 - 3)"""
        return f"print({item.question.removeprefix('What is ').removesuffix('?')})"

    def slips(self, parts: Terms, right: int) -> Sequence[int]:
        """Slips in the last operation: forgotten, done twice, done the wrong way round."""
        last = parts[-1]
        return [right - last, right + last, right - 2 * last]

    def solve(self, question: str) -> str:
        """Every number with the sign before it, added up."""
        return str(sum(int(x.replace(" ", "")) for x in re.findall(r"(?:- )?\d+", question)))


class ChainSum(_Chain):
    """What is 5 + 6 + 3? -> 5 + 6 = 11. 11 + 3 = 14."""

    name = "chain_sum"
    levels = (2, 3, 4, 5, 6, 7, 8)
    meaning = "how many numbers from 1 to 9 are added"

    def draw(self, rng: np.random.Generator, level: int) -> Terms:
        """`level` numbers from 1 to 9."""
        return tuple(whole(rng, 1, 9) for _ in range(level))


class BigSum(_Chain):
    """What is 47 + 8 + 31? -> 47 + 8 = 55. 55 + 31 = 86."""

    name = "big_sum"
    levels = (10, 20, 50, 100)
    meaning = "the largest of the three numbers added"

    def draw(self, rng: np.random.Generator, level: int) -> Terms:
        """Three numbers up to `level`, at least one of them in its upper half."""
        numbers = [whole(rng, 1, level) for _ in range(3)]
        numbers[whole(rng, 0, 2)] = whole(rng, level // 2 + 1, level)
        return tuple(numbers)


class ChainMixed(_Chain):
    """What is 9 - 4 + 2? -> 9 - 4 = 5. 5 + 2 = 7."""

    name = "chain_mixed"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many numbers from 1 to 9 are added or taken away, never below 1"

    def draw(self, rng: np.random.Generator, level: int) -> Terms:
        """A start and `level` signed numbers; what would go below 1 is added instead."""
        parts = [whole(rng, 1, 9)]
        for _ in range(level):
            x = whole(rng, 1, 9)
            parts.append(-x if whole(rng, 0, 1) and sum(parts) > x else x)
        return tuple(parts)
