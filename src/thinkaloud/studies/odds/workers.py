"""Games on all cores: processes that are given a block of games in a line and answer with its records in a line.

As many are started as blocks are asked for at once (`--concurrency`), and they stay for the next ones. A worker that
reads the end of its input ends; so none outlives a run, however that was ended. One whose block is given up on the way
(`--unit-time`) is ended, and another is started when it is needed. This module does not know what is in a
line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import msgspec

from thinkaloud.errors import ModelError
from thinkaloud.games.openings import Opening
from thinkaloud.games.programs import close_all
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.recipe import Recipe
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Key, Record

LIMIT = 1 << 26
"""Characters of a line."""
ENDING, AT_ONCE = 5.0, 0.1
"""Seconds that a worker has to end: after its last block, and where that is given up."""


@dataclass(frozen=True)
class Job:
    """A block of games."""

    recipe: Recipe
    cell: Cell
    begun: list[Opening]
    key: Key


@dataclass
class Workers:
    """Used as `async with Workers() as workers`."""

    _idle: list[asyncio.subprocess.Process] = field(default_factory=list)
    _all: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def __aenter__(self) -> Workers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await asyncio.gather(*(_ended(worker, ENDING if error is None else AT_ONCE) for worker in self._all))

    async def records(self, job: Job) -> list[Record]:
        """Have a block played."""
        worker = self._idle.pop() if self._idle else await self._started()
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(msgspec.json.encode(job) + b"\n")
            line = await worker.stdout.readline()
        except BaseException:  # given up: what it would answer now belongs to no block
            await _ended(worker, AT_ONCE)
            raise
        if not line.endswith(b"\n"):
            raise ModelError(f"the process that played {job.cell.title} ended with code {await worker.wait()}")
        self._idle.append(worker)
        found: dict[str, Any] = msgspec.json.decode(line)
        if "error" in found:
            raise ModelError(found["error"])
        records: list[Record] = found["records"]
        return records

    async def _started(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=pipe, stdout=pipe, limit=LIMIT
        )
        self._all.append(worker)
        return worker


async def _ended(worker: asyncio.subprocess.Process, seconds: float) -> None:
    """End a worker, which has so long to do it by itself."""
    try:
        if worker.stdin is not None:
            worker.stdin.close()  # it ends by itself, and what it has started with it
        await asyncio.wait_for(worker.wait(), seconds)
    except TimeoutError:
        pass
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


def answer(line: bytes) -> bytes:
    """What a worker says to a line."""
    from thinkaloud.errors import reason

    try:
        job = msgspec.json.decode(line, type=Job)
        return msgspec.json.encode({"records": asyncio.run(games(job.recipe, job.cell, job.begun, job.key))})
    except Exception as error:
        return msgspec.json.encode({"error": reason(error)})


def work() -> None:
    """Answer lines until there is nothing more to read. That is noticed in the middle of a game, too."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_reading, args=(lines,), daemon=True).start()
    while True:
        said = answer(lines.get()) + b"\n"
        with contextlib.suppress(BrokenPipeError):  # the run was ended: so will this process be
            sys.stdout.buffer.write(said)
            sys.stdout.buffer.flush()


def _reading(lines: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    close_all()
    os._exit(0)


if __name__ == "__main__":
    work()
