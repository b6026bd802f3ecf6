"""Questions for simulated models: `sim:chain_NN`, `sim:map_NN`, `sim:search_NN`, `sim:recall_NN`, any number NN.

    chain    begin with 7 and add 3 9 4 one after the other      each step needs the one before; its parts are its steps
    map      add up the sums of 7 with each of 3 9 4             independent parts, then one question puts them together
    search   search from 7 along the clues 3 9 4                 steps as in a chain, but the parts on offer are useless
    recall   recall entry 7 beside the notes 3 9 4               nothing to work out, and the parts on offer are useless

Only last digits count, so every value is one of ten, a question of level n has n steps, and a wrong value leads to a
wrong answer unless another one undoes it. Families of one kind differ in their items alone. Every sentence has the same
number of words whatever its numbers, so what a question costs is known beforehand (`ruler/simulated_truth.py`).

The names of family and item are in every question and part, so that a simulated model (`organisms/simulated.py`) can
have a different ability per family or item even if it sees only a part. These questions mean nothing to any other
model, and are not listed among the tasks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from thinkaloud.errors import UserError
from thinkaloud.tasks.check import is_gold
from thinkaloud.tasks.identity import named
from thinkaloud.tasks.parts import Decomposition, Part
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import PROBE, Item, Key, Step, Transcript

VALUES = 10
"""Answers and sub-answers are digits."""
DIGITS = tuple(str(digit) for digit in range(VALUES))
KINDS: Mapping[str, str] = {
    "chain": "begin with {a} and add {terms} one after the other .",
    "map": "add up the sums of {a} with each of {terms} .",
    "search": "search from {a} along the clues {terms} .",
    "recall": "recall entry {a} beside the notes {terms} .",
}
"""Kind -> how it is asked."""
ADDED, USELESS = "Step {i} of {tag} : add {term} to {value}", "Note {i} of {tag} : is {term} a digit"
"""The texts of parts. What a part needs from an earlier one comes at its end, so that parts share their beginnings."""
LAST, TOTAL = "Finish {tag} : give back {values}", "Finish {tag} : add up {values}"
STEP, NOTE, YES = "{value} plus {term} is {sum}.", "{term} is a digit here.", "yes"
ALGORITHM = "Keep the last digit and go on with it."
_NAME = re.compile(rf"({'|'.join(KINDS)})_([0-9]+)")
_ASKED = re.compile(rf"Task (({'|'.join(KINDS)})_[0-9]+)\.([0-9]+) : [a-z ]+ ([0-9]) [a-z ]+ ([0-9](?: [0-9])*) ")


@dataclass(frozen=True, slots=True)
class Problem:
    """A question's family, kind, name and numbers."""

    family: str
    kind: str
    serial: str
    start: int
    terms: tuple[int, ...]

    @property
    def tag(self) -> str:
        """The name of the item."""
        return f"{self.family}.{self.serial}"

    @property
    def question(self) -> str:
        """As it is asked."""
        return f"Task {self.tag} : {KINDS[self.kind].format(a=self.start, terms=' '.join(map(str, self.terms)))}"

    @property
    def gold(self) -> int:
        """The right answer. What is to be recalled follows from the name, which nothing in the question tells."""
        if self.kind == "recall":
            return hashlib.sha256(self.tag.encode()).digest()[0] % VALUES
        return sum(self.addends) % VALUES

    @property
    def addends(self) -> tuple[int, ...]:
        """The numbers whose sum it is."""
        if self.kind == "map":
            return tuple(x for term in self.terms for x in (self.start, term))
        return (self.start, *self.terms)

    @property
    def splits(self) -> bool:
        """Whether its parts are of any use."""
        return self.kind in ("chain", "map")


def read(question: str) -> Problem | None:
    """The problem that a text asks; None where it asks none."""
    found = _ASKED.search(question)
    if found is None:
        return None
    return Problem(found[1], found[2], found[3], int(found[4]), tuple(int(x) for x in found[5].split()))


def parts(problem: Problem) -> list[str]:
    """The parts as a plan lists them."""
    if not problem.splits:
        return [USELESS.format(i=i, tag=problem.tag, term=x) for i, x in enumerate(problem.terms, 1)]
    chain = problem.kind == "chain"
    values = [f"#{i - 1}" if chain and i > 1 else problem.start for i in range(1, len(problem.terms) + 1)]
    return [
        ADDED.format(i=i, tag=problem.tag, term=x, value=value)
        for i, (x, value) in enumerate(zip(problem.terms, values, strict=True), 1)
    ]


def last(problem: Problem) -> str:
    """The question that comes after the parts; the question itself where they are useless."""
    if not problem.splits:
        return problem.question
    if problem.kind == "chain":
        return LAST.format(tag=problem.tag, values=f"#{len(problem.terms)}")
    return TOTAL.format(tag=problem.tag, values=" ".join(f"#{i}" for i in range(1, len(problem.terms) + 1)))


def written(problem: Problem) -> list[str]:
    """The reasoning without any mistake."""
    if problem.kind == "recall":
        return [NOTE.format(term=term) for term in problem.terms]
    value, steps = problem.start, []
    for term in problem.terms:
        total = (value + term) % VALUES
        steps.append(STEP.format(value=value, term=term, sum=total))
        value = problem.start if problem.kind == "map" else total
    return steps


def summed(addends: tuple[int, ...]) -> str:
    """A program that prints the last digit of a sum."""
    return f"print(({' + '.join(map(str, addends))}) % {VALUES})"


@lru_cache(maxsize=1024)
def _apart(problem: Problem) -> Decomposition:
    answers, value = [], problem.start
    for term in problem.terms:
        total = (value + term) % VALUES
        answers.append(str(total) if problem.splits else YES)
        value = total if problem.kind == "chain" else problem.start
    pairs = zip(parts(problem), answers, strict=True)
    return Decomposition(tuple(Part(question, answer) for question, answer in pairs), last(problem))


class Simulated(Unread):
    """One family."""

    levels = tuple(range(1, 33))
    meaning = "how many steps"
    algorithm = ALGORITHM

    def __init__(self, name: str) -> None:
        found = _NAME.fullmatch(name)
        if found is None:
            raise UserError(f"no simulated task named {'sim:' + name!r}: sim:KIND_NUMBER, KIND {', '.join(KINDS)}")
        self.name, self.kind, self._family = f"sim:{name}", found[1], name

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` different items; the first m of them are the items of `n=m`."""
        if level not in self.levels:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are 1 to {self.levels[-1]}")
        rng = key.child(self.name, level).rng
        found: dict[str, Item] = {}
        while len(found) < n:
            drawn = rng.integers(0, VALUES, size=level + 7).tolist()
            serial = "".join(map(str, drawn[:6]))
            found.setdefault(serial, self._item(Problem(self._family, self.kind, serial, drawn[6], tuple(drawn[7:]))))
        return list(found.values())

    def _item(self, problem: Problem) -> Item:
        worked = Transcript(tuple(Step(text) for text in written(problem)))
        gold, level = str(problem.gold), len(problem.terms)
        return named(Item("", self.name, level, problem.question, DIGITS, gold, worked, {"problem": problem}))

    def decompose(self, item: Item) -> Decomposition:
        """The steps of a chain or a map; for the other kinds, useless parts."""
        return _apart(item.meta["problem"])

    def program(self, item: Item) -> str | None:
        """Code that works it out; None where there is nothing to work out."""
        problem: Problem = item.meta["problem"]
        return None if problem.kind == "recall" else summed(problem.addends)

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)


def answered(value: object) -> str:
    """The end of a reasoning."""
    return f"{PROBE} {value}."
