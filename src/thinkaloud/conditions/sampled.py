"""Reads a model that gives no log-probabilities, by what it writes: so many answers are drawn, and counted.

Where the model goes on with its own turn, the draws continue the very prompt that log-probabilities would be read
after, at temperature 1. Where it does not, and nothing stands between question and answer, it is let write a whole
turn, and the answer is looked for in that. Draws that state none of the options are missing in the mass, as the
probability of other texts is. Equal prompts have equal draws, within a run.

What this costs. The share of draws that state an option is an unbiased estimate of its probability, so means over items
(P(gold), `follow`, the channels) are unbiased and only noisier: one reading has a standard error of up to
`.5 / sqrt(draws)`, and since items are the clusters, intervals hold it without being told. Distances between two
readings are not: two draws of the same distribution differ. So the floor of a test that has none is read anew
(`SampledReader.again`), and tests come out a little low rather than high. An option that was never drawn has the
probability `NEVER` and not 0, which changes no mean; no log-score may be made of it.

This module does not know which conditions are read.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

from thinkaloud.conditions.answering import ROOM, right, stated
from thinkaloud.errors import FailedReading, NotMeasurable
from thinkaloud.models.session import Tokenizes, profile_of
from thinkaloud.models.sound import IMPOSSIBLE
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.answers import match
from thinkaloud.tasks.text import length
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Prompt, Reading, Sampling, Task

NEVER = 1e-6
"""Stands for the probability of an option that was never drawn."""
TALK = 8
"""A whole turn with more words than this before its answer has reasoned, and is no answer given at once."""


class SampledReader:
    """`model`, read by `samples` draws a reading, whose randomness comes from `key`."""

    def __init__(self, model: Model, samples: int, key: Key) -> None:
        self._model, self._samples, self._key = model, samples, key
        self.profile = profile_of(model)
        self._continues = "prefill" in model.card.capabilities
        self.card = replace(model.card, capabilities=model.card.capabilities | {"logprobs"})

    def again(self) -> SampledReader:
        """The same, with other draws."""
        return sampled_reader(self._model, self._samples, self._key.child("again"))

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """What the model writes."""
        return await self._model.generate(prompt, sampling, key)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """The shares of draws that state each option. `FailedReading` where none states any; `NotMeasurable` where the
        model cannot go on with its own turn, and there is something in it to go on from."""
        asked = prompt if self._continues else _whole(prompt, self.card.name)
        room = max(ROOM, 16 + 2 * max(map(length, options)))  # a long option must not be cut off
        how = Sampling(room, ("\n",) if prompt.shots else (), 1.0)
        keys = [self._key.child(repr(asked), i) for i in range(self._samples)]
        drawn = await asyncio.gather(*(self._model.generate(asked, how, key) for key in keys))
        texts = [one.text for one in drawn]
        said = [continued(text, options, closing) if self._continues else at_once(text, options) for text in texts]
        return frequencies([None if one is None else match(one, options, prompt.question) for one in said], options)


class _Tokenizing(SampledReader):
    """Of a model that shows its tokens."""

    def tokens(self, text: str) -> Sequence[Hashable]:
        """Its tokens of a text."""
        assert isinstance(self._model, Tokenizes)
        return self._model.tokens(text)


def sampled_reader(model: Model, samples: int, key: Key) -> SampledReader:
    """The model as one that can be read."""
    if isinstance(model, Tokenizes):
        return _Tokenizing(model, samples, key)
    return SampledReader(model, samples, key)


def frequencies(drawn: Sequence[int | None], options: Sequence[str]) -> Reading:
    """The reading of draws, each the index of the option that it states, or None."""
    if all(index is None for index in drawn):
        raise FailedReading(f"none of {len(drawn)} drawn answers is one of the options {', '.join(options)[:80]!r}")
    never = NEVER / len(options)
    shares = [drawn.count(i) / len(drawn) for i in range(len(options))]
    return Reading(tuple(math.log(share * (1 - NEVER) or never) for share in shares), sampled=len(drawn))


def one_answer(task: Task, item: Item, said: str | None) -> Reading:
    """The reading of one written answer. One that is none of the options is wrong, as much as any wrong option, unless
    the task's verifier takes it for the right one; its mass is about 0. So is no answer at all."""
    index = None if said is None else match(said, item.options, item.asked)
    if index is None and right(task, item, said):
        index = item.gold_index
    if index is not None:
        return frequencies([index], item.options)
    never = math.log(NEVER / len(item.options))
    return Reading(tuple(IMPOSSIBLE if i == item.gold_index else never for i in range(len(item.options))), sampled=1)


def continued(text: str, options: Sequence[str], closing: str) -> str | None:
    """The answer in what was written after its stem: the first line, up to the closing mark where that can end nothing
    else."""
    line = next((one.strip() for one in text.splitlines() if one.strip()), "")
    if closing.strip(". "):
        line = line.partition(closing)[0]
    return stated(f"{PROBE} {line}", options) if line else None


def at_once(text: str, options: Sequence[str]) -> str | None:
    """The answer of a whole turn; None where there is none, or where reasoning came before it."""
    split = split_answer(text, options)
    if split.answer is not None and len(split.text.split()) > TALK:
        return None
    return stated(text, options)


def _whole(prompt: Prompt, name: str) -> Prompt:
    """The prompt without the stem of its answer."""
    if len(prompt.prefill) > 1 or prompt.thinking is not None:
        raise NotMeasurable(f"{name} cannot go on with its own turn, so nothing can be read after its reasoning")
    return replace(prompt, prefill=())
