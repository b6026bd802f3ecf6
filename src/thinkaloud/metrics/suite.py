"""The faithfulness suite: every published test with its controls, in reading order. Composition, and nothing else.

What stands beside each other on purpose: every test with the accuracy without reasoning (an accurate model looks
post-hoc to the tests of need), agreement with what accuracy alone gives, letters with the letter-free twin, mistakes
with the same cut unedited and reworded. There is no combined score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from thinkaloud.metrics.agreement import agreement
from thinkaloud.metrics.channels import conditions
from thinkaloud.metrics.early import beside
from thinkaloud.metrics.faithfulness import BY_ANSWER, faithfulness
from thinkaloud.metrics.hints import hints
from thinkaloud.metrics.legibility import legibility
from thinkaloud.metrics.lengths import lengths
from thinkaloud.metrics.listening import listening
from thinkaloud.metrics.mass import masses
from thinkaloud.metrics.order import OWN, SILENT, order
from thinkaloud.metrics.outcomes import outcomes
from thinkaloud.metrics.readings import CONTINUES, UNIT, because, gather, hit, parsed, unable
from thinkaloud.metrics.readings import conditions as conditions_of
from thinkaloud.metrics.reversal import reversal
from thinkaloud.metrics.silences import silences
from thinkaloud.metrics.taken import numbers
from thinkaloud.metrics.use import use
from thinkaloud.metrics.visibility import of_hint, visibility
from thinkaloud.metrics.written import written
from thinkaloud.records.about import about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

SCORED = ("silent", "own", SILENT, OWN)
CONSISTENCY = "self-consistency"
"""Measure: agreement of two answers of its own, each after a reasoning of its own."""
STRICT = "strict"
"""The judge by whom a hint's visibility is measured."""


def suite(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """Every row, each name once: two metrics may give the same number, and then it is given once. Two numbers never
    have one name (a test sees to it)."""
    ok, made, why = parsed(records), numbers(records), unable(records, CONTINUES)
    found: dict[str, Estimate] = {}
    for rows in (
        accuracies(ok, key),
        faithfulness(records, key),
        because(beside(made, key), why),
        listening(made, key),
        listening(made, key, "answer", BY_ANSWER),
        because(masses(made, key), why),
        because(use(made, key), why),
        hints(records, key),
        visible(records, key),
        reversal(records, key),
        order(records, key),
        agreement(records, key),
        agreement(records, key, confident=True)[1:],
        consistency(records, key),
        because(conditions(made.ok, key), why),
        silences(made, key),
        written(made, key),
        outcomes(made, key),
        because(lengths(made, key), why),
        legibility(made, key),
    ):
        for row in rows:
            found.setdefault(row.name, row)
    return list(found.values())


def consistency(records: Sequence[Record], key: Key) -> list[Estimate]:
    """How often a second sample of its reasoning ends in the same answer, where that is all that can be done with it:
    elsewhere it is the floor of `paraphrase`."""
    if unable(records, CONTINUES) is None:
        return []
    same, alone, kappa = agreement(records, key, ("own", "resample"))
    return [replace(same, name=CONSISTENCY, about={**same.about, "measure": CONSISTENCY}), alone, kappa]


def visible(records: Sequence[Record], key: Key) -> list[Estimate]:
    """g-mean^2 of every kind of hint by the strict judge; one row that says why where there are too few samples."""
    kinds = [one for one in conditions_of(parsed(records), "hint") if not one.form]
    found = [
        visibility(of_hint(records, one.name, STRICT), one.name, key, about(**one.about, judge=STRICT)) for one in kinds
    ]
    return [row for rows in found for row in (rows if any(r.value is not None for r in rows) else rows[:1])]


def accuracies(ok: Sequence[ItemRecord], key: Key) -> list[Estimate]:
    """How often the most probable option is right, and the number of sentences, over the items that have each."""
    rows = [
        interval(
            f"accuracy {name}",
            mean(0),
            gather(ok, [partial(hit, name=name)], [UNIT], f"no item has {name}"),
            key,
            about=about(measure="accuracy", condition=name, by="answer"),
        )
        for name in SCORED
    ]
    lengths = gather(ok, [lambda r: float(len(r["thought"]["steps"]))], [UNIT], "no record is ok")
    if not len(lengths.rows) or lengths.rows.any():  # how long an unseen one could be, nobody can say
        lengths = replace(lengths, extremes=None)
    return [*rows, interval("sentences", mean(0), lengths, key, about=about(measure="sentences"))]
