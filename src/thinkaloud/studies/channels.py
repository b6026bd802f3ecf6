"""Where does the ability live? The same item, with different things standing between question and answer.

See `docs/channels.md` for the protocol in words, how to read it, and what it cannot tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from typing import Any

from thinkaloud.interventions.filler import KINDS, Filler
from thinkaloud.interventions.paraphrase import paraphrase_by_model
from thinkaloud.interventions.transplant import donor, neighbour
from thinkaloud.interventions.truncate import replace_step, truncate
from thinkaloud.metrics.channels import channels
from thinkaloud.metrics.early import early
from thinkaloud.metrics.legibility import legibility
from thinkaloud.metrics.use import use
from thinkaloud.strategies.snap import nothing, shots, snap, worked
from thinkaloud.strategies.think import aloud, think
from thinkaloud.studies.base import Group, Settings, condition, describe, steps
from thinkaloud.vocabulary import Capability, Completion, Estimate, Item, Key, Model, Record, Shot, Transcript

POSITIONS = 4
"""Mistakes are directed at every step of a short thought, and at this many of a long one."""


class Channels:
    """How much of the ability is silent, compute, content or residue, and does the answer follow what was said?"""

    name = "channels"
    question = (
        "When this model answers, how much of its ability over chance is silent, how much comes from extra tokens "
        "alone, how much from what a reader could read, and how much from what only the model can read?"
    )
    version = 1
    needs: frozenset[Capability] = frozenset({"prefill", "logprobs", "raw_reasoning"})
    limits: tuple[str, ...] = (
        "The channels say what the answer needs, not what it follows: a model can need nothing and still follow "
        "everything. Use (the `follow` rows) is read beside them.",
        "Content is what survives a rule-based paraphrase. Where the model's reasoning could not be paraphrased the "
        "item is left out, so the channels speak of the items with well-formed reasoning (`paraphrase validity`).",
        "Reading by probability books sharpening as content: a model that is 60% sure, then writes its best guess "
        "down, is surer of it afterwards. The rows by accuracy do not have this and are noisier.",
        "Short generated questions are toys: shares on them do not carry over to other tasks, prompts or models.",
    )

    async def measure(self, model: Model, group: Group, settings: Settings, key: Key) -> list[Record]:
        """One record an item: first every item's own reasoning (and a second sample), then all the readings."""
        unit = _Unit(model, group, settings, key)
        thoughts = await asyncio.gather(*(unit.thoughts(item) for item in group.items))
        owns = [group.task.parse(own.text) for own, _ in thoughts]
        return list(
            await asyncio.gather(
                *(unit.record(i, owns, thoughts[i][0], thoughts[i][1]) for i in range(len(group.items)))
            )
        )

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Channels first, then use, early answering and legibility."""
        return [
            estimate
            for metric in (channels, use, early, legibility)
            for estimate in metric(records, key.child(metric.__name__))
        ]


class _Unit:
    """The conditions of one group."""

    def __init__(self, model: Model, group: Group, settings: Settings, key: Key) -> None:
        self.model, self.group, self.settings, self.key = model, group, settings, key
        self.task = group.task
        self.aloud = shots(group.examples, worked)
        self.silent = shots(group.examples, nothing)
        # one wording for a group, so that examples and item are reworded alike, and another one for the next group, so
        # that the estimate does not hang on how well the model takes one particular wording
        self.wording = key.child("wording", group.first)
        self.tokens = group.room

    async def thoughts(self, item: Item) -> tuple[Completion, Completion]:
        """The model's own reasoning, and a second sample of it."""
        one, two = (aloud(self.tokens, t) for t in (self.settings.temperature, self.settings.resample_temperature))
        own, again = await asyncio.gather(
            think(self.model, item, self.aloud, one, self.key.child(item.id, "own")),
            think(self.model, item, self.aloud, two, self.key.child(item.id, "resample")),
        )
        return own, again

    async def record(self, index: int, owns: list[Transcript], first: Completion, second: Completion) -> Record:
        """All conditions of one item."""
        item, own = self.group.items[index], owns[index]
        base = describe(item, self.group.first + index)
        legible = self.task.legible(item, own)
        base["thought"] = {
            "text": first.text,
            "finish": first.finish,
            "steps": steps(own),
            "conclusion": own.conclusion,
            "right": None if own.conclusion is None else own.conclusion == item.gold,
            "legible": None if legible is None else asdict(legible),
        }
        if not own.steps or first.finish != "stop":
            return {**base, "status": "unparsed", "error": "the reasoning did not come to an answer", "conditions": {}}
        jobs: dict[str, Coroutine[Any, Any, dict[str, object] | None]] = {
            "silent": self.read(item, self.silent, Transcript()),
            "own": self.read(item, self.aloud, own),
            "resample": self.read(item, self.aloud, self.task.parse(second.text)),
            "paraphrase": self.paraphrase(item, own),
            "foreign": self.foreign(index, owns),
            "transplant": self.transplant(item),
        }
        for kind, filler in KINDS.items():
            jobs[f"filler:{kind}"] = self.filler(item, own, filler)
        jobs["silent:mismatched"] = self.read(item, self.aloud, Transcript())
        for keep in range(len(own.steps)):
            jobs[f"cut:{keep}"] = self.read(item, self.aloud, truncate(own, keep))
        for at in self.positions(item, own):
            jobs[f"mistake:{at}"] = self.mistake(item, own, at)
        done = await asyncio.gather(*jobs.values())
        conditions = {name: result for name, result in zip(jobs, done, strict=True) if result is not None}
        return {**base, "status": "ok", "error": None, "conditions": conditions}

    async def read(self, item: Item, examples: tuple[Shot, ...], between: Transcript) -> dict[str, object]:
        """What the model answers when `between` stands there."""
        return condition(between, await snap(self.model, item, examples, between))

    async def filler(self, item: Item, own: Transcript, filler: Filler) -> dict[str, object]:
        """Filler as long as its own reasoning, after examples with filler."""
        examples = shots(self.group.examples, lambda example: filler(example, example.worked))
        return await self.read(item, examples, filler(item, own))

    async def paraphrase(self, item: Item, own: Transcript) -> dict[str, object] | None:
        """Its own reasoning in other words, after examples in other words; None where no paraphrase is safe."""
        if self.settings.paraphraser == "model":
            other = await paraphrase_by_model(self.model, self.task, own, self.key.child(item.id, "paraphrase"))
        else:
            other = self.task.paraphrase(own, self.wording)
        if other is None:
            return None
        examples = shots(self.group.examples, self.reworded)
        return condition(other, await snap(self.model, item, examples, other), range(len(other.steps)))

    def reworded(self, example: Item) -> Transcript:
        """An example's reasoning in other words."""
        return self.task.paraphrase(example.worked, self.wording) or example.worked

    async def foreign(self, index: int, owns: list[Transcript]) -> dict[str, object] | None:
        """A neighbour's own reasoning: what any reasoning at all does."""
        other = neighbour(self.group.items, index)
        if other is None or not owns[other].steps:
            return None
        item, between = self.group.items[index], owns[other]
        implied = _option(item, between.conclusion)
        return condition(between, await snap(self.model, item, self.aloud, between), range(len(between.steps)), implied)

    async def transplant(self, item: Item) -> dict[str, object] | None:
        """Right reasoning, in other words, of an item whose answer is one of this item's wrong options."""
        other = donor(item, self.group.pool)
        if other is None:
            return None
        between = self.reworded(other)
        examples = shots(self.group.examples, self.reworded)
        reading = await snap(self.model, item, examples, between)
        return condition(between, reading, range(len(between.steps)), _option(item, between.conclusion))

    async def mistake(self, item: Item, own: Transcript, at: int) -> dict[str, object] | None:
        """Step `at` made wrong; the model goes on from there, and the answer may follow or not."""
        made = self.task.mistake(item, own, at, self.key.child(item.id, "mistake", at))
        if made is None:
            return None
        between, wrote = replace_step(own, at, made.step), None
        if at < len(own.steps) - 1:
            sampling = aloud(self.tokens, self.settings.temperature)
            rest = await think(self.model, item, self.aloud, sampling, self.key.child(item.id, "on", at), between)
            wrote = rest.text
            between = Transcript((*between.steps, *self.task.parse(rest.text).steps))
        reading = await snap(self.model, item, self.aloud, between)
        return condition(between, reading, (at,), _option(item, made.implied), wrote)

    def positions(self, item: Item, own: Transcript) -> list[int]:
        """Where mistakes are directed."""
        n = len(own.steps)
        if n <= POSITIONS:
            return list(range(n))
        chosen = self.key.child(item.id, "positions").rng.choice(n - 1, POSITIONS - 1, replace=False)
        return [*sorted(int(k) for k in chosen), n - 1]


def _option(item: Item, answer: str | None) -> int | None:
    """Index of a wrong option, or None."""
    return item.options.index(answer) if answer in item.options and answer != item.gold else None
