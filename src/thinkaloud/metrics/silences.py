"""Answers without reasoning, in every form in which this model can be asked for one.

    P(gold) silent:FORM        in another form than the one that is the baseline
    silent - silent:FORM       by how much the baseline is better

A model may read an empty block as an invitation to think, or an instruction as a reason to hurry; what it can do
without reasoning is the best of them. The baseline was chosen on other items (`conditions/trial.py`). Where a form is
clearly better than it on the measured items, the difference is below 0 with its whole interval: then the baseline is
too low, and content too high, by about that much.
"""

from __future__ import annotations

from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.records.condition import LETTERED, MISMATCHED, REORDERED, Condition
from thinkaloud.stats.bootstrap import KEY, difference, interval, mean
from thinkaloud.vocabulary import Estimate, Key

SILENCE = "silence"
OTHERS = ("", MISMATCHED, LETTERED, REORDERED)
"""Forms of the silent condition that are no form of asking for silence."""


def forms(ok: Numbers) -> list[Condition]:
    """The forms besides the baseline that records have."""
    return [one for one in ok.conditions("silent") if one.form not in OTHERS]


def silences(records: Many, key: Key = KEY) -> list[Estimate]:
    """Two rows a form."""
    ok = numbers(records).ok
    return [row for one in forms(ok) for row in _rows(ok, one.name, key)]


def _rows(ok: Numbers, name: str, key: Key) -> list[Estimate]:
    columns = [ok.p_gold("silent"), ok.p_gold(name)]
    sample = ok.sample(columns, [UNIT, UNIT], f"no item has silent and {name}")
    read = about(measure="P(gold)", condition=name, by="probability")
    better = about(measure=SILENCE, condition="silent", against=name)
    return [
        interval(f"P(gold) {name}", mean(1), sample, key, about=read),
        interval(f"silent - {name}", difference(0, 1), sample, key, about=better),
    ]
