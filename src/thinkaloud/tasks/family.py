"""The base class of task families: everything that a `Task` does, from a grammar and five short methods.

To add a family, say how a problem is drawn (`draw`), asked (`ask`), worked (`work`), mistaken (`wrong`) and, from the
question's text alone and written independently, solved (`solve`). The heart is `work`: a generator that yields each
step it needs and *receives the value that was stated there*, right or wrong, and continues from it. So one piece of
code gives the worked reasoning, the continuation after a mistake, and what a checker should expect next:

    def work(self, numbers):
        total = numbers[0]
        for b in numbers[1:]:
            total = int((yield ADD(a=total, b=b, c=total + b)))
        return str(total)

A family does not know models, prompts or how answers are read. "Follows from the question" means: is the next step of
`work`. A right step by another route (adding the last two numbers first) is sound, and not grounded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

import numpy as np

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.tasks.check import check_item, is_gold
from thinkaloud.tasks.draws import pick, shuffled
from thinkaloud.tasks.grammar import Grammar
from thinkaloud.tasks.identity import named
from thinkaloud.tasks.parts import Decomposition, from_work
from thinkaloud.vocabulary import Item, Key, Legibility, Mistake, Step, Transcript

P = TypeVar("P")
Work = Generator[Step, str, str]
"""Yields the right next step, receives the value stated there ("" if the step has none), returns the answer."""

PATIENCE = 60
"""Draws in a row, per question found, without a new one, before a level counts as exhausted. With N equally likely
questions one is overlooked with probability below N exp(-60)."""


def follow(work: Work, said: Mapping[int, str] | None = None) -> tuple[list[Step], str]:
    """The right steps and the answer they lead to, where step i stated `said[i]` instead of its right value."""
    said = said or {}
    steps: list[Step] = []
    try:
        step = next(work)
        while True:
            steps.append(step)
            step = work.send(said.get(len(steps) - 1, step.value or ""))
    except StopIteration as end:
        return steps, str(end.value)


class Place(NamedTuple):
    """The role of a step of a transcript: it is the needed step number `at` (None: no needed step), whose `right` form
    follows from what was `said` before; `grounded` if it says exactly that."""

    at: int | None
    grounded: bool
    right: Step | None
    said: Mapping[int, str]


class Family(ABC, Generic[P]):
    """Base of the built-in tasks; P is the type of a problem. Satisfies `vocabulary.Task`."""

    name: str
    levels: tuple[int, ...]
    meaning: str
    grammar: ClassVar[Grammar]
    reads_steps: bool = True
    algorithm: str | None = None
    """How to work out the answer, in a sentence or two, for prompts that explain it; None if there is nothing to
    explain."""

    # ---------------------------------------------------------------------------------------- what a family says

    @abstractmethod
    def draw(self, rng: np.random.Generator, level: int) -> P:
        """A problem of this level."""

    @abstractmethod
    def ask(self, parts: P) -> str:
        """The problem as a question."""

    @abstractmethod
    def work(self, parts: P) -> Work:
        """The steps that the problem needs, each going on from the value stated in the one before."""

    @abstractmethod
    def wrong(self, level: int, parts: P, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """The wrong options: different from the gold and from each other."""

    @abstractmethod
    def solve(self, question: str) -> str:
        """The answer from the text of the question alone: a second opinion on `work`."""

    # ---------------------------------------------------------------------------------------- what follows from it

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` different items; the first m of them are the items of `n=m`. `UserError` if there are not so many."""
        if level not in self.levels:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        rng = key.child(self.name, level).rng
        found: dict[str, Item] = {}
        in_vain = 0
        while len(found) < n:
            parts = self.draw(rng, level)
            question = self.ask(parts)
            if question not in found:
                found[question] = self._item(level, question, parts, key)
                in_vain = 0
            elif (in_vain := in_vain + 1) > PATIENCE * len(found):
                why = f"task {self.name!r} has {len(found)} different questions at level {level}, not {n}"
                raise TooFewItems(why, len(found))
        return list(found.values())

    def _item(self, level: int, question: str, parts: P, key: Key) -> Item:
        rng = key.child(self.name, level, question, "options").rng
        steps, gold = follow(self.work(parts))
        options = tuple(shuffled(rng, [gold, *self.wrong(level, parts, gold, rng)]))
        meta = {"parts": parts}
        return check_item(named(Item("", self.name, level, question, options, gold, Transcript(tuple(steps)), meta)))

    def decompose(self, item: Item) -> Decomposition | None:
        """The steps of `work` as sub-questions, then the item's own question; None if a form asks nothing."""
        return from_work(lambda said: follow(self.work(item.meta["parts"]), said)[0], self.grammar.forms, item.question)

    def program(self, item: Item) -> str | None:
        """A short program, as a model would write it for this question, that prints the answer; None where a program
        is no help. It may use what the sandbox runs, and `context` where the item's `meta` has one."""
        return None

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)

    def parse(self, text: str) -> Transcript:
        """Cut a text into steps; those outside the grammar have `form=None`."""
        return self.grammar.parse(text)

    def paraphrase(self, transcript: Transcript, key: Key) -> Transcript | None:
        """The same steps in other words, checked by reading them again; None where that fails."""
        return self.grammar.paraphrase(transcript, key)

    def wording(self, step: Step) -> str | None:
        """The wording that a sentence is in, with its slots; None where it is in none."""
        found = self.grammar.find(step.text.strip())
        return None if found is None else found.form.wordings[found.wording]

    def mistake(self, item: Item, transcript: Transcript, at: int, key: Key) -> Mistake | None:
        """Step `at` with a wrong value, from which correct work leads to an option that is neither the gold nor where
        the step led before. None if there is no such value, or the step cannot be parsed, has no value or is not
        needed."""
        place, step = self.places(item, transcript)[at], transcript.steps[at]
        if place.right is None or place.at is None or not self.grammar.same_inputs(step, place.right):
            return None
        if place.right.value is None or step.value is None:
            return None
        led_to = {item.gold, self._answer(item, place, step.value)}
        form = self.grammar.forms[str(step.form)]
        others = [v for v in form.kind(str(form.value)).others(place.right.value) if v != step.value]
        leads = [(v, implied) for v in others if (implied := self._answer(item, place, v)) in item.options]
        leads = [(v, implied) for v, implied in leads if implied not in led_to]
        if not leads:
            return None
        value, implied = pick(key.child("mistake", at).rng, leads)
        return Mistake(at, self.grammar.restate(step, value), implied)

    def legible(self, item: Item, transcript: Transcript) -> Legibility:
        """The shares of steps that a checker could verify; all 0 for an empty transcript."""
        steps = [self.grammar.step(step.text) for step in transcript.steps]
        places = self.places(item, transcript)
        grounded = [place.grounded and self.grammar.sound(step) for place, step in zip(places, steps, strict=True)]
        needed, _ = follow(self.work(item.meta["parts"]))
        reached = {place.at for place, ok in zip(places, grounded, strict=True) if ok}
        n = max(1, len(steps))
        return Legibility(
            readable=sum(step.form is not None for step in steps) / n,
            sound=sum(self.sound(transcript)) / n,
            grounded=sum(grounded) / n,
            complete=min(1.0, len(reached) / max(1, len(needed))),
        )

    def sound(self, transcript: Transcript, start: str | None = None) -> list[bool]:
        """Which steps are right for a reader who sees only the steps and not the question.

        In most families a step repeats everything that it needs, and can be checked alone. A family whose steps
        continue from the value stated before them overrides this, and may use the value at the `start`.
        """
        return [self.grammar.sound(self.grammar.step(step.text)) for step in transcript.steps]

    def places(self, item: Item, transcript: Transcript) -> list[Place]:
        """Where each step of a transcript stands among the steps that the item needs.

        A step that says what is needed next is grounded, and so is one that repeats a needed step (if it corrects the
        value stated there, later steps are forgotten). Another step of the same form as the next one that shares an
        input with it is a failed attempt: it takes its place, and later steps are checked against the value that it
        stated. Any other step has no role.
        """
        said: dict[int, str] = {}
        places = []
        for step in (self.grammar.step(s.text) for s in transcript.steps):
            place = self._place(item, step, said)
            places.append(place)
            if place.at is not None and said.get(place.at) != (step.value or ""):
                said = {i: v for i, v in said.items() if i < place.at} | {place.at: step.value or ""}
        return places

    def _place(self, item: Item, step: Step, said: Mapping[int, str]) -> Place:
        needed, _ = follow(self.work(item.meta["parts"]), said)
        for index in (len(said), *reversed(range(len(said)))):
            if index < len(needed) and self.grammar.same(step, needed[index]):
                before = {i: v for i, v in said.items() if i < index}
                return Place(index, True, needed[index], before)
        following = needed[len(said)] if len(said) < len(needed) else None
        if following is not None and self._attempts(step, following):
            return Place(len(said), False, following, dict(said))
        return Place(None, False, None, dict(said))

    def _attempts(self, step: Step, right: Step) -> bool:
        inputs = right.fields.keys() - {self.grammar.forms[str(right.form)].value}
        return step.form == right.form and any(step.fields[slot] == right.fields[slot] for slot in inputs)

    def _answer(self, item: Item, place: Place, value: str) -> str:
        """The answer that follows when the step at this place states `value`."""
        assert place.at is not None
        return follow(self.work(item.meta["parts"]), {**place.said, place.at: value})[1]
