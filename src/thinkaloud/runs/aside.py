"""Runs a coroutine to its end. If an event loop is already running (a notebook), it runs in a separate thread.

An interrupt there (the notebook's stop button) cancels the work and waits until it has stopped, so that no model is
asked while the next cell runs. A batch that is being computed is finished first; a second interrupt does not wait for
it. This module does not know what the work is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def run_to_end(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the work and return its result, or raise its exception."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    found: T = _Aside(work).result()
    return found


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
            self._done.set_result(asyncio.run(main()))
        except BaseException as error:
            self._done.set_exception(error)
