"""A worker's own pass over the program of a study: it finds the units that it is asked for, and does those alone.

The program runs here as it runs in the coordinator, with the worker's own model. A unit that decides something (the
search for a level, a tuning) waits here until the coordinator tells what came of it, whoever did it. A unit that is
measured is only noted, as in a shard (`runs/shards.py`); but where what a study does next depends on what it measured
(`Undivided`), it waits as well. So all units of the run are known in every worker, and any worker can do any of them.

The program must ask for the same units here as there: the package's code, the identity and each unit's content are
compared. This module knows no process and no network.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import platform
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.cluster.allowed import asking
from thinkaloud.cluster.protocol import About, Answer, Program, Sent, Tell, Wanted
from thinkaloud.errors import FatalError, ModelError, ThinkaloudError, UserError, ends_run, is_final, reason
from thinkaloud.models.session import Billed, open_session, profile_of, usage_of
from thinkaloud.models.tolls import Tolls, bounded
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_study
from thinkaloud.organisms.paying import paying
from thinkaloud.runs import manifest
from thinkaloud.runs.identity import identify, known
from thinkaloud.runs.shards import made_of, undivided
from thinkaloud.study import Done, NoModel, Study, Unit
from thinkaloud.tasks import open_tasks
from thinkaloud.whole.finish import asked

PATIENCE = 300.0
"""Seconds in which the program must come to a unit that the coordinator's came to."""


class Replica:
    """The program of a run, opened in a worker. `UserError` where something cannot be opened here."""

    def __init__(self, program: Program | Sent) -> None:
        if program.code != manifest.code():
            raise UserError(
                f"on {platform.node()} thinkaloud is {__version__} with code {manifest.code()[:23]}, and the run is "
                f"made by {program.code[:23]}: install the same on every machine"
            )
        if os.path.isdir(program.directory):
            os.chdir(program.directory)  # relative paths begin where the run was begun
        if isinstance(program, Sent):
            program = _unpacked(program)
        self._study = open_study(program.study)
        tasks = open_tasks(program.tasks) if "tasks" in self._study.takes else []
        model = paying(open_model(program.model, program.loading)) if "model" in self._study.takes else NoModel()
        self._request = replace(asked(program.config, model, tasks), settings=program.settings)
        self._study.check(program.settings)
        self._study.ready(self._request)
        self._noted = _Noted(self._study, bool(undivided(self._study, program.settings)))
        self._running: asyncio.Task[list[str]] | None = None
        card = known(model)
        of = identify(program.config, self._study, card, tasks, program.settings)
        session = open_session(model)
        billed = isinstance(session, Billed)
        self.about = About(platform.node(), os.getpid(), card, profile_of(model), billed, bounded(session), of)
        self._tolls = Tolls()

    async def do(self, wanted: Wanted, tell: Tell) -> Answer:
        """Do a unit. What goes wrong is in the answer. `tell` waits, and may be called in any thread."""
        if self._running is None:
            self._running = asyncio.create_task(self._study.run(self._request, self._noted))
        for news in wanted.news:
            self._noted.tell(news.place, news.done)
        try:
            unit = await self._found(wanted)
        except Exception as error:
            return Answer(failure=sendable(error))
        session = open_session(unit.model or self._request.model)
        gate = None if wanted.ticket is None else asking(wanted.ticket, tell)
        try:
            with self._tolls.opened(session, gate) as asked_through:
                records = list(await unit.work(asked_through))
            return Answer(records, usage_of(session))
        except Exception as error:
            return Answer((), usage_of(session), sendable(error))

    async def _found(self, wanted: Wanted) -> Unit:
        """The unit, as soon as the program has come to it."""
        assert self._running is not None
        waiting = self._noted.unit_at(wanted.place)
        await asyncio.wait((waiting, self._running), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done() and self._running.done() and (error := self._running.exception()) is not None:
            raise error
        if not waiting.done():
            raise FatalError(f"the program of {platform.node()} does not come to the unit {', '.join(wanted.place)}")
        if (now := made_of(waiting.result())) != wanted.made_of:
            raise FatalError(
                f"the unit {', '.join(wanted.place)} is of other content on {platform.node()} ({now[:8]}) than in the "
                f"run ({wanted.made_of[:8]}): questions or files differ"
            )
        return waiting.result()

    async def end(self) -> None:
        """Give the program up, and with it what it has opened."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._running


def _unpacked(one: Sent) -> Program:
    if one.study is not None:
        open_study(one.study)  # runs its file, where it is of one: classes of the settings are defined there
    program: Program = pickle.loads(one.pickled)
    return program


class _Noted:
    """A `Do` that does nothing, knows which units were asked for, and answers those that somebody else did."""

    def __init__(self, study: Study, waits: bool) -> None:
        self._study, self._waits = study, waits
        self._units: dict[tuple[str, ...], asyncio.Future[Unit]] = {}
        self._done: dict[tuple[str, ...], asyncio.Future[Done]] = {}

    def unit_at(self, place: tuple[str, ...]) -> asyncio.Future[Unit]:
        """The unit of a place, once the program asks for it."""
        return self._units.setdefault(place, asyncio.get_running_loop().create_future())

    def tell(self, place: tuple[str, ...], done: Done) -> None:
        """What came of a unit, perhaps before the program asks for it."""
        waiting = self._done.setdefault(place, asyncio.get_running_loop().create_future())
        if not waiting.done():
            waiting.set_result(done)

    async def unit(self, unit: Unit) -> Done:
        """Note it, and wait for what came of it where that decides something."""
        noted = self.unit_at(unit.place)
        if not noted.done():
            noted.set_result(unit)
        if unit.phase == self._study.name and not self._waits:
            return Done()
        return await self._done.setdefault(unit.place, asyncio.get_running_loop().create_future())

    async def each(self, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Side by side: nothing is done here, so nothing waits its turn."""
        return list(await asyncio.gather(*(one() for one in work)))

    def expect(self, cost: float) -> None:
        """Nobody is told."""

    def say(self, sentence: str) -> None:
        """Nobody is told."""


def sendable(error: Exception) -> Exception:
    """The same error, or one that ends as much and says the same: where it cannot be sent to another process, and where
    what it says hangs on where it was raised, which is not sent."""
    if isinstance(error, ThinkaloudError):
        with suppress(Exception):
            pickle.loads(pickle.dumps(error))
            return error
    ends = ends_run(error) or (isinstance(error, UserError) and not is_final(error))
    return (FatalError if ends else ModelError)(reason(error))
