"""Is the visible reasoning what the answer needs, what it follows, and does it say what moved it? Every published test.

See `docs/faithfulness.md` for the protocol in words, how to read it, and what it cannot tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.bench import Bench, Edit, Jobs, Made, Owns, differing, inclusion, measured
from thinkaloud.conditions.cuts import sampled
from thinkaloud.conditions.filler import KINDS
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.hint import ALWAYS_FIRST, Hint, hinted, hints_of, verbalised
from thinkaloud.conditions.lettered import Order, as_drawn, ask, lettered_shots, snap_lettered
from thinkaloud.conditions.paraphrased import about_paraphrases
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.conditions.snap import Form, nothing, worked
from thinkaloud.conditions.think import think, why_not
from thinkaloud.conditions.truncate import truncate
from thinkaloud.conditions.written import NO_SPACE, Written, write
from thinkaloud.errors import NothingChanged, UserError
from thinkaloud.isolate import Failure, all_conditions, failed, got, guarded
from thinkaloud.items.asking import AskingStudy
from thinkaloud.metrics.outcomes import told
from thinkaloud.metrics.readings import CONTINUES
from thinkaloud.metrics.reasons import with_causes
from thinkaloud.metrics.suite import suite
from thinkaloud.records.condition import AGAIN, LETTERED, PARAPHRASE, REORDERED, SILENT, Condition
from thinkaloud.records.item import ConditionRecord, ItemRecord
from thinkaloud.records.pieces import condition, describe, thought
from thinkaloud.settings import setting
from thinkaloud.studies.faithfulness.card import CARD
from thinkaloud.studies.faithfulness.page import PAGE
from thinkaloud.study import Asked
from thinkaloud.tasks.draws import pick
from thinkaloud.tasks.options import lettered
from thinkaloud.tasks.traits import Reversible
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Capability, Estimate, Item, Key, Model, Record, Transcript

SILENT_LETTERED, OWN_LETTERED = Condition("silent", form=LETTERED), Condition("own", form=LETTERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaithfulnessSettings(ConditionSettings):
    """What the tests of faithfulness may be told."""

    samples: int = setting(1, "Samples of its own reasoning for every item.")

    def __post_init__(self) -> None:
        ConditionSettings.__post_init__(self)
        if self.samples < 1:
            raise UserError(f"samples is {self.samples}: at least 1")
        if self.samples > 1 and not self.temperature and self.ask != "native":
            raise UserError(f"--samples {self.samples} needs --temperature above 0: greedy samples are all the same")


class Faithfulness(AskingStudy):
    """Early answering, mistakes, paraphrase, filler, hints, reversed pairs, order, transplants: with their controls."""

    name = "faithfulness"
    question = (
        "When this model reasons before it answers: does the answer need the reasoning, does it follow it, does it "
        "hang on the wording, and does the reasoning say what moved the answer?"
    )
    short = "Does the answer need the reasoning, follow it, hang on its wording, and say what moved it?"
    version = 3
    tiers: Mapping[str, str] = {
        "samples": "measurable here by samples of answers (--read-samples), with wider intervals",
        "text": "only hints, answers with and without reasoning, order of options, self-consistency; tests that edit "
        "the reasoning are not measurable here",
    }
    limits: tuple[str, ...] = (
        "There is no score of faithfulness. Need, use, wording and bias are different things, and a model can have any "
        "of them without the others. Each test is blind to something: the ruler card says to what.",
        "Early answering and filler are low where the model is right at once: read the accuracy without reasoning that "
        "stands beside them before calling a reasoning post-hoc.",
        "Mistakes, paraphrases and what an edit leads to are made by the task's own grammar where it has one. Items "
        "whose reasoning it cannot read are left out of those tests (n says so).",
        "Whether a hint was named is judged by two lists of words. They see words, not admission.",
        "Short generated questions are toys: findings on them do not carry over to other tasks, prompts or models.",
    )

    Settings = FaithfulnessSettings
    record = ItemRecord
    page = PAGE
    card = CARD

    async def measure(self, model: Model, group: Group, settings: FaithfulnessSettings, key: Key) -> list[Record]:
        """`settings.samples` records an item: first all its own reasoning, then everything that is done to it."""
        bench = Bench(model, group, settings, key)
        lacking = CONTINUES - model.card.capabilities
        rounds = [await self._round(bench, lacking, sample) for sample in range(settings.samples)]
        return [record for records in zip(*rounds, strict=True) for record in records]

    async def _round(self, bench: Bench, lacking: frozenset[Capability], sample: int) -> list[Record]:
        """One record an item, from one sample of its reasoning."""
        written = await write(bench, sample)
        owns, items = [None if isinstance(one, Failure) else one.own for one in written], bench.group.items

        async def one(index: int) -> Record:
            base = describe(items[index], bench.group.first + index) | {"sample": sample, "lacking": sorted(lacking)}
            done = written[index]
            if isinstance(done, Failure):
                return base | failed(done)
            found = await guarded(_Unit(bench, index, owns, done, sample).record(lacking))
            return base | (failed(found) if isinstance(found, Failure) else found)

        return list(await asyncio.gather(*map(one, range(len(items)))))

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Every test in reading order (`metrics/suite.py`)."""
        return with_causes(suite(records, key), records)

    def afterwards(self, task: str, records: Sequence[Record], asked: Asked) -> list[str]:
        """How reasonings ended, how many paraphrases were kept, and who made them."""
        return [*told(task, records), *about_paraphrases(task, records, asked.settings, asked.model.card.name)]


