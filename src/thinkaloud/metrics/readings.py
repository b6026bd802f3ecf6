"""Reading records: what was measured for one item under one condition, or None where it was not.

Missing is not zero: everything here returns None for a condition that an item does not have. This module does not
know what the conditions mean. A condition's probabilities are normalised over the item's options.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from typing import cast

import numpy as np

from thinkaloud.records.condition import Condition, read
from thinkaloud.records.item import ConditionRecord, ItemRecord
from thinkaloud.stats.bootstrap import FEWEST, Array, Sample, corners
from thinkaloud.vocabulary import Capability, Estimate, Outcome, Reading, Record

Column = Callable[[ItemRecord], float | None]
"""One quantity of one item, None where it was not measured."""


Box = Sequence[tuple[float, float]]
UNIT = (0.0, 1.0)
"""Bounds of a probability."""
CONTINUES: frozenset[Capability] = frozenset({"prefill", "logprobs", "raw_reasoning"})
"""What it takes to put other text in the place of the model's own reasoning and read the answer."""


def gather(records: Sequence[ItemRecord], columns: Sequence[Column], box: Box, lacking: str) -> Sample:
    """The items that have every column, as a sample clustered by item.

    `box`: lowest and highest possible value of each column; `lacking` says what is missing if no item has them all.
    """
    measured = [(record["item"], [column(record) for column in columns]) for record in records]
    full = [(item, values) for item, values in measured if None not in values]
    rows = np.array([values for _, values in full], dtype=np.float64).reshape(len(full), len(columns))
    return Sample(rows, [item for item, _ in full], corners(*box), lacking)


def widened(sample: Sample, make: Callable[[Array], Array]) -> Sample:
    """The sample with further columns that follow from those it has, of unseen items, too: what a statistic needs of
    products, it needs as means of columns of their own."""
    beyond = None if sample.extremes is None else np.hstack([sample.extremes, make(sample.extremes)])
    return replace(sample, rows=np.hstack([sample.rows, make(sample.rows)]), extremes=beyond)


def typed(records: Sequence[Record]) -> Sequence[ItemRecord]:
    """Records of a study over items, as what they are: they are held to this type where they are read from a file."""
    return cast(Sequence[ItemRecord], records)


def parsed(records: Sequence[Record]) -> list[ItemRecord]:
    """The records whose reasoning was written, read and asked about without failure."""
    return [record for record in typed(records) if record["status"] == "ok"]


def unable(records: Sequence[Record], needs: frozenset[Capability]) -> str | None:
    """Why something cannot be measured on the model that left these records; None if it can."""
    return lacks({name for record in records for name in record.get("lacking", ())}, needs)


def lacks(there: Set[str], needs: frozenset[Capability]) -> str | None:
    """Why a model that lacks something cannot be measured so; None if what it needs is not among it."""
    lacking = needs & there
    return f"not measurable here: the model lacks {', '.join(sorted(lacking))}" if lacking else None


def because(rows: Sequence[Estimate], why: str | None) -> list[Estimate]:
    """The rows; where the model lacks something (`why`, None: it does not), that is the reason why one is missing that
    does not just have too few items."""
    missing = [row.value is None and (not row.n or row.n >= FEWEST) for row in rows]
    return [replace(row, reason=why) if why and gone else row for row, gone in zip(rows, missing, strict=True)]


def ended(record: Record) -> Outcome | None:
    """How the reasoning of an item ended; None in records that do not say so."""
    thought = record.get("thought")
    if thought is not None and "outcome" in thought:
        found: Outcome = thought["outcome"]
        return found
    return "failed" if record["status"] == "failed" else None


def condition(record: Record, name: str) -> ConditionRecord | None:
    """What the record holds under a condition, None if it is missing."""
    found: ConditionRecord | None = record["conditions"].get(name)
    return found


def probability(record: Record, name: str, option: int) -> float | None:
    """Probability of an option (by index) under a condition."""
    found = condition(record, name)
    return None if found is None else Reading(tuple(found["logprobs"])).probabilities[option]


def p_gold(record: Record, name: str) -> float | None:
    """Probability of the right option under a condition."""
    return probability(record, name, record["gold"])


def best(record: Record, name: str) -> frozenset[int] | None:
    """The most probable option under a condition; several only where they are exactly equal."""
    found = condition(record, name)
    if found is None:
        return None
    top = max(found["logprobs"])
    return frozenset(i for i, x in enumerate(found["logprobs"]) if x == top)


def hit(record: Record, name: str) -> float | None:
    """1 if the most probable option is right, else 0; options that are exactly equal share the 1."""
    answers = best(record, name)
    return None if answers is None else (record["gold"] in answers) / len(answers)


def chance(record: Record) -> float:
    """Probability of the right option for somebody who knows only how many there are."""
    return 1.0 / len(record["options"])


def cut_places(record: Record) -> dict[int, float]:
    """After how many sentences the item's own reasoning was cut, each with the probability that this number was drawn:
    everywhere, or at the places that the record names."""
    named = record.get("cuts")
    if named is None:
        return dict.fromkeys(range(len(record["thought"]["steps"])), 1.0)
    return {int(place): float(chance) for place, chance in named.items()}


def conditions(records: Sequence[Record], kind: str | None = None) -> list[Condition]:
    """All conditions that records have (of one kind), sorted with numbers as numbers (cut:2 before cut:10)."""
    found = {read(name) for record in records for name in record["conditions"]}
    return sorted((one for one in found if kind in (None, one.kind)), key=lambda one: one.order)
