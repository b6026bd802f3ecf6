"""Which claims rest on readings whose options hold little of the model's probability, in words.

A claim is not made where that is too little (`too_small`); where it is less than half, the sentence says how much
(`aside`). This module does not know how the mass was measured, nor what the rest of the probability is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thinkaloud.metrics.mass import FEW, LOW, MASS, WHOLE, label
from thinkaloud.records.about import about, every, one
from thinkaloud.records.condition import Condition, read
from thinkaloud.report.tables import Estimates, Which, number, shown
from thinkaloud.vocabulary import Estimate

HALF = 0.5
MARK = " †"
"""Stands behind a number in a table that no claim is made of."""
MEANINGS: tuple[tuple[Which, str], ...] = (
    (about(measure=LOW), f"share of items in which the options hold less than {FEW:g} of the model's probability"),
    (about(measure=MASS), "how much of the model's probability the options hold together, under this condition: all "
     "other numbers divide that among the options"),
    (about(measure=WHOLE), "mean probability of the right option as the model gives it, not divided by the mass of the "
     "options"),
)  # fmt: skip
"""Which estimates -> what they are."""
HEADING: tuple[str, tuple[Which, ...]] = (
    "How much of the model's probability the options hold",
    (about(measure=MASS), about(measure=LOW), about(measure=WHOLE)),
)


def conditions(estimates: Estimates, names: Sequence[str]) -> list[Condition]:
    """The conditions among `names` whose mass was measured; a name may be that of a kind, of which there are
    several."""
    there = [read(str(estimate.about["condition"])) for estimate in every(estimates.values(), measure=MASS)]
    return [condition for condition in there if condition.name in names or condition.kind in names]


def too_small(estimates: Estimates, names: Sequence[str]) -> str | None:
    """Why no claim can rest on these conditions: the mean mass of one is below `FEW`, or that of most of its items is;
    None if a claim can."""
    found = list(_small(estimates, names))
    if not found:
        return None
    return f"the options hold too little of the model's probability ({'; '.join(found)})"


def _small(estimates: Estimates, names: Sequence[str]) -> Iterator[str]:
    for condition in conditions(estimates, names):
        name, (mean, low) = label(condition), _mass(estimates, condition)
        if mean is not None and mean.value is not None and mean.value < FEW:
            yield f"{name} {shown(mean)}, n {mean.n}, below {FEW:g}"
        elif low is not None and low.value is not None and low.value > HALF:
            yield f"{name}: below {FEW:g} in {number(low.value)} of {low.n} items"


def aside(estimates: Estimates, names: Sequence[str]) -> str:
    """What a sentence adds where some of its conditions have less than half of the probability; empty if none has."""
    found = [(label(condition), _mass(estimates, condition)[0]) for condition in conditions(estimates, names)]
    values = [(name, mean.value) for name, mean in found if mean is not None and mean.value is not None]
    told = [f"{number(value)} under {name}" for name, value in values if value < HALF]
    return f" The options hold only {', '.join(told)} of the model's probability." if told else ""


def _mass(estimates: Estimates, condition: Condition) -> tuple[Estimate | None, Estimate | None]:
    """The mean mass under a condition, and the share of items where it is small."""
    mean, low = (one(estimates.values(), measure=measure, condition=condition.name) for measure in (MASS, LOW))
    return mean, low
