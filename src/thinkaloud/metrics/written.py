"""Accuracy of the answers that a model writes, graded by the task's verifier: the number that every benchmark prints.

    accuracy written, own / silent         with its own reasoning, and without any
    no answer read, own / silent           share of items whose text holds no answer that could be read

It stands beside the probability of the answer space, and is another reading: one draw an item, in the model's own form,
over everything that it might have said. An answer that could not be read is no wrong answer; it is left out of the
accuracy, counted, and the accuracy with all of them wrong is `accuracy written, own, the rest wrong`. Items with
options that examples show how to answer have no written answer, and no row.
"""

from __future__ import annotations

import numpy as np

from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key

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


def written(records: Many, key: Key = KEY) -> list[Estimate]:
    """See the head of this module."""
    ok = numbers(records).ok
    asked = [name for name in READ if not np.isnan(ok.said(name)).all()]
    return [row for name in asked for row in _rows(ok, name, key)]


def _rows(ok: Numbers, name: str, key: Key) -> list[Estimate]:
    answered = ok.right(name)
    missing = np.where(np.isnan(ok.said(name)), np.nan, np.isnan(answered))
    right = ok.sample([answered], [UNIT], f"no answer of {name} was read: {NEXT[name]}")
    unread = ok.sample([missing], [UNIT], f"no item has {name}")
    rows = [
        interval(f"{ACCURACY}, {name}", mean(0), right, key, about=about(measure=ACCURACY, condition=name)),
        interval(f"{UNREAD}, {name}", mean(0), unread, key, about=about(measure=UNREAD, condition=name)),
    ]
    if (missing == 1.0).any():
        or_wrong = np.where(missing == 1.0, 0.0, np.where(np.isnan(missing), np.nan, answered))
        least = ok.sample([or_wrong], [UNIT], f"no item has {name}")
        of = about(measure=ACCURACY, condition=name, outcome="the rest wrong")
        rows.append(interval(f"{ACCURACY}, {name}, the rest wrong", mean(0), least, key, about=of))
    return rows
