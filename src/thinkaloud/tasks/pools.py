"""Named sets of tasks that are run together, so that no task is picked by hand.

    builtin          every built-in family, the records families with them
    reasoning-gym    every family of reasoning-gym that passed the gate, as gym:NAME, in alphabetical order
    a questions file that one task (`files.py`: .jsonl, .ndjson, .json, .gz)
    anything else    a text file with one task per line; what follows a # is a comment

This module does not know what the tasks are like.
"""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.tasks import BUILTIN, RECORDS, open_task
from thinkaloud.tasks.files import holds_questions

POOLS = ("builtin", "reasoning-gym")


def pool(name: str) -> list[str]:
    """Names of the pool's tasks, each of which can be opened. `UserError` if there is no such pool or file, if the file
    is empty, repeats a task or names one that is not there, and without reasoning-gym where it is needed."""
    if name == "builtin":
        return [*BUILTIN, *RECORDS]
    if name == "reasoning-gym":
        from thinkaloud.tasks.gym import gym_names, verdict

        return [f"gym:{family}" for family in gym_names() if verdict(family)["admitted"]]
    if holds_questions(name):
        open_task(name)
        return [name]
    return _listed(Path(name))


def _listed(path: Path) -> list[str]:
    """The tasks of a file, in its order, each opened once to see that it is there."""
    if not isfile(path):
        raise UserError(f"no pool and no file named {str(path)!r}; pools: {', '.join(POOLS)}, or a file of task names")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not (task := line.partition("#")[0].strip()):
            continue
        if task in found:
            raise UserError(f"{path}, line {number}: the task {task!r} is that of line {found[task]} already")
        try:
            open_task(task)
        except UserError as error:
            raise UserError(f"{path}, line {number}: {error}") from None
        found[task] = number
    if not found:
        raise UserError(f"{path} names no task: it needs one a line")
    return list(found)
