"""Units sent to workers that may be lost: the coordinator's side, whatever the workers run on.

Each unit goes to a worker that is free and comes back with its records. None waits at a worker, so a worker never holds
more than it is doing (`each`). A worker that is lost is replaced in the background, and what it was doing goes to the
next one that is free: a unit's answer is the same whoever gives it, and only the coordinator records it, so nothing is
lost and nothing is there twice. A unit at which `ATTEMPTS` workers were lost is recorded as failed.

A unit that takes longer than `limit` costs its worker, which may be at work for ever. Where there is no limit, whoever
shows progress is told of a worker that is at a unit for very long (`SLOW`), and of its process: whether it computes or
hangs is not known here. What a lost worker had spent is
in no bill; caps count all that it was allowed (`allowed.py`). This module knows no process, no network and no study.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from thinkaloud.cluster.allowed import Allowed
from thinkaloud.cluster.free import Free
from thinkaloud.cluster.protocol import About, Answer, Lost, News, Start, Wanted, Worker
from thinkaloud.errors import FatalError, ModelError, UserError
from thinkaloud.models.session import bill
from thinkaloud.models.tolls import UNIT
from thinkaloud.runs.identity import differences
from thinkaloud.runs.shards import made_of
from thinkaloud.study import Done, Unit
from thinkaloud.vocabulary import Model, Record

ATTEMPTS = 3
"""Workers that may be lost at the same unit."""
WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before it is tried again to start a worker."""
PATIENCE = 600.0
"""Seconds that a run goes on without any worker."""
SLOW = 600.0
"""Seconds that a worker is at one unit before that is said, and then whenever they have doubled; more, where units
before took long."""
OFTEN = 5
"""It is said of no unit that takes less than so many times the longest before."""
Say = Callable[[str], None]
"""Tells whoever shows progress."""


@dataclass
class Pool:
    """`start` starts a worker, and may raise `Lost`; `first` is one already; `workers` there are to be; `each`: units
    at once in one; `limit`: seconds that a unit may take; `decides`: whether what comes of a unit decides what the
    program does next. `lost`: workers so far."""

    start: Start
    first: Worker
    workers: int = 1
    each: int = 1
    limit: float | None = None
    decides: Callable[[Unit], bool] = lambda unit: True
    lost: int = 0

    def __post_init__(self) -> None:
        self._free, self._begun = Free(PATIENCE), False
        self._news, self._tickets = list[News](), count()
        self._told: dict[int, int] = {}
        self._given_up: set[int] = set()
        self._longest = 0.0
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def about(self) -> About:
        """Who answers."""
        return self.first.about

    @property
    def slots(self) -> int:
        """See `Where`."""
        return self.workers * self.each

    # -------------------------------------------------------------------------------- what an execution asks (`Where`)

    def there(self, unit: Unit, say: Say) -> Unit:
        """See `Where`."""
        return replace(unit, work=partial(self._done, unit, say))

    def came(self, unit: Unit, done: Done) -> None:
        """See `Where`."""
        if self.decides(unit):
            self._news.append(News(unit.place, done))

    async def _done(self, unit: Unit, say: Say, session: Model) -> Sequence[Record]:
        """The records of a unit, from one of the workers."""
        self._begin(say)
        about, name, lost = made_of(unit), unit.title or unit.subject, 0
        while True:
            worker = await self._free.take()
            try:
                with self._watched(worker, name, say):
                    answer = await self._asked(worker, unit.place, about)
            except Lost as error:
                lost += id(worker) not in self._given_up
                last = lost == ATTEMPTS
                self._gone(worker, f"{error}; {name} {'is given up' if last else 'is done again by another'}", say)
                if last:
                    raise ModelError(f"{lost} workers were lost while it was done ({error})") from error
                continue
            except BaseException as error:  # given up on the way: what it would answer now belongs to no unit
                self._given_up.add(id(worker))
                self._gone(worker, f"a worker on {worker.about.host} was ended ({error})", say)
                raise
            self._free.give(worker)
            bill(session, answer.usage)
            if answer.failure is not None:
                raise answer.failure
            return answer.records

    async def _asked(self, worker: Worker, place: tuple[str, ...], about: str) -> Answer:
        """Ask a worker, with all that it has not been told yet, for no longer than `limit`."""
        told = self._told.get(id(worker), 0)
        self._told[id(worker)] = len(self._news)
        allowed = Allowed(UNIT.get())
        ticket = next(self._tickets) if allowed.asked else None
        wanted = Wanted(place, about, tuple(self._news[told:]), ticket)
        try:
            async with asyncio.timeout(self.limit) as limit:
                return await worker.do(wanted, allowed.hear)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ModelError(f"took more than {self.limit:g} s (--unit-time)") from error
        finally:
            allowed.close()

    @contextmanager
    def _watched(self, worker: Worker, name: str, say: Say) -> Iterator[None]:
        """While a worker is at a unit: says so, where that takes very long."""
        began, where = time.monotonic(), f"process {worker.about.pid} on {worker.about.host}"

        async def watch() -> None:
            wait = max(SLOW, OFTEN * self._longest)
            while True:
                await asyncio.sleep(began + wait - time.monotonic())
                so_long = f"{name} has been with {where} for {wait / 60:.0f} min"
                say(f"{so_long}; if it hangs, end that process and another one does it again, or give --unit-time")
                wait *= 2

        watching = asyncio.create_task(watch())
        try:
            yield
            self._longest = max(self._longest, time.monotonic() - began)
        finally:
            watching.cancel()

    # ------------------------------------------------------------------------------------------------------- workers

    def _begin(self, say: Say) -> None:
        """Have all workers started, once."""
        if not self._begun:
            self._begun = True
            self._free.join(self.first, self.each)
            for _ in range(self.workers - 1):
                self._more(say)

    def _gone(self, worker: Worker, why: str, say: Say) -> None:
        """A worker that is lost, or must be: another one is started in its place."""
        if worker not in self._free:
            return  # another of its units said so
        say(why)
        self._free.leave(worker)
        self.lost += 1
        worker.end()
        self._more(say)

    def _more(self, say: Say) -> None:
        task = asyncio.create_task(self._started(say))
        self._starting.add(task)  # a loop alone does not keep a task
        task.add_done_callback(self._starting.discard)

    async def _started(self, say: Say) -> None:
        """One more worker, however long that takes; where none can be, the run ends."""
        tries = 0
        while True:
            try:
                worker = await self.start()
                break
            except Lost as error:
                wait = WAITS[min(tries, len(WAITS) - 1)]
                say(f"{error}; tried again in {wait:g} s")
                await asyncio.sleep(wait)
                tries += 1
            except Exception as error:
                self._free.fail(FatalError(str(error)) if isinstance(error, UserError) else error)
                return
        if said := differences(self.about.identity, worker.about.identity):
            worker.end()
            self._free.fail(FatalError(f"a worker on {worker.about.host} is not of this run: {'; '.join(said)}"))
            return
        self._free.join(worker, self.each)
