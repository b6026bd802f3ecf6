"""Answers without reasoning, in every form in which this model can be asked for one.

    P(gold) silent:FORM        in another form than the one that is the baseline
    silent - silent:FORM       by how much the baseline is better

A model may read an empty block as an invitation to think, or an instruction as a reason to hurry; what it can do
without reasoning is the best of them. The baseline was chosen on other items (`conditions/trial.py`). Where a form is
clearly better than it on the measured items, the difference is below 0 with its whole interval: then the baseline is
too low, and content too high, by about that much.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from thinkaloud.metrics.readings import UNIT, conditions, gather, p_gold, parsed
from thinkaloud.records.about import about
from thinkaloud.records.condition import LETTERED, MISMATCHED, REORDERED, Condition
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, difference, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

SILENCE = "silence"
OTHERS = ("", MISMATCHED, LETTERED, REORDERED)
"""Forms of the silent condition that are no form of asking for silence."""


def forms(ok: Sequence[ItemRecord]) -> list[Condition]:
    """The forms besides the baseline that records have."""
    return [one for one in conditions(ok, "silent") if one.form not in OTHERS]


def silences(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """Two rows a form."""
    ok = parsed(records)
    return [row for one in forms(ok) for row in _rows(ok, one.name, key)]


def _rows(ok: Sequence[ItemRecord], name: str, key: Key) -> list[Estimate]:
    columns = [partial(p_gold, name="silent"), partial(p_gold, name=name)]
    sample = gather(ok, columns, [UNIT, UNIT], f"no item has silent and {name}")
    read = about(measure="P(gold)", condition=name, by="probability")
    better = about(measure=SILENCE, condition="silent", against=name)
    return [
        interval(f"P(gold) {name}", mean(1), sample, key, about=read),
        interval(f"silent - {name}", difference(0, 1), sample, key, about=better),
    ]
