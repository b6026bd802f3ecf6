"""Legibility: could a reader check the reasoning at all?

The four shares (readable, sound, grounded, complete) are counted by the task, step by step; here they are only
averaged. Beside them stand the two numbers every other estimate depends on: how many items could be measured at all
(`parsed`), and for how many the reasoning could be put into other words (`paraphrase validity`): where that share is
low, content and residue describe a chosen few.

This module does not know whether the answer depends on the steps: a legible reasoning may be decoration.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.metrics.bootstrap import KEY, interval, mean
from thinkaloud.metrics.readings import UNIT, Column, gather, parsed
from thinkaloud.vocabulary import Estimate, Key, Record

SHARES = ("readable", "sound", "grounded", "complete")


def legibility(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """The four shares and `paraphrase validity` over the items that are ok, `parsed` over all records."""
    ok = parsed(records)
    unread = "the task does not know its own steps"
    columns: list[tuple[str, Sequence[Record], Column, str]] = [
        *((name, ok, _share(name), unread) for name in SHARES),
        ("paraphrase validity", ok, lambda record: float("paraphrase" in record["conditions"]), "no record is ok"),
        ("parsed", records, lambda record: float(record["status"] == "ok"), "there are no records"),
    ]
    return [
        interval(name, mean(0), gather(over, [column], [UNIT], lacking), key) for name, over, column, lacking in columns
    ]


def _share(name: str) -> Column:
    """One legibility share of an item, None where the task does not know its steps."""

    def column(record: Record) -> float | None:
        found = record["thought"]["legible"]
        return None if found is None else float(found[name])

    return column
