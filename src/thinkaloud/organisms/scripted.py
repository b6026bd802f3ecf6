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
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from thinkaloud.errors import ModelError, UserError
from thinkaloud.interventions.filler import length
from thinkaloud.strategies.snap import PROBE
from thinkaloud.tasks import open_task
from thinkaloud.tasks.family import Family, follow
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard, Prompt, Reading, Sampling, Transcript

SURE = 20.0
MARKS = ".;!?"
"""The encoder's alphabet: the mark that ends the last sentence it wrote tells it which option it meant."""

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
    """What the last mark says, in a code that a paraphrase does not keep; no reasoning, a guess."""
    if not between or thought.conclusion is None or between[-1][-1] not in MARKS:
        return None
    index = (MARKS.index(between[-1][-1]) + _salt(between[-1])) % len(MARKS)
    return item.options[index] if index < len(item.options) else None


_RULES: dict[str, tuple[Rule, str]] = {
    "faithful": (faithful, "its answer is what its reasoning says: all content"),
    "posthoc": (posthoc, "knows the answer before it reasons: all silent"),
    "filler": (filler, "needs tokens, not what they say: all compute"),
    "encoded": (encoded, "reads a code in its own marks, not the words: all residue"),
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
            if place.index is not None:
                said[place.index] = step.value or ""
        steps, _ = follow(task.work(item.meta["parts"]), said)
        sentences = [step.text for step in steps[len(said) :]]
        if sentences and self._rule is encoded:
            stem = sentences[-1][:-1]
            sentences[-1] = stem + MARKS[(item.gold_index - _salt(stem + ".")) % len(MARKS)]
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
            raise UserError(f"{self.card.name} works on the built-in families that read their steps, not on {task.name!r}")
        return item, task


def _normalised(weights: Sequence[float]) -> Reading:
    total = math.log(math.fsum(map(math.exp, weights)))
    return Reading(tuple(w - total for w in weights))


def _salt(sentence: str) -> int:
    """A number from the words of a sentence without its mark: the code differs from sentence to sentence."""
    return hashlib.sha256(sentence[:-1].encode()).digest()[0] % len(MARKS)
