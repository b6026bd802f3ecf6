"""What a process has begun and not yet ended: calls, sub-processes and tools.

Where a process ends by its budget or by an error, what it asked side by side must still come back and be charged. So
nothing is cancelled here, as `asyncio.TaskGroup` would do, and nothing is put into a task of its own, which would
change the order of calls and with it what they draw. This module knows nothing of arms.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class InFlight:
    """Counts what runs inside its `with` blocks, and waits until nothing does."""

    def __init__(self) -> None:
        self._running = 0
        self._none = asyncio.Event()
        self._none.set()

    def __enter__(self) -> None:
        self._running += 1
        self._none.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running -= 1
        if not self._running:
            self._none.set()

    async def landed(self) -> None:
        """Returns once everything that was begun has ended."""
        while self._running:
            await self._none.wait()
