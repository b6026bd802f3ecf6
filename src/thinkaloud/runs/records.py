"""A study's records without a run folder: for rulers and tests, where nothing has to survive a kill.

The same items, groups, keys and sessions as a run: the records are those that the run would leave.
"""

from __future__ import annotations

import asyncio

from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import acquaint, material
from thinkaloud.studies.base import Study
from thinkaloud.tasks.identity import stream
from thinkaloud.vocabulary import Key, Model, Record, Task


def records_of(study: Study, model: Model, task: Task, config: Config) -> list[Record]:
    """Every item's record of one task at the level that `config` names."""
    return asyncio.run(_records(study, model, task, config))


async def _records(study: Study, model: Model, task: Task, config: Config) -> list[Record]:
    level = int(config.difficulty)
    drawn = material(task, level, config, config.items)
    key = Key((str(config.seed), study.name, stream(task), str(level)))
    found: list[Record] = []
    for group in drawn.groups(drawn.items):
        session: Model = model.session() if hasattr(model, "session") else model
        acquaint(session, group)
        found += await study.measure(session, group, config.settings, key)
    return found
