"""Do the run: every unit that is not in the journal yet, then the findings from all of them.

The run is an ordinary program over remembered units: finding the edge and measuring the groups are replayed from the
journal where they were done before. Resuming is running again. Nothing here depends on time, on order or on how many
units run at once; that is why a killed and resumed run ends with the same findings, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from thinkaloud.errors import UserError, ends_run, is_final, reason
from thinkaloud.runs.choosing import about_examples, apart, drawn, too_few, unfinished, unmeasured
from thinkaloud.runs.config import Config
from thinkaloud.runs.identity import Identity, Questions, identify, known
from thinkaloud.runs.journal import Journal, unit_key
from thinkaloud.runs.progress import Progress as Progress
from thinkaloud.runs.progress import Silence as Silence
from thinkaloud.studies import edge
from thinkaloud.studies.base import GROUP, Group, InParts, Study
from thinkaloud.studies.isolate import Failure, failed
from thinkaloud.studies.paraphrased import about_paraphrases
from thinkaloud.tasks import options
from thinkaloud.tasks.identity import contents, stream
from thinkaloud.tasks.transcripts import remarks
from thinkaloud.vocabulary import Estimate, Finding, Item, Key, Model, Record, Task, Usage

POOL = 64
POOLED = "pool"
"""Under this name stand estimates over all tasks together."""
CUE = 0.5
ABOUT = ("item", "task", "level", "fold", "question", "options", "gold", "sample", "arm", "terms")
"""What says which item a record is about."""
EDGE_COST = 0.3  # of a group's time that an edge unit takes, for the estimate of the time left


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

    The same seed asks the same items whatever the model. There is no search for the edge where there is one level,
    unless the study has one of its own.
    """
    if level not in task.levels:
        raise UserError(f"task {task.name!r} has no level {level}; it has {', '.join(map(str, task.levels))}")
    key = Key((str(config.seed), stream(task), str(level)))
    settings, probes = config.settings, edge.ITEMS if searched(config, study, task) else 0
    shots, dev = settings.shots, 0
    if isinstance(study, InParts):
        shots, dev = study.examples(settings), study.dev(settings)
        probes = study.edge(settings) if probes else 0
    there = drawn(task, level, shots + probes + dev + items, key.child("items"))
    there = options.shown(there, settings.show_options)
    # arms show examples in forms of their own, and without reasoning where there is none
    examples, rest = (there[:shots], there[shots:]) if isinstance(study, InParts) else apart(there, shots)
    if len(rest) < probes + dev + items:
        taken = {"are examples": len(examples), "find the edge": probes, "are for tuning": dev}
        raise too_few(task, level, len(rest) - probes - dev, taken)
    pool: list[Item] = []
    if items and task.reads_steps:  # donors are for what is measured, and only steps that are read conclude anything
        with suppress(UserError):  # a small level: transplants then find fewer donors, and say so by their n
            pool = task.items(level, POOL, key.child("pool"))
    asked, last = tuple(rest[:probes]), rest[probes : probes + dev + items]
    return Material(task, level, tuple(examples), asked, tuple(last[dev:]), tuple(pool), tuple(last[:dev]))


def searched(config: Config, study: Study | None, task: Task) -> bool:
    """Whether a level is searched for: at the edge, where there are several, or where the study wants to know of one
    whether it can be measured at all."""
    return config.difficulty == "edge" and (len(task.levels) > 1 or isinstance(study, InParts))


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


