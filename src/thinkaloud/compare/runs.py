"""Which runs may be compared: the same study, questions, levels and settings, answered by somebody else.

Everything that decides what is measured must be the same; who answers and in which arithmetic may differ, and is said.
Each check is one line that quotes both values. Reads run folders and asks no model. This module does not know how
anything is estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.metrics.matching import name
from thinkaloud.metrics.same_question import check_same_question
from thinkaloud.runs.folder import Run
from thinkaloud.study import EDGE


def check_alike(first: Run, other: Run) -> None:
    """`UserError` where the runs do not measure the same thing."""
    _same("a run of", first.config.study, other.config.study, first, other)
    study, now, before = first.config.study, other.identity.version, first.identity.version
    if now != before:
        raise UserError(
            f"{str(other.folder)!r} was made by version {now} of {study}, {str(first.folder)!r} by version {before}: "
            "run the older one again with another --out"
        )
    _same("of the tasks", _listed(first.config.tasks), _listed(other.config.tasks), first, other)
    mine, theirs = _settings(first), _settings(other)
    for setting in mine:
        _same(f"made with {setting}", mine[setting], theirs.get(setting), first, other)
    for run in (first, other):
        _fixed(run)
    _same("of the levels", _levels(first), _levels(other), first, other)
    _same_questions(first, other)
    if not ({name(r) for r in first.records} & {name(r) for r in other.records}):
        raise UserError(
            f"{str(first.folder)!r} and {str(other.folder)!r} have no item in common: run both with the same --task, "
            "--seed and --difficulty"
        )


def one_model(first: Run, other: Run) -> bool:
    """Whether the same weights answered both, asked in the same form and arithmetic."""
    a, b = first.identity, other.identity
    return bool(a.digest) and (a.digest, a.format, a.precision) == (b.digest, b.format, b.precision)


def remarks(first: Run, other: Run) -> list[str]:
    """What a reader must know of these two runs, in sentences: what is not finished, and who was asked otherwise."""
    said = [
        f"{run.folder} is not finished: {so_far} are done, and this is of these alone."
        for run in (first, other)
        if (so_far := run.unfinished) is not None
    ]
    a, b = first.identity, other.identity
    for what in ("format", "precision"):
        if (was := getattr(a, what)) != (now := getattr(b, what)):
            said.append(f"The {what} is {was!r} in {first.folder} and {now!r} in {other.folder}.")
    return said


def _same(what: str, was: Any, now: Any, first: Run, other: Run) -> None:
    if was != now:
        raise UserError(
            f"{str(first.folder)!r} is {what} {was!r}, {str(other.folder)!r} {what} {now!r}: runs can be compared if "
            "they were asked the same things in the same way"
        )


def _listed(tasks: Sequence[str]) -> str:
    return ", ".join(sorted(tasks))


def _settings(run: Run) -> dict[str, Any]:
    """All that decides what is asked. The seed is one of them: wordings and fillers are drawn from it."""
    return {"seed": run.config.seed, **asdict(run.config.settings)}


def _fixed(run: Run) -> None:
    """A level that was searched for is that of its model."""
    searched = sorted({str(unit["task"]) for unit in run.units if unit["phase"] == EDGE})
    if run.config.difficulty == EDGE and searched:
        level = next((str(r["level"]) for r in run.records if r["task"] == searched[0]), "2")
        raise UserError(
            f"{str(run.folder)!r} was made at --difficulty edge, where every model is asked at a level of its own "
            f"({', '.join(searched)}): run all of them with a level, such as --difficulty {level}"
        )


def _levels(run: Run) -> str:
    """Task and level of the items, in words."""
    return ", ".join(sorted({f"{r['task']} {r['level']}" for r in run.records}))


def _same_questions(first: Run, other: Run) -> None:
    """One id must not stand for two questions."""
    known = {name(record): record for record in first.records}
    for record in other.records:
        if before := known.get(name(record)):
            check_same_question(before, record, first.folder, other.folder)