class _Unit:
    """The conditions of one item and one sample of its reasoning."""

    def __init__(
        self,
        bench: Bench,
        index: int,
        owns: Owns,
        written: Written,
        sample: int,
    ) -> None:
        self.bench, self.index, self.owns, self.sample = bench, index, owns, sample
        self.item = bench.group.items[index]
        self.written = written
        self.first, self.own, self.second = written.first, written.own, written.second
        self._came = given(self.item) is not None and not sample
        self.key = bench.key.child(self.item.id, sample)

    async def record(self, lacking: frozenset[Capability]) -> dict[str, Any]:
        """All conditions that the model can be asked validly; `lacking` says what it cannot do."""
        bench, item, own = self.bench, self.item, self.own
        base: dict[str, Any] = {"thought": thought(bench.task, item, own, self.first)}
        if not item.options:
            return {**base, "status": "unparsed", "error": NO_SPACE, "conditions": {}}
        silent: Jobs = {**bench.silences(item, self.written.silent), **self._letters()}
        if bench.group.asking.whole:
            base |= {"positions": {}} | self._reverse()
            return {**base, **await all_conditions(measured(silent | self._turns(base), bench.count))}
        if lacking:
            return {**base, "positions": {}, **await all_conditions(measured(silent, bench.count))}
        if not own.steps or not self.first.readable:
            for job in silent.values():
                job.close()
            return {**base, "status": "unparsed", "error": why_not(self.first), "conditions": {}}
        places = bench.positions(item, own)
        base["positions"] = {str(at): inclusion(len(own.steps), at) for at in places}
        base |= sampled(bench.cuts(item, own)) | self._reverse()
        jobs = silent | self._readings() | self._edits(places) | self._hints() | self._turned(base)
        found = await all_conditions(measured(jobs, bench.count))
        return {**base, **found, "rejected": bench.rejected(item)}

    def _turns(self, base: dict[str, Any]) -> Jobs:
        """What can be asked of a model in whole turns: its own answer twice, under hints, to the reversed question."""
        again: Jobs = {Condition("resample"): self._resample()}
        return self.bench.turn(self.item, self.first) | again | self._hints() | self._turned(base)

    def _turned(self, base: dict[str, Any]) -> Jobs:
        return {Condition("reversed"): self._reversed()} if "reverse" in base else {}

    def _readings(self) -> Jobs:
        """Its own reasoning whole, cut, in other words, replaced."""
        bench, item, own = self.bench, self.item, self.own
        jobs: Jobs = {
            Condition("own"): bench.answered(item, own, self.written.answer),
            Condition("own", form=AGAIN): bench.own_again(item, own),
            Condition("resample"): self._resample(),
            Condition("paraphrase"): bench.paraphrase(item, own),
            Condition("foreign"): bench.foreign(self.index, self.owns),
            Condition("unrelated"): bench.unrelated(self.index, self.owns),
            Condition("transplant"): bench.transplant(item, own),
        }
        jobs |= {Condition("filler", kind): bench.filler(item, own, filler) for kind, filler in KINDS.items()}
        jobs |= {
            Condition("filler", kind, form=PARAPHRASE): bench.longer_filler(item, own, filler)
            for kind, filler in KINDS.items()
        }
        return jobs | {Condition("cut", position=keep): bench.cut(item, own, keep) for keep in bench.cuts(item, own)}

    async def _resample(self) -> Made:
        return await self.bench.after(self.item, got(self.second))

    def _edits(self, places: Sequence[int]) -> Jobs:
        """At each place: a mistake, nothing, the sentence in other words, all up to it in other words; gone on from."""
        jobs: Jobs = {}
        for at in places:
            jobs[Condition("mistake", position=at)] = self.bench.mistake(
                self.item, self.own, at, f"on:{self.sample}" if self.sample else "on"
            )
            jobs[Condition("continue", position=at)] = self._continue(at)
            jobs[Condition("reword", position=at)] = self._reword(at, self.own.steps[at : at + 1])
            jobs[Condition("prefix", position=at)] = self._reword(at, self.own.steps[: at + 1])
        return jobs

    async def _continue(self, at: int) -> Made:
        """No edit: the model goes on from its own first sentences, as it does after a mistake."""
        return await self.bench.go_on(self.item, Edit.control(self.own, at, f"continue:{self.sample}"))

    async def _reword(self, at: int, steps: Sequence[Any]) -> Made:
        """The last sentence up to `at`, or all of them, in other words."""
        made = await self.bench.other_words(self.item, Transcript(tuple(steps)), at, len(steps), self.sample)
        if made.transcript is None:
            return None
        kept, last = truncate(self.own, at + 1 - len(steps)).steps, at == len(self.own.steps) - 1
        other = Transcript((*kept, *made.transcript.steps))
        name = f"reword:{len(steps)}:{self.sample}"
        return await self.bench.go_on(self.item, Edit(other, at, last, name, differing(self.own, other)))

    # ------------------------------------------------------------------------------------------------- letters

    def _letters(self) -> Jobs:
        """Without reasoning and with letters, in two orders; not where the question's own options are letters."""
        if lettered(self.item):
            return {}
        other = tuple(int(i) for i in self.key.child("order").rng.permutation(len(self.item.options)))
        return {
            SILENT_LETTERED: self._lettered(as_drawn(self.item), self._lettered_way(nothing, as_drawn)),
            Condition("silent", form=REORDERED): self._lettered(other, self._lettered_way(nothing, as_drawn)),
        }

    def _lettered_way(self, form: Form, order: Callable[[Item], Order]) -> Way:
        """How lettered questions are asked: with lettered examples in this form, or without any."""
        way = self.bench.silent if form is nothing else self.bench.aloud
        group = self.bench.group
        # letters need options: examples that are answered freely get candidates, as the items do
        examples = [self.bench.spaced(example, ()) for example in group.examples]
        shots = lettered_shots([example for example in examples if example.options], form, order)
        return group.asking.showing(way, shots)

    async def _lettered(self, order: Order, way: Way, between: Transcript | None = None) -> ConditionRecord:
        there = between or Transcript()
        reading = await snap_lettered(self.bench.model, self.item, order, way, there)
        return {**condition(there, reading), "order": list(order)}

    async def _lettered_own(self, way: Way, name: str) -> tuple[ConditionRecord, str]:
        """Reasoning about the lettered question, then its reading; and the reasoning."""
        order = as_drawn(self.item)
        asked = replace(self.item, question=ask(self.item, order), shown=False)
        sampling, key = self.bench.sampling(self.item), self.key.child(name)
        done = await think(self.bench.model, asked, way, sampling, key)
        if self.bench.group.asking.whole:
            return {**await self.bench.after(asked, done), "order": list(order)}, done.text
        return await self._lettered(order, way, self.bench.task.parse(done.text)), done.text

    # ------------------------------------------------------------------------------------------------- hints

    def _hints(self) -> Jobs:
        """Each kind of hint to one wrong option, with reasoning and without; letters with and without a pattern."""
        # one option for all samples of an item: they are trials of the same hint
        wrong = pick(
            self.bench.key.child(self.item.id, "hint").rng, [o for o in self.item.options if o != self.item.gold]
        )
        jobs: Jobs = {OWN_LETTERED: self._plain_letters()}
        for name, hint in hints_of(self.bench.task).items():
            jobs[Condition("hint", name)] = self._hinted(hint, wrong)
            jobs[Condition("hint", name, form=SILENT)] = self._hinted_silently(hint, wrong)
        if self.item.gold_index != 0:
            jobs[Condition("hint", ALWAYS_FIRST.name)] = self._always_first(True)
            jobs[Condition("hint", ALWAYS_FIRST.name, form=SILENT)] = self._always_first(False)
        return jobs

    async def _plain_letters(self) -> Made:
        if lettered(self.item):
            return None
        found, _ = await self._lettered_own(self._lettered_way(worked, as_drawn), OWN_LETTERED.name)
        return found

    async def _hinted(self, hint: Hint, wrong: str) -> Made:
        asked = hinted(self.item, hint, wrong)
        done = await think(
            self.bench.model, asked, self.bench.aloud, self.bench.sampling(self.item), self.key.child(hint.name)
        )
        found = await self.bench.after(asked, done)
        # who reasons under the hint is this model: a transcript that somebody else wrote is no base for what it changed
        base, plain = ("resample", got(self.second)) if self._came else ("own", self.first)
        told, untold = verbalised(done.text, hint, wrong), verbalised(plain.text, hint, wrong)
        implied = self.item.options.index(wrong)
        return {**found, "implied": implied, "base": base, "verbalised": told, "verbalised_base": untold}

    async def _hinted_silently(self, hint: Hint, wrong: str) -> Made:
        asked = hinted(self.item, hint, wrong)
        found = await self.bench.read(asked, self.bench.silent, Transcript())
        return {**found, "implied": self.item.options.index(wrong), "base": "silent"}

    async def _always_first(self, aloud: bool) -> Made:
        """Examples whose right option is always (A); the item's own is not. None where it is so without any change."""
        form = worked if aloud else nothing
        way = self._lettered_way(form, _gold_first)
        if way == self._lettered_way(form, as_drawn):
            return None
        if not aloud:
            found = await self._lettered(as_drawn(self.item), way)
            return {**found, "implied": 0, "base": SILENT_LETTERED.name}
        found_, text = await self._lettered_own(way, ALWAYS_FIRST.name)
        told = verbalised(text, ALWAYS_FIRST, self.item.options[0])
        return {**found_, "implied": 0, "base": OWN_LETTERED.name, "verbalised": told}

    # ------------------------------------------------------------------------------------------------- reversed pairs

    def _reverse(self) -> dict[str, object]:
        """The reversed question, where the task has one."""
        if not isinstance(self.bench.task, Reversible):
            return {}
        other = self.bench.task.reverse(self.item)
        return {"reverse": {"question": other.question, "gold": other.gold_index}}

    async def _reversed(self) -> Made:
        """Its reasoning about the reversed question, and the answer, in the order of this item's options."""
        assert isinstance(self.bench.task, Reversible)
        turned = self.bench.task.reverse(self.item)
        if turned.question == self.item.question:
            raise NothingChanged(f"the reversed question is the same: {turned.question!r}")
        other, sampling = replace(turned, shown=self.item.shown), self.bench.sampling(self.item)
        done = await think(self.bench.model, other, self.bench.aloud, sampling, self.key.child("reversed"))
        return await self.bench.after(other, done)


def _gold_first(item: Item) -> Order:
    """The right option behind the first letter, the others in their order."""
    return (item.gold_index, *(i for i in as_drawn(item) if i != item.gold_index))
