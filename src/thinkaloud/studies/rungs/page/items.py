"""What the explorer of the rungs is given: an item with all its arms side by side, and what is listed by which number.

Records of this study are an item under an arm; here they are put together by item. An item is listed by the scores that
the findings are means of (`lists.py`). Answers, scores and spend are in the page for every item that is embedded, the
traces (`trace.py`) for some of them, as far as `ROOM` goes; the page says for which. This module does not know how the
page looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thinkaloud.arms.names import called, in_order
from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.metrics import arm_edits
from thinkaloud.metrics.factored import blocks
from thinkaloud.metrics.frontier import frontiers, name_of
from thinkaloud.metrics.gaps import VOTED
from thinkaloud.report.explorer import Explorer, quotas
from thinkaloud.stats.bootstrap import Array
from thinkaloud.stats.columns import Columns
from thinkaloud.studies.rungs.page.found import EFFECTS, POOL, Found, read
from thinkaloud.studies.rungs.page.lists import ARMS, ItemList, lists
from thinkaloud.studies.rungs.page.trace import ATTEMPTS, QUESTION, TEXT, clipped, packed, size, summary
from thinkaloud.vocabulary import Finding, Record

ROOM = 2_600_000
"""Bytes for items in a page; what answers and scores leave of it is for traces."""
PRIMARY = "B4"
"""The meter where the findings do not tell which one is registered."""
SAYS = "Item by item. Single items are noisy: read them beside all the others."

Item = dict[str, Record]
"""The records of one item by arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One task at a level: its items in their order, and each item's number on every list (not a number: it has
    none), [items, lists]."""

    task: str
    level: Any
    items: Sequence[Item]
    scores: Array


def payload(records: Sequence[Record], findings: Sequence[Finding], cap: int) -> dict[str, Any]:
    """What the page is given. `cap` is a number of items."""
    found = read(findings)
    families, every = _families(records, found)
    kept = quotas([len(family.items) for family in families], cap)
    groups = [_group(family, n) for family, n in zip(families, kept, strict=True)]
    traced = _traces(families, groups, bool(every))
    total = sum(len(family.items) for family in families)
    return {
        "noun": "score",
        "says": SAYS,
        "about": {one.id: one.says for one in every},
        "parts": [one.id for one in every],
        "titles": {one.id: one.title for one in every},
        "opens": {one.id: one.arms for one in every},
        "main": [one.id for one in every if one.main],
        "absent": "no such number for this item",
        "meters": dict(METERS),
        "arms": {arm: ARMS.get(arm, "") for arm in in_order({str(r["arm"]) for r in records})},
        "called": {arm: called(arm) for arm in in_order({str(r["arm"]) for r in records})},
        "total": total,
        "embedded": sum(kept),
        "count": count(total, sum(kept), traced, every),
        "groups": groups,
        "pool": {"task": POOL, "level": None, "families": _means(families)} if families else None,
    }


def count(total: int, embedded: int, traced: int, every: Sequence[ItemList]) -> str:
    """What of the run is in the page."""
    by_effect = every and every[0].id in {effect.name for effect in EFFECTS}
    first = f"those whose {every[0].id} is largest and smallest" if by_effect else "the first ones"
    some = (
        f"All {total} items are"
        if total == embedded
        else f"{embedded} of {total} items, the first of every family, are"
    )
    if not total:
        return "There are no items."
    return (
        f"{some} in this page with answers, scores and spend under every arm, and {traced} of them with their traces, "
        f"of every family {first}. Of an arm the first "
        f"{ATTEMPTS} attempts are shown, of a question at most {QUESTION} characters, of any other text {TEXT}. The "
        "numbers above rest on everything, and the run folder holds the rest."
    )


# ---------------------------------------------------------------------------------------------------------- scores


def _families(records: Sequence[Record], found: Found) -> tuple[list[Family], list[ItemList]]:
    """The families in their order, and the lists that any of them has a number for."""
    groups: dict[tuple[str, Any], list[Record]] = {}
    for record in records:
        groups.setdefault((str(record["task"]), record["level"]), []).append(record)
    budgets, meter = found.budgets or (1,), found.primary or PRIMARY
    columns = {at: blocks(frontiers(own, budgets, meter), budgets, meter) for at, own in groups.items()}
    columns = {at: [*made, *arm_edits.blocks(groups[at])] for at, made in columns.items()}
    arms = {str(record["arm"]) for record in records}
    every = lists(in_order(arms | ({VOTED} if "R2" in arms else set())), budgets, meter)
    there = [one for one in every if any(one.within(made) for made in columns.values())]
    return [_family(at, own, columns[at], there) for at, own in groups.items()], there


def _family(
    at: tuple[str, Any], records: Sequence[Record], made: Sequence[Columns], every: Sequence[ItemList]
) -> Family:
    """Its items, and the rows of its columns put back to them."""
    items: dict[Any, Item] = {}
    for record in records:
        items.setdefault(name_of(record), {})[str(record["arm"])] = record
    scores = np.full((len(items), len(every)), np.nan)
    for j, one in enumerate(every):
        own = one.within(made)
        scores[:, j] = [own.get(name, np.nan) for name in items]
    return Family(task=at[0], level=at[1], items=list(items.values()), scores=scores)


def _means(families: Sequence[Family]) -> list[list[float | None]]:
    """Each family's mean on every list over all its items; families in the order of the groups."""
    means = []
    for family in families:
        known = (~np.isnan(family.scores)).sum(axis=0)
        sums = np.nansum(family.scores, axis=0)
        means.append([round(float(s / k), 4) if k else None for s, k in zip(sums, known, strict=True)])
    return means


