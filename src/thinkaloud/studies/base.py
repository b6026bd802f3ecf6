"""What a study is, and the pieces every study's unit is made of.

A study says what is composed: for a *group* of items (the unit: independent, computed together, recorded at once) it
returns one record an item, and from all records its estimates. It never computes a token, keeps a cache or shows
progress: models and runs do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from thinkaloud.interventions.filler import length
from thinkaloud.vocabulary import Capability, Completion, Estimate, Item, Key, Model, Reading, Record, Task, Transcript

GROUP = 8
"""Items a unit: enough to write side by side, few enough to lose when a run is killed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a study may be told. `temperature` is for the model's own reasoning, `resample_temperature` for the second
    sample; `shots` solved examples stand before every question; `paraphraser` is `rules`, or `model` for the model
    under test (which then also makes the mistakes of tasks that cannot read their steps); `samples` of its own
    reasoning are taken for every item where a study takes several."""

    temperature: float = 0.0
    resample_temperature: float = 0.7
    shots: int = 6
    paraphraser: str = "rules"
    samples: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """A unit's material: the items it measures, the examples shown before them, and other items for transplants.

    `first` is the position of its first item among all items of the task, from which the fold of an item follows.
    """

    task: Task
    level: int
    first: int
    items: tuple[Item, ...]
    examples: tuple[Item, ...]
    pool: tuple[Item, ...]

    @property
    def room(self) -> int:
        """Tokens that a model gets for its own reasoning: three times the longest worked one, and at least 32."""
        return max(32, 3 * max(length(item.worked.text) for item in (*self.items, *self.examples)))


class Study(Protocol):
    """A question with its protocol. `version` changes when a change of the protocol makes old records incomparable."""

    name: str
    question: str
    version: int
    limits: tuple[str, ...]
    """What the study cannot tell, in sentences."""
    needs: frozenset[Capability]
    """What a model must be able to do; without it the study is not measurable, and says so."""

    async def measure(self, model: Model, group: Group, settings: Settings, key: Key) -> list[Record]:
        """One record an item of the group."""
        ...

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Estimates for the records of one task at one level."""
        ...


def condition(
    between: Transcript,
    reading: Reading,
    changed: Sequence[int] = (),
    implied: int | None = None,
    wrote: str | None = None,
) -> dict[str, object]:
    """The record of one condition: what stood between, which sentences an intervention changed, what was read."""
    return {
        "between": [step.text for step in between.steps],
        "changed": list(changed),
        "logprobs": list(reading.logprobs),
        "margin": reading.margin,
        "mass": reading.mass,
        "implied": implied,
        "wrote": wrote,
    }


def describe(item: Item, position: int) -> dict[str, object]:
    """The part of a record that says which item it is about. Folds alternate, so every unit has both."""
    return {
        "item": item.id,
        "task": item.task,
        "level": item.level,
        "fold": position % 2,
        "question": item.question,
        "options": list(item.options),
        "gold": item.gold_index,
    }


def thought(task: Task, item: Item, own: Transcript, done: Completion) -> dict[str, object]:
    """The part of a record that says what the model wrote, and what the task can say of it."""
    legible = task.legible(item, own)
    return {
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
