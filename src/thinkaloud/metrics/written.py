"""Accuracy of the answers that a model writes, graded by the task's verifier: the number that every benchmark prints.

    accuracy written, own / silent         with its own reasoning, and without any
    no answer read, own / silent           share of items whose text holds no answer that could be read

It stands beside the probability of the answer space, and is another reading: one draw an item, in the model's own form,
over everything that it might have said. An answer that could not be read is no wrong answer; it is left out of the
accuracy, counted, and the accuracy with all of them wrong is `accuracy written, own, the rest wrong`. Items with
options that examples show how to answer have no written answer, and no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from thinkaloud.metrics.readings import UNIT, condition, gather, parsed
from thinkaloud.records.about import about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

ACCURACY, UNREAD = "accuracy written", "no answer read"
"""Measures."""
READ = ("own", "silent")
NEXT = {
    "own": "no reasoning came to an answer in a form that is known; look at `said` in the records, and give more "
    "--think-tokens where reasonings were cut off",
    "silent": "asked to answer at once, it writes something else, most often reasoning; P(gold) silent is read behind "
    "the stem all the same",
}
"""Why there may be no answer at all, and what to do."""


def written(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """See the head of this module."""
    ok = parsed(records)
    asked = [name for name in READ if any(_asked(record, name) for record in ok)]
    return [row for name in asked for row in _rows(ok, name, key)]


def _rows(ok: Sequence[ItemRecord], name: str, key: Key) -> list[Estimate]:
    right = gather(ok, [partial(_right, name=name)], [UNIT], f"no answer of {name} was read: {NEXT[name]}")
    unread = gather(ok, [partial(_unread, name=name)], [UNIT], f"no item has {name}")
    rows = [
        interval(f"{ACCURACY}, {name}", mean(0), right, key, about=about(measure=ACCURACY, condition=name)),
        interval(f"{UNREAD}, {name}", mean(0), unread, key, about=about(measure=UNREAD, condition=name)),
    ]
    if any(_unread(record, name) == 1.0 for record in ok):
        least = gather(ok, [partial(_or_wrong, name=name)], [UNIT], f"no item has {name}")
        of = about(measure=ACCURACY, condition=name, outcome="the rest wrong")
        rows.append(interval(f"{ACCURACY}, {name}, the rest wrong", mean(0), least, key, about=of))
    return rows


def _asked(record: ItemRecord, name: str) -> bool:
    found = condition(record, name)
    return found is not None and "said" in found


def _right(record: ItemRecord, name: str) -> float | None:
    found = condition(record, name)
    right = None if found is None else found.get("right")
    return None if right is None else float(right)


def _unread(record: ItemRecord, name: str) -> float | None:
    return float(_right(record, name) is None) if _asked(record, name) else None


def _or_wrong(record: ItemRecord, name: str) -> float | None:
    return (_right(record, name) or 0.0) if _asked(record, name) else None
