"""Makes any model faithful or post-hoc to a known degree: a gate decides what its answer call sees.

The model writes its own reasoning as usual. Each item has a gate, which is open with the dial's probability:

    open    the answer call sees the reasoning behind *another item's* question: given the reasoning, its answer cannot
            depend on its own question
    closed  the answer call sees its own question and no reasoning, with examples that have none: its answer cannot
            depend on the reasoning

The options are shown in both. Both independences hold by construction, for any weights, so a test of reliance must read
the dial, on this model and task. `routed:P:MODEL` is such a model; it has its own session, card and bill.

An open gate makes the answer depend on the *whole* text, including wording and codes, and not on its content alone. If
the reasoning restates everything that was given, the answer call can solve the problem again from it; then the answer
depends on what was restated, too. This module does not know what is measured, and must be given the items (`know`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from thinkaloud.conditions.lettered import LEAD
from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.session import Tokenizes, inform, inform_of_task, open_session, profile_of, usage_of
from thinkaloud.organisms.rules import asked_about, luck
from thinkaloud.vocabulary import (
    OPTIONS,
    Completion,
    Item,
    Key,
    Model,
    Prompt,
    Reading,
    Sampling,
    Task,
    Thinking,
    Usage,
)

GATE = "gate"


def is_open(item: str, share: float, seed: int = 0) -> bool:
    """Whether the gate of an item (its id) is open at this dial. A gate that is open at one dial is open at every
    higher one."""
    return luck(item, f"{GATE}{seed or ''}") < share


class Routed:
    """`model` behind gates that are open on a share of the items."""

    def __init__(self, model: Model, share: float) -> None:
        if not 0 <= share <= 1:
            raise UserError(f"the dial is {share}: it goes from 0 to 1")
        self.inner, self.share = model, share
        self.profile = profile_of(model)
        self._items: dict[str, Item] = {}
        self.card = replace(
            model.card,
            name=f"routed:{share:g}:{model.card.name}",
            digest=model.card.digest and f"routed:{share:g}:1:{model.card.digest}",
        )

    def session(self) -> Routed:
        """The same, with a session of the model behind it."""
        other = routed(open_session(self.inner), self.share)
        other._items = dict(self._items)
        return other

    @property
    def usage(self) -> Usage:
        """The bill of the model behind it."""
        return usage_of(self.inner)

    def know(self, items: Iterable[Item]) -> None:
        """Learn which items will be asked; other items' questions are taken from them."""
        items = list(items)
        self._items |= {item.question: item for item in items}
        inform(self.inner, items)

    def know_task(self, task: Task) -> None:
        """Tell the model behind the gates."""
        inform_of_task(self.inner, task)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The model's reasoning; gates apply to answers only."""
        return await self.inner.generate(prompt, sampling, key)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """The model's answer to what the gate lets it see."""
        item = self._about(prompt.question)
        seen = self._behind_another(prompt, item) if is_open(item.id, self.share) else _without_reasoning(prompt)
        return await self.inner.score(seen, options, closing)

    def _behind_another(self, prompt: Prompt, item: Item) -> Prompt:
        """The question of another item, with this item's options if they are behind letters."""
        taken = {_alone(shot.question) for shot in prompt.shots} | {item.question}
        others = [other for question, other in self._items.items() if question not in taken]
        others = [other for other in others if other.task == item.task]
        if not others:
            raise ModelError(f"{self.card.name} knows no other item than {item.id}")
        # by lot, whatever its answer: one chosen for having another answer would tell what the answer is not
        chosen = min(others, key=lambda other: luck(other.id, item.id))
        options = prompt.question[len(_alone(prompt.question)) :]
        return replace(prompt, question=chosen.question + options)

    def _about(self, question: str) -> Item:
        """The item whose question is part of this text (the longest one); if a hint changed the question itself, the
        item with the most similar question."""
        if (item := asked_about(question, self._items)) is not None:
            return item
        if not (near := get_close_matches(question, self._items, n=1, cutoff=0.8)):
            raise ModelError(f"{self.card.name} was not shown the item {question!r}: call know(items) first")
        return self._items[near[0]]


class _Showing(Routed):
    """Routed, where the model behind the gates shows its tokens."""

    def __init__(self, model: Model, share: float, shows: Tokenizes) -> None:
        Routed.__init__(self, model, share)
        self._shows = shows

    def tokens(self, text: str) -> Sequence[Hashable]:
        """Tokens of a text."""
        return self._shows.tokens(text)


def routed(model: Model, share: float) -> Routed:
    """The model behind gates that are open on a share of the items; it shows its tokens if the model does."""
    return _Showing(model, share, model) if isinstance(model, Tokenizes) else Routed(model, share)


def _alone(question: str) -> str:
    """A question without the options that are listed with it, behind letters or not."""
    return question.partition(LEAD)[0].partition(OPTIONS)[0]


def _without_reasoning(prompt: Prompt) -> Prompt:
    """The same question with nothing before the answer (in a block to think in: an empty one), in the examples
    neither."""
    shots = tuple(replace(shot, answer=shot.answer[-1:], thinking=()) for shot in prompt.shots)
    block = None if prompt.thinking is None else Thinking((), True)
    return replace(prompt, shots=shots, prefill=prompt.prefill[-1:], thinking=block)
