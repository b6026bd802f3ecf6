"""One arm against another: paired by item, family by family and over all of them, at every budget and on every meter.

The difference is over the families as given ("this pool": only the items could have been others), each family counting
alike; what is said of families like these stands beside it (`equivalence.py`, from 20 families on). Intervals are
Student's over items (`pooling.fixed_mean`), widened by the unseen item; at the budgets they hold together (Bonferroni).
A family's p is that of its items' signs (`signs.py`), corrected by Holm over the families: Student's would take five
items that all go one way for certain. A family where an arm was not measurable has no row for it.

This module does not know which arm is whose, nor how the other one was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thinkaloud.budget.meters import METERS, spend_of
from thinkaloud.metrics.factored import by_meter, effect_of, primary_first, voted
from thinkaloud.metrics.frontier import Frontier, area_weights, frontiers, paired
from thinkaloud.metrics.pool import effect
from thinkaloud.stats.bootstrap import FEWEST, KEY, Array
from thinkaloud.stats.columns import Columns, estimates
from thinkaloud.stats.equivalence import ALPHA, Verdict, Word, holm, judge, sign, verdict
from thinkaloud.stats.label import Label, label
from thinkaloud.stats.pooling import effects, fixed_mean, widened
from thinkaloud.stats.signs import sign_flip
from thinkaloud.vocabulary import Estimate, Key, Record

TWO_SIDED = 0.975
ByTask = Mapping[str, Sequence[Record]]


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms arms are compared."""

    budgets: tuple[int, ...]
    meter: str
    margin: float


@dataclass(frozen=True, slots=True)
class Line:
    """The difference in one family, or over all (`family` is empty): `area` over the budgets, its one-sided `limits`,
    `at` every budget, the verdict and, for a family, Holm's p."""

    family: str
    area: Estimate
    limits: Estimate
    at: tuple[Estimate, ...]
    word: Word
    why: str
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What an arm cost: a mean attempt on every meter; how many attempts there were, how many of them failed, were cut
    by the budget or gave no answer; the first error."""

    arm: str
    cost: Mapping[str, Estimate]
    attempts: int
    failed: int
    cut: int
    silent: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Versus:
    """Everything that is said of one arm against another. `accuracy`: arm -> once and at every budget."""

    name: str
    pool: Line
    families: tuple[Line, ...]
    meters: tuple[Estimate, ...]
    sign: Estimate
    general: Verdict
    over_families: tuple[Estimate, ...]
    accuracy: Mapping[str, tuple[Estimate, ...]]
    spent: Mapping[str, Spent]


def measured(records: Sequence[Record]) -> list[Record]:
    """Records of arms that are measurable there."""
    return [record for record in records if record["status"] != "absent"]


def strengths(by_task: ByTask, terms: Terms) -> dict[str, tuple[Estimate, list[str]]]:
    """Accuracy of every arm over the range of budgets, each family alike, strongest first (of equals the one that comes
    first in the records), with the families that it is not measurable in. There the best arm that is measurable
    everywhere stands in for it; an arm has no strength if there is none such."""
    weights = area_weights(terms.budgets)
    own: dict[str, dict[str, Array]] = {}
    for task, records in by_task.items():
        for arm, found in frontiers(measured(records), terms.budgets, terms.meter).items():
            own.setdefault(arm, {})[task] = found.at[terms.meter] @ weights
    whole = {arm: rows for arm, rows in own.items() if len(rows) == len(by_task)}
    best = max(whole, key=lambda arm: _level(whole[arm]), default=None)
    made = {}
    for arm, rows in own.items():
        lacking = [task for task in by_task if task not in rows]
        filled = rows if best is None else {task: rows.get(task, whole[best][task]) for task in by_task}
        area = label(f"{voted(arm)} area", measure="accuracy", role="area", arm=voted(arm), meter=terms.meter)
        made[arm] = (_clipped(over(area, filled)), lacking)
    if best is None:
        return made
    return dict(sorted(made.items(), key=lambda pair: -_level_of(pair[1][0])))


def versus(by_task: ByTask, arm: str, others: Sequence[str], terms: Terms, key: Key = KEY) -> Versus:
    """`arm` minus the first of `others` that a family has."""
    families: dict[str, tuple[Frontier, Frontier]] = {}
    for task, records in by_task.items():
        found = frontiers(measured(records), terms.budgets, terms.meter)
        other = next((found[name] for name in others if name in found), None)
        if arm in found and other is not None and any(paired(found[arm], other)):
            families[task] = found[arm], other
    own = effect_of((voted(arm), voted(others[0])))
    weights = area_weights(terms.budgets)
    by_name = {m: {task: _difference(pair, m) for task, pair in families.items()} for m in METERS}
    rows = by_name[terms.meter]
    areas = {m: {task: x @ weights for task, x in found.items()} for m, found in by_name.items()}
    lines = [_line(task, {task: x}, own, terms) for task, x in rows.items()]
    whole = effect(areas[terms.meter], own, terms.margin)
    area = Label(own.name, {**own.about, "role": "area"})
    return Versus(
        name=own.name,
        pool=_line("", rows, own, terms),
        families=tuple(_corrected(lines, areas[terms.meter], key)),
        meters=tuple(over(by_meter(area, m, terms.meter), areas[m]) for m in primary_first(terms.meter)),
        sign=_sign(own.more("sign", role="sign"), areas, terms.meter, key),
        general=verdict(own.name, {e.name: e for e in whole}, "families like these"),
        over_families=tuple(whole),
        accuracy={a: _accuracy(by_task, [a] if a == arm else list(others), terms) for a in (arm, others[0])},
        spent={a: spent(by_task, a, key) for a in dict.fromkeys((arm, *others))},
    )


def over(label: Label, rows: Mapping[str, Array], p: float = TWO_SIDED) -> Estimate:
    """Mean over families of their items' means, each family alike, with the interval that leaves 1 - p at each side."""
    found = effects(rows)
    if found.items < FEWEST:
        why = f"too few items (n={found.items}): an interval needs at least {FEWEST}"
        return Estimate.absent(label.name, why, found.items, about=label.about)
    mean = fixed_mean(found)
    low, high = widened(found, mean.ends(p))
    low, high = max(-1.0, low), min(1.0, high)
    low, high = min(low, mean.value), max(high, mean.value)
    return Estimate(label.name, mean.value, low, high, found.items, found.items, about=label.about)


