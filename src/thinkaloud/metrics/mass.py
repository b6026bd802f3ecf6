"""Mass: how much of the model's probability the options hold, under each condition.

Every other number is normalised over the options: it says how the model divides among them what it gives to any of
them. Where that is little, the model meant to say something else, and a P(gold) of .95 may be .95 of a thousandth. So
the mass of each condition stands beside it, and claims in words are not made where it is small (`FEW`).

The mean hides a few confident items among many empty ones, so the share of items below `FEW` is given as well. What the
rest of the probability is on (another wording of an option, a line end, a refusal) this module does not know.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.records.condition import Condition
from thinkaloud.stats.bootstrap import KEY, Array, interval, mean
from thinkaloud.vocabulary import Estimate, Key

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


def masses(records: Many, key: Key = KEY) -> list[Estimate]:
    """`mass CONDITION` and `mass below 0.1, CONDITION` (share of items) for every condition that a claim may rest on,
    each over the items that have it, and `P(gold), not normalised, CONDITION` for own and silent."""
    ok = numbers(records).ok
    found = []
    for one in _conditions(ok):
        called, of = label(one), one.about
        held = _mass(ok, one)
        small = np.where(np.isnan(held), np.nan, held < FEW)
        sample = ok.sample([held, small], [UNIT, UNIT], f"no item has {called}")
        found += [
            interval(f"{MASS} {called}", mean(0), sample, key, about=about(measure=MASS, **of)),
            interval(f"{LOW}, {called}", mean(1), sample, key, about=about(measure=LOW, **of)),
        ]
    for name in UNNORMALISED:
        sample = ok.sample([ok.whole(name)], [UNIT], f"no item has {name}")
        of = Condition(name).about
        found.append(interval(f"{WHOLE}, {name}", mean(0), sample, key, about=about(measure=WHOLE, **of)))
    return found


def label(condition: Condition) -> str:
    """What a condition, or the group of its kind, is called in the rows."""
    return GROUPS.get(condition.kind, condition.name)


def _conditions(ok: Numbers) -> list[Condition]:
    """The conditions of the rows: the three that are always named, then all others that records have; a group by its
    kind alone. Those that no claim in words rests on (gone on from without a mistake, letters, hints without reasoning)
    are left out."""
    there = ok.conditions()
    several = {kind: [one for one in there if one.kind == kind and not one.form] for kind in ("filler", "hint")}
    others = [Condition(kind) for kind in ("foreign", "transplant", "resample") if Condition(kind) in there]
    groups = [Condition(kind) for kind in GROUPS if any(one.kind == kind for one in there)]
    return [*map(Condition, FIRST), *several["filler"], *others, *several["hint"], *groups]


def _mass(ok: Numbers, of: Condition) -> Array:
    """The mass under a condition, or the mean over all of its kind that an item has where that is a group."""
    if of.kind not in GROUPS:
        return ok.mass(of.name)
    total, count = np.zeros(len(ok)), np.zeros(len(ok))
    for one in ok.conditions(of.kind):
        held = ok.mass(one.name)
        total += np.where(np.isnan(held), 0.0, held)
        count += ~np.isnan(held)
    found: Array = np.divide(total, count, out=np.full(len(ok), np.nan), where=count > 0)
    return found
