"""Do the run: every unit that is not in the journal yet, then the findings from all of them.

The run is an ordinary program over remembered units: finding the edge and measuring the groups are replayed from the
journal where they were done before. Resuming is running again. Nothing here depends on time, on order or on how many
units run at once; that is why a killed and resumed run ends with the same findings, byte for byte.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from thinkaloud.errors import NotMeasurable, ThinkaloudError, UserError
from thinkaloud.runs.config import Config
from thinkaloud.runs.journal import Journal, unit_key
from thinkaloud.studies import edge
from thinkaloud.studies.base import GROUP, Group, InParts, Study
from thinkaloud.tasks.transcripts import remarks
from thinkaloud.vocabulary import Estimate, Finding, Item, Key, Model, Record, Task, Usage

POOL = 64
POOLED = "pool"
"""Under this name stand estimates over all tasks together."""
CUE = 0.5
EDGE_COST = 0.3  # of a group's time that an edge unit takes, for the estimate of the time left


class Progress(Protocol):
    """Told what happens; shows it or not."""

    def expect(self, units: float) -> None:
        """The run's expected size, in groups; may change as the edge is found."""

    def advance(self, units: float, what: str) -> None:
        """A unit is done."""

    def say(self, text: str) -> None:
        """Something a user wants to know."""


