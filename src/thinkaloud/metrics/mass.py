"""Mass: how much of the model's probability the options hold, under each condition.

Every other number is normalised over the options: it says how the model divides among them what it gives to any of
them. Where that is little, the model meant to say something else, and a P(gold) of .95 may be .95 of a thousandth. So
the mass of each condition stands beside it, and claims in words are not made where it is small (`FEW`).

The mean hides a few confident items among many empty ones, so the share of items below `FEW` is given as well. What the
rest of the probability is on (another wording of an option, a line end, a refusal) this module does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import fmean

from thinkaloud.metrics.readings import UNIT, condition, conditions, gather, parsed
from thinkaloud.records.about import about
from thinkaloud.records.condition import Condition, read
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Reading, Record

FEW = 0.1
"""Below this mass nine tenths of what the model would say are none of the options, and a reading that is normalised
over them speaks of one answer in ten at the most. No claim in words rests on that."""
MASS, LOW, WHOLE = "mass", f"mass below {FEW:g}", "P(gold), not normalised"
"""Measures: the mean, the share of items where it is small, and the probability of the right option as it was given."""
FIRST = ("own", "paraphrase", "silent")
GROUPS: Mapping[str, str] = {"cut": "cuts", "mistake": "mistakes"}
"""Kind of conditions that are summarised together -> what they are called; of an item that has several, the mean
counts."""
UNNORMALISED = ("own", "silent")


def masses(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """`mass CONDITION` and `mass below 0.1, CONDITION` (share of items) for every condition that a claim may rest on,
    each over the items that have it, and `P(gold), not normalised, CONDITION` for own and silent."""
    ok = parsed(records)
    found = []
    for one in _conditions(ok):
        called, of = label(one), one.about
        sample = gather(ok, [_mean_mass(one), _small(one)], [UNIT, UNIT], f"no item has {called}")
        found += [
            interval(f"{MASS} {called}", mean(0), sample, key, about=about(measure=MASS, **of)),
            interval(f"{LOW}, {called}", mean(1), sample, key, about=about(measure=LOW, **of)),
        ]
    for name in UNNORMALISED:
        sample = gather(ok, [partial(whole, name=name)], [UNIT], f"no item has {name}")
        of = Condition(name).about
        found.append(interval(f"{WHOLE}, {name}", mean(0), sample, key, about=about(measure=WHOLE, **of)))
    return found


def label(condition: Condition) -> str:
    """What a condition, or the group of its kind, is called in the rows."""
    return GROUPS.get(condition.kind, condition.name)


def _conditions(ok: Sequence[ItemRecord]) -> list[Condition]:
    """The conditions of the rows: the three that are always named, then all others that records have; a group by its
    kind alone. Those that no claim in words rests on (gone on from without a mistake, letters, hints without reasoning)
    are left out."""
    there = conditions(ok)
    several = {kind: [one for one in there if one.kind == kind and not one.form] for kind in ("filler", "hint")}
    others = [Condition(kind) for kind in ("foreign", "transplant", "resample") if Condition(kind) in there]
    groups = [Condition(kind) for kind in GROUPS if any(one.kind == kind for one in there)]
    return [*map(Condition, FIRST), *several["filler"], *others, *several["hint"], *groups]


def mass(record: ItemRecord, name: str) -> float | None:
    """How much of the model's probability the options hold under a condition; None if it is missing."""
    found = condition(record, name)
    return None if found is None else Reading(tuple(found["logprobs"])).mass


def whole(record: Record, name: str) -> float | None:
    """Probability of the right option under a condition as the model gives it; None if it is missing."""
    found = condition(record, name)
    return None if found is None else min(1.0, math.exp(found["logprobs"][record["gold"]]))


def _masses(record: ItemRecord, of: Condition) -> list[float]:
    """The mass under a condition, or under all of its kind where that is a group."""
    names = [
        name for name in record["conditions"] if name == of.name or (of.kind in GROUPS and read(name).kind == of.kind)
    ]
    found = [mass(record, name) for name in names]
    return [x for x in found if x is not None]


def _mean_mass(of: Condition) -> Callable[[ItemRecord], float | None]:
    def column(record: ItemRecord) -> float | None:
        found = _masses(record, of)
        return fmean(found) if found else None

    return column


def _small(of: Condition) -> Callable[[ItemRecord], float | None]:
    def column(record: ItemRecord) -> float | None:
        found = _masses(record, of)
        return float(fmean(found) < FEW) if found else None

    return column
