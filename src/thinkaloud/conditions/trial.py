"""Settles how this model's answers are asked for, on items that are not measured afterwards.

Where examples do not show it, two things must be found out, and each matters more than most effects:

* the *stem* of the answer. A model that writes `\\boxed{18}` gives an answer little probability after "The answer is".
  Candidates are what this model wrote before its own answers, and the usual ones; the one after which the answer space
  holds most probability is taken.
* the *form of silence*. An empty block, a switch of the template, an instruction: the one with the highest probability
  of the right answer is the baseline, since content is what reasoning adds to the best that the model does without.
  The others are measured beside it.

They are chosen on few items, so a choice may be off by chance; it is not biased by the items that are measured, and the
readings of all candidates are in the record. Without items to try, the usual ones are taken.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from thinkaloud.conditions.answering import answered
from thinkaloud.conditions.asking import STEM, Asking, Stem, Way
from thinkaloud.conditions.snap import snap
from thinkaloud.conditions.think import think
from thinkaloud.errors import FailedReading
from thinkaloud.isolate import Failure, guarded
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.candidates import with_candidates
from thinkaloud.vocabulary import LINE_END, Item, Key, Model, Reading, Record, Sampling, Task, Transcript

USUAL = (
    Stem(closing=LINE_END),
    Stem("\n\nThe answer is", LINE_END),
    Stem("\n\nAnswer:", LINE_END),
    Stem("\n\n\\boxed{", "}", tight=True),
)
"""Stems that are tried whatever the model wrote."""
OBSERVED = 3
"""So many of those that it wrote are tried as well, the most frequent first."""
CURRENCY = "$\u20ac\u00a3\u00a5"
"""Marks that belong to the stem where the options have none."""
LONGEST = 40
"""Characters of a stem: of a longer one, the end counts."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled: the stem, the form of silence (empty: the usual one)."""

    stem: Stem = STEM
    silence: str = ""

    @staticmethod
    def of(prepared: Sequence[Record]) -> Settled:
        """From what a unit was given; the usual ones where nothing was tried."""
        found = next((record for record in prepared if "stem" in record), None)
        if found is None:
            return Settled()
        return Settled(Stem(**found["stem"]), found["silence"])


@dataclass(frozen=True, slots=True)
class _Tried:
    """One item of the trial: with an answer space, its reasoning, and the stem that the model used."""

    item: Item
    own: Transcript
    stem: Stem | None


async def settle(model: Model, task: Task, items: Sequence[Item], asking: Asking, how: How) -> Record:
    """The record of a trial; see the head of this module."""
    tried = await asyncio.gather(*(guarded(_write(model, task, item, asking, how)) for item in items))
    there = [one for one in tried if not isinstance(one, Failure) and one.own.steps and one.item.options]
    if not there:
        return {"status": "ok", "stem": _plain(STEM), "silence": "", "stems": [], "silences": {}}
    seen = Counter(one.stem for one in there if one.stem is not None)
    stems = list(dict.fromkeys([*(stem for stem, _ in seen.most_common(OBSERVED)), *USUAL]))
    # all at once: the reasoning before the stems is then computed once
    masses = await asyncio.gather(*(_mass(model, there, asking.aloud(stem)) for stem in stems))
    stem = stems[masses.index(max(masses))]
    told = await asyncio.gather(*(_right(model, there, asking.silent(form, stem)) for form in asking.silences))
    silences = dict(zip(asking.silences, told, strict=True))
    return {
        "status": "ok",
        "stem": _plain(stem),
        "silence": max(silences, key=lambda form: silences[form]) if silences else "",
        "stems": [{**_plain(one), "written": seen[one], "mass": mass} for one, mass in zip(stems, masses, strict=True)],
        "silences": silences,
        "items": len(there),
    }


@dataclass(frozen=True, slots=True)
class How:
    """How the reasoning of a trial is written, and from which key."""

    sampling: Sampling
    key: Key


async def _write(model: Model, task: Task, item: Item, asking: Asking, how: How) -> _Tried:
    key, way = how.key.child(item.id, "trial"), asking.aloud()
    done = await think(model, item, way, how.sampling, key.child("own"))
    own = task.parse(done.text)
    answer = await answered(model, item, way, own, key.child("answer"))
    said = [one for one in (done.said, answer.said) if one is not None]
    asked = with_candidates(item, said, key.child("candidates"), verify=task.verify)
    return _Tried(asked, own, stem_of(answer.text if asking.ask == "native" else done.whole, item.options))


def stem_of(text: str, options: Sequence[str]) -> Stem | None:
    """What stands before the answer that a text states, and the mark behind it where it is one of the answer's own (a
    bracket, asterisks); None where no answer is found, or nothing stands before it."""
    split = split_answer(text, options)
    if split.answer is None or split.start is None:
        return None
    answer = split.answer if split.answer in options else split.answer.lstrip(CURRENCY)
    before, found, behind = text[split.start :].partition(answer)
    if not found or not before.strip():
        return None
    line = before[-LONGEST:] if len(before) > LONGEST else before
    closing = re.match(r"([^\w\s.,;:!?\\])\1*", behind)
    lead = "\n\n" if split.start and "\n" in text[: split.start][-2:] else ""
    return Stem(lead + line.rstrip(" "), closing[0] if closing else LINE_END, tight=not line.endswith(" "))


async def _mass(model: Model, tried: Sequence[_Tried], way: Way) -> float:
    """Mean probability of the answer space after its own reasoning."""
    found = await _readings(model, tried, way, silent=False)
    return fmean(0.0 if reading is None else reading.mass for reading in found)


async def _right(model: Model, tried: Sequence[_Tried], way: Way) -> float:
    """Mean probability of the right answer without reasoning."""
    found = await _readings(model, tried, way, silent=True)
    return fmean(
        0.0 if reading is None else reading.probabilities[one.item.gold_index]
        for one, reading in zip(tried, found, strict=True)
    )


async def _readings(model: Model, tried: Sequence[_Tried], way: Way, silent: bool) -> list[Reading | None]:
    """A reading of every item; None where this way leads to none of the options."""
    return await asyncio.gather(*(_reading(model, one, way, silent) for one in tried))


async def _reading(model: Model, one: _Tried, way: Way, silent: bool) -> Reading | None:
    try:
        return await snap(model, one.item, way, Transcript() if silent else one.own)
    except FailedReading:  # drawn answers that are none of the options: after a foreign stem that is what is asked
        return None


def _plain(stem: Stem) -> Mapping[str, str | bool]:
    return {"text": stem.text, "closing": stem.closing, "tight": stem.tight}
