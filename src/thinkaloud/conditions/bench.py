"""What can stand between question and answer, one method a condition: the stock that studies are composed from.

`Bench` holds what all conditions of a group share: the model, the examples in each form and the streams of
randomness. Each method makes one condition of one item and returns its record, or None where this item has no such
condition (no safe paraphrase, no donor, no mistake that leads anywhere, another's reasoning that is this item's own).

An edit changes the text or fails (`NothingChanged`), but for `Edit.control`, which is there to be compared with, and
paraphrases: one draws each sentence's wording evenly from all there are (`tasks/grammar.py`), so a short one may have
the words it had, and its `changed` is empty. Nothing here says which conditions a study wants, and nothing is
estimated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thinkaloud.conditions.answering import Answer, right
from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.cuts import cuts
from thinkaloud.conditions.editor import Editor
from thinkaloud.conditions.filler import Count, Filler, counted
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.mistake import mistake_by_model
from thinkaloud.conditions.paraphrase import Reworded, Rewriter, paraphrase_by_model, paraphrase_by_rules
from thinkaloud.conditions.sampled import SampledReader, one_answer
from thinkaloud.conditions.settings import ConditionSettings, budget_of, paraphraser_of, room
from thinkaloud.conditions.snap import Form, nothing, shots, snap, worked
from thinkaloud.conditions.stated_number import mistake_by_number
from thinkaloud.conditions.think import Thought, think, why_not
from thinkaloud.conditions.transplant import donor, neighbour, unrelated
from thinkaloud.conditions.trial import Settled
from thinkaloud.conditions.truncate import replace_step, truncate
from thinkaloud.errors import FailedReading
from thinkaloud.joining import joined, lead
from thinkaloud.records.condition import Condition
from thinkaloud.records.item import ConditionRecord, Rejected
from thinkaloud.records.pieces import condition
from thinkaloud.tasks.answers import match
from thinkaloud.tasks.candidates import with_candidates
from thinkaloud.tasks.traits import Worded
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Item, Key, Mistake, Model, Sampling, Shot, Step, Task, Transcript

Made = ConditionRecord | None
"""The record of one condition, None where an item has no such condition."""
Jobs = dict[Condition, Coroutine[Any, Any, Made]]
"""Conditions to be made."""
Owns = Sequence[Transcript | None]
"""The own reasoning of every item of the group; None where it failed."""

REST = 32
"""Tokens that a reasoning gets at least, to go on after its beginning."""
POSITIONS = 4
"""Edits are made at every step of a short thought, and at this many of a long one."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A reasoning up to and with its changed step `at`; `last`: nothing comes after it; `name` is for its
    randomness; `changed`: the steps whose text is another one (None: the one at `at`)."""

    start: Transcript
    at: int
    last: bool
    name: str
    changed: tuple[int, ...] | None = None

    @staticmethod
    def of(own: Transcript, at: int, step: Step, name: str) -> Edit:
        """`step` in the place of the step at `at`; `NothingChanged` where it has the same words."""
        return Edit(replace_step(own, at, step), at, at == len(own.steps) - 1, name)

    @staticmethod
    def control(own: Transcript, at: int, name: str) -> Edit:
        """No edit, for comparison: the steps up to and with the one at `at`, as they are."""
        return Edit(Transcript(own.steps[: at + 1]), at, at == len(own.steps) - 1, name, ())


@dataclass(frozen=True, slots=True)
class Filled:
    """A form of examples: filler, as long as they are in another form."""

    filler: Filler
    form: Form
    count: Count

    def __call__(self, example: Item) -> Transcript:
        """The filler of an example."""
        return self.instead(example, self.form(example))

    def instead(self, item: Item, of: Transcript) -> Transcript:
        """Filler as long as a transcript."""
        return self.filler(item, self.count(of.text), self.count)


class Bench:
    """The conditions of one group."""

    def __init__(self, model: Model, group: Group, settings: ConditionSettings, key: Key) -> None:
        self.model, self.group, self.settings, self.key = model, group, settings, key
        self.task = group.task
        self.count = counted(model)
        self.paraphraser = paraphraser_of(settings, group.task)
        self.editor = Editor(group.editor or model, key.child("editor"))
        self._paraphrases: dict[tuple[Key, str], asyncio.Future[Reworded]] = {}
        self.settled = Settled.of(group.prepared)
        self._examples: dict[Form, tuple[Shot, ...]] = {}
        asking, stem = group.asking, self.settled.stem
        self.aloud = self.with_examples(worked, asking.aloud(stem))
        self.silent = self.with_examples(nothing, asking.silent(self.settled.silence, stem))
        self.answers: Sequence[str | None] = ()
        """What the model answered after its own reasoning about each item, where it was asked to."""
        self.refused: dict[str, Reworded] = {}
        """What came of the paraphrase of each item (by its id) whose reasoning could not be paraphrased."""

    def with_examples(self, form: Form, way: Way | None = None) -> Way:
        """A way to ask (that with reasoning) with the group's examples in this form, where it shows examples at all."""
        base = self.aloud if way is None else way
        if form not in self._examples:  # all items of the group show the same, and making it is most of the work
            self._examples[form] = shots(self.group.examples, form)
        return self.group.asking.showing(base, self._examples[form])

    @property
    def writes_answers(self) -> bool:
        """Whether the model is let write its own answers: where no examples show it how to state them."""
        return self.group.asking.ask != "few-shot"

    def spaced(self, item: Item, said: Sequence[str]) -> Item:
        """The item with an answer space: as it is where it has options, else with candidates, among them what the model
        `said`."""
        others = [other.gold for other in (*self.group.items, *self.group.examples) if other.id != item.id]
        return with_candidates(
            item, said, self.key.child(item.id, "candidates"), others=others, verify=self.task.verify
        )

    def sampling(self, item: Item, temperature: float | None = None) -> Sampling:
        """How the model's own reasoning about an item is written. Where the group's room would fill half the context,
        the item's own length counts: one very long item must not take the room from the others. A number that the user
        gave is taken as it is."""
        half = self.model.card.context // 2
        tokens = room(self.settings, self.group, half)
        if tokens > half:
            tokens = room(self.settings, replace(self.group, items=(item,)), half)
        warm = self.settings.temperature if temperature is None else temperature
        return self.group.asking.sampling(tokens, warm)

    def rest(self, item: Item, start: Transcript) -> Sampling:
        """How a reasoning that has begun is written on. Of a number of tokens that the user gave, what is left is used,
        and at least `REST`: with its beginning it is no longer than one that the model writes by itself."""
        whole = self.sampling(item)
        if budget_of(self.settings) is None:
            return whole
        return replace(whole, tokens=max(REST, whole.tokens - self.count(start.text)))

    async def own(self, item: Item, sample: int = 0) -> Thought:
        """The model's own reasoning, or as the first sample the transcript that the item came with, which costs
        nothing; `sample` counts repeated ones."""
        came = given(item)
        if came is not None and not sample:
            return Thought(came, 0, "stop", "closed")
        key = self.key.child(item.id, "own", *([sample] if sample else []))
        return await think(self.model, item, self.aloud, self.sampling(item), key)

    async def again(self, item: Item, sample: int = 0) -> Thought:
        """A second sample of it, at the temperature for that."""
        key = self.key.child(item.id, "resample", *([sample] if sample else []))
        return await think(self.model, item, self.aloud, self.sampling(item, self.settings.resample_temperature), key)

    async def read(self, item: Item, way: Way, between: Transcript) -> ConditionRecord:
        """What the model answers when `between` stands there."""
        return condition(between, await snap(self.model, item, way, between))

    def silences(self, item: Item, answer: Answer | None = None) -> Jobs:
        """Without reasoning: in the form that is the baseline, and in the others that this model has. `answer`: what it
        wrote in the first."""
        asking, stem = self.group.asking, self.settled.stem
        main = self.settled.silence or next(iter(asking.silences), "")
        jobs: Jobs = {Condition("silent"): self.answered(item, Transcript(), answer)}
        for form in asking.silences:
            if form != main:
                jobs[Condition("silent", form=form)] = self.read(item, asking.silent(form, stem), Transcript())
        return jobs

    async def answered(self, item: Item, between: Transcript, answer: Answer | None) -> ConditionRecord:
        """What the model answers after `between` (its own reasoning, or nothing), with the answer that it wrote."""
        found = await self.read(item, self.aloud if between.steps else self.silent, between)
        if answer is None:
            return found
        return {**found, "said": answer.said, "right": right(self.task, item, answer.said)}

    async def after(self, item: Item, done: Thought) -> ConditionRecord:
        """What the model answers after a reasoning that it wrote. Where it is asked for whole turns, that is the answer
        of this turn, as a reading of one draw; `FailedReading` where none can be read from it."""
        between = self.task.parse(done.text)
        if not self.group.asking.whole:
            return await self.read(item, self.aloud, between)
        if done.said is None:
            raise FailedReading(f"no answer could be read: {why_not(done)}")
        found = condition(between, one_answer(self.task, item, done.said))
        return {**found, "said": done.said, "right": right(self.task, item, done.said)}

    def turn(self, item: Item, first: Thought) -> Jobs:
        """Its own reasoning with the answer that it wrote in the same turn; nothing where there is none to read, as
        its outcome says."""
        return {} if first.said is None else {Condition("own"): self.after(item, first)}

    async def own_again(self, item: Item, own: Transcript) -> Made:
        """A second reading after its own reasoning, where readings are drawn: by how much they differ by chance."""
        if not isinstance(self.model, SampledReader):
            return None
        return condition(own, await snap(self.model.again(), item, self.aloud, own))

    async def filler(self, item: Item, own: Transcript, filler: Filler) -> ConditionRecord:
        """Filler as long as its own reasoning, after examples with filler as long as theirs."""
        return await self._filler(item, filler, own, worked)

    async def longer_filler(self, item: Item, own: Transcript, filler: Filler) -> Made:
        """Filler as long as its own reasoning in other words, which is often longer: content is the paraphrase over the
        best filler, so one of them must be as long. None where there is no paraphrase."""
        other = (await self.other_words(item, own)).transcript
        return None if other is None else await self._filler(item, filler, other, self.reworded)

    async def _filler(self, item: Item, filler: Filler, thought: Transcript, form: Form) -> ConditionRecord:
        filled = Filled(filler, form, self.count)
        return await self.read(item, self.with_examples(filled), filled.instead(item, thought))

    def cuts(self, item: Item, own: Transcript) -> dict[int, float]:
        """After how many sentences its own reasoning is cut, each with the probability that it was drawn: 1 for all of
        a short one."""
        return cuts(len(own.steps), self.key.child(item.id, "cuts", own.text))

    async def cut(self, item: Item, own: Transcript, keep: int) -> ConditionRecord:
        """The first `keep` sentences of its own."""
        return await self.read(item, self.aloud, truncate(own, keep))

    async def paraphrase(self, item: Item, own: Transcript) -> Made:
        """Its own reasoning in other words, after examples in other words; None where no paraphrase is safe, and then
        `refused` says why. Sentences whose even draw gave the words they had are not marked as changed."""
        made = await self.other_words(item, own)
        if made.transcript is None:
            self.refused[item.id] = made
            return None
        way, other = self.with_examples(self.reworded), made.transcript
        changed = differing(own, other) if made.changed is None else made.changed
        found = condition(other, await snap(self.model, item, way, other), changed)
        if isinstance(self.task, Worded):
            found["wordings"] = [self.task.wording(step) for step in other.steps]
        return {**found, "check": made.check, **made.extent}

    async def other_words(self, item: Item, thought: Transcript, *part: object) -> Reworded:
        """A paraphrase by who the settings say; `part` names the piece of reasoning it is of. Each item draws its
        wordings for itself: then how the model takes them is part of what items differ in, and of the interval. A
        model is asked once, however often its paraphrase is needed."""
        if self.paraphraser == "rules":
            return paraphrase_by_rules(self.task, thought, self.key.child(item.id, "wording", *part))
        key = self.key.child(item.id, "paraphrase", *part)
        asked = (key, thought.text)
        if asked not in self._paraphrases:
            self._paraphrases[asked] = asyncio.ensure_future(self._other_words(item, thought, key))
        return await self._paraphrases[asked]

    async def _other_words(self, item: Item, thought: Transcript, key: Key) -> Reworded:
        if self.paraphraser == "model" and self.task.reads_steps:
            return await paraphrase_by_model(self.editor.model, self.task, thought, key, item.options)
        editor = None if self.paraphraser == "wording" else self.editor
        return await Rewriter(self.task, key, editor, self.paraphraser != "model").reword(thought, item.options)

    def reworded(self, example: Item) -> Transcript:
        """An example's reasoning in other words, for all items of the group: they share its tokens."""
        key = self.key.child("wording", self.group.first, example.id)
        return self.task.paraphrase(example.worked, key) or example.worked

    def rejected(self, item: Item) -> Rejected | None:
        """The part of a record that says why an item has no paraphrase, None where it has one."""
        made = self.refused.get(item.id)
        if made is None:
            return None
        by = "model" if self.paraphraser == "auto" else self.paraphraser
        return Rejected(by=by, why=made.why or "", wrote=made.wrote)

    async def foreign(self, index: int, owns: Owns) -> Made:
        """A neighbour's own reasoning: what any reasoning at all does."""
        other = neighbour(self.group.items, index)
        between = None if other is None else owns[other]
        if between is None or not between.steps or _alike(between, owns[index]):
            return None
        item = self.group.items[index]
        implied = option(item, between.conclusion)
        return condition(between, await snap(self.model, item, self.aloud, between), range(len(between.steps)), implied)

    async def unrelated(self, index: int, owns: Owns) -> Made:
        """A neighbour's own reasoning that concludes none of this item's options: what any reasoning at all does. None
        where every neighbour's leads to one of them, or cannot be read. None as well where one that failed comes before
        the first that would do: it might have been the one, and no failure changes what is read of another item."""
        item = self.group.items[index]
        other = unrelated(item, index, [self._leads(item, own, i) for i, own in enumerate(owns)])
        between = None if other is None else owns[other]
        if between is None or _alike(between, owns[index]):
            return None
        return condition(between, await snap(self.model, item, self.aloud, between), range(len(between.steps)))

    def _leads(self, item: Item, own: Transcript | None, index: int) -> str | None:
        """Where a reasoning leads: what its last step concludes, or where no step can be read, what the model answered
        after it, as the option of `item` that this is."""
        if own is None:  # no option of any item, so a neighbour that failed is chosen, and has nothing to lend
            return ""
        if own.conclusion is not None or not self.answers:
            return own.conclusion
        said = self.answers[index]
        place = None if said is None else match(said, item.options, item.question)
        return said if place is None else item.options[place]

    async def transplant(self, item: Item, own: Transcript) -> Made:
        """Right reasoning, in other words, of an item whose answer is one of this item's wrong options; None where
        there is none, or the model's own is the same."""
        other = donor(item, self.group.donors, self.key.child(item.id, "donor"))
        if other is None:
            return None
        key = self.key.child(item.id, "wording", "donor")
        between = self.task.paraphrase(other.worked, key) or other.worked
        if _alike(between, own):
            return None
        reading = await snap(self.model, item, self.with_examples(self.reworded), between)
        return condition(between, reading, range(len(between.steps)), option(item, between.conclusion))

    async def mistake(self, item: Item, own: Transcript, at: int, name: str = "on") -> Made:
        """Step `at` made wrong; the model goes on from there, and the answer may follow or not."""
        made = await self.wrong(item, own, at)
        if made is None:
            return None
        return await self.go_on(item, Edit.of(own, at, made.step, name), implied=option(item, made.implied))

    async def wrong(self, item: Item, own: Transcript, at: int) -> Mistake | None:
        """The mistake: by the task's rules; where it reads no steps a number that is another one, and where there
        is none to change, by the editor if one is asked."""
        key = self.key.child(item.id, "mistake", at)
        made = self.task.mistake(item, own, at, key)
        if made is not None or self.task.reads_steps:
            return made
        made = mistake_by_number(item, own, at, key)
        if made is not None or self.paraphraser == "rules":
            return made
        return await mistake_by_model(self.editor.model, item, own, at, key)

    async def go_on(
        self, item: Item, edit: Edit, way: Way | None = None, implied: int | None = None
    ) -> ConditionRecord:
        """The model goes on from an edit where there was a rest, and answers."""
        between, wrote, asked = edit.start, None, self.aloud if way is None else way
        if not edit.last:
            key = self.key.child(item.id, edit.name, edit.at)
            rest = await think(self.model, item, asked, self.rest(item, edit.start), key, edit.start)
            wrote = rest.text
            between = continued(self.task, edit.start, rest.text)
        reading = await snap(self.model, item, asked, between)
        changed = (edit.at,) if edit.changed is None else edit.changed
        return condition(between, reading, changed, implied, wrote) | {"start": len(edit.start.steps)}

    def positions(self, item: Item, own: Transcript) -> list[int]:
        """Where edits are made: everywhere, or the last step and a random three of the others."""
        n = len(own.steps)
        if n <= POSITIONS:
            return list(range(n))
        chosen = self.key.child(item.id, "positions").rng.choice(n - 1, POSITIONS - 1, replace=False)
        return [*sorted(int(k) for k in chosen), n - 1]


