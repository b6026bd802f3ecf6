"""Where does the ability live? The same item, with different things standing between question and answer.

See `docs/channels.md` for the protocol in words, how to read it, and what it cannot tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.conditions.bench import Bench, Jobs, Owns, measured
from thinkaloud.conditions.cuts import sampled
from thinkaloud.conditions.filler import KINDS
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.paraphrased import about_paraphrases
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.conditions.think import Thought, why_not
from thinkaloud.conditions.written import NO_SPACE, Written, write
from thinkaloud.isolate import Failure, all_conditions, failed, got, guarded
from thinkaloud.items.asking import AskingStudy
from thinkaloud.items.study import Spread
from thinkaloud.metrics.channels import channels
from thinkaloud.metrics.early import early
from thinkaloud.metrics.legibility import legibility
from thinkaloud.metrics.lengths import lengths
from thinkaloud.metrics.listening import listening
from thinkaloud.metrics.mass import masses
from thinkaloud.metrics.outcomes import outcomes, told
from thinkaloud.metrics.readings import CONTINUES, because
from thinkaloud.metrics.reasons import with_causes
from thinkaloud.metrics.registered import registered
from thinkaloud.metrics.silences import silences
from thinkaloud.metrics.taken import numbers
from thinkaloud.metrics.use import use
from thinkaloud.metrics.wordings import by_wording
from thinkaloud.metrics.written import written
from thinkaloud.records.condition import MISMATCHED, PARAPHRASE, Condition
from thinkaloud.records.item import ConditionRecord, ItemRecord
from thinkaloud.records.pieces import describe, thought
from thinkaloud.studies.channels.card import CARD
from thinkaloud.studies.channels.page import PAGE
from thinkaloud.study import Asked
from thinkaloud.vocabulary import Estimate, Item, Key, Model, Record, Transcript

METRICS = (
    channels, registered, by_wording, silences, written, outcomes, masses, lengths, listening, use, early, legibility,
)  # fmt: skip


class Channels(AskingStudy):
    """How much of the ability is silent, compute, content or residue, and does the answer follow what was said?"""

    name = "channels"
    question = (
        "When this model answers, how much of its ability over chance is silent, how much comes from extra tokens "
        "alone, how much from what a reader could read, and how much from what only the model can read?"
    )
    short = "Where is the ability: silent, in extra tokens, in words that a reader can read, or in a residue?"
    # standard deviations over items, of the share that of its influence: SmolLM2-135M, 23 chain_sum, 21 big_sum and 134
    # further chain_sum items at the edge (level 3 and 10)
    spreads: Mapping[str, Spread] = {
        "P(gold) own": (0.36, 0.43), "silent": (0.24, 0.24), "compute": (0.16, 0.30), "content": (0.36, 0.52),
        "residue": (0.15, 0.23), "externalised share": (0.577, 0.577),
    }  # fmt: skip
    seen: str = "standard deviations of SmolLM2-135M on sums at its edge; where a model is surer, they are smaller"
    version = 4
    tiers: Mapping[str, str] = {
        "samples": "measurable here by samples of answers (--read-samples), with wider intervals",
        "text": "only the answers that it writes with and without reasoning; channels are not measurable here",
    }
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

    Settings = ConditionSettings
    record = ItemRecord
    page = PAGE
    card = CARD

    async def measure(self, model: Model, group: Group, settings: ConditionSettings, key: Key) -> list[Record]:
        """One record an item: first every item's own reasoning (and a second sample), then all the readings."""
        bench = Bench(model, group, settings, key)
        written = await write(bench)
        owns = [None if isinstance(one, Failure) else one.own for one in written]
        return list(await asyncio.gather(*(_item(bench, i, owns, one) for i, one in enumerate(written))))

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Channels first, then what is registered, lengths, use, early answering and legibility."""
        made = numbers(records)
        why = made.unable(CONTINUES)
        found = [row for metric in METRICS for row in because(metric(made, key.child(metric.__name__)), why)]
        return with_causes(found, made)

    def afterwards(self, task: str, records: Sequence[Record], asked: Asked) -> list[str]:
        """How reasonings ended, how many paraphrases were kept, and who made them."""
        return [*told(task, records), *about_paraphrases(task, records, asked.settings, asked.model.card.name)]


async def _item(bench: Bench, index: int, owns: Owns, written: Written | Failure) -> Record:
    """The record of one item, whatever happened."""
    base = describe(bench.group.items[index], bench.group.first + index)
    if isinstance(written, Failure):
        return base | failed(written)
    found = await guarded(_record(bench, index, owns, written))
    return base | (failed(found) if isinstance(found, Failure) else found)


async def _record(bench: Bench, index: int, owns: Owns, written: Written) -> dict[str, Any]:
    """All conditions of one item."""
    item, own = bench.group.items[index], written.own
    base: dict[str, Any] = {"thought": thought(bench.task, item, own, written.first)}
    if lacking := sorted(CONTINUES - bench.model.card.capabilities):
        base["lacking"] = lacking
    if not item.options:
        return {**base, "status": "unparsed", "error": NO_SPACE, "conditions": {}}
    if bench.group.asking.whole:
        return {**base, **await _whole(bench, item, written)}
    if not own.steps or not written.first.readable:
        return {**base, "status": "unparsed", "error": why_not(written.first), "conditions": {}}
    jobs: Jobs = {
        **bench.silences(item, written.silent),
        Condition("own"): bench.answered(item, own, written.answer),
        Condition("resample"): _resample(bench, item, written.second),
        Condition("paraphrase"): bench.paraphrase(item, own),
        Condition("foreign"): bench.foreign(index, owns),
        Condition("unrelated"): bench.unrelated(index, owns),
        Condition("transplant"): bench.transplant(item, own),
    }
    for kind, filler in KINDS.items():
        jobs[Condition("filler", kind)] = bench.filler(item, own, filler)
        jobs[Condition("filler", kind, form=PARAPHRASE)] = bench.longer_filler(item, own, filler)
    jobs[Condition("silent", form=MISMATCHED)] = bench.read(item, bench.aloud, Transcript())
    cuts = bench.cuts(item, own)
    for keep in cuts:
        jobs[Condition("cut", position=keep)] = bench.cut(item, own, keep)
    for at in bench.positions(item, own):
        jobs[Condition("mistake", position=at)] = bench.mistake(item, own, at)
    found = await all_conditions(measured(jobs, bench.count))
    return {**base, **sampled(cuts), **found, "rejected": bench.rejected(item)}


async def _whole(bench: Bench, item: Item, written: Written) -> dict[str, Any]:
    """What a model that answers in whole turns can be asked: without reasoning, and with its own, twice."""
    jobs: Jobs = {
        **bench.silences(item, written.silent),
        **bench.turn(item, written.first),
        Condition("resample"): _resample(bench, item, written.second),
    }
    return await all_conditions(measured(jobs, bench.count))


async def _resample(bench: Bench, item: Item, second: Thought | Failure) -> ConditionRecord:
    return await bench.after(item, got(second))
