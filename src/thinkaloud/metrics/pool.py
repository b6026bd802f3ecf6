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
from dataclasses import replace

import numpy as np

from thinkaloud.budget.meters import METERS
from thinkaloud.metrics import arm_edits, gaps, pooling
from thinkaloud.metrics.bootstrap import KEY, Array
from thinkaloud.metrics.columns import Columns, estimates, missing
from thinkaloud.metrics.crossover import Point, points, slopes
from thinkaloud.metrics.equivalence import equivalence, sign
from thinkaloud.metrics.factored import EFFECTS, blocks, differences
from thinkaloud.metrics.frontier import Frontier, area_weights, crossing, frontiers
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
            rows += effect(_areas(here, arms, budgets), " - ".join(arms), margin)
            rows += _sign(families, arms, (budgets, meter), key)
            rows += slopes(" - ".join(arms), _points(by_task, here, arms, budgets, key))
    return rows + _shares(by_task, key)


def crossover_map(by_task: ByTask, budgets: Sequence[int], meter: str, key: Key = KEY) -> dict[str, list[Point]]:
    """`F2 - F1` and `T1 - T2` -> the families on the map."""
    here = {task: differences(frontiers(records, budgets, meter), meter) for task, records in by_task.items()}
    found = {" - ".join(arms): _points(by_task, here, arms, budgets, key) for arms in EFFECTS}
    return {name: there for name, there in found.items() if there}


def effect(rows: Mapping[str, Array], name: str, margin: float) -> list[Estimate]:
    """All that is said of one effect over families; `rows`: the paired differences of every family's items."""
    found = pooling.effects(rows)
    known = Estimate(f"{name} margin", margin, margin, margin, found.items, len(found.families), "family")
    return [
        pooling.mean(f"{name} pooled mean", found),
        pooling.fixed(f"{name} this pool", found),
        pooling.tau(f"{name} tau", found),
        pooling.prediction(f"{name} prediction", found),
        known,
        equivalence(f"{name} equivalence", found, "families like these"),
        equivalence(f"{name} equivalence this pool", found, "this pool"),
        *pooling.shrunken(f"{name} shrunken", found),
    ]


def over_families(own: Mapping[str, Sequence[Columns]]) -> list[Columns]:
    """From every family's columns to columns whose rows are families: each row the family's means.

    Columns that the same families have stay together, and so share their resamples.
    """
    means: dict[tuple[tuple[str, ...], bool], dict[str, Columns]] = {}
    for family, columns in own.items():
        for block in columns:
            if len(block.rows):
                means.setdefault((block.names, block.band), {})[family] = block
    found = []
    for (names, band), there in means.items():
        rows = np.array([block.rows.mean(axis=0) for block in there.values()])
        items = sum(len(block.rows) for block in there.values())
        box = next(iter(there.values())).box
        found.append(Columns(names, rows, box, band, items, "family", "no family has it"))
    return found


def _logits(families: Families, meter: str) -> list[Columns]:
    """The mean over families of their logit gaps."""
    values: dict[str, list[tuple[float, int]]] = {}
    for found in families.values():
        for name, both in gaps.pairs(found, meter).items():
            if len(both):
                values.setdefault(name, []).append((gaps.logit_gap(both), len(both)))
    return [
        Columns((f"{name} logit",), np.array([[x] for x, _ in there]), None, n=sum(n for _, n in there), unit="family")
        for name, there in values.items()
    ]


def _areas(here: Differences, arms: tuple[str, str], budgets: Sequence[int]) -> dict[str, Array]:
    """Each family's items: the area between the two curves."""
    weights = area_weights(budgets)
    return {family: found[arms] @ weights for family, found in here.items() if arms in found}


def _crossing(here: Differences, arms: tuple[str, str], budgets: Sequence[int], key: Key) -> list[Estimate]:
    """Where the mean curves over families cross."""
    there = [found[arms] for found in here.values() if arms in found and len(found[arms])]
    rows = np.array([x.mean(axis=0) for x in there])
    row = crossing(f"crossing {' '.join(arms)}", rows, budgets, arms, key)
    return [replace(row, n=sum(map(len, there)), clusters=len(there), clustered_by="family")]


def _sign(families: Families, arms: tuple[str, str], settings: tuple[Sequence[int], str], key: Key) -> list[Estimate]:
    """On how many meters the area has the primary one's sign."""
    budgets, meter = settings
    weights, name = area_weights(budgets), f"{' - '.join(arms)} sign"
    rows, items = [], 0
    for found in families.values():
        by_meter = [differences(found, m).get(arms) for m in METERS]
        known = [x for x in by_meter if x is not None and len(x)]
        if known:
            rows.append([float((x @ weights).mean()) for x in known])
            items += len(known[0])
    block = Columns((name,), np.array(rows), None, n=items, unit="family")
    why = missing(block)
    if why is not None:
        return [Estimate(name, None, None, None, items, len(rows), "family", why)]
    return [replace(sign(name, block.rows, list(METERS).index(meter), key), n=items)]


def _points(by_task: ByTask, here: Differences, arms: tuple[str, str], budgets: Sequence[int], key: Key) -> list[Point]:
    return points(by_task, _areas(here, arms, budgets), arms, key)


def _shares(by_task: ByTask, key: Key) -> list[Estimate]:
    """The externalised share of every arm, from means over families."""
    rows: dict[str, list[Array]] = {}
    for records in by_task.values():
        for found in arm_edits.shares(records):
            rows.setdefault(found.name, []).append(found.rows)
    made = []
    for name, there in rows.items():
        means = np.array([x.mean(axis=0) for x in there])
        made.append(arm_edits.share(arm_edits.Share(name, means, sum(map(len, there)), "family"), key))
    return made
