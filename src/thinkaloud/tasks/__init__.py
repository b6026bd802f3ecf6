"""What is asked: the built-in families, and every other way to name a task.

    chain_sum          a built-in family (`task_names()` lists them)
    records_count      a family of questions about many records, the positive control of decomposition (`records.py`)
    questions.jsonl    a file of questions (`jsonl.py`; `files.py` has the other endings)
    data.csv?answer=x  the same, and which of its columns are read (`specs.py`)
    gsm8k, bbh:NAME    a benchmark, from the hub or from a local copy (`gsm8k:PATH`; `benchmarks/`)
    gym:NAME           a family of reasoning-gym (`gym.py`)
    sim:chain_1        questions for simulated models, which no other model understands (`simulated.py`)
    mine.py:Digits     a class of a file of your own (`thinkaloud check-task` tries it)
    mod10              the language of the trained organisms (`chain.py`), which no other model speaks
    anything else      a name that an installed package registers in the entry-point group `thinkaloud.tasks`

A file's task is called by its stem (`test` for `law/test.jsonl`), and by its full name where a built-in task has that
one. Where two tasks of a run would have one name, files are called by as many of their folders as tell them apart
(`anatomy/test`, `law/test`). That is a name in tables only: draws and ids stay those that the file has by itself.

This module knows only where tasks are; nothing is imported before it is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.from_file import from_file
from thinkaloud.tasks.meaning import near
from thinkaloud.tasks.traits import FromFile
from thinkaloud.vocabulary import Task

__all__ = ["BUILTIN", "GROUP", "ORGANISMS", "RECORDS", "open_task", "open_tasks", "task_names"]

GROUP = "thinkaloud.tasks"

BUILTIN: Mapping[str, str] = {
    "chain_sum": "thinkaloud.tasks.sums:ChainSum",
    "big_sum": "thinkaloud.tasks.sums:BigSum",
    "chain_mixed": "thinkaloud.tasks.sums:ChainMixed",
    "story": "thinkaloud.tasks.story:StoryFamily",
    "variables": "thinkaloud.tasks.variables:Variables",
    "count_items": "thinkaloud.tasks.counting:CountItems",
    "coin": "thinkaloud.tasks.coin:Coin",
    "swaps": "thinkaloud.tasks.swaps:Swaps",
    "directions": "thinkaloud.tasks.directions:Directions",
    "weekday": "thinkaloud.tasks.weekday:Weekday",
    "compare": "thinkaloud.tasks.compare:Compare",
    "recall": "thinkaloud.tasks.recall:Recall",
}
"""Name -> where its class is, as `module:Class`."""

RECORDS: Mapping[str, str] = {
    "records_needle": "thinkaloud.tasks.records:RecordsNeedle",
    "records_count": "thinkaloud.tasks.records:RecordsCount",
    "records_count_paraphrased": "thinkaloud.tasks.records_more:RecordsCountParaphrased",
    "records_count_inferred": "thinkaloud.tasks.records_more:RecordsCountInferred",
    "records_mode": "thinkaloud.tasks.records:RecordsMode",
    "records_mode_paraphrased": "thinkaloud.tasks.records_more:RecordsModeParaphrased",
    "records_mode_inferred": "thinkaloud.tasks.records_more:RecordsModeInferred",
    "records_compare": "thinkaloud.tasks.records_more:RecordsCompare",
    "records_pairs": "thinkaloud.tasks.records_more:RecordsPairs",
}
"""Built in as well, and apart because a single item of their higher levels is megabytes long."""

ORGANISMS: Mapping[str, str] = {
    "mod10": "thinkaloud.tasks.chain:Mod10",
    "mod10_tb": "thinkaloud.tasks.chain:Mod10Tb",
    "mod5": "thinkaloud.tasks.chain:Mod5",
    "mod5_tb": "thinkaloud.tasks.chain:Mod5Tb",
}
"""Tasks in the closed language of the trained organisms: known by name, and not listed among the tasks for models."""


def open_task(spec: str | Task | type[Task]) -> Task:
    """The task that a name, a path, an object or a class stands for; `UserError` with the nearest names if none."""
    if not isinstance(spec, str):
        return _as_task(spec, repr(spec))
    if spec in (known := {**BUILTIN, **RECORDS, **ORGANISMS}):
        module, _, name = known[spec].partition(":")
        return _as_task(getattr(import_module(module), name), spec)
    if ".py:" in spec or spec.endswith(".py"):
        return _as_task(from_file(spec, "task"), spec)
    files = import_module("thinkaloud.tasks.files")
    if import_module("thinkaloud.tasks.benchmarks.table").is_benchmark(spec) and spec not in _registered():
        return _as_task(import_module("thinkaloud.tasks.benchmarks").open_benchmark(spec), spec)
    named, columns = import_module("thinkaloud.tasks.specs").parted(spec)
    if not spec.startswith(("gym:", "sim:")) and files.holds_questions(named):
        path = Path(named)
        own = path.name if path.stem in {*known, *_registered()} else None  # never like a task that has no file
        return _as_task(import_module("thinkaloud.tasks.jsonl").JsonlTask(named, own, columns), spec)
    if spec.startswith("gym:"):
        return _as_task(import_module("thinkaloud.tasks.gym").open_gym(spec.removeprefix("gym:")), spec)
    if spec.startswith("sim:"):
        return _as_task(import_module("thinkaloud.tasks.simulated").Simulated(spec.removeprefix("sim:")), spec)
    if spec in (registered := _registered()):
        return _as_task(_load(registered[spec]), spec)
    if why := files.refused(spec):
        raise UserError(why)
    names = [*task_names(), *ORGANISMS, *import_module("thinkaloud.tasks.benchmarks.table").benchmarks()]
    raise near(spec, names) or unknown("task", spec, names)


def open_tasks(specs: Sequence[str | Task | type[Task]]) -> list[Task]:
    """The tasks of a run, each under a name of its own; `UserError` where that cannot be."""
    tasks = [open_task(spec) for spec in specs]
    of_files = {i: task for i, task in enumerate(tasks) if isinstance(task, FromFile)}
    files = {i: task.path.absolute().resolve() for i, task in of_files.items()}
    for path, n in Counter(files.values()).items():
        if n > 1:
            raise UserError(f"the file {str(path)!r} is given twice")
    folders = 0
    while twice := {name for name, n in Counter(task.name for task in tasks).items() if n > 1}:
        folders += 1
        again = [i for i in files if tasks[i].name in twice and folders < len(files[i].parts) - 1]
        if not again:
            raise UserError(
                f"two tasks are called {min(twice)!r}: give one of them another `name`, or a run of its own"
            )
        for i in again:
            tasks[i] = of_files[i].called("/".join([*files[i].parts[-1 - folders : -1], files[i].stem]))
    return tasks


def task_names() -> list[str]:
    """The built-in families in their order, then what installed packages register."""
    return [*BUILTIN, *RECORDS, *sorted(_registered().keys() - BUILTIN.keys() - RECORDS.keys())]


def _registered() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> Any:
    """What an installed package registered; its failure is the user's to see, with the package's name."""
    try:
        return point.load()
    except Exception as error:
        raise UserError(f"the task {point.name!r}, registered as {point.value!r}, does not load: {error!r}") from error


def _as_task(thing: Any, what: str) -> Task:
    """A class is called; the result must have every member of `Task`."""
    task = thing() if isinstance(thing, type) else thing
    if isinstance(task, Task):
        return task
    wanted = {*Task.__annotations__, *(name for name in vars(Task) if not name.startswith("_"))}
    missing = sorted(name for name in wanted if not hasattr(task, name))
    raise UserError(f"{what} is not a task: it has no {', '.join(missing)}")
