"""Items that two runs have in common, matched by task, level and id, and what was dropped and why.

Only items whose reasoning was read in both runs are compared. Several records of an item (samples of its reasoning)
stay together: the item is the unit. This module does not know what is measured of an item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np

from thinkaloud.metrics.matching import name
from thinkaloud.metrics.readings import Column, hit, typed
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Record

Name = tuple[str, str, str]
"""Task, level and id of an item."""
Records = list[ItemRecord]
REASON = 80
"""Characters of a reason that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """`both`: the items that are ok in both runs, each with its records in A and in B; in the order of A. `asked_a`,
    `asked_b`: how many items each run has; `dropped`: why some are not in `both`, with how many."""

    both: Mapping[Name, tuple[Records, Records]]
    asked_a: int
    asked_b: int
    dropped: Mapping[str, int]


def match(a: Sequence[Record], b: Sequence[Record]) -> Matched:
    """The items of one task in two runs. The fold of an item is that which it has in A."""
    in_a, in_b = _by_item(a), _by_item(b)
    both: dict[Name, tuple[Records, Records]] = {}
    dropped: Counter[str] = Counter()
    for item in in_a:
        if item not in in_b:
            dropped["asked in A only"] += 1
            continue
        there = [[r for r in found[item] if r["status"] == "ok"] for found in (in_a, in_b)]
        if all(there):
            fold = there[0][0]["fold"]
            both[item] = there[0], [cast(ItemRecord, {**r, "fold": fold}) for r in there[1]]
        else:
            dropped[_lost(in_a[item], in_b[item], [bool(x) for x in there])] += 1
    only = sum(item not in in_a for item in in_b)
    if only:
        dropped["asked in B only"] = only
    return Matched(both=both, asked_a=len(in_a), asked_b=len(in_b), dropped=dict(dropped))


def values(matched: Matched, column: Column) -> tuple[Array, list[Name], dict[str, int]]:
    """A column in both runs for the items that have it in both, [n, 2], with their names; and how many items lack it,
    by where."""
    rows, names, without = [], [], Counter[str]()
    for item, (in_a, in_b) in matched.both.items():
        one, other = _mean(in_a, column), _mean(in_b, column)
        if one is not None and other is not None:
            rows.append((one, other))
            names.append(item)
        else:
            without[_where(one is not None, other is not None)] += 1
    return np.array(rows, dtype=np.float64).reshape(len(rows), 2), names, dict(without)


@dataclass(frozen=True, slots=True)
class Flips:
    """Items, by id, that are `lost` (right in A, wrong in B) and `gained`; how many are right in both, wrong in both;
    `tied`: in one of the runs the right option is exactly as probable as another one."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]
    right: int
    wrong: int
    tied: int


def flips(matched: Matched, condition: str = "own") -> Flips:
    """Which items changed: right is the most probable option after its own reasoning (of several samples, on average
    more than half)."""
    found, names, _ = values(matched, partial(_right, condition))
    side = np.sign(np.round(found - 0.5, 9))

    def ids(a: int, b: int) -> tuple[str, ...]:
        return tuple(item[2] for item, s in zip(names, side, strict=True) if (s == (a, b)).all())

    return Flips(ids(1, -1), ids(-1, 1), len(ids(1, 1)), len(ids(-1, -1)), int((side == 0).any(axis=1).sum()))


def _right(condition: str, record: ItemRecord) -> float | None:
    """1 or 0; half where the right option shares the first place."""
    found = hit(record, condition)
    return found if found in (None, 0.0, 1.0) else 0.5


def _by_item(records: Sequence[Record]) -> dict[Name, Records]:
    found: dict[Name, Records] = {}
    for record in typed(records):
        found.setdefault(name(record), []).append(record)
    return found


def _mean(records: Records, column: Column) -> float | None:
    known = [x for x in map(column, records) if x is not None]
    return sum(known) / len(known) if known else None


def _lost(a: Records, b: Records, ok: list[bool]) -> str:
    """Where an item was not read, and why: the first reason there is."""
    bad = [*([] if ok[0] else a), *([] if ok[1] else b)]
    why = " ".join(str(bad[0]["error"] or "").split())
    return f"{bad[0]['status']} in {_where(*ok)}{f': {why[:REASON]}' if why else ''}"


def _where(in_a: bool, in_b: bool) -> str:
    return "B" if in_a else "A" if in_b else "both"