def continued(task: Task, start: Transcript, text: str) -> Transcript:
    """`start` and what was written after it; line ends that stood between them are kept."""
    rest = task.parse(text).steps
    first = tuple(replace(step, text=lead(text) + step.text) for step in rest[:1])
    return Transcript((*start.steps, *first, *rest[1:]))


def measured(jobs: Jobs, count: Count) -> dict[str, Coroutine[Any, Any, Made]]:
    """The same conditions by the names that records give them, each with how long its text is (`tokens`: in the unit
    of `count`). Where that cannot be told (a server that is gone, a text that the tokenizer refuses) the condition
    fails, and no other."""

    async def long(job: Coroutine[Any, Any, Made]) -> Made:
        found = await job
        return None if found is None else {**found, "tokens": count(joined(found["between"]))}

    return {condition.name: long(job) for condition, job in jobs.items()}


def _alike(one: Transcript, other: Transcript | None) -> bool:
    """Whether two reasonings have the same words."""
    return other is not None and one.text.split() == other.text.split()


def differing(old: Transcript, new: Transcript) -> tuple[int, ...]:
    """Places of the sentences of `new` that do not stand, word by word, at the same place of `old`."""
    texts = [step.text for step in old.steps]
    return tuple(i for i, step in enumerate(new.steps) if texts[i : i + 1] != [step.text])


def inclusion(n: int, at: int) -> float:
    """The probability that position `at` of `n` is among `Bench.positions`."""
    return 1.0 if n <= POSITIONS or at == n - 1 else (POSITIONS - 1) / (n - 1)


def option(item: Item, answer: str | None) -> int | None:
    """Index of a wrong option, or None."""
    return item.options.index(answer) if answer in item.options and answer != item.gold else None
