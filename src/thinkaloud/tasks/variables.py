"""Variables that depend on each other, with assignments that do not matter in between.

b = 4. c = b + 3. x = 9. d = c - 2. What is d? -> c = 4 + 3 = 7. d = 7 - 2 = 5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import Calculating
from thinkaloud.tasks.draws import pick, shuffled, whole
from thinkaloud.tasks.family import Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.vocabulary import Item

LETTERS = tuple("bcdefghkmnpqrstuvwxyz")
LETTER = words(*LETTERS)

PLUS = Form(
    "plus",
    (
        "{x} = {a} + {b} = {c}.",
        "{x} is {a} plus {b}, that is {c}.",
        "{x} equals {a} plus {b}, which makes {c};",
        "Adding {b} to {a} gives {x} the value {c}.",
        "We get {c} for {x} from {a} and {b} together.",
    ),
    value="c",
    sound=lambda x, a, b, c: int(a) + int(b) == int(c),
    kinds={"x": LETTER},
    symmetric=("a", "b"),
    asks="{x} = {a} + {b}. What is {x}?",
    carried=("a",),
)
MINUS = Form(
    "minus",
    (
        "{x} = {a} - {b} = {c}.",
        "{x} is {a} minus {b}, that is {c}.",
        "{x} equals {a} minus {b}, which makes {c};",
        "Taking {b} from {a} gives {x} the value {c}.",
        "We get {c} for {x} when {b} is taken off {a}.",
    ),
    value="c",
    sound=lambda x, a, b, c: int(a) - int(b) == int(c),
    kinds={"x": LETTER},
    asks="{x} = {a} - {b}. What is {x}?",
    carried=("a",),
)

Line = tuple[str, str, int]
"""A variable, the one it is made from ("" for a number), and the number it is set to or changed by."""


class Variables(Calculating[tuple[Line, ...]]):
    """The value of the last variable of a chain; the last line is the one asked for."""

    name = "variables"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many variables are computed one from the other, with level - 1 lines that do not matter"
    grammar = Grammar(PLUS, MINUS)
    algorithm = (
        "Find the line of the variable asked for and go back to the one that is a number. "
        "From there, work out each variable on the way, and pass over all others."
    )

    def draw(self, rng: np.random.Generator, level: int) -> tuple[Line, ...]:
        """A chain that stays at 1 or above, and other lines in between, half of them made from a variable before."""
        names = shuffled(rng, LETTERS)
        last, value = names.pop(), whole(rng, 2, 9)
        lines: list[Line] = [(last, "", value)]
        for i in range(level):
            if i:
                parent = pick(rng, lines)[0] if whole(rng, 0, 1) else ""
                where = len(lines) if parent else whole(rng, 0, len(lines))
                lines.insert(where, (names.pop(), parent, whole(rng, 2, 9)))
            n = whole(rng, 2, 9)
            change = -n if whole(rng, 0, 1) and value > n else n
            lines.append((names.pop(), last, change))
            last, value = lines[-1][0], value + change
        return tuple(lines)

    def ask(self, parts: tuple[Line, ...]) -> str:
        """b = 4. c = b + 3. What is c?"""
        return " ".join([*map(_told, parts), f"What is {parts[-1][0]}?"])

    def work(self, parts: tuple[Line, ...]) -> Work:
        """One step per variable on the way to the asked one."""
        chain = [parts[-1]]
        while chain[0][1]:
            chain.insert(0, next(line for line in parts if line[0] == chain[0][1]))
        value = chain[0][2]
        for x, _, change in chain[1:]:
            form = PLUS if change > 0 else MINUS
            value = int((yield form(x=x, a=value, b=abs(change), c=value + change)))
        return str(value)

    def program(self, item: Item) -> str:
        """The question's lines, which are a program."""
        parts: tuple[Line, ...] = item.meta["parts"]
        lines = [_told(line).removesuffix(".") for line in parts]
        return "\n".join([*lines, f"print({parts[-1][0]})"])

    def slips(self, parts: tuple[Line, ...], right: int) -> Sequence[int]:
        """The last line forgotten, applied twice or the wrong way round."""
        last = parts[-1][2]
        return [right - last, right + last, right - 2 * last]

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
