"""From requests one at a time to batches: where `await model.score(...)` meets the prefix tree.

Strategies run as ordinary coroutines and ask for one thing at a time. A `Desk` puts each request on a pile and hands
the whole pile to the backend once the event loop has nothing else to run, that is when every coroutine waits for an
answer. The pile's order is the order of asking, which asyncio makes deterministic. Each unit of work has a desk of its
own, so what is batched together never depends on which other units run at the same time.

A desk does not know what a token is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

# Loop turns without a new request before the pile is handed over. A coroutine that was just answered needs a few
# turns to get through its `gather`s to its next request; idle turns cost microseconds.
PATIENCE = 6

Handler = Callable[[Sequence[Any]], Sequence[Any]]


class Desk:
    """Collects requests by kind and answers them in batches through one handler a kind."""

    def __init__(self, handlers: dict[str, Handler]) -> None:
        self._handlers = handlers
        self._pile: list[tuple[str, Any, asyncio.Future[Any]]] = []
        self._armed = False

    async def ask(self, kind: str, request: Any) -> Any:
        """Wait for the answer to one request. Raises what the handler returned as this request's error."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._pile.append((kind, request, future))
        if not self._armed:
            self._armed = True
            loop.call_soon(self._wait, loop, len(self._pile), PATIENCE)
        return await future

    def _wait(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        if len(self._pile) > seen:
            seen, turns = len(self._pile), PATIENCE
        if turns:
            loop.call_soon(self._wait, loop, seen, turns - 1)
        else:
            self._flush()

    def _flush(self) -> None:
        pile, self._pile, self._armed = self._pile, [], False
        for kind, handler in self._handlers.items():
            mine = [(request, future) for k, request, future in pile if k == kind and not future.cancelled()]
            if not mine:
                continue
            try:
                answers: Sequence[Any] = handler([request for request, _ in mine])
            except Exception as error:
                answers = [error] * len(mine)
            for (_, future), answer in zip(mine, answers, strict=True):
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
