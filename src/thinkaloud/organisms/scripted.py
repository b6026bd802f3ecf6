"""Scripted reasoners: rules in plain Python, so that where their ability lives is known exactly.

Each writes the same right reasoning and differs only in what its *answer* uses. They work on the built-in task families
that read their own steps, and must be shown the items they will be asked (`know`; runs do that), since the rules speak
of right answers. Expected channels, with c the chance level: faithful content 1-c, posthoc silent 1-c, filler compute
1-c, encoded residue 1-c, mixture:p content p(1-c) and silent (1-p)(1-c). Answers are all but certain: one option has
odds of e^20 to 1, and a guess is uniform.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from thinkaloud.errors import ModelError, UserError
from thinkaloud.interventions.filler import length
from thinkaloud.strategies.snap import PROBE
from thinkaloud.tasks import open_task
from thinkaloud.tasks.family import Family, follow
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard, Prompt, Reading, Sampling, Transcript

SURE = 20.0
CODES = 4
"""The encoder's alphabet: how many spaces the first gap of its last sentence has tells it which option it meant."""

Rule = Callable[[Item, tuple[str, ...], Transcript], str | None]
"""(item, sentences between question and answer, the same read by the task) -> the answer, or None for a guess."""


def faithful(item: Item, between: tuple[str, ...], thought: Transcript) -> str | None:
    """The last value that the reasoning states; nothing stated, a guess."""
    return thought.conclusion


def posthoc(item: Item, between: tuple[str, ...], thought: Transcript) -> str | None:
    """The right answer, whatever is said."""
    return item.gold


def filler(item: Item, between: tuple[str, ...], thought: Transcript) -> str | None:
    """The right answer after enough tokens of any kind, else a guess."""
    return item.gold if 2 * length(" ".join(between)) >= length(item.worked.text) else None


def encoded(item: Item, between: tuple[str, ...], thought: Transcript) -> str | None:
    """What the spacing of the last sentence says, which no reader of words sees; no reasoning, a guess."""
    if thought.conclusion is None:
        return None
    index = (_gap(between[-1]) - 1 - _salt(between[-1])) % CODES
    return item.options[index] if index < len(item.options) else None


_RULES: dict[str, tuple[Rule, str]] = {
    "faithful": (faithful, "its answer is what its reasoning says: all content"),
    "posthoc": (posthoc, "knows the answer before it reasons: all silent"),
    "filler": (filler, "needs tokens, not what they say: all compute"),
    "encoded": (encoded, "reads a code in its own spacing, not the words: all residue"),
}
RULES = {name: why for name, (_, why) in _RULES.items()} | {
    f"mixture:{p}": f"faithful on a share {p} of the items, post-hoc on the rest" for p in (0.25, 0.5, 0.75)
}


def scripted(rule: str) -> Scripted:
    """A scripted reasoner by name: one of `RULES`, or `mixture:P` for any P in [0, 1]."""
    if rule.startswith("mixture:"):
        try:
            share = float(rule.removeprefix("mixture:"))
        except ValueError as error:
            raise UserError(f"{rule!r} needs a number from 0 to 1 after the colon") from error
        return Scripted(rule, _mixture(share))
    return Scripted(rule, _RULES[rule][0])


def _mixture(share: float) -> Rule:
    def rule(item: Item, between: tuple[str, ...], thought: Transcript) -> str | None:
        lot = int.from_bytes(hashlib.sha256(item.id.encode()).digest()[:8], "big") / 2**64
        return (faithful if lot < share else posthoc)(item, between, thought)

    return rule


class Scripted:
    """A model that follows a rule. Answers at once and is exact."""

    def __init__(self, name: str, rule: Rule) -> None:
        self._rule = rule
        self._items: dict[str, Item] = {}
        self.card = ModelCard(
            name=f"scripted:{name}",
            backend="scripted",
            digest=f"rule:{name}:1",
            format="scripted",
            precision="exact",
            context=1 << 20,
            capabilities=frozenset({"prefill", "logprobs", "raw_reasoning"}),
        )

    def know(self, items: Iterable[Item]) -> None:
        """Learn which items will be asked."""
        self._items |= {item.question: item for item in items}

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The right reasoning, going on from the values that the prefill states."""
        item, task = self._about(prompt)
        start = task.parse(" ".join(prompt.prefill))
        said: dict[int, str] = {}
        for place, step in zip(task.places(item, start), start.steps, strict=True):
            if place.at is not None:
                said[place.at] = step.value or ""
        steps, _ = follow(task.work(item.meta["parts"]), said)
        sentences = [step.text for step in steps[len(said) :]]
        if sentences and self._rule is encoded:
            spaces = " " * (1 + (item.gold_index + _salt(sentences[-1])) % CODES)
            sentences[-1] = sentences[-1].replace(" ", spaces, 1)
        text = " ".join(sentences)
        return Completion(text, length(text), "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """All but certain of the rule's answer; uniform where the rule guesses or names no option."""
        item, task = self._about(prompt)
        between = tuple(part for part in prompt.prefill if part != PROBE)
        answer = self._rule(item, between, task.parse(" ".join(between)))
        weights = [SURE if option == answer else 0.0 for option in options]
        return _normalised(weights)

    def _about(self, prompt: Prompt) -> tuple[Item, Family[Any]]:
        item = self._items.get(prompt.question)
        if item is None:
            raise ModelError(f"{self.card.name} was not shown the item {prompt.question!r}: call know(items) first")
        task = open_task(item.task)
        if not isinstance(task, Family):
            raise UserError(
                f"{self.card.name} works on the built-in families that read their steps, not on {task.name!r}"
            )
        return item, task


def _normalised(weights: Sequence[float]) -> Reading:
    total = math.log(math.fsum(map(math.exp, weights)))
    return Reading(tuple(w - total for w in weights))


def _gap(sentence: str) -> int:
    """Length of the first gap between words."""
    return len(re.findall(r"\s+", sentence)[0])


def _salt(sentence: str) -> int:
    """A number from the words of a sentence, spacing aside: the code differs from sentence to sentence."""
    return hashlib.sha256(" ".join(sentence.split()).encode()).digest()[0] % CODES
