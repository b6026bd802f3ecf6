"""Protects: the tasks' own programs are right and run in the sandbox, so an arm with code is shown true ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from thinkaloud.arms.style import context_of
from thinkaloud.tasks import BUILTIN, ORGANISMS, RECORDS, open_task
from thinkaloud.tasks.family import Family
from thinkaloud.tools.base import ToolResult
from thinkaloud.tools.python import run_python
from thinkaloud.vocabulary import Item, Key

KEY = Key(("programs",))
SILENT = {"recall", *ORGANISMS, *(name for name in RECORDS if name.endswith(("_paraphrased", "_inferred")))}
"""Nothing to compute, a language without programs, or topics that have to be read."""
LONGEST = 12
"""Records of higher levels are of the same form and only longer."""
CASES = [
    (name, level)
    for name in (*BUILTIN, *RECORDS)
    if name not in SILENT
    for level in open_task(name).levels
    if name not in RECORDS or level <= LONGEST
]


def program(task: Any, item: Item) -> str | None:
    """The task's own."""
    assert isinstance(task, Family)
    return task.program(item)


async def run(code: str, item: Item) -> ToolResult:
    """As an arm runs it."""
    context = context_of(item)
    inputs: Mapping[str, Any] = {"question": item.question} | ({"context": context} if context else {})
    return await run_python(code, inputs=inputs)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_program_prints_the_gold(name: str, level: int) -> None:
    """Run in the sandbox, the program of every item prints its answer and nothing else."""
    task = open_task(name)
    items = task.items(level, 12 if name in BUILTIN else 4, KEY)

    async def all_of_them() -> list[ToolResult]:
        return await asyncio.gather(*(run(program(task, item) or "", item) for item in items))

    for item, result in zip(items, asyncio.run(all_of_them()), strict=True):
        assert (result.ok, result.text) == (True, item.gold), (item.question[-200:], program(task, item))


@pytest.mark.parametrize("name", sorted(SILENT))
def test_where_a_program_is_no_help_there_is_none(name: str) -> None:
    """A program that knew the words of a hidden topic, or a fact, would be the answer key and not a program."""
    task = open_task(name)
    assert all(program(task, item) is None for item in task.items(task.levels[0], 3, KEY))


@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_program_is_short_and_does_not_hold_the_answer(name: str, level: int) -> None:
    """It computes: the same program text never stands for two answers, and no program just prints its gold."""
    task = open_task(name)
    found: dict[str, str] = {}
    for item in task.items(level, 6, KEY):
        code = program(task, item) or ""
        assert len(code) <= 400
        assert code not in (f"print({item.gold})", f'print("{item.gold}")', f"print({item.gold!r})")
        if name in BUILTIN:
            assert found.setdefault(code, item.gold) == item.gold
