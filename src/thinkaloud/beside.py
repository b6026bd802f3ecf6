"""Another model on the very questions of a run that is there, for a comparison; with the early stop that may be made.

    second = run_beside("runs/before", "path/to/after")                              # all items of the first run
    second = run_beside("runs/before", "path/to/after", until=Until("P(gold) own"))  # until that row is decided

Everything but the model is the first run's: study, tasks, items, level, seed and settings. With `Until` the new run is
looked at after every unit and ends as soon as the row is *different* or *the same* by a test that may be looked at so
often (`stats/betting.py`). A row whose baseline or position is chosen from all items cannot be looked at like this.

This module does not compare: `compare/` does, with what the two runs then hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thinkaloud import api
from thinkaloud.compare.found import ALIASES, ROWS, comparable, of_subject, subjects
from thinkaloud.errors import UserError, unknown
from thinkaloud.metrics.matched import match
from thinkaloud.models.transformers.files import is_checkpoint
from thinkaloud.runs.folder import Run
from thinkaloud.runs.names import reopened
from thinkaloud.stats.betting import Wealth, wealth
from thinkaloud.stats.paired import MARGIN, Joint
from thinkaloud.vocabulary import Record

_NUMBERED = re.compile(r"checkpoint-(\d+)$")


@dataclass
class Until:
    """A row that ends a run once it is decided on every task. `found`: the wealth so far, by task."""

    row: str
    margin: float = MARGIN
    found: dict[str, Wealth] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.row = ALIASES.get(self.row, self.row)

    def check(self, first: Run) -> None:
        """`UserError` where the row cannot be looked at after every unit, or is none of this study."""
        comparable(first)
        records = list(first.records)
        joints = self._joints(first, records, records)
        if self.row not in joints:
            raise unknown("row of this comparison", self.row, [name for name, one in joints.items() if not one.chosen])
        if joints[self.row].chosen:
            raise UserError(
                f"--row {self.row}: what it is held against is chosen from all items, so it cannot be looked at before "
                "there are all; P(gold) own, P(gold) silent and own - silent can"
            )

    def decided(self, first: Run, other: Run) -> bool:
        """Whether the row is decided on every task, by the items that are in both runs now."""
        for task, level in subjects(first):
            joint = self._joints(first, *(of_subject(run, task, level) for run in (first, other)))[self.row]
            self.found[task] = wealth(joint.single, self.margin)
        return all(one.decided for one in self.found.values())

    def _joints(self, first: Run, a: list[Record], b: list[Record]) -> Mapping[str, Joint]:
        return {joint.name: joint for joint in ROWS[first.study.name](match(a, b), first.config.settings)}

    def sentences(self) -> list[str]:
        """What was shown so far, a sentence a task."""
        return [
            f"{task}: {self.row} is {one.decided or 'not decided'}, by a test that may be looked at after every unit "
            f"({one})"
            for task, one in self.found.items()
        ]


def in_order(named: Sequence[str]) -> list[str]:
    """Checkpoints by name: a folder that is no model, with `checkpoint-100` and so on in it, stands for these by their
    numbers. `UserError` where one is named twice, since it would be held against itself."""
    found: list[str] = []
    for name in named:
        folder = Path(name).expanduser()
        inside = [
            (int(match[1]), path) for path in folder.glob("checkpoint-*") if (match := _NUMBERED.match(path.name))
        ]
        found += [str(path) for _, path in sorted(inside)] if inside and not is_checkpoint(folder) else [name]
    twice = next((name for i, name in enumerate(found) if name in found[:i]), None)
    if twice is not None:
        raise UserError(f"the checkpoint {twice!r} is named twice")
    return found


def run_beside(
    first: str | Path, model: str, *, out: str | Path | None = None, until: Until | None = None, **work: Any
) -> Run:
    """What the run in the folder `first` asked, asked of another model (by name). `work`: `progress`, `concurrency`,
    `max_tokens`, `max_time` as for `run`. A folder that is there already is completed. `UserError` where the first run
    measured at a level that it had searched for, or where `until` names a row that cannot be looked at."""
    before = api.open_run(first)
    if until is not None:
        until.check(before)

    def enough(run: Run) -> bool:
        return until is not None and until.decided(before, run)

    with reopened(before) as named:
        config = before.config
        return api.run(
            before.study if config.study.startswith("object:") else config.study, model, named.tasks,
            items=config.items, difficulty=config.difficulty, seed=config.seed, settings=named.settings,
            loading=config.loading, out=None if out is None else Path(out).absolute(), enough=enough, **work,
        )  # fmt: skip
