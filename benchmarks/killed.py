"""Commands that are killed: a run, a shard, what goes on with them and a merge, in processes that end themselves with
SIGKILL at one of their steps on the file system, or in the middle of a write; and what must hold afterwards.

The soak (`soak.py`) and the tests share what a killed folder is held against. A step is a file that is opened to be
written, a write, a sync, a rename, a removal or a new folder, in the order in which the process takes them. What DuckDB
writes by itself is no step: a kill there is drawn by time alone. This module knows no test.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import thinkaloud as ta
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.folder import Run
from thinkaloud.runs.journal import Journal
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Completion, Estimate, Key, Prompt, Sampling

SAME = ("findings.json", "notes.json", "manifest.json", "config.toml", "model.json")
"""Files that have the same bytes however a run came about."""
STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.truncate"})
WRITES = os.O_WRONLY | os.O_RDWR


class Tally(Study):
    """Asks one question in every unit and counts the answers: as small as a study can be that has units, records,
    shards and a report."""

    name, question = "tally", "How many answers are there?"
    takes = frozenset({"model"})

    async def run(self, asked: Any, do: Any) -> list[str]:
        """All units at once."""

        def unit(i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                done = await session.generate(Prompt((), f"What is {i}?"), Sampling(20), Key((str(i),)))
                return [{"item": str(i), "status": "ok", "text": done.text}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        await asyncio.gather(*(do.unit(unit(i)) for i in range(self.expected(None, 0, 0))))
        return ["all were asked"]

    def estimate(self, records: Any, key: Any) -> list[Estimate]:
        """How many there are."""
        return [Estimate("answers", len(records), 0, len(records), len(records), len(records))]

    def expected(self, settings: Any, tasks: int, items: int) -> int:
        """Units."""
        return 10


class Echo(Scripted):
    """Says what it was asked."""

    def __init__(self) -> None:
        super().__init__("echo", faithful)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The question."""
        return Completion(prompt.question, 4, "stop")


def command(name: str, out: Path, given: Any = None) -> None:
    """`run` (`given`: the shard), `resume`, or `merge` (`given`: the folders), of a `Tally`."""
    if name == "run":
        ta.run(Tally, Echo(), out=out, shard=given)
    elif name == "resume":
        ta.resume(out, study=Tally(), model=Echo())
    else:
        ta.merge(given, out, study=Tally())


def killed(name: str, out: Path, given: Any, at: int, steps: Synchronized[int]) -> None:
    """A command that ends itself at its step number `at` (0: never); `steps` counts them."""
    counting(at, steps)
    command(name, out, given)


def counting(at: int, steps: Synchronized[int]) -> None:
    """Count every step from now on, and end this process at one of them: before it is taken or, where it is a write, in
    its middle."""

    def step() -> bool:
        steps.value += 1
        return steps.value == at

    def end() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, given: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(given[2], int) and given[2] & WRITES
        if (opened or event in STEPS) and step():
            end()

    write, sync = os.write, os.fsync

    def half(file: int, data: bytes) -> int:
        if step():
            write(file, data[: len(data) // 2])
            end()
        return write(file, data)

    def synced(file: int) -> None:
        if step():
            end()
        sync(file)

    os.write, os.fsync = half, synced  # type: ignore[assignment]
    sys.addaudithook(heard)


def recorded(out: Path) -> dict[str, int]:
    """How often each unit of a folder is recorded as done."""
    return dict(Counter(str(one["unit"]) for one in Journal(out).every() if one["status"] == "ok"))


def held_against(found: Run, whole: Path, study: Study | None = None) -> None:
    """`AssertionError` where a run that was disturbed is not the one that nobody disturbed."""
    for name in SAME:
        if (found.folder / name).read_bytes() != (whole / name).read_bytes():
            raise AssertionError(f"{name} differs")
    once = recorded(found.folder)
    if set(once.values()) != {1} or once != recorded(whole):
        raise AssertionError("units were lost or doubled")
    ta.verify(found.folder, **({} if study is None else {"study": study}))