def expected(config: Config, study: Study) -> int:
    """How many units a run measures, if no task is left out."""
    parts = len(study.parts(config.settings)) if isinstance(study, InParts) else 1
    return len(config.tasks) * parts * -(-config.items // GROUP)


def placed(unit: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where in a run a unit is: there is one of each."""
    return unit["phase"], unit["task"], unit["level"], unit["first"], unit.get("part", "")


@dataclass
class Execution:
    """One pass over a run's units. `identity` is what they are of; without it, what is asked here."""

    config: Config
    study: Study
    model: Model
    tasks: Sequence[Task]
    journal: Journal
    progress: Progress
    concurrency: int = 1
    identity: Identity | None = None

    async def run(self) -> list[str]:
        """Do what is missing; returns what a reader of the report should know, in sentences."""
        card = known(self.model)
        self.identity = self.identity or identify(self.config, self.study, card, self.tasks)
        self._of, self._protocol = self.identity.hash, self.config.protocol(self.study.version, card.digest)
        done = (unit for unit in self.journal if unit.get("of") == self._of and unit["status"] == "ok")
        self._places = {placed(unit): unit["unit"] for unit in done}
        self._shown: dict[tuple[str, ...], str] = {}
        self._slots = asyncio.Semaphore(self.concurrency)
        self._parts: Sequence[str] = ("",)
        if isinstance(self.study, InParts):
            self._parts = self.study.parts(self.config.settings)
        self._expected = float(expected(self.config, self.study))
        searches = sum(searched(self.config, self.study, task) for task in self.tasks)
        self._expected += searches * 2 * EDGE_COST * -(-edge.ITEMS // GROUP)
        self.progress.expect(self._expected)
        notes: list[str] = []
        jobs: list[Awaitable[Any]] = []
        for task in self.tasks:
            found = await self._edge(task)
            level = found.level if found else self._level(task)
            why = self._left_out(found)
            mine = material(task, level, self.config, 0 if why else self.config.items, self.study)
            said = [found.sentence(task.name)] if found else []
            said += [f"{task.name} is left out: {why}"] if why else self._remarks(mine)
            said += getattr(task, "notes", ())  # what a file's lines were taken for, and which were left out
            for sentence in said:
                self.progress.say(sentence)
            notes += said
            jobs.append(self._measure(mine))
            if self.concurrency == 1:
                await jobs.pop()
        await asyncio.gather(*jobs)
        lost = [*unmeasured(self.study.name, self.journal), *unfinished(self.study.name, self.journal)]
        return [*lost, *notes, *self._about_paraphrases()]

    def _level(self, task: Task) -> int:
        """The level that needs no search."""
        return task.levels[0] if self.config.difficulty == "edge" else int(self.config.difficulty)

    def _remarks(self, mine: Material) -> list[str]:
        """What a reader of the report must know of what is asked, in sentences."""
        name = mine.task.name
        said = [*given_away(name, mine.items), options.sentence(mine.items)]
        if not isinstance(self.study, InParts):  # arms write their own transcripts, and show examples in their own way
            said += about_examples(name, mine.examples, self.config.settings.shots)
            said += remarks(mine.items, self.model.card.name)
        return said

    def _about_paraphrases(self) -> list[str]:
        """What is known of the run's paraphrases once it is done."""
        if isinstance(self.study, InParts):  # arms reword what came back to them
            return []
        found: list[str] = []
        for task in self.tasks:
            units = [u for u in self.journal if u["phase"] == self.study.name and u["task"] == task.name]
            records = [record for unit in sorted(units, key=lambda u: int(u["first"])) for record in unit["records"]]
            found += about_paraphrases(task.name, records, self.config.settings.paraphraser, self.model.card.name)
        for sentence in found:
            self.progress.say(sentence)
        return found

    async def _edge(self, task: Task) -> edge.Edge | None:
        if not searched(self.config, self.study, task):
            return None

        own = self.study if isinstance(self.study, InParts) else edge

        async def measure(level: int) -> float:
            mine = material(task, level, self.config, 0, self.study)
            records: list[Record] = []
            for group in mine.groups(mine.edge):
                unit = await self._unit("edge", group, EDGE_COST, own.probe)
                if unit["status"] != "ok":  # the level must not move once something was measured at it
                    raise UserError(f"no edge for {task.name} yet: level {level} failed ({unit['error']}); resume")
                records.extend(unit["records"])
            read = [record for record in records if record["status"] == "ok"]
            if not read:
                why = records[0]["error"] if records else "there are no items"
                raise UserError(f"no edge for {task.name}: no item of level {level} was read ({why})")
            return own.ability(read)

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
            if not prepared["records"]:
                return  # it failed, which is recorded; resume prepares it again and then measures
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
            task=stream(group.task),
            level=group.level,
            items=contents(group.items),
            shown=self._contents(group),
            first=group.first,
            **in_parts,
        )
        done = self.journal.get(name)
        about = {"phase": phase, "task": group.task.name, "level": group.level, "first": group.first}
        about |= {"part": group.part} if group.part else {}
        if done is None and placed(about) in self._places:
            raise UserError(
                f"{group.task.name}, level {group.level} no longer draws the questions that this run began with (unit "
                f"{self._places[placed(about)][:8]}, now {name[:8]}): give another --out, and the task a `digest` that "
                "changes with its questions"
            )
        if done is None:
            async with self._slots:
                before = self.journal.recorded(name)
                done = {"of": self._of, **await self._work(phase, group, work)}
                if before is None or _read(done) >= _read(before):  # a server that is gone must not cost what was read
                    self.journal.append(name, done)
        doing = {"edge": " (finding the edge)", "prepare": " (tuning)"}.get(phase, "")
        what = f"{group.task.name} level {group.level}{f', {group.part}' if group.part else ''}{doing}"
        self.progress.advance(cost, what)
        return done

    def _contents(self, group: Group) -> str:
        """What is shown beside a unit's items: examples, and where other items' reasoning is taken from."""
        beside = (*group.examples, *group.pool)
        names = (stream(group.task), str(group.level), *(item.id for item in beside))
        if names not in self._shown:
            self._shown[names] = contents(beside)
        return self._shown[names]

    async def _work(self, phase: str, group: Group, work: Callable[..., Awaitable[list[Record]]]) -> dict[str, Any]:
        session = self.model.session() if hasattr(self.model, "session") else self.model
        acquaint(session, group)
        key = Key((str(self.config.seed), phase, stream(group.task), str(group.level)))
        started = time.perf_counter()
        about = {"phase": phase, "task": group.task.name, "level": group.level, "first": group.first}
        about |= {"part": group.part} if group.part else {}
        try:
            records = [_plain(record) for record in await work(session, group, self.config.settings, key)]
            error = _unfinished(phase, records)
        except Exception as failure:
            if ends_run(failure) or (isinstance(failure, UserError) and not is_final(failure)):
                raise  # true of every unit: stop and say so
            records, error = [], reason(failure)
        status = "ok" if error is None else "failed"
        for said in _failures(group.task.name, records) or ([f"{group.task.name}: {error}"] if error else []):
            self.progress.say(said)
        usage: Usage = getattr(session, "usage", Usage())
        bill = {**asdict(usage), "wall": time.perf_counter() - started}
        return {**about, "status": status, "error": error, "records": records, "usage": bill}


def _read(unit: Mapping[str, Any]) -> int:
    """How much of a unit was read: its conditions and attempts."""
    return sum(len(record.get("conditions") or record.get("attempts") or ()) for record in unit["records"])


def _unfinished(phase: str, records: Sequence[Record]) -> str | None:
    """Why a unit is to be done again, None where it is done. One of the edge is done once anything was read: the level
    must not move when the rest comes."""
    if phase == "edge" and any(record["status"] == "ok" for record in records):
        return None
    return next((_why(record) for record in records if record.get("again")), None)


def _why(record: Record) -> str:
    """The first reason why something of an item failed."""
    return str(next(iter((record.get("failed") or {}).values()), record["error"]))


def _plain(record: Record) -> Record:
    """A record as JSON can hold it: half a character becomes U+FFFD; what JSON cannot hold is a failure."""
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        about = {name: record[name] for name in ABOUT if name in record}
        return about | failed(Failure(error))
    try:
        text.encode()
    except UnicodeEncodeError:
        found: Record = json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
        return found
    return record


def _failures(name: str, records: Sequence[Record]) -> list[str]:
    """What failed in a unit of a task, in one line."""
    lost = [record for record in records if record["status"] == "failed" or record.get("failed")]
    more = f" (and {len(lost) - 1} more items of this unit)" if len(lost) > 1 else ""
    return [f"{name}, item {one['item']} failed: {one['error']}{more}" for one in lost[:1] if "item" in one]


def findings(
    config: Config, study: Study, model: str, tasks: Sequence[Task | Questions], units: Iterable[Mapping[str, Any]]
) -> list[Finding]:
    """Every estimate of the run, from its recorded units, which are all of one model and one set of questions. Never
    asks a model."""
    recorded = [u for u in units if u["phase"] == study.name and u["records"]]
    out, by_task = [], {}
    parts = list(study.parts(config.settings)) if isinstance(study, InParts) else []
    order = {part: i for i, part in enumerate(parts)}  # not that in which units happened to be done
    for task in tasks:
        mine = [u for u in recorded if u["task"] == task.name]
        records = [
            record
            for unit in sorted(mine, key=lambda u: (order.get(str(u.get("part", "")), 0), u["first"]))
            for record in unit["records"]
        ]
        by_task[task.name] = records
        level = records[0]["level"] if records else None
        key = Key((str(config.seed), study.name, stream(task), "estimate"))
        estimates = study.estimate(records, key) if records else [Estimate.absent(study.name, "no unit was done")]
        out += [Finding(study.name, model, task.name, level, estimate) for estimate in estimates]
    if isinstance(study, InParts):
        key = Key((str(config.seed), study.name, POOLED, "estimate"))
        measured = {name: records for name, records in by_task.items() if records}
        out += [Finding(study.name, model, POOLED, None, estimate) for estimate in study.pool(measured, key)]
    return out
