"""What the explorer of the rungs is given: an item with all its arms side by side, and what is listed by which number.

Records of this study are an item under an arm; here they are put together by item. Parts are made for every item by the
same scores that the findings rest on. Answers, scores and spend are in the page for every item that is embedded, the
traces (`trace.py`) for some of them, as far as `ROOM` goes; the page says for which. This module does not know how the
page looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thinkaloud.metrics.bootstrap import Array
from thinkaloud.metrics.frontier import Frontier, area_weights, frontiers, name_of
from thinkaloud.report.explorer import Explorer, quotas
from thinkaloud.studies.rungs.page.frontier import thousands
from thinkaloud.studies.rungs.page.names import (
    ARMS,
    EDITS,
    EFFECTS,
    GAINS,
    GAPS,
    METERS,
    POOL,
    SPLITS,
    VOTED,
    Read,
    in_order,
    read,
)
from thinkaloud.studies.rungs.page.trace import ATTEMPTS, QUESTION, TEXT, clipped, packed, size, summary
from thinkaloud.vocabulary import Finding, Record

ROOM = 2_600_000
"""Bytes for items in a page; what answers and scores leave of it is for traces."""
PRIMARY = "B4"
"""The meter where the findings do not tell which one is registered."""
SAYS = "Item by item. Single items are noisy: read them beside all the others."
NEED, RESIDUE, USE = EDITS[1:]

Item = dict[str, Record]
"""The records of one item by arm."""


@dataclass(frozen=True, slots=True)
class Family:
    """One task at a level: its items by name in their order, and each item's parts (not a number: it has none)."""

    task: str
    level: Any
    items: Sequence[Item]
    parts: Array


def payload(records: Sequence[Record], findings: Sequence[Finding], cap: int) -> dict[str, Any]:
    """What the page is given. `cap` is a number of items."""
    found = read(findings)
    names = parts_of(records, found)
    families = _families(records, found, names)
    kept = quotas([len(family.items) for family in families], cap)
    groups = [_group(family, n) for family, n in zip(families, kept, strict=True)]
    traced = _traces(families, groups, names)
    total = sum(len(family.items) for family in families)
    return {
        "noun": "score",
        "says": SAYS,
        "about": {name: words for name in names if (words := about(name, found))},
        "parts": names,
        "main": [name for name in names if name in (*EFFECTS, *(f"naive gain {arm}" for arm in SPLITS), *ARMS)],
        "absent": "no such number for this item",
        "meters": dict(METERS),
        "arms": {arm: ARMS.get(arm, "") for arm in in_order({str(r["arm"]) for r in records})},
        "total": total,
        "embedded": sum(kept),
        "count": count(total, sum(kept), traced, names),
        "groups": groups,
        "pool": {"task": POOL, "level": None, "families": _means(families)} if families else None,
    }


def count(total: int, embedded: int, traced: int, names: Sequence[str]) -> str:
    """What of the run is in the page."""
    first = f"those whose {names[0]} is largest and smallest" if names and names[0] in EFFECTS else "the first ones"
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


# ---------------------------------------------------------------------------------------------------------- parts


def parts_of(records: Sequence[Record], found: Read) -> list[str]:
    """By what items are listed: arms, factored effects, naive gains with their parts, gaps, and what edits did."""
    arms = {str(record["arm"]) for record in records}
    arms |= {VOTED} if "R2" in arms else set()
    edited = in_order({str(r["arm"]) for r in records if r.get("edits")})
    return [
        *(effect for effect in EFFECTS if set(effect.split(" - ")) <= arms),
        *in_order(arms),
        *(name for arm in SPLITS for name, sides in _split(arm) if set(sides) <= arms),
        *(f"gap {gap}" for gap in GAPS if set(gap.split(" - ")) <= arms),
        *(f"{edit} {arm}" for arm in edited for edit in (NEED, RESIDUE, USE)),
    ]


def _split(arm: str) -> list[tuple[str, tuple[str, str]]]:
    """The naive gain of an arm and its parts, each as a difference of two arms at the largest budget."""
    ends = [VOTED if end == "R2" else end for _, end in GAINS[arm]]
    parts = zip(SPLITS[arm], ends, ["R2", *ends[:-1]], strict=True)
    return [(f"naive gain {arm}", (arm, "R2")), *((f"{name} {arm}", (one, other)) for name, one, other in parts)]


def about(part: str, found: Read) -> str | None:
    """What a part is, for the list of its items."""
    budget = thousands(found.largest) if found.largest else "the largest budget"
    if part in EFFECTS:
        return f"{EFFECTS[part]}: the difference of the two scores, as a mean over the registered budgets"
    if part == "R2":
        return f"{ARMS[part]}: share of the single attempts that are right"
    if part in ARMS:
        return f"{ARMS[part]}: score at {budget}"
    if part.startswith("gap "):
        return f"difference of the shares of single attempts that are right; {VOTED} is the score at {budget}"
    kind, _, arm = part.rpartition(" ")
    return {
        NEED: f"{arm}'s first attempt is right (1) or not, minus the same without its visible intermediates",
        RESIDUE: f"{arm}'s first attempt is right (1) or not, minus the same with its intermediates in other words",
        USE: f"whether {arm}'s answer follows a corrupted intermediate (1) or not (0)",
    }.get(kind, f"a difference of scores at {budget}")


