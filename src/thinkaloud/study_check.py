"""`thinkaloud check-study`: whether a study of somebody's own keeps the contract of `study.py`.

The study is run twice on a scripted reasoner, on a few easy questions and without a folder, and its estimates are made
twice from the same records. Nothing here judges whether a study measures what it says.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from thinkaloud.open_model import open_model
from thinkaloud.runs.records import Forgetting
from thinkaloud.settings import load, plain
from thinkaloud.study import Asked, NoModel, Study
from thinkaloud.tasks import open_tasks
from thinkaloud.tasks.promises import Verdict, said
from thinkaloud.vocabulary import Estimate, Key, Record

MODEL, TASK, LEVEL, ITEMS = "scripted:faithful", "chain_sum", 3, 8
KEY = Key(("check",))
Subjects = Mapping[str, Sequence[Record]]


def check_study(study: Study) -> Iterator[Verdict]:
    """Every promise of a study, and how it is broken where it is; what cannot be tried after that is left out."""
    yield _tried("It has a name and a question.", lambda: _named(study))
    settings = _tried("Its settings can be written to a file and read again.", lambda: _settings(study))
    yield settings
    if settings.wrong is not None:
        return
    found: list[Subjects] = []
    yield _tried(f"It runs on {MODEL}, {ITEMS} items of {TASK}, and leaves records.", lambda: _runs(study, found))
    if not found:
        return
    yield _tried("Its records are plain JSON, and each says its status.", lambda: _plain(found[0]))
    yield _tried("A second run leaves the same records.", lambda: _again(study, found[0]))
    yield _tried("Estimates have names of their own, and a value or a reason.", lambda: _estimates(study, found[0]))
    yield _tried(
        "Equal records and keys give equal estimates, and records stay as they are.", lambda: _pure(study, found[0])
    )


def _tried(promise: str, check: Callable[[], str | None]) -> Verdict:
    try:
        return Verdict(promise, check())
    except Exception as error:  # the study's own code, of which anything may come
        return Verdict(promise, said(error))


def _named(study: Study) -> str | None:
    empty = [what for what in ("name", "question") if not str(getattr(study, what)).strip()]
    return f"its {empty[0]} is empty" if empty else None


def _settings(study: Study) -> str | None:
    usual = study.Settings()
    again: Any = load(study.Settings, plain(usual), study.name)
    return None if again == usual else f"{usual!r} is read again as {again!r}"


def _runs(study: Study, found: list[Subjects]) -> str | None:
    subjects = _measured(study)
    if not any(subjects.values()):
        return (
            f"no unit of phase {study.name!r} left a record (a unit that is measured has the study's name as its phase)"
        )
    found.append(subjects)
    return None


def _measured(study: Study) -> Subjects:
    model = open_model(MODEL) if "model" in study.takes else NoModel()
    tasks = tuple(open_tasks([TASK])) if "tasks" in study.takes else ()
    settings, do = study.Settings(), Forgetting(study, model)
    asked = Asked(settings=settings, model=model, tasks=tasks, items=ITEMS, difficulty=LEVEL, open_model=open_model)
    asyncio.run(study.run(asked, do))
    return do.records(settings)


def _plain(subjects: Subjects) -> str | None:
    for record in (one for records in subjects.values() for one in records):
        if json.loads(json.dumps(record, allow_nan=False)) != record:
            return f"{record!r} is another after it was written down (tuples are lists, keys are texts)"
        if "status" not in record:
            return f"{record!r} has no 'status' ('ok' or 'failed')"
    return None


def _again(study: Study, before: Subjects) -> str | None:
    now = _measured(study)
    return None if now == before else "they differ: does it draw from something else than `asked.key`?"


def _estimates(study: Study, subjects: Subjects) -> str | None:
    for subject, records in subjects.items():
        made = study.estimate(records, KEY)
        if odd := [one for one in made if not isinstance(one, Estimate)]:
            return f"{odd[0]!r} is no Estimate"
        names = [one.name for one in made]
        if twice := [name for name in names if names.count(name) > 1]:
            return f"{twice[0]!r} is there twice for {subject}"
    return None


def _pure(study: Study, subjects: Subjects) -> str | None:
    for subject, records in subjects.items():
        kept: Any = copy.deepcopy(list(records))
        if study.estimate(records, KEY) != study.estimate(kept, KEY):
            return f"those of {subject} differ: does it draw from something else than `key`?"
        if list(records) != json.loads(json.dumps(list(records))):
            return f"the records of {subject} were changed"
    return None
