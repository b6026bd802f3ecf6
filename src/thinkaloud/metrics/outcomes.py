"""How reasonings ended, and what the numbers would be if those that could not be read had gone the other way.

    outcome closed            share of items whose reasoning ended so, one row for each ending that occurred
    P(gold) own, the rest wrong / the rest right
    P(gold) own, closed only

Items of which no answer could be read (no reasoning written, refused, no end in its room where none can be forced,
failed) have no conditions, so they are left out of every estimate. Nothing says that they are like the others. The two
bounds are over *all* items, with 0 and with 1 in the place of what was left out (Manski 1989): whatever would have been
read, the mean is between them. They are given where anything was left out.

A reasoning that was closed by force, or that never closed its block, is read like the others, as an answer to what had
been written; `closed only` leaves these out. It is given where there are any, and it is of an easier kind of items, not
a better estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from thinkaloud.metrics.readings import UNIT, gather, p_gold, typed
from thinkaloud.records.about import about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Outcome, Record

ORDER: tuple[Outcome, ...] = (
    "closed", "forced", "never closed", "inside", "empty", "unparsed", "refused", "failed",
)  # fmt: skip
OUTCOME, BOUND = "outcome", "P(gold) own, bound"
"""Measures."""
TREATED: dict[Outcome, str] = {
    "forced": "closed by force at the end of its room, and read",
    "never closed": "the turn ended in the block; it was closed and read",
    "inside": "the answer was stated in the block, which was closed and read",
    "empty": "nothing to take away or to reword: left out",
    "unparsed": "no statement of an answer was found: read where there is reasoning, with whatever it says",
    "refused": "left out",
    "failed": "left out",
}
"""How each ending but the usual one is treated, for reports."""


def outcomes(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """See the head of this module; all rows are over every item that was asked."""
    every = [record for record in typed(records) if ended(record) is not None]
    there = Counter(ended(record) for record in every)
    rows = [_share(every, one, key) for one in ORDER if there[one]]
    if not rows:
        return []
    left_out = any(p_gold(record, "own") is None for record in every)
    treated = any(ended(record) != "closed" and p_gold(record, "own") is not None for record in every)
    if left_out:
        rows += [_bound(every, name, value, key) for name, value in (("wrong", 0.0), ("right", 1.0))]
    if treated:
        rows.append(_closed(every, key))
    return rows


def told(task: str, records: Sequence[Record]) -> list[str]:
    """How many of the reasonings that were read did not end by themselves, and what was done with them; nothing where
    all did. Those that were left out are said elsewhere (`runs/unmeasured.py`)."""
    there = Counter(ended(record) for record in typed(records) if "own" in record["conditions"])
    others = [one for one in ORDER[1:] if there[one]]
    if not others:
        return []
    said = "; ".join(f"{there[one]} {one} ({TREATED[one]})" for one in others)
    return [
        f"{task}: of {sum(there.values())} reasonings that were read {there['closed']} ended by themselves; {said}."
    ]


def ended(record: ItemRecord) -> Outcome | None:
    """How the reasoning of an item ended; None in records that do not say so."""
    thought = record.get("thought")
    if thought is not None and "outcome" in thought:
        return thought["outcome"]
    return "failed" if record["status"] == "failed" else None


def _share(every: Sequence[ItemRecord], one: Outcome, key: Key) -> Estimate:
    def column(record: ItemRecord) -> float:
        return float(ended(record) == one)

    sample = gather(every, [column], [UNIT], "no item says how it ended")
    return interval(f"{OUTCOME} {one}", mean(0), sample, key, about=about(measure=OUTCOME, outcome=one))


def _bound(every: Sequence[ItemRecord], name: str, value: float, key: Key) -> Estimate:
    sample = gather(every, [partial(_or, value=value)], [UNIT], "no item was asked")
    of = about(measure=BOUND, condition="own", outcome=f"the rest {name}")
    return interval(f"P(gold) own, the rest {name}", mean(0), sample, key, about=of)


def _or(record: ItemRecord, value: float) -> float:
    found = p_gold(record, "own")
    return value if found is None else found


def _closed(every: Sequence[ItemRecord], key: Key) -> Estimate:
    def own(record: ItemRecord) -> float | None:
        return p_gold(record, "own") if ended(record) == "closed" else None

    sample = gather(every, [own], [UNIT], "no reasoning closed itself")
    of = about(measure=BOUND, condition="own", outcome="closed only")
    return interval("P(gold) own, closed only", mean(0), sample, key, about=of)
