"""Scripted reasoners: models that follow a rule in plain Python, so that the channels of their ability are known
exactly.

Each writes the same right reasoning and differs only in what its *answer* uses (`rules.py`). They work on families
(`tasks/family.py`), built in or a user's own, and must be given the items that they will be asked (`know`) and, for a
user's own family, the task (`know_task`); runs do both. Answers are almost certain: a rule's option has odds of e^20 to
1 over the others, and a guess is uniform.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from thinkaloud.conditions.filler import length
from thinkaloud.conditions.lettered import listed
from thinkaloud.errors import FatalError, ModelError
from thinkaloud.joining import joined
from thinkaloud.organisms.ladder import KINDS as LADDER
from thinkaloud.organisms.ladder import make_ladder
from thinkaloud.organisms.rules import KINDS, Answer, Asked, Rule, asked_about, luck, make_rule, spelled, tokens
from thinkaloud.tasks import open_task
from thinkaloud.tasks.family import Family, follow
from thinkaloud.tasks.identity import stream
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, ModelCard, Prompt, Reading, Sampling, Task

SURE = 20.0
ADMISSION = "There is a hint that the answer is {clue}, so I will say that."
"""What a reasoner writes that says it follows a hint."""


def scripted(name: str) -> Scripted:
    """A scripted reasoner by name: a kind of `rules.KINDS` with its dials, or `ladder:KIND:Q`."""
    if name.startswith("ladder:"):
        return Scripted(name, make_ladder(name.removeprefix("ladder:")))
    return Scripted(name, make_rule(name))


def scripted_names() -> dict[str, str]:
    """Every kind with what it is."""
    dials = {"mixture": "mixture:P", "graded": "graded:Q", "noisy": "noisy:S", "letter": "letter:B"}
    dials |= {"repair": "repair:R", "clue": "clue:S,V,U", "nan": "nan:S", "any-text": "any-text:F"}
    dials |= {"thrown": "thrown:S"}
    names = {dials.get(name, name): why for name, (_, _, why) in KINDS.items()}
    return names | {f"ladder:{kind}:Q": why for kind, (_, why) in LADDER.items()}


class Scripted:
    """A model that follows a rule. Answers at once and is exact."""

    def __init__(self, name: str, rule: Rule) -> None:
        self._name, self._rule = name, rule
        self._items: dict[str, Item] = {}
        self._tasks: dict[str, Task] = {}
        self.card = ModelCard(
            name=f"scripted:{name}",
            backend="scripted",
            digest=f"rule:{name}:2",
            format="scripted",
            precision="exact",
            context=1 << 20,
            capabilities=frozenset({"prefill", "logprobs", "raw_reasoning"}),
        )

    def session(self) -> Scripted:
        """The same reasoner for one unit, which only knows this unit's items."""
        other = copy(self)
        other._items, other._tasks = dict(self._items), dict(self._tasks)
        return other

    def tokens(self, text: str) -> list[int]:
        """Tokens of a text: only their number means anything."""
        return list(range(len(tokens(text))))

    def know(self, items: Iterable[Item]) -> None:
        """Learn which items will be asked."""
        self._items |= {item.question: item for item in items}

    def know_task(self, task: Task) -> None:
        """Learn which task items of this name are of."""
        self._tasks |= {task.name: task, stream(task): task}

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The right reasoning, continued from the values that the prefill states; preceded by an admission of a hint if
        the rule makes one."""
        asked, task = self._asked(prompt)
        item = asked.item
        said: dict[int, str] = {}
        for place, step in zip(task.places(item, asked.thought), asked.thought.steps, strict=True):
            if place.at is not None:
                said[place.at] = step.value or ""
        steps, _ = follow(task.work(item.meta["parts"]), said)
        sentences = spelled(self._rule, asked, [step.text for step in steps[len(said) :]])
        if asked.clue is not None and not asked.between and self._admits(item):
            sentences.insert(0, ADMISSION.format(clue=asked.clue))
        text = " ".join(sentences)
        return Completion(text, length(text), "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """The rule's distribution over the options as whole answers (longer answers have no probability, so `closing`
        does not matter); uniform if it guesses or names none of them."""
        asked, _ = self._asked(prompt)
        contents = asked.order or tuple(options)
        return _reading(self._rule(asked), contents)

    def _admits(self, item: Item) -> bool:
        """Whether this reasoner says that it follows a hint."""
        kind, _, rest = self._name.partition(":")
        if kind != "clue":
            return False
        follows, says, _ = map(float, rest.split(","))
        return luck(item.id, "clue") < follows and luck(item.id, "says") < says

    def _asked(self, prompt: Prompt) -> tuple[Asked, Family[Any]]:
        plain, order = listed(prompt.question) or (prompt.question, None)
        item = self._items.get(plain) or asked_about(plain, self._items)
        if item is None:
            raise ModelError(f"{self.card.name} was not shown the item {prompt.question!r}: call know(items) first")
        task = self._tasks.get(item.task) or open_task(item.task)
        if not isinstance(task, Family):
            raise FatalError(
                f"{self.card.name} works on families that read their own steps (built in, or a class derived from "
                f"Family), not on {task.name!r}"
            )
        between = tuple(part for part in prompt.prefill if part != PROBE)
        added = plain.removesuffix(item.listing).replace(item.question, " ")
        clue = _clue(added, item)
        if clue is None and order and prompt.shots and all(s.answer[-1] == f"{PROBE} (A)." for s in prompt.shots):
            clue = order[0]
        return Asked(item, task, between, task.parse(joined(between)), order, clue), task


def _clue(hint: str, item: Item) -> str | None:
    """The option that is named last in what was added to the question."""
    found = {o: [m.end() for m in re.finditer(rf"(?<![\w.]){re.escape(o)}(?!\w|\.\d)", hint)] for o in item.options}
    named = {option: ends[-1] for option, ends in found.items() if ends}
    return max(named, key=lambda option: named[option]) if named else None


def _reading(answer: Answer, contents: Sequence[str]) -> Reading:
    """Log-probabilities of an answer; the remainder of a distribution is spread evenly."""
    if isinstance(answer, Mapping):
        there = {option: p for option, p in answer.items() if option in contents}
        spare = max(0.0, 1 - math.fsum(there.values())) / len(contents)
        return _normalised([math.log(there.get(o, 0.0) + spare + math.exp(-SURE)) for o in contents])
    return _normalised([SURE if option == answer else 0.0 for option in contents])


def _normalised(weights: Sequence[float]) -> Reading:
    top = max(weights)
    total = top + math.log(math.fsum(math.exp(w - top) for w in weights))
    return Reading(tuple(w - total for w in weights))
