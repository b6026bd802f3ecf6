"""Accuracy against budget: what every arm scores on every item with this much to spend.

At a budget an arm may make as many of its attempts, in order, as it can pay; with k of them an item's score is what a
majority of k is expected to score (`vote.py`). Where not even one attempt fits, the score is that of the run that was
cut at this budget (recorded for the primary meter only) or 0. A record that failed, and an attempt that failed, was
refused or could not be read, scores 0 and is charged in full; only a record whose status is `absent` (this arm cannot
be asked this) is left out. So every item of an arm has a score at every budget on every meter; arms are compared over
the items that have both.

Curves are over the logarithm of the budget: *area* is the mean difference over the registered range by the trapezoid
rule, *crossing* the budget where the difference is 0 with straight lines between the registered budgets.

This module does not know which comparisons are meant, nor how the budget was kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from thinkaloud.budget.meters import METERS, spend_of
from thinkaloud.errors import UserError, unknown
from thinkaloud.metrics.vote import curve
from thinkaloud.stats.bootstrap import DRAWS, FEWEST, KEY, Array, expanded_tail
from thinkaloud.stats.columns import resampled
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Estimate, Key, Record

Name = Hashable
"""What names an item: its level and its id."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """One arm of one task. `once` [items] is the mean score of single attempts, `at` [items, budgets] the score at
    every budget on every meter, `spend` [items] what one attempt costs in the mean on the primary meter (not a number
    where there was none)."""

    arm: str
    items: tuple[Name, ...]
    once: Array
    at: Mapping[str, Array]
    spend: Array


def frontiers(records: Sequence[Record], budgets: Sequence[int], meter: str) -> dict[str, Frontier]:
    """Every arm of the records of one task, in order of appearance; `meter` is the primary one."""
    check(budgets, meter)
    order = {name: i for i, name in enumerate(dict.fromkeys(map(name_of, records)))}
    by_arm: dict[str, dict[Name, Record]] = {}
    for record in records:
        if record["status"] != "absent":
            by_arm.setdefault(record["arm"], {})[name_of(record)] = record
    found = {}
    for arm, own in by_arm.items():
        items = tuple(sorted(own, key=order.__getitem__))
        scores = [_scores(own[name], budgets, meter) for name in items]
        at = {m: np.array([s[m] for _, s in scores], dtype=np.float64) for m in METERS}
        cost = np.array([spend(own[name], meter) for name in items], dtype=np.float64)
        found[arm] = Frontier(arm, items, np.array([once for once, _ in scores], dtype=np.float64), at, cost)
    return found


def check(budgets: Sequence[int], meter: str) -> None:
    """Raises `UserError` unless the meter is known and the budgets are positive and ascend."""
    if meter not in METERS:
        raise unknown("meter", meter, METERS)
    if not budgets or min(budgets) <= 0 or list(budgets) != sorted(set(budgets)):
        raise UserError(f"budgets {', '.join(map(str, budgets)) or '(none)'}: give positive numbers that ascend")


def name_of(record: Record) -> Name:
    """Names an item over all arms."""
    return record["level"], record["item"]


def once(record: Record) -> float:
    """Mean score of the attempts; 0 if the record failed before the first."""
    attempts = record.get("attempts") or ()
    return sum(bool(a["right"]) for a in attempts) / len(attempts) if attempts else 0.0


def spend(record: Record, meter: str) -> float:
    """Mean cost of the attempts on a meter; not a number if the record failed before the first."""
    costs = [METERS[meter](spend_of(a["spend"])) for a in record.get("attempts") or ()]
    return sum(costs) / len(costs) if costs else float("nan")


def _scores(record: Record, budgets: Sequence[int], primary: str) -> tuple[float, dict[str, list[float]]]:
    """An item's `once` and, for every meter, its score at every budget."""
    attempts = record.get("attempts") or ()
    votes = curve([a["answer"] for a in attempts], [a["right"] for a in attempts])
    spends = [spend_of(a["spend"]) for a in attempts]
    found = {}
    for name, price in METERS.items():
        costs = list(accumulate(price(spend) for spend in spends))
        paid = [sum(cost <= budget for cost in costs) for budget in budgets]
        found[name] = [
            votes[k - 1] if k else _short(record, budget) if name == primary else 0.0
            for k, budget in zip(paid, budgets, strict=True)
        ]
    return once(record), found


def _short(record: Record, budget: int) -> float:
    """Score of the run that was cut at this budget, 0 if there was none."""
    cut = (record.get("short") or {}).get(str(budget))
    return 0.0 if cut is None else float(bool(cut["right"]))


