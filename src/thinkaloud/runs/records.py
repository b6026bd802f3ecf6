"""A study's records without a run folder: for calibration and tests, where nothing has to survive a kill.

The same items, groups, keys and sessions as a run: the records are those that the run would leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from thinkaloud.models.session import open_session
from thinkaloud.records.shape import complete
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import ordered
from thinkaloud.study import Asked, Done, Study, Unit
from thinkaloud.vocabulary import Model, Record, Task


class Forgetting:
    """A `Do` that does every unit, one after the other, and keeps what was measured until it is asked for it. What goes
    wrong is raised."""

    def __init__(self, study: Study, model: Model) -> None:
        self._study, self._model = study, model
        self._units: list[dict[str, Any]] = []

    async def unit(self, unit: Unit) -> Done:
        """Do it now."""
        records = [
            complete(record, unit.subject) for record in await unit.work(open_session(unit.model or self._model))
        ]
        if unit.phase == self._study.name:
            self._units.append({"task": unit.subject, "at": unit.at, "records": records})
        return Done(records)

    async def each(self, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """One after the other."""
        return [await one() for one in work]

    def expect(self, cost: float) -> None:
        """Nobody is told."""

    def say(self, sentence: str) -> None:
        """Nobody is told."""

    def records(self, settings: Any) -> dict[str, Sequence[Record]]:
        """What was measured, by subject and in the study's order."""
        return ordered(self._study, settings, self._units)


def records_of(study: Study, model: Model, task: Task, config: Config) -> list[Record]:
    """Every record of one task, as a run of `config` would leave it."""
    config, do = config.fits(study), Forgetting(study, model)
    asked = Asked(
        settings=config.settings, seed=config.seed, model=model, tasks=(task,), items=config.items,
        difficulty=config.difficulty,
    )  # fmt: skip
    asyncio.run(study.run(asked, do))
    return list(do.records(config.settings).get(task.name, ()))