# ---------------------------------------------------------------------------------------------------------- groups


def _group(family: Family, kept: int) -> dict[str, Any]:
    """The first items of a family, without their traces."""
    rows = [[None if np.isnan(x) else round(float(x), 4) for x in row] for row in family.scores[:kept].tolist()]
    records = [_item(own, row) for own, row in zip(family.items[:kept], rows, strict=True)]
    return {"task": family.task, "level": family.level, "total": len(family.items), "records": records}


def _item(own: Item, scores: list[float | None]) -> dict[str, Any]:
    """One item, small."""
    first = next(iter(own.values()))
    numbers = (
        (name, next((r[name] for r in own.values() if r.get(name)), None)) for name in ("load", "parts", "chain")
    )
    return {
        "id": str(first["item"]),
        "question": clipped(str(first["question"]), QUESTION),
        "answer": clipped(str(first["options"][first["gold"]]), QUESTION) if first["options"] else None,
        "facts": {name: number for name, number in numbers if number},
        "scores": scores,
        "arms": {arm: summary(own[arm]) for arm in in_order(set(own))},
    }


def _traces(families: Sequence[Family], groups: Sequence[dict[str, Any]], listed: bool) -> int:
    """Put traces into the groups, an item of every family in turn, until there is no room; how many items have some."""
    orders = [_extremes(family.scores[: len(group["records"]), 0] if listed else np.zeros(0))
              for family, group in zip(families, groups, strict=True)]  # fmt: skip
    left, traced = ROOM - size(groups), 0
    for turn in range(max(map(len, orders), default=0)):
        for family, group, order in zip(families, groups, orders, strict=True):
            if turn >= len(order):
                continue
            made = packed(family.items[order[turn]])
            left -= size(made)
            if left < 0:
                return traced
            group["records"][order[turn]]["traces"] = made
            traced += 1
    return traced


def _extremes(values: Array) -> list[int]:
    """Rows by turns: the largest value, the smallest, the next largest... Those without a value come last."""
    order = sorted(range(len(values)), key=lambda i: (bool(np.isnan(values[i])), -np.nan_to_num(values[i])))
    known = [i for i in order if not np.isnan(values[i])]
    turns = [known[j // 2] if j % 2 == 0 else known[-1 - j // 2] for j in range(len(known))]
    return [*turns, *order[len(known) :]]


EXPLORER = Explorer(
    noun="score",
    parts=lambda records: (),
    values=lambda records: [None] * len(records),
    why=lambda record, part: "",
    sections=(),
    says=SAYS,
    make=payload,
)
