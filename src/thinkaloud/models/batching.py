"""From requests one at a time to batches: where `await model.score(...)` meets the prefix tree.

Strategies run as ordinary coroutines and ask for one thing at a time. A `Batcher` collects the requests and hands all
of them to the backend once the event loop has nothing else to run, that is, when every coroutine waits for an answer.
Requests keep the order in which they were made, which asyncio makes deterministic. Each unit of work has a batcher of
its own, so what is batched together never depends on which other units run at the same time.

A handler may be a coroutine function (if a server computes). Then requests are answered kind by kind, and all of them
receive their answers at the same moment, so that coroutines that asked together ask together again.

This module does not know what a token is.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from thinkaloud.errors import ModelError, ends_run

# Loop turns without a new request before the pile is handed over. A coroutine that was just answered needs a few
# turns to get through its `gather`s to its next request; idle turns cost microseconds.
PATIENCE = 6

Handler = Callable[[Sequence[Any]], Sequence[Any]]
Waiting = tuple[str, Any, asyncio.Future[Any]]


class Batcher:
    """Collects requests by kind and answers them in batches, through one handler per kind."""

    def __init__(self, handlers: Mapping[str, Handler | Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]]) -> None:
        self._handlers = handlers
        self._elsewhere = any(inspect.iscoroutinefunction(handler) for handler in handlers.values())
        self._answering: set[asyncio.Task[None]] = set()  # a task without a reference may be collected
        self._pile: list[Waiting] = []
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
        if self._elsewhere:
            task = asyncio.get_running_loop().create_task(self._answer(pile))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        for kind, handler in self._handlers.items():
            if mine := _of(kind, pile):
                _hand_out(mine, _answers(handler, [request for _, request, _ in mine]))

    async def _answer(self, pile: list[Waiting]) -> None:
        done = []
        for kind, handler in self._handlers.items():
            if mine := _of(kind, pile):
                done.append((mine, await _answered(handler, [request for _, request, _ in mine])))
        for mine, answers in done:
            _hand_out(mine, answers)


def _answers(handler: Any, requests: Sequence[Any]) -> Sequence[Any]:
    """The handler's answers. If it raises, each request is tried alone, so that only the request that caused the error
    fails."""
    try:
        return handler(requests)  # type: ignore[no-any-return]
    except Exception as error:
        if len(requests) == 1 or ends_run(error):
            return [error] * len(requests)
        return [answer for request in requests for answer in _answers(handler, [request])]


async def _answered(handler: Any, requests: Sequence[Any]) -> Sequence[Any]:
    """The same for a handler that may be a coroutine. A server that cannot be reached (`ModelError`) fails all
    requests."""
    try:
        found = handler(requests)
        return await found if inspect.isawaitable(found) else found  # type: ignore[no-any-return]
    except Exception as error:
        if len(requests) == 1 or ends_run(error) or isinstance(error, ModelError):
            return [error] * len(requests)
        return [answer for request in requests for answer in await _answered(handler, [request])]


def _of(kind: str, pile: list[Waiting]) -> list[Waiting]:
    return [waiting for waiting in pile if waiting[0] == kind and not waiting[2].cancelled()]


def _hand_out(mine: list[Waiting], answers: Sequence[Any]) -> None:
    for (_, _, future), answer in zip(mine, answers, strict=True):
        if future.cancelled():  # the caller left while the answer was computed
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
