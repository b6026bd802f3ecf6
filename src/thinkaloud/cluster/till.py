"""Where actors of Ray ask about caps: an actor between them and the coordinator, since actors can be called, and
whoever coordinates cannot. It is started where a worker must ask for the first time. This module holds no budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from thinkaloud.cluster.allowed import Allowed
from thinkaloud.cluster.protocol import Keep, Spent, Tell
from thinkaloud.errors import FatalError


class Till:
    """An actor between workers that ask and the coordinator, who comes for what was asked and brings answers."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[tuple[int, Keep | Spent]] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[Exception | None]] = {}
        self._number = 0

    async def ask(self, said: Keep | Spent) -> Exception | None:
        """For a worker."""
        self._number += 1
        number, answer = self._number, asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._said.put((number, said))
        found: Exception | None = await answer
        return found

    async def next(self) -> tuple[int, Keep | Spent]:
        """For the coordinator."""
        return await self._said.get()

    async def answer(self, number: int, refused: Exception | None) -> None:
        """From the coordinator."""
        self._waiting.pop(number).set_result(refused)


class Asking:
    """The coordinator's end of a till, which is opened where a worker must ask."""

    def __init__(self, ray: Any) -> None:
        self._ray, self._till = ray, None
        self._heard: dict[int, Tell] = {}
        self._serving: asyncio.Task[None] | None = None

    @contextmanager
    def hearing(self, ticket: int | None, heard: Tell) -> Iterator[Any]:
        """While a unit is done: the till at which its worker asks; None where it need not."""
        if ticket is None:
            yield None
            return
        if self._till is None:  # where the coordinator is, if that is a node: it must last as long
            self._till = self._ray.remote(num_cpus=0, max_restarts=0)(Till).options(**_here(self._ray)).remote()
            self._serving = asyncio.create_task(self._serve())
        self._heard[ticket] = heard
        try:
            yield self._till
        finally:
            del self._heard[ticket]

    async def _serve(self) -> None:
        till: Any = self._till
        while True:
            number, said = await till.next.remote()
            till.answer.remote(number, self._heard.get(said.ticket, Allowed(None).hear)(said))

    def end(self) -> None:
        """There is nobody to ask any more."""
        if self._till is not None:
            with suppress(Exception):  # it is gone already
                self._ray.kill(self._till)


def _here(ray: Any) -> dict[str, Any]:
    """Ray's options for an actor on the node of this process."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node = ray.get_runtime_context().get_node_id()
    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=True)}


def told_at(till: Any) -> Tell:
    """How a worker tells what it asks; `FatalError` where nobody is there to answer."""

    def tell(said: Keep | Spent) -> Exception | None:
        import ray
        from ray.exceptions import RayError

        try:
            refused: Exception | None = ray.get(till.ask.remote(said))
        except RayError as error:
            raise FatalError(f"nobody can be asked about caps any more ({type(error).__name__})") from error
        return refused

    return tell
