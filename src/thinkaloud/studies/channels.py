"""Where does the ability live? The same item, with different things standing between question and answer.

See `docs/channels.md` for the protocol in words, how to read it, and what it cannot tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from thinkaloud.interventions.filler import KINDS
from thinkaloud.metrics.channels import channels
from thinkaloud.metrics.early import early
from thinkaloud.metrics.legibility import legibility
from thinkaloud.metrics.use import use
from thinkaloud.studies.base import Group, Settings, describe, thought
from thinkaloud.studies.conditions import Bench
from thinkaloud.vocabulary import Capability, Completion, Estimate, Key, Model, Record, Transcript


class Channels:
    """How much of the ability is silent, compute, content or residue, and does the answer follow what was said?"""

    name = "channels"
    question = (
        "When this model answers, how much of its ability over chance is silent, how much comes from extra tokens "
        "alone, how much from what a reader could read, and how much from what only the model can read?"
    )
    version = 2
    needs: frozenset[Capability] = frozenset({"prefill", "logprobs", "raw_reasoning"})
    limits: tuple[str, ...] = (
        "The channels say what the answer needs, not what it follows: a model can need nothing and still follow "
        "everything. Use (the `follow` rows) is read beside them.",
        "Content is what survives a rule-based paraphrase. Where the model's reasoning could not be paraphrased the "
        "item is left out, so the channels speak of the items with well-formed reasoning (`paraphrase validity`).",
        "Disruption by wording is decided in the mean: a model that unusual words throw on some items, and that needs "
        "the words on others, has the two cancel.",
        "Reading by probability books sharpening as content: a model that is 60% sure, then writes its best guess "
        "down, is surer of it afterwards. The rows by accuracy do not have this and are noisier.",
        "Short generated questions are toys: shares on them do not carry over to other tasks, prompts or models.",
    )

    async def measure(self, model: Model, group: Group, settings: Settings, key: Key) -> list[Record]:
        """One record an item: first every item's own reasoning (and a second sample), then all the readings."""
        bench = Bench(model, group, settings, key)
        thoughts = await asyncio.gather(*(asyncio.gather(bench.own(item), bench.again(item)) for item in group.items))
        owns = [group.task.parse(own.text) for own, _ in thoughts]
        return list(await asyncio.gather(*(_record(bench, i, owns, *thoughts[i]) for i in range(len(group.items)))))

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Channels first, then use, early answering and legibility."""
        return [
            estimate
            for metric in (channels, use, early, legibility)
            for estimate in metric(records, key.child(metric.__name__))
        ]


async def _record(bench: Bench, index: int, owns: list[Transcript], first: Completion, second: Completion) -> Record:
    """All conditions of one item."""
    item, own = bench.group.items[index], owns[index]
    base = describe(item, bench.group.first + index) | {"thought": thought(bench.task, item, own, first)}
    if not own.steps or first.finish != "stop":
        return {**base, "status": "unparsed", "error": "the reasoning did not come to an answer", "conditions": {}}
    jobs: dict[str, Coroutine[Any, Any, dict[str, object] | None]] = {
        "silent": bench.read(item, bench.silent, Transcript()),
        "own": bench.read(item, bench.aloud, own),
        "resample": bench.read(item, bench.aloud, bench.task.parse(second.text)),
        "paraphrase": bench.paraphrase(item, own),
        "foreign": bench.foreign(index, owns),
        "transplant": bench.transplant(item),
    }
    for kind, filler in KINDS.items():
        jobs[f"filler:{kind}"] = bench.filler(item, own, filler)
    jobs["silent:mismatched"] = bench.read(item, bench.aloud, Transcript())
    for keep in range(len(own.steps)):
        jobs[f"cut:{keep}"] = bench.cut(item, own, keep)
    for at in bench.positions(item, own):
        jobs[f"mistake:{at}"] = bench.mistake(item, own, at)
    done = await asyncio.gather(*jobs.values())
    conditions = {name: result for name, result in zip(jobs, done, strict=True) if result is not None}
    return {**base, "status": "ok", "error": None, "rejected": bench.rejected(item), "conditions": conditions}
