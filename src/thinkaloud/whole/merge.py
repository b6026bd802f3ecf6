"""Shards of a run made into the run that one process would have made: the same findings, records, bill and report.

The folders must be all parts of one run: the same configuration, model, questions, code and plan, each part once, and
each with all of its units. Anything else is refused in one line that says what differs. What every shard did (the
search for a level, tuning) is taken from the first; that all came to the same is part of the plan. The program is then
gone through over the records (`runs/replay.py`), which finds what no shard was given. No model is asked.

Seconds are those that the shards took, and add up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.open_study import open_run, open_study
from thinkaloud.runs import identity
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import placed
from thinkaloud.runs.folder import Run, write
from thinkaloud.runs.identity import differences, identify
from thinkaloud.runs.lock import holding
from thinkaloud.runs.names import OBJECT, reopened, slug
from thinkaloud.runs.order import in_order, unit_digest
from thinkaloud.runs.progress import NullProgress, Progress
from thinkaloud.runs.replay import Missing, Replay, StandIn
from thinkaloud.runs.shards import Part
from thinkaloud.study import Study
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Task
from thinkaloud.whole.finish import asked, complete, passed

Shards = Sequence[tuple[Run, Part]]


def merge(
    folders: Sequence[str | Path],
    out: str | Path | None = None,
    *,
    study: Study | type[Study] | None = None,
    tasks: Sequence[Task] | None = None,
    progress: Progress | None = None,
) -> Run:
    """One run from the folders of all its shards, in any order; into `out`, or where one process would have put it. A
    merge that was killed is gone on with. Objects that were passed to `run` must be passed again."""
    given = None if study is None else open_study(study)
    parts = _parts([open_run(folder, given) for folder in folders])
    _same(parts)
    _complete(parts)
    first, of = parts[0][0], parts[0][0].identity
    folder = Path(out) if out is not None else Path("runs") / slug(first.config, of)
    Run.check(folder)
    with holding(folder):
        if not os.path.isfile(folder / identity.FILE):  # relative paths begin where the shards were begun
            write(folder / identity.FILE, (first.folder / identity.FILE).read_text(encoding="utf-8"))
        made = Run.create(folder, first.config, first.study, first.card, of)
        for unit in _units(parts):
            before = made.journal.recorded(unit["unit"])
            if before is None or before["status"] != "ok":
                made.journal.append(unit["unit"], {name: value for name, value in unit.items() if name != "unit"})
        execution = replayed(made, first, parts[0][1], tasks, progress or NullProgress())
        try:
            notes = passed(made, execution)
        except Missing as error:
            raise UserError(
                f"{error}: no shard was given it, so what {first.study.name} measures follows from what it measured "
                "before; run it without --shard"
            ) from error
        assert notes is not None  # nothing is spent, so no cap ends it
        return complete(made, execution, notes)


def replayed(
    made: Run, begun: Run, part: Any, tasks: Sequence[Task] | None = None, progress: Progress | None = None
) -> Replay:
    """The pass over what `made` holds. `begun`: the folder that says where the run was begun; `part`: has the model's
    profile. `UserError` where the questions or files are others than those of the run."""
    objects = [name.removeprefix(OBJECT) for name in begun.config.tasks if name.startswith(OBJECT)]
    if objects and tasks is None:
        raise UserError(
            f"{str(begun.folder)!r} is of objects that were passed from Python ({', '.join(objects)}): pass them again"
        )
    card = begun.card
    with reopened(begun) as named:
        opened = open_tasks(tasks or named.tasks) if "tasks" in begun.study.takes else []
        now = identify(begun.config, begun.study, card, opened, named.settings)
    if said := differences(made.identity, now):
        raise UserError(f"{str(begun.folder)!r} was {'; it was '.join(said)}")
    request = replace(asked(begun.config, StandIn(card, part.profile), opened), settings=named.settings)
    return Replay(begun.study, request, made.identity, made.journal, progress or NullProgress())


# ------------------------------------------------------------------------------------------------------ what is refused


def _parts(runs: Sequence[Run]) -> Shards:
    """The shards by their numbers; `UserError` unless each part of one run is there once."""
    if not runs:
        raise UserError("no folder was given: thinkaloud merge SHARD...")
    found: dict[int, tuple[Run, Part]] = {}
    for run in runs:
        if (part := run.part) is None:
            raise UserError(f"{str(run.folder)!r} is no shard: it was made without --shard")
        of = next(iter(found.values()))[1].shard.of if found else part.shard.of
        if part.shard.of != of:
            first = next(iter(found.values()))
            raise UserError(
                f"{str(run.folder)!r} is shard {part.shard}, and {str(first[0].folder)!r} is shard {first[1].shard}: "
                "not of one split"
            )
        if (twice := found.get(part.shard.number)) is not None:
            raise UserError(f"shard {part.shard} is given twice: {str(twice[0].folder)!r} and {str(run.folder)!r}")
        found[part.shard.number] = run, part
    whole = next(iter(found.values()))[1].shard.of
    if absent := [str(number) for number in range(1, whole + 1) if number not in found]:
        noun = "shard" if len(absent) == 1 else "shards"
        raise UserError(f"{noun} {', '.join(absent[:6])}{', ...' if len(absent) > 6 else ''} of {whole} not given")
    return [found[number] for number in sorted(found)]


def _same(parts: Shards) -> None:
    """`UserError` where a shard is of another configuration, model, questions, code or plan than the first."""
    first, part = parts[0]
    for run, other in parts[1:]:
        said = first.config.changes(_at(run.config, first.config.model))
        said = said or differences(first.identity, run.identity)
        said = said or _of_code(part, other)
        if said:
            raise UserError(f"{str(run.folder)!r} is not of the same run as {str(first.folder)!r}: {'; '.join(said)}")
    for run, other in parts:
        failed = next((u for u in run.units if u["phase"] != run.study.name and u["status"] != "ok"), None)
        if other.planned is None or other.mine is None or failed is not None:
            why = "" if failed is None else f" (a unit that decides what is measured failed: {failed['error']})"
            raise UserError(f"shard {other.shard} is not through{why}: thinkaloud resume {run.folder}")
        _same_plan(parts[0], (run, other))


def _at(config: Config, model: str) -> Config:
    """The same asked at another address: a server is known by what it says of itself, which the identity holds."""
    return replace(config, model=model) if "://" in config.model and "://" in model else config


def _of_code(one: Part, other: Part) -> list[str]:
    if one.thinkaloud != other.thinkaloud:
        return [f"made by thinkaloud {one.thinkaloud}, and by {other.thinkaloud}"]
    if one.code != other.code:
        return [f"made by other code of the same version ({one.code[:23]}, and {other.code[:23]})"]
    return []


def _same_plan(one: tuple[Run, Part], other: tuple[Run, Part]) -> None:
    """`UserError` with the first unit in which two plans differ, and the way out."""
    pairs = zip_longest(one[1].planned or (), other[1].planned or ())
    apart = next(((a, b) for a, b in pairs if a != b), None)
    shared = _shared(*one)
    found = {place: unit for place, unit in _shared(*other).items() if place in shared}
    if apart is None:
        odd = next((at for at, unit in found.items() if unit_digest(unit) != unit_digest(shared[at])), None)
        if odd is None:
            return
        raise UserError(_undecided(one, other, ", ".join(odd), "came to other records"))
    a, b = apart
    where = ", ".join((a or b or ())[:3])
    how = "is of other content" if a and b and a[:3] == b[:3] else "is planned in one of them alone"
    raise UserError(_undecided(one, other, where, how))


def _undecided(one: tuple[Run, Part], other: tuple[Run, Part], where: str, how: str) -> str:
    return (
        f"{str(one[0].folder)!r} and {str(other[0].folder)!r} are not of one plan: the unit {where} {how}. What is "
        "decided before the split came out differently, as with a server that does not compute the same twice: give "
        "--difficulty LEVEL, or run it without --shard"
    )


def _shared(run: Run, part: Part) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """What every shard does, by place."""
    planned = {entry[:3] for entry in part.planned or ()}
    units = ((placed(unit), unit) for unit in run.units if unit["phase"] != run.study.name)
    return {place: unit for place, unit in units if place in planned and unit["status"] == "ok"}


def _complete(parts: Shards) -> None:
    """`UserError` where a shard lacks units of its own. Those that failed are there, as they are in one process."""
    planned = [place for _, part in parts for place in part.mine or ()]
    if len(planned) != len(set(planned)):
        raise UserError("the shards overlap: they were not cut from one plan")
    for run, part in parts:
        there = {placed(unit) for unit in run.units}
        lost = [place for place in part.mine or () if place not in there]
        if lost:
            raise UserError(
                f"shard {part.shard} lacks {len(lost)} of its {len(part.mine or ())} units (the first: "
                f"{', '.join(lost[0])}): thinkaloud resume {run.folder}"
            )


def _units(parts: Shards) -> list[Mapping[str, Any]]:
    """The units of the whole run, each once, in their order: what every shard did from the first that has it."""
    found: dict[str, Mapping[str, Any]] = {}
    for run, part in parts:
        planned = {entry[:3] for entry in part.planned or ()}
        for unit in run.units:
            before = found.get(unit["unit"])
            if placed(unit) in planned and (before is None or before["status"] != "ok"):
                found[unit["unit"]] = unit
    return sorted(found.values(), key=in_order)
