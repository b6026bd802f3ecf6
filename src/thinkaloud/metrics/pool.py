"""All families together: every estimate of a task once more for the pool, and what only a pool can say.

The same names as for a task (`factored.py`), each a mean over families of the family's own number, every family
counting alike, clustered by family: for families like these. Ratios (`externalised share`) are ratios of such means.
Besides, for each factored effect X:

    X pooled mean              random-effects mean, REML and Hartung-Knapp: families like these
    X this pool                mean over the families as given: only items could have been others
    X tau, X prediction        spread between families; where the effect in one more family would lie
    X margin                   the registered margin, as given (no interval)
    X equivalence              pooled mean with its two one-sided 95% limits; X equivalence this pool: the same for it
    X sign                     on how many of the four meters the sign is the primary one's
    X shrunken FAMILY          the family's effect after partial pooling
    X slope COORDINATE         where it pays (`crossover.py`)

n is the number of items, clusters the number of families. With fewer than 5 families the rows say so; one family is no
pool and has none. Verdicts are made of these rows by `equivalence.verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thinkaloud.budget.meters import METERS
from thinkaloud.metrics import arm_edits, gaps
from thinkaloud.metrics.crossover import Point, points, slopes
from thinkaloud.metrics.factored import EFFECTS, blocks, crossing_of, differences, effect_of
from thinkaloud.metrics.frontier import Frontier, area_weights, crossing, frontiers
from thinkaloud.stats import pooling
from thinkaloud.stats.bootstrap import KEY, Array
from thinkaloud.stats.columns import Columns, estimates, missing
from thinkaloud.stats.equivalence import equivalence, sign
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Estimate, Key, Record

ByTask = Mapping[str, Sequence[Record]]
Families = Mapping[str, Mapping[str, Frontier]]
Differences = Mapping[str, Mapping[tuple[str, str], Array]]
"""Family -> effect -> rows [items, budgets]."""


def pool(by_task: ByTask, budgets: Sequence[int], meter: str, margin: float, key: Key = KEY) -> list[Estimate]:
    """Every estimate of the pool, in reading order; `by_task`: the records of each family."""
    if len(by_task) < 2:
        return []
    families = {task: frontiers(records, budgets, meter) for task, records in by_task.items()}
    here = {task: differences(found, meter) for task, found in families.items()}
    own = {task: blocks(found, budgets, meter) + arm_edits.blocks(by_task[task]) for task, found in families.items()}
    rows = [row for block in over_families(own) for row in estimates(block, key)]
    rows += [row for block in _logits(families, meter) for row in estimates(block, key)]
    for arms in EFFECTS:
        if any(len(found[arms]) for found in here.values() if arms in found):
            rows += _crossing(here, arms, budgets, key)
            rows += effect(_areas(here, arms, budgets), effect_of(arms), margin)
            rows += _sign(_by_meter(families, arms, budgets), effect_of(arms), meter, key)
            rows += slopes(effect_of(arms), _points(by_task, here, arms, budgets, key))
    return rows + _shares(by_task, key)


def crossover_map(by_task: ByTask, budgets: Sequence[int], meter: str, key: Key = KEY) -> dict[str, list[Point]]:
    """`F2 - F1` and `T1 - T2` -> the families on the map."""
    here = {task: differences(frontiers(records, budgets, meter), meter) for task, records in by_task.items()}
    found = {" - ".join(arms): _points(by_task, here, arms, budgets, key) for arms in EFFECTS}
    return {name: there for name, there in found.items() if there}


def effect(rows: Mapping[str, Array], of: Label, margin: float) -> list[Estimate]:
    """All that is said of one effect over families; `rows`: the paired differences of every family's items."""
    found, there = pooling.effects(rows), of.more("margin", role="margin")
    size = (found.items, len(found.families), "family")
    known = Estimate(there.name, margin, margin, margin, *size, about=there.about)
    return [
        pooling.mean(of.more("pooled mean", role="mean", inference="families like these"), found),
        pooling.fixed(of.more("this pool", role="mean", inference="this pool"), found),
        pooling.tau(of.more("tau", role="tau"), found),
        pooling.prediction(of.more("prediction", role="prediction"), found),
        known,
        equivalence(
            of.more("equivalence", role="equivalence", inference="families like these"), found, "families like these"
        ),
        equivalence(of.more("equivalence this pool", role="equivalence", inference="this pool"), found, "this pool"),
        *pooling.shrunken(of.more("shrunken", role="shrunken"), found),
    ]


