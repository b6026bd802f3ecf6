"""Are long reasonings wrong more often? A small study of your own over items of tasks.

    thinkaloud run examples/studies/lengths.py:Lengths --model smollm2-135m --task chain_sum,coin --items 40

The level, the items, the examples before them and every option of a run come from `ItemStudy`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.group import Group, ItemSettings
from thinkaloud.conditions.snap import shots, snap, worked
from thinkaloud.conditions.think import think
from thinkaloud.items.study import ItemStudy
from thinkaloud.stats.bootstrap import Array, Sample, corners, divide, interval, mean, means
from thinkaloud.records.pieces import condition, describe, thought
from thinkaloud.settings import setting
from thinkaloud.vocabulary import Capability, Estimate, Item, Key, Model, Record, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthSettings(ItemSettings):
    """Those of every study over items, and one more."""

    longest: int = setting(100, "Words; a longer reasoning counts as one of this length.")


def longer_when_wrong(rows: Array, weights: Array) -> Array:
    """Mean words where the answer is wrong minus mean words where it is right; columns: words, right."""
    words, right = rows.T
    found = means(np.stack([words * (1 - right), 1 - right, words * right, right], axis=1), weights).T
    difference: Array = divide(found[0], found[1]) - divide(found[2], found[3])
    return difference


class Lengths(ItemStudy):
    """How long is the reasoning where the answer is right, and where it is wrong?"""

    name = "lengths"
    question = "Is the model's reasoning longer where its answer is wrong?"
    limits = ("A harder question may take a longer reasoning: that long ones are wrong does not say why.",)
    needs: frozenset[Capability] = frozenset({"prefill", "logprobs", "raw_reasoning"})
    Settings = LengthSettings

    async def measure(self, model: Model, group: Group, settings: LengthSettings, key: Key) -> list[Record]:
        """One record an item."""
        way = Way(shots(group.examples, worked))

        async def one(at: int, item: Item) -> Record:
            written = await think(
                model, item, way, Sampling(group.room, (), settings.temperature or 0.0), key.child(item.id)
            )
            own = group.task.parse(written.text)
            read = condition(own, await snap(model, item, way, own))
            words = min(settings.longest, len(written.text.split()))
            about = {**describe(item, group.first + at), "thought": thought(group.task, item, own, written)}
            return {**about, "status": "ok", "error": None, "words": words, "conditions": {"own": read}}

        return list(await asyncio.gather(*(one(at, item) for at, item in enumerate(group.items))))

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Accuracy, length, and how they go together."""
        right = [float(np.argmax(r["conditions"]["own"]["logprobs"]) == r["gold"]) for r in records]
        rows = np.array([(r["words"], hit) for r, hit in zip(records, right, strict=True)], dtype=float)
        sample = Sample(rows, extremes=corners((0, float(rows[:, 0].max())), (0, 1)))
        statistics = {"accuracy": mean(1), "words": mean(0), "words wrong - right": longer_when_wrong}
        found = [interval(name, statistic, sample, key) for name, statistic in statistics.items()]
        return [replace(one, about={"measure": one.name}) for one in found]