def _families(records: Sequence[Record], found: Read, names: Sequence[str]) -> list[Family]:
    groups: dict[tuple[str, Any], list[Record]] = {}
    for record in records:
        groups.setdefault((str(record["task"]), record["level"]), []).append(record)
    made = []
    for (task, level), group in groups.items():
        items: dict[Any, Item] = {}
        for record in group:
            items.setdefault(name_of(record), {})[str(record["arm"])] = record
        made.append(Family(task, level, list(items.values()), _parts(group, list(items.items()), found, names)))
    return made


def _parts(group: Sequence[Record], items: Sequence[tuple[Any, Item]], found: Read, names: Sequence[str]) -> Array:
    """Every item's value of every part, [items, parts]."""
    curves = frontiers(group, found.budgets or (1,), found.primary or PRIMARY)
    place = {name: i for i, (name, _) in enumerate(items)}
    meter = found.primary or PRIMARY
    at = {arm: _spread(curve, curve.at[meter], place) for arm, curve in curves.items()}
    once = {arm: _spread(curve, curve.once[:, None], place)[:, 0] for arm, curve in curves.items()}
    last = {VOTED if arm == "R2" else arm: rows[:, -1] for arm, rows in at.items()}
    single = once | {VOTED: last[VOTED]} if VOTED in last else once
    score = last | {"R2": once["R2"]} if "R2" in once else last
    splits = dict(pair for arm in SPLITS for pair in _split(arm))
    weights, columns = area_weights(found.budgets or (1,)), []
    never, no = np.full((len(items), len(weights)), np.nan), np.full(len(items), np.nan)  # an arm this family lacks
    for name in names:
        kind = name.rpartition(" ")[0]
        if name in EFFECTS:
            one, other = name.split(" - ")
            columns.append((at.get(one, never) - at.get(other, never)) @ weights)
        elif name.startswith("gap "):
            one, other = name.removeprefix("gap ").split(" - ")
            columns.append(single.get(one, no) - single.get(other, no))
        elif name in splits:
            columns.append(score.get(splits[name][0], no) - score.get(splits[name][1], no))
        elif kind in (NEED, RESIDUE, USE):
            columns.append(np.array([_edit(own.get(name.split(" ")[-1]), kind) for _, own in items]))
        else:
            columns.append(score.get(name, no))
    return np.array(columns, dtype=np.float64).T.reshape(len(items), len(names))


def _spread(curve: Frontier, values: Array, place: Mapping[Any, int]) -> Array:
    """An arm's values by item of the family; items it was not asked have none."""
    made = np.full((len(place), values.shape[1]), np.nan)
    made[[place[name] for name in curve.items]] = values
    return made


def _edit(record: Record | None, kind: str) -> float:
    """What an edit did to one item; not a number where it was not made."""
    edits, attempts = (record or {}).get("edits") or {}, (record or {}).get("attempts") or ()
    edit = edits.get({NEED: "cut", RESIDUE: "reword", USE: "corrupt"}[kind])
    if edit is None or not attempts or (kind == USE and edit.get("followed") is None):
        return float("nan")
    return float(edit["followed"]) if kind == USE else float(attempts[0]["right"]) - float(edit["right"])


def _means(families: Sequence[Family]) -> list[list[float | None]]:
    """Each family's mean of every part over all its items; families in the order of the groups."""
    means = []
    for family in families:
        known = (~np.isnan(family.parts)).sum(axis=0)
        sums = np.nansum(family.parts, axis=0)
        means.append([round(float(s / k), 4) if k else None for s, k in zip(sums, known, strict=True)])
    return means


# ---------------------------------------------------------------------------------------------------------- groups


def _group(family: Family, kept: int) -> dict[str, Any]:
    """The first items of a family, without their traces."""
    rows = [[None if np.isnan(x) else round(float(x), 4) for x in row] for row in family.parts[:kept].tolist()]
    records = [_item(own, row) for own, row in zip(family.items[:kept], rows, strict=True)]
    return {"task": family.task, "level": family.level, "total": len(family.items), "records": records}


def _item(own: Item, parts: list[float | None]) -> dict[str, Any]:
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
        "scores": parts,
        "arms": {arm: summary(own[arm]) for arm in in_order(set(own))},
    }


def _traces(families: Sequence[Family], groups: Sequence[dict[str, Any]], names: Sequence[str]) -> int:
    """Put traces into the groups, an item of every family in turn, until there is no room; how many items have some."""
    orders = [_extremes(family.parts[: len(group["records"]), 0] if names else np.zeros(0))
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
