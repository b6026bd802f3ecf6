"""Workers that are free, the one that became so last first, and units that wait for one."""

from __future__ import annotations

import asyncio
from collections import deque

from thinkaloud.cluster.protocol import Worker
from thinkaloud.errors import FatalError


class Free:
    """Used from one event loop. `patience`: seconds after which whoever waits is told that there is no worker."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._free: list[Worker] = []
        self._there: set[int] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._fault: Exception | None = None

    def __contains__(self, worker: Worker) -> bool:
        """Whether a worker is known, free or not."""
        return id(worker) in self._there

    def join(self, worker: Worker, units: int) -> None:
        """A new worker, which does so many units at once."""
        self._there.add(id(worker))
        for _ in range(units):
            self.give(worker)

    def leave(self, worker: Worker) -> None:
        """It is not there any more."""
        self._there.discard(id(worker))
        self._free = [one for one in self._free if one is not worker]

    def give(self, worker: Worker) -> None:
        """A worker can do one more unit; one that has left cannot."""
        if worker in self:
            self._free.append(worker)
            self._wake()

    def fail(self, error: Exception) -> None:
        """There will be no more workers: whoever waits is told why."""
        self._fault = error
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def take(self) -> Worker:
        """One that is free, as soon as there is one."""
        while not self._free:
            if self._fault is not None:
                raise self._fault
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                async with asyncio.timeout(self._patience):
                    await waiter
            except TimeoutError:
                if not self._there:
                    raise FatalError(
                        f"there has been no worker for {self._patience:g} s: has the cluster room for one?"
                    ) from None
            except asyncio.CancelledError:
                self._wake()  # what woke it is for another one
                raise
        return self._free.pop()

    def _wake(self) -> None:
        while self._waiting and self._free:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
