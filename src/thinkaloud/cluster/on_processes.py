"""Workers that are processes of this machine, each with a model of its own. They end with the process that started
them, however that ends. Each does one unit at a time, and asks about it through a pipe.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from thinkaloud.cluster.allowed import Allowed
from thinkaloud.cluster.protocol import About, Answer, Keep, Lost, Sent, Spent, Start, Tell, Wanted, Worker
from thinkaloud.cluster.replica import Replica, sendable

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries of arithmetic take for the number of their threads."""


class Process:
    """A worker: a pool of a single process, which nobody starts anew when it dies."""

    about: About
    _pid: int | None = None

    def __init__(self, threads: int) -> None:
        spawned = multiprocessing.get_context("spawn")  # threads of an engine do not survive a fork
        self._line, self._other = spawned.Pipe()
        self._pool = ProcessPoolExecutor(1, spawned, _begun, (threads, self._other))
        self._heard: dict[int, Tell] = {}
        self._listens = False

    async def open(self, program: Sent) -> None:
        """Have it open its program; raises why it cannot."""
        found = await self._call(_open, program)
        if isinstance(found, Exception):
            self.end()
            raise found
        self.about = found
        self._pid = found.pid
        self._other.close()  # now only the worker has that end, and the pipe ends with it

    async def do(self, wanted: Wanted, heard: Tell) -> Answer:
        """See `Worker`."""
        if wanted.ticket is None:
            return await self._done(wanted)
        if not self._listens:
            self._listens = True
            threading.Thread(target=self._listen, args=(asyncio.get_running_loop(),), daemon=True).start()
        self._heard[wanted.ticket] = heard
        try:
            return await self._done(wanted)
        finally:
            del self._heard[wanted.ticket]

    async def _done(self, wanted: Wanted) -> Answer:
        answer: Answer = await self._call(_do, wanted)
        return answer

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand on what the worker asks, until it or the loop ends."""
        with suppress(EOFError, OSError, RuntimeError):
            while True:
                loop.call_soon_threadsafe(self._answer, self._line.recv())

    def _answer(self, said: Keep | Spent) -> None:
        heard = self._heard.get(said.ticket, Allowed(None).hear)
        refused = heard(said)
        with suppress(OSError):  # it ended meanwhile
            self._line.send(None if refused is None else sendable(refused))

    async def _call(self, work: Callable[[Any], Any], given: Any) -> Any:
        try:
            asked = self._pool.submit(work, given)
        except (BrokenProcessPool, RuntimeError) as error:  # it has ended, or was ended here
            raise Lost(self._gone) from error
        try:
            return await asyncio.wrap_future(asked)
        except BrokenProcessPool as error:
            raise Lost(self._gone) from error

    @property
    def _gone(self) -> str:
        return f"the worker process {self._pid or 'that was starting'} on {platform.node()} was lost"

    def end(self) -> None:
        """See `Worker`."""
        if self._pid is not None:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
        self._pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def processes(program: Sent, threads: int) -> Iterator[Start]:
    """What starts a worker; all of them end with this block."""
    started: list[Process] = []

    async def start() -> Worker:
        one = Process(threads)
        started.append(one)
        await one.open(program)
        return one

    try:
        yield start
    finally:
        for one in started:
            one.end()


# -------------------------------------------------------------------------------------------------------- in a worker

_here: list[tuple[asyncio.AbstractEventLoop, Replica]] = []
"""Its loop, which runs while a unit is done, and its pass over the program."""
_line: list[Connection] = []
"""Its end of the pipe on which it asks."""
_telling = threading.Lock()
"""Requests to a server are made, and asked for, by a thread of their own."""


def _begun(threads: int, line: Connection) -> None:
    _line.append(line)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever coordinates is interrupted, and ends this process
    for name in THREADS:
        os.environ[name] = str(threads)
    threading.Thread(target=_with_parent, daemon=True).start()


def _with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


def _open(program: Sent) -> About | Exception:
    try:
        _here.append((asyncio.new_event_loop(), Replica(program)))
    except Exception as error:
        return sendable(error)
    return _here[0][1].about


def _do(wanted: Wanted) -> Answer:
    loop, replica = _here[0]
    return loop.run_until_complete(replica.do(wanted, _tell))


def _tell(said: Keep | Spent) -> Exception | None:
    with _telling:
        _line[0].send(said)
        refused: Exception | None = _line[0].recv()
        return refused
