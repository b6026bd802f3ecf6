"""The end of a run, however it came about: its units done, its notes, findings and reports written, its records sealed.

A shard ends with its own units: notes, findings and reports are those of the whole run (`merge.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.metrics.options import remarks
from thinkaloud.models.session import profile_of
from thinkaloud.models.tolls import lent
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_run
from thinkaloud.organisms.paying import paying
from thinkaloud.runs import manifest, shards
from thinkaloud.runs.alive import Heard, heartbeat
from thinkaloud.runs.aside import run_to_end
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import findings
from thinkaloud.runs.folder import Run, write
from thinkaloud.runs.following import Following, Where
from thinkaloud.runs.held import SPENT, Held
from thinkaloud.runs.missing import ahead, so_far
from thinkaloud.runs.names import go_on, slug
from thinkaloud.runs.progress import NullProgress, Progress
from thinkaloud.runs.scratch import in_folder, removed
from thinkaloud.study import Asked
from thinkaloud.values import duration
from thinkaloud.vocabulary import Model, Task, Usage


def asked(config: Config, model: Model, tasks: Sequence[Task]) -> Asked:
    """What a run asks of its study. A further model is opened once, whoever asks for it, and passes the gate of the
    unit that asks it."""

    @cache
    def further(name: str) -> Model:
        found = paying(open_model(name, config.loading))
        return lent(found) if found.card.digest else found  # without one it is known by what it is

    return Asked(
        settings=config.settings, seed=config.seed, model=model, tasks=tuple(tasks), items=config.items,
        difficulty=config.difficulty, open_model=further, open_run=open_run,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """How units are done, which decides nothing that is measured: so many at once, for so many seconds each at most
    (None: as long as they take), `where` (None: in this process)."""

    concurrency: int = 1
    unit_time: float | None = None
    where: Where | None = None

    def on(self, where: Where | None) -> Work:
        """The same, done there: with as many units at once as it has room for."""
        return self if where is None else replace(self, concurrency=where.slots, where=where)


def work_of(concurrency: int, unit_time: float | str | None) -> Work:
    """As a caller gives it (`values.duration`)."""
    if concurrency < 1:
        raise UserError(f"--concurrency is {concurrency}: give 1 or more units at once")
    seconds = duration(unit_time) if isinstance(unit_time, str) else unit_time
    if seconds is not None and not seconds > 0:
        raise UserError(f"--unit-time is {seconds:g} s: give more than 0 seconds")
    return Work(concurrency, seconds)


def finish(found: Run, request: Asked, progress: Progress | None, work: Work, caps: Held) -> Run:
    """Do what is missing of a run or of a shard, and end it."""
    bill = found.bill
    caps.keep(spent_file(found), Usage(bill["asked"], bill["computed"], bill["generated"]))
    found.asked_for = None  # until it is through again
    told = Heard(progress or NullProgress())
    for remark in (*found.remarks(), *filter(None, [ahead(found)])):
        told.say(remark)
    given = (
        found.study, request, found.identity, found.journal, told, work.concurrency, caps, work.unit_time, work.where
    )  # fmt: skip
    part = found.part
    execution = Following(*given) if part is None else shards.Sharded(*given, shard=part.shard)
    notes = passed(found, execution)
    if notes is None:
        found.stopped = caps.sentence(so_far(found), go_on(found))
    if isinstance(execution, shards.Sharded):
        if notes is not None and part is not None:
            found.write_part(execution.part(part))
            sealed(found)
        return found
    if notes is None:
        (found.folder / manifest.FILE).unlink(missing_ok=True)  # of a run that was through before, and is not now
        conclude(found)
        return found
    return complete(found, execution, notes)


def spent_file(found: Run) -> Path:
    """Where a run with a cap of money keeps what it spent: one file for all of its shards that lie side by side."""
    if found.part is None:
        return found.folder / SPENT
    return found.folder.absolute().parent / f"{slug(found.config, found.identity)}.{SPENT}"


def passed(found: Run, execution: Following) -> list[str] | None:
    """One pass over a run; its notes, or None where a cap ended it."""

    async def whole() -> list[str] | None:
        with in_folder(found.folder):  # in here: in a notebook it is done by another thread
            async with heartbeat(execution.progress, execution.caps):
                return await execution.run()

    try:
        return run_to_end(whole)
    finally:
        found.journal.close()


def complete(found: Run, execution: Following, notes: Sequence[str]) -> Run:
    """End a run that is through. What it did not ask for in the end, though an earlier attempt did, is not counted."""
    found.asked_for = frozenset(str(unit["unit"]) for unit in execution.units)
    found.note([*notes, *remarks(found.records)])
    sealed(found)
    conclude(found)
    made = manifest.manifest_of(
        found.folder, found.identity.hash, profile_of(execution.asked.model), execution.units
    )  # fmt: skip
    write(found.folder / manifest.FILE, made.dumps())
    return found


def sealed(found: Run) -> None:
    """The records in one file, where none of them is to be made again."""
    if all(unit["status"] == "ok" for unit in found.units):
        found.journal.seal()
        removed(found.folder)


def conclude(found: Run, out: str | Path | None = None, bets: Sequence[str] = ()) -> None:
    """Findings, bill and reports from what is recorded, into `out` or the folder itself."""
    made = findings(found.config, found.study, found.card.name, found.identity.tasks, found.units)
    found.write_results(made, out)
    found.report(out, made, bets)


def remade(found: Run, bets: Sequence[str] = ()) -> None:
    """The findings and reports of a run made again in its own folder; its manifest follows them."""
    conclude(found, bets=bets)
    before = manifest.Manifest.load(found.folder)
    if before is not None:
        files = {**before.files, "findings.json": manifest.file_digest(found.folder / "findings.json")}
        write(found.folder / manifest.FILE, replace(before, files=files).dumps())
