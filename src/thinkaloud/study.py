"""The contract of a study: what somebody writes who wants to measure something new.

A study is a question with its settings, its protocol, its estimates, its page of a report and its calibration card. Its
protocol is an ordinary program, `run`, over *units*: it says what is to be done and awaits what came of it. Who calls
it decides what doing means: a run does what its folder does not hold yet, a plan counts tokens, Inspect does one unit a
sample. So a study never keeps a record, resumes, counts a bill or shows progress.

    class Coins(Study):
        name, question = "coins", "How often does a fair coin fall on heads?"

        async def run(self, asked, do):
            async def work(session):
                return [{"item": "1", "status": "ok", "heads": bool(asked.key.rng.integers(2))}]
            await do.unit(Unit(phase=self.name, subject="coin", work=work))
            return []

        def estimate(self, records, key):
            return [...]

Most studies are over items of tasks: `items/study.py` has what these share. This module computes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from thinkaloud.errors import NotMeasurable
from thinkaloud.report.layout import CASES, Layout
from thinkaloud.settings import NoSettings
from thinkaloud.vocabulary import (
    Capability,
    Completion,
    Estimate,
    Item,
    Key,
    Model,
    ModelCard,
    Prompt,
    Reading,
    Record,
    Sampling,
    Task,
)

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run

Takes = Literal["model", "tasks"]
"""What a run of a study may be given: one model to ask, and tasks with their number of items and difficulty."""
EDGE = "edge"
"""The difficulty at which the model is neither perfect nor lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The smallest piece of a run's work: independent of every other, recorded at once, never done twice.

    `phase`: the study's name for what is measured, another word for what is done on the way to it. `subject`: what
    its records are about (a task's name): estimates are made for each. `at`: which unit of its phase and subject it
    is, in plain JSON. `content`: digests of all that its records depend on besides settings and model. `work`: does
    it, with a session of the model. `title`: what progress calls it. `cost`: how long it takes, where 1 is a unit
    that is measured. `items`: those it asks, for whoever shows them. `settled`: once anything of it was read, what
    failed is not asked again (another unit follows from it). `model`: who is asked, where that is not the run's own
    model.
    """

    phase: str
    subject: str
    work: Callable[[Model], Awaitable[Sequence[Record]]]
    at: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    cost: float = 1.0
    settled: bool = False
    items: Sequence[Item] = ()
    model: Model | None = None

    @property
    def place(self) -> tuple[str, ...]:
        """Which unit of a run it is, whatever it is made of."""
        return place(self.phase, self.subject, self.at)


def place(phase: str, subject: str, at: Mapping[str, Any]) -> tuple[str, ...]:
    """See `Unit.place`."""
    return phase, subject, json.dumps(at, sort_keys=True)


def digest_of(value: Any) -> str:
    """32 hex digits of plain JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a unit: its records (none where it failed whole), or why it is to be done again."""

    records: Sequence[Record] = ()
    error: str | None = None


class Do(Protocol):
    """Who does the units of a study's program."""

    async def unit(self, unit: Unit) -> Done:
        """What came of the unit, now or before."""
        ...

    async def each(self, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Parts of the program that need not wait for one another: side by side, or one after the other where only one
        unit is done at a time."""
        ...

    def expect(self, cost: float) -> None:
        """How much the whole run will cost, in units that are measured; may change on the way."""
        ...

    def say(self, sentence: str) -> None:
        """Something that a reader wants to know now."""
        ...


class NoModel:
    """Stands in for the model of a study that asks none."""

    card = ModelCard("no model", "none", "none", "scripted", "none", 0, frozenset())

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Nothing can be asked."""
        raise NotMeasurable("this study has no model to ask")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Nothing can be asked."""
        raise NotMeasurable("this study has no model to ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run asks of a study, opened and ready. `settings` are of the study's own type, and paths in them can be
    opened from here; `difficulty` is a level or `EDGE`; `open_model` opens a further model by its name, and `open_run`
    the folder of another run; `rehearsal`: nothing is measured, and only what it would cost is wanted."""

    settings: Any
    seed: int = 1
    model: Model = field(default_factory=NoModel)
    tasks: Sequence[Task] = ()
    items: int = 0
    difficulty: str | int = EDGE
    open_model: Callable[[str], Model] | None = None
    open_run: Callable[[str], Run] | None = None
    rehearsal: bool = False

    @property
    def key(self) -> Key:
        """The root of all that the run draws."""
        return Key((str(self.seed),))


@dataclass(frozen=True, slots=True)
class Card:
    """What calibration says of a study: how its numbers did where the truth is known. `sentences` for a report; `line`:
    of one estimate; `stale`: why they do not speak of this code any more, or None. All are asked late: reading a card
    costs time."""

    sentences: Callable[[], list[str]]
    line: Callable[[str], str | None] = lambda name: None
    stale: Callable[[], str | None] = lambda: None


class Study:
    """A question with its protocol. Only `name`, `question`, `run` and `estimate` must be given.

    `short`: the question in a few words, for lists; `version` changes when a change of the protocol makes old records
    incomparable; `limits`: what the study cannot tell, in sentences; `needs`: what a model must be able to do, or else
    the study is not measurable, and says so; `tiers`: what of it can be measured on a model that is asked for samples
    or whole turns (`items/reading.py`), in words;
    `takes`: what a run of it may be given; `Settings`: a frozen dataclass (`settings.py`), from which its options, its
    table in `config.toml` and the command in its reports follow; `record`: the type of its records (a `TypedDict` of
    plain JSON; None: they may have any shape), to which records read from a folder are held; `page`: its part of a
    report.
    """

    name: str
    question: str
    short: str = ""
    version: int = 1
    limits: tuple[str, ...] = ()
    needs: frozenset[Capability] = frozenset()
    tiers: Mapping[str, str] = {}
    takes: frozenset[Takes] = frozenset()
    Settings: type = NoSettings
    record: type | None = None
    page: Layout = CASES
    card: Card | None = None

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """The protocol; returns what a reader of the report must know of how it went, in sentences."""
        raise NotImplementedError

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Estimates from all records of one subject, in the order of `rank`. Pure: reports make them anew."""
        raise NotImplementedError

    def together(self, subjects: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """Estimates over all subjects together."""
        return []

    def rank(self, settings: Any) -> Callable[[Mapping[str, Any]], Any]:
        """In which order records of a subject are given to `estimate`: a sort key of a unit's `at`."""
        return lambda at: json.dumps(at, sort_keys=True)

    def expected(self, settings: Any, tasks: int, items: int) -> int | None:
        """How many units are measured in all, of so many tasks with so many items; None where that is not known."""
        return None

    def check(self, settings: Any) -> None:
        """`UserError` where a run with these settings cannot begin: a file that is not there, a package that is not
        installed. Asked before there is a folder."""

    def ready(self, asked: Asked) -> None:
        """`UserError` where a run cannot begin with this model and these tasks. Asked before there is a folder."""

    def files(self, settings: Any) -> Mapping[str, str]:
        """Digests of what the records depend on and the settings only name, such as a user's own file, by name."""
        return {}

    def spent(self, units: Sequence[Mapping[str, Any]]) -> list[str]:
        """What recorded units cost besides what was measured, in lines."""
        return []

    def precision(self, asked: Asked) -> str:
        """What intervals a plan should expect, in a sentence; empty where that is not known."""
        return ""

    def comparison(self, difference: float) -> str:
        """How many items a difference between two models takes, in a sentence; empty where two runs of the study are
        not compared item by item, or that is not known."""
        return ""
