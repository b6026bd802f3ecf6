"""An event loop in a background thread, for clients that must stay in one loop.

Clients of remote services hold connections, and Inspect holds limits, that belong to the loop they were made in. A run
creates several loops (one to probe, one to measure, one inside a notebook), so calls are passed to one permanent loop.
This module knows nothing about models.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """One loop in one thread, started at first use. It ends with the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the work in that loop and wait for it. Cancelling the wait cancels the work."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._started()))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The same for synchronous code. Must not be called from that loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True).start()
            return self._loop
