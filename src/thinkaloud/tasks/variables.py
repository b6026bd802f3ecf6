"""Variables that depend on each other, with assignments that do not matter in between.

b = 4. c = b + 3. x = 9. a = c - 2. What is a? -> c is 4 plus 3, so c is 7 ...
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import numbers_beside
from thinkaloud.tasks.draws import pick, shuffled, whole
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Form, Grammar, words

LETTERS = tuple("bcdefghkmnpqrstuvwxyz")
LETTER = words(*LETTERS)

PLUS = Form(
    "plus",
    (
        "{x} is {a} plus {b}, that is {c}.",
        "{x} equals {a} plus {b}, which makes {c};",
        "Adding {b} to {a} gives {x} the value {c}.",
        "We get {c} for {x} from {a} and {b} together.",
    ),
    value="c",
    sound=lambda x, a, b, c: int(a) + int(b) == int(c),
    kinds={"x": LETTER},
    symmetric=("a", "b"),
)
MINUS = Form(
    "minus",
    (
        "{x} is {a} minus {b}, that is {c}.",
        "{x} equals {a} minus {b}, which makes {c};",
        "Taking {b} from {a} gives {x} the value {c}.",
        "We get {c} for {x} when {b} is taken off {a}.",
    ),
    value="c",
    sound=lambda x, a, b, c: int(a) - int(b) == int(c),
    kinds={"x": LETTER},
)

Line = tuple[str, str, int]
"""A variable, the one it is made from ("" for a number), and the number it is set to or changed by."""


class Variables(Family[tuple[Line, ...]]):
    """The value of the last variable of a chain; the last line is the one asked for."""

    name = "variables"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many variables are computed one from the other, with level - 1 lines that do not matter"
    grammar = Grammar(PLUS, MINUS)

    def draw(self, rng: np.random.Generator, level: int) -> tuple[Line, ...]:
        """A chain that stays at 0 or above, and other lines in between, half of them made from a variable before."""
        names = shuffled(rng, LETTERS)
        value = whole(rng, 2, 9)
        lines: list[Line] = [(names.pop(), "", value)]
        for i in range(level):
            if i:
                parent = pick(rng, [x for x, _, _ in lines]) if whole(rng, 0, 1) else ""
                lines.insert(whole(rng, len(lines) if parent else 0, len(lines)), (names.pop(), parent, whole(rng, 2, 9)))
            change = whole(rng, 2, 9)
            change = -change if whole(rng, 0, 1) and value >= change else change
            value += change
            names_in_chain = names_in_chain + [names.pop()] if i else [lines[0][0], names.pop()]
            lines.append((names_in_chain[-1], names_in_chain[-2], change))
        return tuple(lines)

    def ask(self, parts: tuple[Line, ...]) -> str:
        """b = 4. c = b + 3. What is c?"""
        return " ".join([*map(_told, parts), f"What is {parts[-1][0]}?"])

    def work(self, parts: tuple[Line, ...]) -> Work:
        """One step a variable on the way to the asked one."""
        chain = [parts[-1]]
        while chain[0][1]:
            chain.insert(0, next(line for line in parts if line[0] == chain[0][1]))
        value = chain[0][2]
        for x, _, change in chain[1:]:
            form = PLUS if change > 0 else MINUS
            value = int((yield form(x=x, a=value, b=abs(change), c=value + change)))
        return str(value)

    def wrong(self, parts: tuple[Line, ...], gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The last line forgotten, applied twice or the wrong way round."""
        right, last = int(gold), parts[-1][2]
        return numbers_beside(right, [right - last, right + last, right - 2 * last], rng)

    def solve(self, question: str) -> str:
        """Put definitions in for names until only numbers are left."""
        lines = dict(re.findall(r"(\w) = ([^.]+)\.", question))

        def value(text: str) -> int:
            if text.isdigit():
                return int(text)
            if text in lines:
                return value(lines[text])
            left, sign, right = text.split()
            return value(left) + value(right) * (1 if sign == "+" else -1)

        return str(value(question.removesuffix("?")[-1]))


def _told(line: Line) -> str:
    x, parent, n = line
    return f"{x} = {parent} {'+' if n > 0 else '-'} {abs(n)}." if parent else f"{x} = {n}."
