"""A pass over a run that knows which units the program asked for, done now or before.

What lies in a folder besides (of an earlier attempt with another answer, of another plan) is no part of the run. A cap
may also end a unit that has begun (`held.py`): nothing of it is recorded. A unit may have a time limit: one that takes
longer is recorded as failed and done again on resume; a model that computes here and does not let go of the process
cannot be stopped so. Units may be done somewhere else (`Where`). This module does no unit by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from thinkaloud.errors import ModelError
from thinkaloud.runs.caps import CapReached
from thinkaloud.runs.execute import Execution, placed
from thinkaloud.runs.held import Held, Work
from thinkaloud.study import Done, Unit
from thinkaloud.vocabulary import Model, Record


class Where(Protocol):
    """Where units are done, if not in this process. It keeps the time limit itself: a unit may wait for a worker."""

    @property
    def slots(self) -> int:
        """Units that it does at once."""
        ...

    def there(self, unit: Unit, say: Callable[[str], None]) -> Unit:
        """The same unit, whose work is done there; `say` tells whoever shows progress."""
        ...

    def came(self, unit: Unit, done: Done) -> None:
        """Told what came of a unit, now or before."""
        ...


@dataclass
class Following(Execution):
    """An execution that notes the place of every unit that it is asked for. `limit`: seconds that a unit may take;
    `where`: where units are done (None: here)."""

    limit: float | None = None
    where: Where | None = None
    asked_for: set[tuple[str, ...]] = field(default_factory=set)

    async def unit(self, unit: Unit) -> Done:
        """As `Execution.unit`."""
        self.asked_for.add(unit.place)
        if self.where is None:
            return await super().unit(unit if self.limit is None else replace(unit, work=timed(unit.work, self.limit)))
        done = await super().unit(self.where.there(unit, self.progress.say))
        self.where.came(unit, done)
        return done

    async def _done_now(self, key: str, unit: Unit) -> Mapping[str, Any]:
        """A unit that a cap ended on the way ends the pass as one that may not begin does."""
        if isinstance(self.caps, Held):
            unit = replace(unit, work=self.caps.through(unit.work))
        try:
            return await super()._done_now(key, unit)
        except CapReached:
            await self._stop()  # also the second one: others may still be at work
            raise

    @property
    def units(self) -> list[Mapping[str, Any]]:
        """What is recorded of the units that were asked for, in their order."""
        of = self.identity.hash
        mine = (unit for unit in self.journal if unit.get("of") == of)
        return [unit for unit in mine if placed(unit) in self.asked_for]


def timed(work: Work, seconds: float) -> Work:
    """The same work, which fails where it takes longer."""

    async def done(session: Model) -> Sequence[Record]:
        try:
            async with asyncio.timeout(seconds) as limit:
                return await work(session)
        except TimeoutError as error:
            if not limit.expired():  # the work's own
                raise
            raise ModelError(f"took more than {seconds:g} s (--unit-time)") from error

    return done
