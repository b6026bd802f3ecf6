"""Runs a coroutine to its end. If an event loop is already running (a notebook), it runs in a separate thread.

An interrupt there (the notebook's stop button) cancels the work and waits until it has stopped, so that no model is
asked while the next cell runs. A batch that is being computed is finished first; a second interrupt does not wait for
it. This module does not know what the work is.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from types import CoroutineType
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


def run_to_end(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the work and return its result, or raise its exception."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(work)
    found: T = _Aside(work).result()
    return found


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`asyncio.run`; where an error or an interrupt ends it, pieces of work that have not begun are closed: Python
    would warn of each, in dozens of lines around the one that says what to do."""
    with asyncio.Runner() as runner:
        try:
            return runner.run(work())
        except BaseException:
            for task in asyncio.all_tasks(runner.get_loop()):
                if _unbegun(own := task.get_coro()):
                    _close_given(own)  # and not itself: that is cancelled
            raise


def _unbegun(work: Any) -> TypeGuard[CoroutineType[Any, Any, Any]]:
    return inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED


def _close_given(work: CoroutineType[Any, Any, Any]) -> None:
    """Close what a piece of work that has not begun was given to await: itself, or in a collection."""
    assert work.cr_frame is not None, "it has not begun"
    for given in list(work.cr_frame.f_locals.values()):
        several = (
            given.values() if isinstance(given, Mapping) else given if isinstance(given, list | tuple) else (given,)
        )
        for one in filter(_unbegun, several):
            _close_given(one)
            one.close()


class _Aside:
    """Work that runs in an event loop in a separate thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work, self._done = work, Future[Any]()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._inside, name="thinkaloud-run")

    def result(self) -> Any:
        """Start the work and wait for its result; on an interrupt, cancel it and wait until it has stopped."""
        self._thread.start()
        try:
            return self._done.result()
        except KeyboardInterrupt:
            self._stop()
            self._thread.join()
            raise

    def _stop(self) -> None:
        self._stopped = True
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _inside(self) -> None:
        async def main() -> Any:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._stopped:  # before it began
                raise asyncio.CancelledError
            return await self._work()

        try:
            self._done.set_result(_run(main))
        except BaseException as error:
            self._done.set_exception(error)
