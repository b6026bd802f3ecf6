"""What is compared between two runs of the rungs: every arm's accuracy, and what the arms gain over the first of them.

    ARM once       mean score of single attempts
    ARM area       mean score over the registered budgets on the registered meter, by the trapezoid rule over their
                   logarithm (`frontier.py`)
    ARM - FIRST    the difference of two arms' areas in each run: does a decomposition gain more in one than the other?

An item counts where the arm was asked it in both runs and did not fail. This module does not know how a difference is
judged (`stats/paired.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from thinkaloud.metrics.compared import EFFECT, Quantity, linear
from thinkaloud.metrics.frontier import area_weights, frontiers, name_of, once
from thinkaloud.metrics.matched import Matched
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.paired import Joint
from thinkaloud.vocabulary import Record

Of = Callable[[Record], float | None]


def arm_rows(matched: Matched, budgets: Sequence[int], meter: str) -> list[Joint]:
    """Once and area of every arm that is in both runs, then the gains over the first; arms in order of appearance."""
    sides: list[list[ItemRecord]] = [[r for pair in matched.both.values() for r in pair[side]] for side in (0, 1)]
    arms = [arm for arm in dict.fromkeys(_arm(r) for r in sides[0]) if arm in {_arm(r) for r in sides[1]}]
    areas: dict[int, dict[str, float]] = {}
    for records in sides:
        areas |= _areas(records, budgets, meter)
    told = [
        one for arm in arms for one in (Quantity(f"{arm} once", _once(arm)), Quantity(f"{arm} area", _area(arm, areas)))
    ]
    told += [Quantity(f"{arm} - {arms[0]}", _gain(arm, arms[0], areas), EFFECT) for arm in arms[1:]]
    return [linear(matched, one) for one in told]


def _arm(record: Record) -> str:
    return str(record["arm"])


def _areas(records: Sequence[ItemRecord], budgets: Sequence[int], meter: str) -> dict[int, dict[str, float]]:
    """For every record (by identity) the areas of all arms on its item in its run."""
    by_item: dict[object, dict[str, float]] = {}
    for arm, found in frontiers(records, budgets, meter).items():
        for item, value in zip(found.items, (found.at[meter] @ area_weights(budgets)).tolist(), strict=True):
            by_item.setdefault(item, {})[arm] = value
    return {id(record): by_item.get(name_of(record), {}) for record in records}


def _once(arm: str) -> Of:
    return lambda record: once(record) if _arm(record) == arm else None


def _area(arm: str, areas: dict[int, dict[str, float]]) -> Of:
    return lambda record: areas[id(record)].get(arm)


def _gain(arm: str, first: str, areas: dict[int, dict[str, float]]) -> Of:
    def gain(record: Record) -> float | None:
        here = areas[id(record)]
        return here[arm] - here[first] if arm in here and first in here else None

    return gain