def spent(by_task: ByTask, arm: str, key: Key = KEY) -> Spent:
    """What an arm cost, over all of its items."""
    records = [record for own in by_task.values() for record in measured(own) if record["arm"] == arm]
    attempts = [attempt for record in records for attempt in record["attempts"]]
    rows = [
        [
            sum(price(spend_of(a["spend"])) for a in record["attempts"]) / len(record["attempts"])
            for price in METERS.values()
        ]
        for record in records
        if record["attempts"]
    ]
    labels = tuple(label(f"{arm} cost by {m}", measure="cost of an attempt", arm=arm, meter=m) for m in METERS)
    costs = np.array(rows, dtype=np.float64).reshape(len(rows), len(METERS))
    cost = estimates(Columns(labels, costs, box=None), key)
    roots = [attempt["trace"][0] for attempt in attempts]
    errors = [str(root["error"]) for root in roots if root["error"] and not root["cut"]]
    return Spent(
        arm, dict(zip(METERS, cost, strict=True)), len(attempts), len(errors), sum(a["cut"] for a in attempts),
        sum(a["answer"] is None for a in attempts), errors[0] if errors else None,
    )  # fmt: skip


def _difference(pair: tuple[Frontier, Frontier], meter: str) -> Array:
    """Of the items that both have, [items, budgets]."""
    one, other = paired(*pair)
    return pair[0].at[meter][one] - pair[1].at[meter][other]


def _line(family: str, rows: Mapping[str, Array], own: Label, terms: Terms) -> Line:
    weights = area_weights(terms.budgets)
    areas = {task: x @ weights for task, x in rows.items()}
    area = over(Label(own.name, {**own.about, "role": "area"}), areas)
    limits = over(own.more("equivalence", role="equivalence", inference="this pool"), areas, 1 - ALPHA)
    together = 1 - (1 - TWO_SIDED) / len(terms.budgets)
    at = tuple(
        over(own.more(f"at {budget}", budget=budget), {task: x[:, i] for task, x in rows.items()}, together)
        for i, budget in enumerate(terms.budgets)
    )
    return Line(family, area, limits, at, *judge(area, limits, terms.margin))


def _corrected(lines: Sequence[Line], areas: Mapping[str, Array], key: Key) -> list[Line]:
    """With Holm's p of "no difference in this family"; families without an interval have none."""
    known = [line.family for line in lines if line.area.value is not None]
    p = [sign_flip(areas[family], key.child("signs", family)) for family in known]
    adjusted = dict(zip(known, holm(p), strict=True))
    return [replace(line, p=adjusted.get(line.family)) for line in lines]


def _sign(label: Label, areas: Mapping[str, Mapping[str, Array]], meter: str, key: Key) -> Estimate:
    """On how many meters the difference has the primary one's sign: items are the unit, every family counts alike."""
    meters = list(METERS)
    stacked = [np.stack([areas[m][task] for m in meters], axis=1) for task in areas[meter]]
    items = sum(map(len, stacked))
    if items < FEWEST:
        why = f"too few items (n={items}): an interval needs at least {FEWEST}"
        return Estimate.absent(label.name, why, items, about=label.about)
    rows = np.vstack([x * items / len(stacked) / len(x) for x in stacked])
    return replace(sign(label, rows, meters.index(meter), key), clustered_by="item")


def _accuracy(by_task: ByTask, arms: Sequence[str], terms: Terms) -> tuple[Estimate, ...]:
    """Once and at every budget, of the first of the arms that a family has."""
    here: dict[str, Frontier] = {}
    for task, records in by_task.items():
        found = frontiers(measured(records), terms.budgets, terms.meter)
        own = next((found[arm] for arm in arms if arm in found), None)
        if own is not None:
            here[task] = own
    name = voted(arms[0])
    single = label(f"{arms[0]} once", measure="accuracy", role="once", arm=arms[0])
    once, at = over(single, {task: f.once for task, f in here.items()}), []
    for i, budget in enumerate(terms.budgets):
        paid = label(f"{name} at {budget}", measure="accuracy", arm=name, budget=budget, meter=terms.meter)
        at.append(over(paid, {task: f.at[terms.meter][:, i] for task, f in here.items()}))
    return tuple(map(_clipped, (once, *at)))


def _clipped(estimate: Estimate) -> Estimate:
    """An accuracy is not below 0."""
    return estimate if estimate.low is None else replace(estimate, low=max(0.0, estimate.low))


def _level(rows: Mapping[str, Array]) -> float:
    return float(np.mean([x.mean() for x in rows.values()])) if rows else -math.inf


def _level_of(estimate: Estimate) -> float:
    return -math.inf if estimate.value is None else estimate.value
