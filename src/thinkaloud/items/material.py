"""Draws the items of a task that a run asks, from the run's seed, and divides them by purpose.

The same seed gives the same items for every model. All questions are different, except those of donors.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from thinkaloud.conditions.asking import FEW_SHOT, Asking
from thinkaloud.conditions.group import GROUP, Group
from thinkaloud.errors import UserError
from thinkaloud.items.choosing import apart, drawn, too_few
from thinkaloud.tasks import options
from thinkaloud.tasks.identity import stream
from thinkaloud.vocabulary import Item, Key, Task

DONORS = 64
"""Number of donors: items whose reasoning may replace that of another item."""
CUE = 0.5
"""If at least this share of a task's items have options that give the answer away, a note says so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many items a level must have for each purpose: `examples`, `probed` (to find the level), `dev` (for the
    study's preparation), and `measured`. `reasoned`: only items with worked reasoning become examples. `show`: whether
    options are listed (`tasks/options.py`). `trial`: so many to settle how answers are asked for, or as many as there
    are."""

    measured: int
    examples: int
    probed: int = 0
    dev: int = 0
    reasoned: bool = True
    show: str = "auto"
    trial: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """A task's items at one level, by purpose."""

    task: Task
    level: int
    examples: tuple[Item, ...]
    probed: tuple[Item, ...]
    items: tuple[Item, ...]
    donors: tuple[Item, ...]
    dev: tuple[Item, ...] = ()
    trial: tuple[Item, ...] = ()
    asking: Asking = FEW_SHOT

    def groups(self, items: Sequence[Item]) -> list[Group]:
        """Units of `GROUP` items."""
        shared = Group(self.task, self.level, 0, (), self.examples, self.donors, asking=self.asking)
        return [replace(shared, first=i, items=tuple(items[i : i + GROUP])) for i in range(0, len(items), GROUP)]


def material(task: Task, level: int, seed: int, wanted: Wanted) -> Material:
    """Draw a level's items: examples, items to probe with, to prepare with, and to measure."""
    if level not in task.levels:
        raise UserError(f"task {task.name!r} has no level {level}; it has {', '.join(map(str, task.levels))}")
    key = Key((str(seed), stream(task), str(level)))
    shots, probed, dev = wanted.examples, wanted.probed, wanted.dev
    there = drawn(task, level, shots + probed + dev + wanted.measured + wanted.trial, key.child("items"))
    there = options.shown(there, wanted.show)
    examples, rest = apart(there, shots) if wanted.reasoned else (there[:shots], there[shots:])
    if len(rest) < probed + dev + wanted.measured:
        taken = {"are examples": len(examples), "find the edge": probed, "are for tuning": dev}
        raise too_few(task, level, len(rest) - probed - dev, taken)
    donors: list[Item] = []
    if wanted.measured and task.reads_steps:  # only steps that are read conclude anything
        with suppress(UserError):  # a small level: transplants then find fewer donors, and say so by their n
            donors = task.items(level, DONORS, key.child("pool"))
    needed = probed + dev + wanted.measured
    last = rest[probed:needed]
    trial = (examples or rest[needed:])[: wanted.trial]
    return Material(
        task, level, tuple(examples), tuple(rest[:probed]), tuple(last[dev:]), tuple(donors), tuple(last[:dev]),
        tuple(trial),
    )  # fmt: skip


def given_away(task: str, items: Sequence[Item]) -> list[str]:
    """A warning where the options themselves give the answer away (`meta["cue"]`: the share of a family's items whose
    right option is the one that looks most like the question)."""
    cue = max((float(item.meta.get("cue") or 0.0) for item in items), default=0.0)
    if cue < CUE:
        return []
    return [
        f"{task}: in {cue:.0%} of its items the right option is the one that looks most like the question: this "
        "inflates the silent condition"
    ]
