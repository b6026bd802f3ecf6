"""Do a run: every unit of a study's program that the folder does not hold yet, then the findings from all of them.

The program is replayed from the journal where it was done before, so resuming is running again. Nothing here depends on
time, on order or on how many units are done at once; that is why a killed and resumed run ends with the same findings,
byte for byte. A cap (`runs/caps.py`) decides where a pass stops, and nothing else. This module knows no study, no task
and no item.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from thinkaloud.errors import UserError, ends_run, is_final, reason
from thinkaloud.isolate import Failure, failed
from thinkaloud.models.session import open_session, usage_of
from thinkaloud.records.about import about
from thinkaloud.records.many import chained
from thinkaloud.records.shape import attempts, complete, part
from thinkaloud.runs.caps import CapReached, Caps
from thinkaloud.runs.config import Config
from thinkaloud.runs.identity import Identity, Questions, known
from thinkaloud.runs.journal import Journal, unit_key
from thinkaloud.runs.progress import Progress
from thinkaloud.runs.unmeasured import tallies, unfinished, unmeasured
from thinkaloud.study import Asked, Done, Study, Unit, place
from thinkaloud.vocabulary import Estimate, Finding, Key, Model, Record

TOGETHER = "pool"
"""Under this name stand estimates over all subjects together."""
ABOUT = ("item", "task", "level", "fold", "question", "options", "gold", "sample", "arm", "terms")
"""What says which item a record is about."""


@dataclass
class Execution:
    """One pass over a run's units: a `Do` that remembers. `identity` is what they are of; `caps`: the most that it may
    spend."""

    study: Study
    asked: Asked
    identity: Identity
    journal: Journal
    progress: Progress
    concurrency: int = 1
    caps: Caps = field(default_factory=Caps)

    def __post_init__(self) -> None:
        of = self.identity.hash
        done = (unit for unit in self.journal if unit.get("of") == of and unit["status"] == "ok")
        self._places = {placed(unit): unit["unit"] for unit in done}
        self._slots: asyncio.Semaphore | None = None
        self._idle: asyncio.Event | None = None
        self._working, self._capped = 0, False
        self._passed: set[str] = set()

    async def run(self) -> list[str] | None:
        """Do what is missing; returns what a reader of the report should know, in sentences, or None where a cap was
        reached before everything was done."""
        self._slots, self._idle = asyncio.Semaphore(self.concurrency), asyncio.Event()
        self._idle.set()
        try:
            notes = await self.study.run(self.asked, self)
        except CapReached:
            notes = []
        if self._capped:
            return None
        found = tallies(self.study.name, (unit for unit in self.journal if unit["unit"] in self._passed))
        return [*unmeasured(found), *unfinished(found), *notes]

    async def unit(self, unit: Unit) -> Done:
        """What came of the unit: from the journal, or now."""
        who = known(unit.model).digest if unit.model is not None else ""
        about = {"phase": unit.phase, "subject": unit.subject, "at": unit.at, "content": unit.content}
        key = unit_key(of=self.identity.hash, who=who, **about)
        self._passed.add(key)
        done: Mapping[str, Any] | None = self.journal.get(key)
        if done is None and unit.place in self._places:
            raise UserError(
                f"{unit.title or unit.subject} no longer has the content that this run began with (unit "
                f"{self._places[unit.place][:8]}, now {key[:8]}): give another --out"
                f"{', and a task of your own a `digest` that changes with its questions' if unit.items else ''}"
            )
        if done is None:
            done = await self._done_now(key, unit)
        self.progress.advance(unit.cost, unit.title or unit.subject)
        return Done(done["records"], done["error"])

    async def _done_now(self, key: str, unit: Unit) -> Mapping[str, Any]:
        """Do a unit as soon as there is a place for it, and record it; `CapReached` where it may not begin any more."""
        assert self._slots is not None
        async with self._slots:
            if self.caps.reached:
                await self._stop()
            with self._at_work():
                before = self.journal.recorded(key)
                session = open_session(unit.model or self.asked.model)
                with self.caps.counting(session):
                    done = {"of": self.identity.hash, **await perform(unit, session, self.progress.say)}
                    # a server that is gone must not cost what was read
                    if before is None or _read(done) >= _read(before):
                        self.journal.append(key, done)
                        return self.journal.recorded(key) or done  # which may leave the records in their file
        return done

    async def _stop(self) -> None:
        """End the pass as soon as no unit is being done: what has begun is finished and recorded."""
        assert self._idle is not None
        self._capped = True
        await self._idle.wait()
        raise CapReached("no further unit may begin")

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        assert self._idle is not None
        self._working += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    async def each(self, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """One after the other where one unit is done at a time, so that a run goes on in the order of its tasks."""
        if self.concurrency == 1:
            return [await one() for one in work]
        return list(await asyncio.gather(*(one() for one in work)))

    def expect(self, cost: float) -> None:
        """Tell whoever shows progress."""
        self.progress.expect(cost)

    def say(self, sentence: str) -> None:
        """Tell whoever shows progress."""
        self.progress.say(sentence)


def placed(unit: Mapping[str, Any]) -> tuple[str, ...]:
    """Where in a run a recorded unit is: there is one of each (`Unit.place`)."""
    return place(unit["phase"], unit["task"], unit["at"])


async def perform(unit: Unit, session: Model, tell: Callable[[str], None]) -> dict[str, Any]:
    """Do a unit with a session of its own, and give what is recorded of it. Raises what is true of every unit."""
    started = time.perf_counter()
    try:
        records = [_plain(complete(record, unit.subject)) for record in await unit.work(session)]
        error = _unfinished(unit, records)
    except Exception as failure:
        if ends_run(failure) or (isinstance(failure, UserError) and not is_final(failure)):
            raise  # true of every unit: stop and say so
        records, error = [], reason(failure)
    for said in _failures(unit.subject, records) or ([f"{unit.subject}: {error}"] if error else []):
        tell(said)
    return {
        "phase": unit.phase,
        "task": unit.subject,
        "at": dict(unit.at),
        "status": "ok" if error is None else "failed",
        "error": error,
        "records": records,
        "usage": {**asdict(usage_of(session)), "wall": time.perf_counter() - started},
    }


def _read(unit: Mapping[str, Any]) -> int:
    """How much of a unit was read: its conditions and attempts, and whole records of a study that has neither."""
    records: Sequence[Record] = unit["records"]
    return sum(len(part(r, "conditions")) or attempts(r) or int(r["status"] == "ok") for r in records)


def _unfinished(unit: Unit, records: Sequence[Record]) -> str | None:
    """Why a unit is to be done again, None where it is done."""
    if unit.settled and any(record["status"] == "ok" for record in records):
        return None
    return next((_why(record) for record in records if record.get("again")), None)


def _why(record: Record) -> str:
    """The first reason why something of an item failed."""
    return str(next(iter(part(record, "failed").values()), record.get("error")))


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
    lost = [record for record in records if record.get("status") == "failed" or part(record, "failed")]
    more = f" (and {len(lost) - 1} more items of this unit)" if len(lost) > 1 else ""
    return [f"{name}, item {one['item']} failed: {one.get('error')}{more}" for one in lost[:1] if "item" in one]


# ------------------------------------------------------------------------------------------------------- findings


def findings(
    config: Config, study: Study, model: str, tasks: Sequence[Questions], units: Iterable[Mapping[str, Any]]
) -> list[Finding]:
    """Every estimate of the run, from its recorded units, which are all of one model and one set of questions. Never
    asks a model. A task of which no unit was done has one row that says so."""
    measured = [unit for unit in units if unit["phase"] == study.name and unit["records"]]
    by_subject = ordered(study, config.settings, measured)
    streams = {task.name: task.stream for task in tasks}
    out: list[Finding] = []
    for subject in (*streams, *sorted(by_subject.keys() - streams.keys())):
        records = by_subject.get(subject, ())
        level = records[0].get("level") if records else None
        key = Key((str(config.seed), study.name, streams.get(subject, subject), "estimate"))
        estimates = (
            study.estimate(records, key)
            if records
            else [Estimate.absent(study.name, "no unit was done", about=about(measure=study.name))]
        )
        out += [Finding(study.name, model, subject, level, estimate) for estimate in estimates]
    key = Key((str(config.seed), study.name, TOGETHER, "estimate"))
    there = {subject: by_subject[subject] for subject in streams or sorted(by_subject) if subject in by_subject}
    return [*out, *(Finding(study.name, model, TOGETHER, None, found) for found in study.together(there, key))]


def ordered(study: Study, settings: Any, units: Iterable[Mapping[str, Any]]) -> dict[str, Sequence[Record]]:
    """The records of units by subject, in the study's own order and not in that in which they happened to be done."""
    rank = study.rank(settings)
    found: dict[str, list[Sequence[Record]]] = {}
    for unit in sorted(units, key=lambda unit: rank(unit["at"])):
        found.setdefault(unit["task"], []).append(unit["records"])
    return {subject: chained(parts) for subject, parts in found.items()}