def paired(*arms: Frontier) -> list[list[int]]:
    """For each arm the rows of the items that all of them have, in the same order."""
    places = [{name: i for i, name in enumerate(arm.items)} for arm in arms]
    common = [name for name in arms[0].items if all(name in place for place in places)]
    return [[place[name] for name in common] for place in places]


def area_weights(budgets: Sequence[int]) -> Array:
    """What each budget counts in the mean over the log range by the trapezoid rule; one budget counts all."""
    if len(budgets) == 1:
        return np.ones(1)
    gaps = np.diff(np.log(np.asarray(budgets, dtype=np.float64)))
    return np.asarray((np.append(gaps, 0) + np.append(0, gaps)) / 2 / gaps.sum(), dtype=np.float64)


def common(*arms: Frontier) -> tuple[Name, ...]:
    """The items that all of the arms have, in the order of `paired`."""
    return tuple(arms[0].items[row] for row in paired(*arms)[0])


def crossing(label: Label, rows: Array, budgets: Sequence[int], key: Key = KEY, draws: int = DRAWS) -> Estimate:
    """The budget at which the mean difference (rows [items, budgets]: the label's arm minus the one that it stands
    against) changes its sign.

    A resample that does not cross once, in the same direction, could cross anywhere: it is put below the low end and
    above the high end. So there is an interval only if nearly all resamples cross, and otherwise a reason that says in
    which share of them they do.
    """
    n = len(rows)

    def absent(why: str) -> Estimate:
        return Estimate.absent(label.name, why, n, about=label.about)

    span = f"{budgets[0]}..{budgets[-1]}"
    if n < FEWEST:
        return absent(f"too few to compare (n={n}): an interval needs at least {FEWEST}")
    if len(budgets) < 2:
        return absent("not measured: a crossing needs two budgets")
    at = np.log(np.asarray(budgets, dtype=np.float64))
    mean = rows.mean(axis=0, keepdims=True)
    value, times, rising = (found[0] for found in _cross(mean, at))
    drawn, _, direction = _cross(resampled(rows, key, draws), at)
    same = np.isfinite(drawn) & ((direction == rising) | (times == 0))
    share = f"{same.mean():.0%} of resamples"
    if times == 0:
        side = int(np.sign(mean[0][np.abs(mean[0]).argmax()]))
        arm, against = label.about["arm"], label.about["against"]
        how = "equal" if side == 0 else f"{arm} is {'above' if side > 0 else 'below'} {against}"
        return absent(f"does not cross: {how} throughout {span} (there is a crossing in {share})")
    if times > 1:
        return absent(f"not identifiable: the curves cross {times:.0f} times within {span}")
    tail = expanded_tail(n)
    low = np.quantile(np.where(same, drawn, -np.inf), tail, method="lower")
    high = np.quantile(np.where(same, drawn, np.inf), 1 - tail, method="higher")
    if not (np.isfinite(low) and np.isfinite(high)):
        return absent(f"not identifiable: crosses at about {np.exp(value):.0f}, but only in {share} within {span}")
    ends = (float(np.exp(min(low, value))), float(np.exp(max(high, value))))
    return Estimate(label.name, float(np.exp(value)), *ends, n, n, about=label.about)


def _cross(curves: Array, at: Array) -> tuple[Array, Array, Array]:
    """For each curve [lines, budgets]: where it crosses 0 (not a number unless exactly once), how often, and whether
    it rises there. Along a stretch of exact zeros between two signs it crosses in the middle."""
    lines, budgets = curves.shape
    sign = np.sign(np.where(np.abs(curves) < 1e-12, 0.0, curves))
    last = np.zeros(lines, dtype=np.int64)  # where the curve was last not 0
    times, rising, where = np.zeros(lines), np.zeros(lines), np.full(lines, np.nan)
    each = np.arange(lines)
    for j in range(1, budgets):
        before = sign[each, last]
        turned = before * sign[:, j] < 0
        left, right = curves[each, last], curves[:, j]
        share = np.divide(left, left - right, out=np.zeros(lines), where=turned)
        straight = at[last] + share * (at[j] - at[last])
        middle = (at[np.minimum(last + 1, budgets - 1)] + at[j - 1]) / 2
        where = np.where(turned, np.where(last == j - 1, straight, middle), where)
        rising = np.where(turned, sign[:, j], rising)
        times += turned
        last = np.where(sign[:, j] != 0, j, np.where(before == 0, j, last))
    return np.where(times == 1, where, np.nan), times, rising
