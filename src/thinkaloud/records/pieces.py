"""Pieces that the records of several studies are made of: plain JSON from the typed things they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

from thinkaloud.records.item import ConditionRecord
from thinkaloud.vocabulary import Item, Outcome, Reading, Task, Transcript


class Ended(Protocol):
    """A reasoning that a model wrote, and how it ended."""

    @property
    def text(self) -> str:
        """What it wrote."""
        ...

    @property
    def finish(self) -> str:
        """`stop` or `length`."""
        ...

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        ...


def condition(
    between: Transcript,
    reading: Reading,
    changed: Sequence[int] = (),
    implied: int | None = None,
    wrote: str | None = None,
) -> ConditionRecord:
    """The record of one condition: what stood between, which sentences an intervention changed, what was read.
    `lengths` and `unknown` (of the `Reading`) are there where they are known and not nothing."""
    made = ConditionRecord(
        between=[step.text for step in between.steps],
        changed=list(changed),
        logprobs=list(reading.logprobs),
        margin=reading.margin,
        mass=reading.mass,
        implied=implied,
        wrote=wrote,
    )
    if reading.lengths:
        made["lengths"] = list(reading.lengths)
    if reading.unknown:
        made["unknown"] = list(reading.unknown)
    if reading.sampled:
        made["sampled"] = reading.sampled
    return made


def describe(item: Item, position: int) -> dict[str, object]:
    """The part of a record that says which item it is about. Folds alternate, so every unit has both."""
    return {
        "item": item.id,
        "task": item.task,
        "level": item.level,
        "fold": position % 2,
        "question": item.question,
        "options": list(item.options),
        "gold": item.gold_index if item.options else -1,
        "shown": item.shown,
        **({"space": item.meta["space"]} if "space" in item.meta else {}),
    }


def thought(task: Task, item: Item, own: Transcript, done: Ended) -> dict[str, object]:
    """The part of a record that says what the model wrote, and what the task can say of it."""
    legible = task.legible(item, own)
    return {
        "outcome": done.outcome,
        "text": done.text,
        "finish": done.finish,
        "steps": steps(own),
        "conclusion": own.conclusion,
        "right": None if own.conclusion is None else own.conclusion == item.gold,
        "legible": None if legible is None else asdict(legible),
    }


def steps(transcript: Transcript) -> list[dict[str, object]]:
    """A transcript as plain JSON."""
    return [{**asdict(step), "fields": dict(step.fields)} for step in transcript.steps]
