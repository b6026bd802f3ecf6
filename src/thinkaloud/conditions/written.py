"""What a model writes about every item of a group before anything is done to it: its reasoning, a second sample, its
answers with and without reasoning, and the answer space that these need.

A question with options has them as its answer space. A question that is answered freely gets candidates in their place:
the right answer, the answers that this model itself wrote, and near misses (`tasks/candidates.py`). Answers are written
only where they are needed: for candidates, and where no examples show how an answer is stated.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from thinkaloud.conditions.answering import Answer, answered
from thinkaloud.conditions.bench import Bench
from thinkaloud.conditions.think import Thought
from thinkaloud.isolate import Failure, guarded
from thinkaloud.vocabulary import Item, Transcript

NO_SPACE = (
    "its right answer is free text, and no wrong answer could be made to stand beside it: give `options` (question, "
    "options, answer), or read the accuracy of what the model writes"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote about an item: its reasoning, the same in steps, and a second sample, which may have failed;
    its answers after its reasoning and without any, where they were asked for."""

    first: Thought
    own: Transcript
    second: Thought | Failure
    answer: Answer | None = None
    silent: Answer | None = None


async def write(bench: Bench, sample: int = 0) -> list[Written | Failure]:
    """What the model wrote about every item of the bench's group; afterwards the items of the group have an answer
    space."""
    found = await asyncio.gather(*(guarded(_write(bench, item, sample)) for item in bench.group.items))
    bench.group = replace(bench.group, items=tuple(map(bench.spaced, bench.group.items, map(_said, found))))
    bench.answers = [None if isinstance(one, Failure) or one.answer is None else one.answer.said for one in found]
    return found


async def _write(bench: Bench, item: Item, sample: int) -> Written:
    first, second = await asyncio.gather(guarded(bench.own(item, sample)), guarded(bench.again(item, sample)))
    if isinstance(first, Failure):
        raise first.cause
    own = bench.task.parse(first.text)
    if not (bench.writes_answers or not item.options):
        return Written(first, own, second)
    key = bench.key.child(item.id, "answer", *([sample] if sample else []))
    nothing = Transcript()
    silent = answered(bench.model, item, bench.silent, nothing, key.child("silent"))
    if bench.group.asking.whole:  # its answer is in that turn, or nowhere
        return Written(first, own, second, Answer(first.whole, first.said), await silent)
    if not first.readable or not own.steps:
        return Written(first, own, second, None, await silent)
    if first.said is not None and not bench.aloud.block:  # it wrote its answer with its reasoning
        return Written(first, own, second, Answer(first.whole, first.said), await silent)
    aloud = answered(bench.model, item, bench.aloud, own, key.child("own"))
    return Written(first, own, second, *await asyncio.gather(aloud, silent))


def _said(written: Written | Failure) -> list[str]:
    """The answers that a model gave about an item."""
    if isinstance(written, Failure):
        return []
    given = [written.first.said, *(one.said for one in (written.answer, written.silent) if one is not None)]
    return [said for said in given if said is not None]