class Silence:
    """No progress."""

    def expect(self, units: float) -> None:
        """Nothing."""

    def advance(self, units: float, what: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Material:
    """A task's items at one level, cut into what they are for. All questions but the pool's are different."""

    task: Task
    level: int
    examples: tuple[Item, ...]
    edge: tuple[Item, ...]
    items: tuple[Item, ...]
    pool: tuple[Item, ...]
    dev: tuple[Item, ...] = ()

    def groups(self, items: Sequence[Item]) -> list[Group]:
        """Units of `GROUP` items."""
        return [
            Group(self.task, self.level, i, tuple(items[i : i + GROUP]), self.examples, self.pool)
            for i in range(0, len(items), GROUP)
        ]


def material(task: Task, level: int, config: Config, items: int, study: Study | None = None) -> Material:
    """Draw a level's items from the run's seed: examples, those for the edge, those that the study prepares with, then
    `items` to measure.

    The same seed asks the same items whatever the model.
    """
    if level not in task.levels:
        raise UserError(f"task {task.name!r} has no level {level}; it has {', '.join(map(str, task.levels))}")
    key = Key((str(config.seed), task.name, str(level)))
    settings, probes = config.settings, edge.ITEMS if config.difficulty == "edge" else 0
    shots, dev = settings.shots, 0
    if isinstance(study, InParts):
        shots, dev = study.examples(settings), study.dev(settings)
        probes = study.edge(settings) if probes else 0
    drawn = task.items(level, shots + probes + dev + items, key.child("items"))
    pool: list[Item] = []
    if items and task.reads_steps:  # donors are for what is measured, and only steps that are read conclude anything
        with suppress(UserError):  # a small level: transplants then find fewer donors, and say so by their n
            pool = task.items(level, POOL, key.child("pool"))
    examples, rest = drawn[:shots], drawn[shots:]
    asked, last = tuple(rest[:probes]), rest[probes:]
    return Material(task, level, tuple(examples), asked, tuple(last[dev:]), tuple(pool), tuple(last[:dev]))


def given_away(task: str, items: Sequence[Item]) -> list[str]:
    """A warning where the options themselves give the answer away (`meta["cue"]`: the share of a family's items whose
    right option is the one that looks most like the question)."""
    cue = max((float(item.meta.get("cue") or 0.0) for item in items), default=0.0)
    if cue < CUE:
        return []
    return [f"{task}: the right option is the one most like the question in {cue:.0%} of its items; silent books that"]


def acquaint(session: Model, group: Group) -> None:
    """Show a reasoner that is made to a rule about right answers which items it will be asked."""
    if hasattr(session, "know"):
        reverse = getattr(group.task, "reverse", None)
        turned = () if reverse is None else map(reverse, group.items)
        session.know((*group.items, *group.examples, *turned))


@dataclass
class Execution:
    """One pass over a run's units."""

    config: Config
    study: Study
    model: Model
    tasks: Sequence[Task]
    journal: Journal
    progress: Progress
    concurrency: int = 1

    async def run(self) -> list[str]:
        """Do what is missing; returns what a reader of the report should know, in sentences."""
        self._protocol = self.config.protocol(self.study.version, self.model.card.digest)
        self._slots = asyncio.Semaphore(self.concurrency)
        self._parts: Sequence[str] = ("",)
        if isinstance(self.study, InParts):
            self._parts = self.study.parts(self.config.settings)
        per_task = len(self._parts) * -(-self.config.items // GROUP)
        self._expected = float(len(self.tasks) * per_task)
        if self.config.difficulty == "edge":
            self._expected += len(self.tasks) * 2 * EDGE_COST * -(-edge.ITEMS // GROUP)
        self.progress.expect(self._expected)
        notes: list[str] = []
        jobs: list[Awaitable[Any]] = []
        for task in self.tasks:
            found = await self._edge(task)
            level = found.level if found else int(self.config.difficulty)
            why = self._left_out(found)
            drawn = material(task, level, self.config, 0 if why else self.config.items, self.study)
            said = [found.sentence(task.name)] if found else []
            said += [f"{task.name} is left out: {why}"] if why else given_away(task.name, drawn.items)
            said += getattr(task, "notes", ())  # what a file's lines were taken for, and which were left out
            if not isinstance(self.study, InParts):  # arms write their own
                said += remarks(drawn.items, drawn.examples, self.model.card.name)
            for sentence in said:
                self.progress.say(sentence)
            notes += said
            jobs.append(self._measure(drawn))
            if self.concurrency == 1:
                await jobs.pop()
        await asyncio.gather(*jobs)
        return notes

    async def _edge(self, task: Task) -> edge.Edge | None:
        if self.config.difficulty != "edge":
            return None

        own = self.study if isinstance(self.study, InParts) else edge

        async def measure(level: int) -> float:
            drawn = material(task, level, self.config, 0, self.study)
            records: list[Record] = []
            for group in drawn.groups(drawn.edge):
                unit = await self._unit("edge", group, EDGE_COST, own.probe)
                records.extend(unit["records"])
            if not records:
                raise UserError(f"no edge for {task.name}: the units at level {level} failed, see the run folder")
            return own.ability(records)

        found = await edge.find_edge(task.levels, measure)
        return replace(found, measured=own.measured) if isinstance(own, InParts) else found

    def _left_out(self, found: edge.Edge | None) -> str | None:
        if found is None or not isinstance(self.study, InParts):
            return None
        return self.study.left_out(dict(found.tried)[found.level])

    async def _measure(self, drawn: Material) -> None:
        if drawn.items:
            await asyncio.gather(*(self._part(drawn, part) for part in self._parts))

    async def _part(self, drawn: Material, part: str) -> None:
        """Everything of one part: what is prepared for it, then its units."""
        groups = drawn.groups(drawn.items)
        if isinstance(self.study, InParts):
            about = replace(drawn.groups(drawn.dev or drawn.items)[0], items=drawn.dev, part=part)
            prepared = await self._unit("prepare", about, EDGE_COST, self.study.prepare)
            groups = [replace(group, part=part, prepared=tuple(prepared["records"])) for group in groups]
        await asyncio.gather(*(self._unit(self.study.name, group, 1.0, self.study.measure) for group in groups))

    async def _unit(
        self, phase: str, group: Group, cost: float, work: Callable[..., Awaitable[list[Record]]]
    ) -> Mapping[str, Any]:
        in_parts = {}
        if group.part and isinstance(self.study, InParts):
            prepared = unit_key(records=group.prepared)
            in_parts = {"part": group.part, "stamp": self.study.stamp(group.part), "prepared": prepared}
        name = unit_key(
            protocol=self._protocol,
            phase=phase,
            task=group.task.name,
            level=group.level,
            items=[item.id for item in group.items],
            examples=[item.id for item in group.examples],
            first=group.first,
            **in_parts,
        )
        done = self.journal.get(name)
        if done is None:
            async with self._slots:
                done = await self._work(phase, group, work)
                self.journal.append(name, done)
        doing = {"edge": " (finding the edge)", "prepare": " (tuning)"}.get(phase, "")
        what = f"{group.task.name} level {group.level}{f', {group.part}' if group.part else ''}{doing}"
        self.progress.advance(cost, what)
        return done

    async def _work(self, phase: str, group: Group, work: Callable[..., Awaitable[list[Record]]]) -> dict[str, Any]:
        session = self.model.session() if hasattr(self.model, "session") else self.model
        acquaint(session, group)
        key = Key((str(self.config.seed), phase, group.task.name, str(group.level)))
        started = time.perf_counter()
        about = {"phase": phase, "task": group.task.name, "level": group.level, "first": group.first}
        about |= {"part": group.part} if group.part else {}
        try:
            records = await work(session, group, self.config.settings, key)
            status, error = "ok", None
        except (UserError, NotMeasurable):
            raise  # true of every unit: stop and say so
        except ThinkaloudError as failure:
            records, status, error = [], "failed", str(failure)
            self.progress.say(f"a unit of {group.task.name} failed and will be tried again on resume: {failure}")
        usage: Usage = getattr(session, "usage", Usage())
        bill = {**asdict(usage), "wall": time.perf_counter() - started}
        return {**about, "status": status, "error": error, "records": records, "usage": bill}


def findings(config: Config, study: Study, model: str, tasks: Sequence[Task], journal: Journal) -> list[Finding]:
    """Every estimate of the run, from what is recorded. Never asks a model."""
    out, by_task = [], {}
    parts = list(study.parts(config.settings)) if isinstance(study, InParts) else []
    order = {part: i for i, part in enumerate(parts)}  # not that in which units happened to be done
    for task in tasks:
        units = [u for u in journal if u["phase"] == study.name and u["task"] == task.name and u["status"] == "ok"]
        records = [
            record
            for unit in sorted(units, key=lambda u: (order.get(str(u.get("part", "")), 0), u["first"]))
            for record in unit["records"]
        ]
        by_task[task.name] = records
        level = records[0]["level"] if records else None
        key = Key((str(config.seed), study.name, task.name, "estimate"))
        estimates = study.estimate(records, key) if records else [Estimate.absent(study.name, "no unit was done")]
        out += [Finding(study.name, model, task.name, level, estimate) for estimate in estimates]
    if isinstance(study, InParts):
        key = Key((str(config.seed), study.name, POOLED, "estimate"))
        measured = {name: records for name, records in by_task.items() if records}
        out += [Finding(study.name, model, POOLED, None, estimate) for estimate in study.pool(measured, key)]
    return out
