"""Models of known truth that can do less: one that gives no log-probabilities, and one that answers whole turns only.

Behind each stands a scripted reasoner whose distribution over the options is known. What it writes as an answer is
drawn from that distribution, so what is read of it by samples must come back as what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from thinkaloud.conditions.asking import AT_ONCE
from thinkaloud.conditions.lettered import labels, listed
from thinkaloud.organisms.scripted import Scripted, scripted
from thinkaloud.vocabulary import (
    PROBE,
    Capability,
    Completion,
    Item,
    Key,
    ModelCard,
    Prompt,
    Reading,
    Sampling,
    Task,
)


class Mute:
    """Goes on with its own turn, and gives no log-probabilities."""

    able: frozenset[Capability] = frozenset({"prefill", "raw_reasoning"})

    def __init__(self, rule: str, behind: Scripted | None = None) -> None:
        self.behind = behind or scripted(rule)
        self.card: ModelCard = replace(
            self.behind.card, name=f"{type(self).__name__.lower()}:{rule}", format="chat", capabilities=self.able
        )
        self.rule, self.asked = rule, 0

    def session(self) -> Mute:
        return type(self)(self.rule, self.behind.session())

    def know(self, items: Iterable[Item]) -> None:
        self.behind.know(items)

    def know_task(self, task: Task) -> None:
        self.behind.know_task(task)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError("it gives no log-probabilities, and must not be asked for them")

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if prompt.prefill and prompt.prefill[-1] == PROBE:
            return _written(f" {await self.answer(prompt, key)}.")
        return await self.behind.generate(prompt, sampling, key)

    async def answer(self, prompt: Prompt, key: Key) -> str:
        """An option, drawn from what the reasoner gives it."""
        lettered = listed(prompt.question)
        item = next(i for i in self.behind._items.values() if i.question in prompt.question)
        options = labels(len(lettered[1])) if lettered else item.options
        reading = await self.behind.score(prompt, options)
        return str(options[int(key.rng.choice(len(options), p=reading.probabilities))])


class WholeTurns(Mute):
    """Answers whole turns only, and reasons in them unless it is told to answer at once."""

    able = frozenset({"raw_reasoning"})

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        assert not prompt.prefill and prompt.thinking is None, "it cannot go on with its own turn"
        question, _, words = prompt.question.rpartition("\n\n")
        bare = replace(prompt, question=question)
        if words == AT_ONCE:
            return _written(f"The answer is {await self.answer(replace(bare, prefill=(PROBE,)), key)}.")
        said = (await self.behind.generate(bare, sampling, key)).text
        return _written(f"{said} So the answer is {await self.answer(replace(bare, prefill=(said, PROBE)), key)}.")


def _written(text: str) -> Completion:
    return Completion(text, len(text.split()), "stop", "")
