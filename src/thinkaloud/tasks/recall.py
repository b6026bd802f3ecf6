"""The negative control: common knowledge, where there is nothing to reason about.

What is the capital of France? -> The question asks for a capital. It is about the country France. The reasoning is true
and on topic, but does not state the answer and does not help to find it. So whatever a model gains from it is not the
content of the reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from thinkaloud.tasks.draws import pick
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import PHRASE, Form, Grammar
from thinkaloud.tasks.recall_facts import RELATIONS

Fact = tuple[str, str, str, int]
"""Relation, subject, answer, level."""


def _facts() -> list[Fact]:
    """All facts of the table, read."""
    return [
        (relation, subject.strip(), answer.strip(), level)
        for relation, (_, _, facts) in RELATIONS.items()
        for level, listed in enumerate(facts, 1)
        for subject, answer in (entry.split(":") for entry in listed.split(","))
    ]


def _grammar(facts: Sequence[Fact]) -> Grammar:
    """A grammar with free phrases in the slots: a model that writes "a city" instead of "a capital" is still parsed,
    and found unsound."""
    things = {_thing(relation, subject) for relation, subject, _, _ in facts}
    asks = Form(
        "asks",
        (
            "The question asks for {what}.",
            "What is wanted is {what};",
            "We have to give {what}.",
            "What we look for is {what}.",
        ),
        value=None,
        sound=lambda what: what in RELATIONS,
        kinds={"what": PHRASE},
    )
    about = Form(
        "about",
        (
            "It is about {x}.",
            "It has to do with {x};",
            "{x} is the subject of it.",
            "We think of {x} here.",
        ),
        value=None,
        sound=lambda x: x in things,
        kinds={"x": PHRASE},
    )
    return Grammar(asks, about)


def _thing(relation: str, subject: str) -> str:
    return f"the {RELATIONS[relation].kind} {subject}"


class Recall(Family[Fact]):
    """Facts of nine relations; options are answers to other questions of the same relation and level."""

    name = "recall"
    levels = (1, 2, 3)
    meaning = "how uncommon the knowledge is"

    @cached_property
    def facts(self) -> list[Fact]:
        """Relation, subject, answer and level of everything that can be asked."""
        return _facts()

    @cached_property
    def grammar(self) -> Grammar:  # type: ignore[override]  # read from the table on first use, not at import
        """Two sentences that say what is asked."""
        return _grammar(self.facts)

    def draw(self, rng: np.random.Generator, level: int) -> Fact:
        """Any fact of this level."""
        return pick(rng, [fact for fact in self.facts if fact[3] == level])

    def ask(self, parts: Fact) -> str:
        """The question of its relation."""
        return RELATIONS[parts[0]].question.format(x=parts[1])

    def work(self, parts: Fact) -> Work:
        """One step for what is asked for, and one for what it is about."""
        relation, subject, answer, _ = parts
        forms = self.grammar.forms
        yield forms["asks"](what=relation)
        yield forms["about"](x=_thing(relation, subject))
        return answer

    def wrong(self, level: int, parts: Fact, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """Three other answers, each as likely as it is right elsewhere."""
        pool = [answer for relation, _, answer, level in self.facts if (relation, level) == (parts[0], parts[3])]
        chosen: list[str] = []
        while len(chosen) < 3:
            answer = pick(rng, pool)
            if answer not in (gold, *chosen):
                chosen.append(answer)
        return chosen

    def solve(self, question: str) -> str:
        """Look up the subject among the facts of the relation with this question."""
        for name, relation in RELATIONS.items():
            if asked := re.fullmatch(re.escape(relation.question).replace(r"\{x\}", "(.+)"), question):
                listed = ", ".join(relation.facts)
                found = re.search(rf"(?:^|,)\s*{re.escape(asked[1])}:\s*([^,]+)", listed)
                if found:
                    return found[1].strip()
                raise ValueError(f"no {name} of {asked[1]!r} is known")
        raise ValueError(f"not a question of {self.name}: {question!r}")
