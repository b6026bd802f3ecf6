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
from collections.abc import Iterable

import numpy as np

from thinkaloud.metrics.numbers import ENDINGS, NONE, Numbers
from thinkaloud.metrics.readings import UNIT, ended
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Outcome, Record

OUTCOME, BOUND = "outcome", "P(gold) own, bound"
"""Measures."""
CLOSED = ENDINGS.index("closed")
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


def outcomes(records: Many, key: Key = KEY) -> list[Estimate]:
    """See the head of this module; all rows are over every item that was asked."""
    made = numbers(records)
    every = made.where(made.ended != NONE)
    there = np.bincount(every.ended, minlength=len(ENDINGS))
    rows = [_share(every, i, key) for i in np.flatnonzero(there).tolist()]
    if not rows:
        return []
    own, closed = every.p_gold("own"), every.ended == CLOSED
    if np.isnan(own).any():
        rows += [_bound(every, name, value, key) for name, value in (("wrong", 0.0), ("right", 1.0))]
    if not np.isnan(own[~closed]).all():
        rows.append(_closed(every, key))
    return rows


def told(task: str, records: Iterable[Record]) -> list[str]:
    """How many of the reasonings that were read did not end by themselves, and what was done with them; nothing where
    all did. Those that were left out are said elsewhere (`runs/unmeasured.py`)."""
    there = Counter(ended(record) for record in records if "own" in record["conditions"])
    others = [one for one in ENDINGS[1:] if there[one]]
    if not others:
        return []
    said = "; ".join(f"{there[one]} {one} ({TREATED[one]})" for one in others)
    return [
        f"{task}: of {sum(there.values())} reasonings that were read {there['closed']} ended by themselves; {said}."
    ]


def _share(every: Numbers, ending: int, key: Key) -> Estimate:
    sample = every.sample([(every.ended == ending).astype(np.float64)], [UNIT], "no item says how it ended")
    one = ENDINGS[ending]
    return interval(f"{OUTCOME} {one}", mean(0), sample, key, about=about(measure=OUTCOME, outcome=one))


def _bound(every: Numbers, name: str, value: float, key: Key) -> Estimate:
    own = every.p_gold("own")
    sample = every.sample([np.where(np.isnan(own), value, own)], [UNIT], "no item was asked")
    of = about(measure=BOUND, condition="own", outcome=f"the rest {name}")
    return interval(f"P(gold) own, the rest {name}", mean(0), sample, key, about=of)


def _closed(every: Numbers, key: Key) -> Estimate:
    own = np.where(every.ended == CLOSED, every.p_gold("own"), np.nan)
    sample = every.sample([own], [UNIT], "no reasoning closed itself")
    of = about(measure=BOUND, condition="own", outcome="closed only")
    return interval("P(gold) own, closed only", mean(0), sample, key, about=of)
