"""What a study is, and the pieces every study's unit is made of.

A study says what is composed: for a *group* of items (the unit: independent, computed together, recorded at once) it
returns one record an item, and from all records its estimates. It never computes a token, keeps a cache or shows
progress: models and runs do that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol, runtime_checkable

from thinkaloud.errors import UserError, unknown
from thinkaloud.tasks.options import MODES
from thinkaloud.tasks.text import room
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Capability, Completion, Estimate, Item, Key, Model, Reading, Record, Task, Transcript

UNKNOWN = 256
"""Tokens for a reasoning of a length that nobody knows: where no item has one."""

GROUP = 8
"""Items a unit: enough to write side by side, few enough to lose when a run is killed."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What the study of the rungs may be told. `budgets` in token equivalents of the `meter`, ascending; `arms` by name
    or file (none: all); `margin`: the smallest gain in accuracy that anybody should care about, registered before;
    `plan`: who takes questions apart, the `model` or the task's own parts (`given`); every arm has `trials` prompts
    tried on `dev` items of their own; `attempts` an item; `edits`: whether interventions are made; `tuner`: how prompts
    are found, by `random` search or by reflection (`gepa`)."""

    budgets: tuple[int, ...] = (1000, 4000, 16000)
    arms: tuple[str, ...] = ()
    meter: str = "B4"
    margin: float = 0.05
    plan: str = "model"
    trials: int = 6
    dev: int = 12
    attempts: int = 4
    edits: bool = True
    tuner: str = "random"

    def __post_init__(self) -> None:
        if not self.budgets or list(self.budgets) != sorted(set(self.budgets)) or self.budgets[0] < 1:
            raise UserError(f"budgets must be ascending and more than 0, not {list(self.budgets)!r}")
        if self.meter not in ("B1", "B2", "B3", "B4"):
            raise unknown("meter", self.meter, ("B1", "B2", "B3", "B4"))
        if not 0 < self.margin < 1:
            raise UserError(f"the margin is a difference of accuracies between 0 and 1, not {self.margin!r}")
        if self.plan not in ("model", "given"):
            raise unknown("plan", self.plan, ("model", "given"))
        if self.tuner not in ("random", "gepa"):
            raise unknown("tuner", self.tuner, ("random", "gepa"))
        if self.attempts < 1 or self.trials < 0 or self.dev < 0:
            raise UserError(
                f"attempts {self.attempts}, trials {self.trials}, dev {self.dev}: none may be below its least"
            )


@dataclass(frozen=True, slots=True)
class Settings:
    """What a study may be told. `temperature` is for the model's own reasoning, `resample_temperature` for the second
    sample; `shots` solved examples stand before every question; `paraphraser` is `rules`, or `model` for the model
    under test (which then also makes the mistakes of tasks that cannot read their steps); `samples` of its own
    reasoning are taken for every item where a study takes several; `show_options`: whether options are listed to the
    model (`tasks/options.py`); `spending` is for the study of the rungs."""

    temperature: float = 0.0
    resample_temperature: float = 0.7
    shots: int = 6
    paraphraser: str = "rules"
    samples: int = 1
    show_options: str = "auto"
    spending: Spending = field(default_factory=Spending)

    def __post_init__(self) -> None:
        if self.show_options not in MODES:
            raise unknown("way to show options", self.show_options, MODES)


@dataclass(frozen=True, slots=True)
class Group:
    """A unit's material: the items it measures, the examples shown before them, and other items for transplants.

    `first` is the position of its first item among all items of the task, from which the fold of an item follows.
    `part` names what of the study this unit is, where it has several (`InParts`), and `prepared` is what the study made
    before for that part.
    """

    task: Task
    level: int
    first: int
    items: tuple[Item, ...]
    examples: tuple[Item, ...]
    pool: tuple[Item, ...]
    part: str = ""
    prepared: tuple[Record, ...] = ()

    @property
    def room(self) -> int:
        """Tokens that a model gets for its own reasoning: room for three times the longest that is known, worked or
        given (`tasks/text.py`), and at least 32; `UNKNOWN` where none is."""
        known = [text for item in (*self.items, *self.examples) for text in (item.worked.text, given(item)) if text]
        return max(32, *map(room, known)) if known else UNKNOWN


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


@runtime_checkable
class InParts(Protocol):
    """What a study may have besides: parts that are units of their own, something to prepare for each, its own search
    for the edge, and estimates over all tasks together. `measured`: what `ability` is, and from how many items."""

    measured: str

    def parts(self, settings: Settings) -> Sequence[str]:
        """Names of the parts; every group is measured once for each."""
        ...

    def stamp(self, part: str) -> str:
        """Names the code of a part where it may change under the same name (somebody's own file), else empty."""
        ...

    def examples(self, settings: Settings) -> int:
        """How many examples are drawn."""
        ...

    def edge(self, settings: Settings) -> int:
        """How many items a level is probed with."""
        ...

    def dev(self, settings: Settings) -> int:
        """How many items are set aside for preparing."""
        ...

    async def prepare(self, model: Model, group: Group, settings: Settings, key: Key) -> list[Record]:
        """What every unit of a part is given (`Group.prepared`), made on items of their own."""
        ...

    async def probe(self, model: Model, group: Group, settings: Settings, key: Key) -> list[Record]:
        """Records from which `ability` follows."""
        ...

    def ability(self, records: Sequence[Record]) -> float:
        """0 is lost, 1 is perfect."""
        ...

    def left_out(self, ability: float) -> str | None:
        """Why a task whose best level has this ability is not measured at all; None where it is."""
        ...

    def pool(self, tasks: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """Estimates over all tasks."""
        ...


def condition(
    between: Transcript,
    reading: Reading,
    changed: Sequence[int] = (),
    implied: int | None = None,
    wrote: str | None = None,
) -> dict[str, object]:
    """The record of one condition: what stood between, which sentences an intervention changed, what was read.
    `lengths` and `unknown` (of the `Reading`) are there where they are known and not nothing."""
    carried = {"lengths": list(reading.lengths), "unknown": list(reading.unknown)}
    return {
        "between": [step.text for step in between.steps],
        "changed": list(changed),
        "logprobs": list(reading.logprobs),
        "margin": reading.margin,
        "mass": reading.mass,
        "implied": implied,
        "wrote": wrote,
        **{name: values for name, values in carried.items() if values},
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
        "shown": item.shown,
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
