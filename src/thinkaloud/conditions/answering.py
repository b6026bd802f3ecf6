"""What a model writes as its answer, and whether that is right: read from its text, and graded by the task's verifier.

This is the reading that every benchmark has, beside the probability of the answer space: it needs no options and no
log-probabilities, and it is one draw. An answer that cannot be read from the text is no wrong answer: `right` is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.conditions.asking import Way
from thinkaloud.tasks.answer_statement import LONGEST, split_answer
from thinkaloud.tasks.answers import bare
from thinkaloud.vocabulary import PROBE, Item, Key, Model, Sampling, Task, Transcript

ROOM = 64
"""Tokens for an answer without reasoning before it; a longer one is not silent."""
AFTER = 256
"""Tokens for an answer after a block: many models explain there once more what they thought."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written, and the answer that could be read from it (None: no answer could)."""

    text: str
    said: str | None


async def answered(model: Model, item: Item, way: Way, between: Transcript, key: Key) -> Answer:
    """The model's own answer after `between`. Examples have taught it the stem, so there it is put down for it."""
    if way.shots:
        done = await model.generate(way.stated(item.asked, between), Sampling(ROOM, ("\n",)), key)
        said = stated(f"{PROBE} {done.text}", item.options) if done.text.strip() else None
        return Answer(f"{PROBE} {done.text}", said)
    room = AFTER if way.block and between.steps else ROOM
    done = await model.generate(way.answering(item.asked, between), Sampling(room), key)
    return Answer(done.text, stated(done.text, item.options))


def stated(text: str, options: Sequence[str]) -> str | None:
    """The answer that a text states, or is."""
    split = split_answer(text, options)
    if split.answer is not None:
        return split.answer
    alone = bare(text.strip())
    return alone if alone and "\n" not in alone and len(alone) <= LONGEST else None


def right(task: Task, item: Item, said: str | None) -> bool | None:
    """Whether an answer is right by the task's verifier; None where there is none."""
    return None if said is None else task.verify(item, said)
