"""Difficulty calibration: finds the *edge*, the level at which a model is neither perfect nor at chance.

On separate items, the model reasons aloud at a level, and its probability of the right answer is read, corrected for
chance (0 is chance, 1 is perfect). The search goes up from the easiest level in growing strides and then halves the
gap, assuming that higher levels are not easier. It takes the first level whose ability is between `LOW` and `HIGH`; if
no level tried is in this band, it takes the nearest and says so.

The number that chose a level is no measurement of it: of levels that are all too easy, the one is taken whose 16 items
happened to be hard. So `measured_on` gives the same ability on the items that were measured, which had no part in the
choice, and `outcome` says whether these lie at the edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from thinkaloud.conditions.group import Group, ItemSettings
from thinkaloud.conditions.sampled import one_answer
from thinkaloud.conditions.settings import room
from thinkaloud.conditions.snap import shots, snap, worked
from thinkaloud.conditions.think import think
from thinkaloud.isolate import Failure, failed, guarded
from thinkaloud.metrics.readings import chance, gather, p_gold, parsed
from thinkaloud.records.item import ItemRecord
from thinkaloud.records.pieces import condition, describe
from thinkaloud.stats.bootstrap import interval, mean
from thinkaloud.vocabulary import Estimate, Item, Key, Model, Record

LOW, HIGH, MIDDLE = 0.3, 0.8, 0.55
ITEMS = 16
"""Number of separate items with which a level is probed."""
MEASURED = f"ability over chance, {ITEMS} separate items a level"
"""What `ability` measures, in words."""


async def probe(model: Model, group: Group, settings: ItemSettings, key: Key) -> list[Record]:
    """One record per item: its reading after reasoning aloud."""
    way = group.asking.showing(group.asking.aloud(), shots(group.examples, worked))
    tokens = room(settings, group)

    async def one(item: Item) -> dict[str, object]:
        sampling = group.asking.sampling(tokens, settings.temperature)
        done = await think(model, item, way, sampling, key.child(item.id, "own"))
        own = group.task.parse(done.text)
        if group.asking.whole:
            return {"status": "ok", "conditions": {"own": condition(own, one_answer(group.task, item, done.said))}}
        reading = await snap(model, item, way, own)
        return {"status": "ok", "conditions": {"own": condition(own, reading)}}

    async def record(position: int, item: Item) -> Record:
        found = await guarded(one(item))
        return describe(item, position) | (failed(found) if isinstance(found, Failure) else found)

    return list(await asyncio.gather(*(record(group.first + i, item) for i, item in enumerate(group.items))))


def ability(records: Sequence[Record]) -> float:
    """Mean probability of the right answer, corrected for chance, over the items that were read (at least one)."""
    read = [(p, chance(record)) for record in records if (p := p_gold(record, "own")) is not None]
    return sum((p - c) / (1 - c) for p, c in read) / len(read)


def measured_on(records: Sequence[Record], key: Key) -> Estimate:
    """`ability` of the items that were measured, with its interval; records of conditions, with `own`."""

    def over_chance(record: ItemRecord) -> float | None:
        p = p_gold(record, "own")
        return None if p is None else (p - chance(record)) / (1 - chance(record))

    ok = parsed(records)
    worst = min((-chance(record) / (1 - chance(record)) for record in ok), default=0.0)
    sample = gather(ok, [over_chance], [(worst, 1.0)], "no item was read")
    return interval("ability over chance", mean(0), sample, key.child("ability"))


def outcome(task: str, level: int, found: Estimate) -> str:
    """Whether the measured items of the level that was chosen lie at the edge, in words; empty without a number."""
    if found.value is None or found.low is None or found.high is None:
        return ""
    where = "at the edge"
    if not LOW <= found.value <= HIGH:
        where = "not at the edge: too easy (above .8)" if found.value > HIGH else "not at the edge: too hard (below .3)"
    told = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}], n {found.clusters}"
    return f"{task}: the items measured at level {level} have an ability over chance of {told}: {where}"


@dataclass(frozen=True, slots=True)
class Edge:
    """The chosen level, the ability at every level tried, and whether the choice is within the bounds; `measured`: what
    the ability measures and on how many items."""

    level: int
    tried: tuple[tuple[int, float], ...]
    within: bool
    measured: str = MEASURED

    def sentence(self, task: str) -> str:
        """The choice in words; its numbers are named as what they are, those that it was made by."""
        evidence = ", ".join(f"level {level}: {value:.2f}" for level, value in self.tried)
        return f"{task}: level {self.level} {self._how} (chosen by {self.measured}: {evidence})"

    @property
    def _how(self) -> str:
        values = [value for _, value in self.tried]
        if self.within:
            return "was chosen as the edge"
        if min(values) > HIGH:
            return "is asked, and is too easy: no level tried is below .8"
        if max(values) < LOW:
            return "is asked, and is too hard: no level tried is above .3"
        return "is the nearest; no level tried lies between .3 and .8"


async def find_edge(levels: Sequence[int], measure: Callable[[int], Awaitable[float]]) -> Edge:
    """Search `levels` (ascending difficulty) with `measure(level) -> ability over chance`."""
    tried: dict[int, float] = {}

    async def at(index: int) -> float:
        if index not in tried:
            tried[index] = await measure(levels[index])
        return tried[index]

    low, high, stride = -1, len(levels), 1  # everything at or below `low` is too easy, at or above `high` too hard
    index = 0
    while low + 1 < high:
        value = await at(index)
        if LOW <= value <= HIGH:
            break
        if value > HIGH:
            low = index
            index = min(index + stride, high - 1) if high == len(levels) else (low + high) // 2
            stride *= 2
        else:
            high = index
            index = (low + high) // 2
        if index <= low or index >= high:
            index = (low + high) // 2
    best = min(tried, key=lambda i: (not LOW <= tried[i] <= HIGH, abs(tried[i] - MIDDLE), i))
    seen = tuple((levels[i], tried[i]) for i in sorted(tried))
    return Edge(levels[best], seen, LOW <= tried[best] <= HIGH)