def over_families(own: Mapping[str, Sequence[Columns]]) -> list[Columns]:
    """From every family's columns to columns whose rows are families: each row the family's means.

    Columns that the same families have stay together, and so share their resamples.
    """
    alike: dict[tuple[tuple[str, ...], bool], dict[str, Columns]] = {}
    for family, columns in own.items():
        for block in columns:
            if len(block.rows):
                names = tuple(label.name for label in block.labels)
                alike.setdefault((names, block.band), {})[family] = block
    return [_means(there) for there in alike.values()]


def _means(there: Mapping[str, Columns]) -> Columns:
    """Columns of families that have the same ones: a row a family."""
    first = next(iter(there.values()))
    rows = np.array([block.rows.mean(axis=0) for block in there.values()])
    items = sum(len(block.rows) for block in there.values())
    return replace(first, rows=rows, units=tuple(there), n=items, unit="family", lacking="no family has it")


def _logits(families: Families, meter: str) -> list[Columns]:
    """The mean over families of their logit gaps."""
    known: dict[tuple[str, str], list[gaps.Gap]] = {}
    for found in families.values():
        for rungs, gap in gaps.pairs(found, meter).items():
            if len(gap.items):
                known.setdefault(rungs, []).append(gap)
    return [
        Columns((there[0].logit,), np.array([[gaps.logit_gap(gap)] for gap in there]), box=None, unit="family",
                n=sum(len(gap.items) for gap in there))
        for there in known.values()
    ]  # fmt: skip


def _areas(here: Differences, arms: tuple[str, str], budgets: Sequence[int]) -> dict[str, Array]:
    """Each family's items: the area between the two curves."""
    weights = area_weights(budgets)
    return {family: found[arms] @ weights for family, found in here.items() if arms in found}


def _crossing(here: Differences, arms: tuple[str, str], budgets: Sequence[int], key: Key) -> list[Estimate]:
    """Where the mean curves over families cross."""
    there = [found[arms] for found in here.values() if arms in found and len(found[arms])]
    rows = np.array([x.mean(axis=0) for x in there])
    row = crossing(crossing_of(arms), rows, budgets, key)
    return [replace(row, n=sum(map(len, there)), clusters=len(there), clustered_by="family")]


@dataclass(frozen=True, slots=True)
class _ByMeter:
    """The mean area of families on every meter, [families, meters in the order of `METERS`], and the number of items
    behind them."""

    areas: Array
    items: int


def _by_meter(families: Families, arms: tuple[str, str], budgets: Sequence[int]) -> _ByMeter:
    """Of the families whose items have both arms."""
    weights, rows, items = area_weights(budgets), [], 0
    for found in families.values():
        known = [x for m in METERS if (x := differences(found, m).get(arms)) is not None and len(x)]
        if known:
            rows.append([float((x @ weights).mean()) for x in known])
            items += len(known[0])
    return _ByMeter(np.array(rows), items)


def _sign(found: _ByMeter, of: Label, meter: str, key: Key) -> list[Estimate]:
    """On how many meters the area has the primary one's sign."""
    own = of.more("sign", role="sign")
    why = missing(Columns((own,), found.areas, n=found.items, unit="family"))
    if why is not None:
        return [Estimate.absent(own.name, why, found.items, len(found.areas), "family", own.about)]
    return [replace(sign(own, found.areas, list(METERS).index(meter), key), n=found.items)]


def _points(by_task: ByTask, here: Differences, arms: tuple[str, str], budgets: Sequence[int], key: Key) -> list[Point]:
    return points(by_task, _areas(here, arms, budgets), arms, key)


def _shares(by_task: ByTask, key: Key) -> list[Estimate]:
    """The externalised share of every arm, from means over families."""
    known: dict[str, list[arm_edits.Share]] = {}
    for records in by_task.values():
        for found in arm_edits.shares(records):
            known.setdefault(found.label.name, []).append(found)
    made = []
    for there in known.values():
        means, n = np.array([one.rows.mean(axis=0) for one in there]), sum(len(one.rows) for one in there)
        made.append(arm_edits.share(arm_edits.Share(there[0].label, means, n, "family"), key))
    return made
