"""A library that blocks, beside coroutines that answer it: it runs in a thread of its own, what it asks runs here.

    found = await threaded(lambda bridge: library(lambda question: bridge.ask(answer(question))))

There is one event loop, and only it runs coroutines; the thread waits for them, the loop never waits for the thread. A
thread a call, not a pool's: in a pool that is full of waiting threads nothing else would ever run. If the caller is
cancelled, what the thread waits for is cancelled too, whatever it asks next is refused, and it holds up no exit.

This module does not know what is asked.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Bridge:
    """The way from the thread to the loop. Only the thread may ask, one thing at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._lock = loop, threading.Lock()
        self._asked: Future[Any] | None = None
        self._ended = False

    def ask(self, what: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for what it returns or raises."""
        with self._lock:
            if self._ended:
                what.close()
                raise RuntimeError("nobody waits for this thread any more")
            self._asked = asked = asyncio.run_coroutine_threadsafe(what, self._loop)
        return asked.result()

    def end(self) -> None:
        """Nothing more is answered."""
        with self._lock:
            self._ended = True
        if self._asked is not None:
            self._asked.cancel()


async def threaded(work: Callable[[Bridge], T]) -> T:
    """What `work` returns or raises, run in a thread of its own."""
    loop = asyncio.get_running_loop()
    bridge, done = Bridge(loop), loop.create_future()

    def settle(result: T | None, failure: BaseException | None) -> None:
        if done.done():
            return
        if failure is None:
            done.set_result(result)
        else:
            done.set_exception(failure)

    def body() -> None:
        outcome: tuple[T | None, BaseException | None]
        try:
            outcome = work(bridge), None
        except BaseException as failure:  # it is the caller's, whatever it is
            outcome = None, failure
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=body, name="thinkaloud-bridge", daemon=True).start()
    try:
        result: T = await done
        return result
    finally:
        bridge.end()
