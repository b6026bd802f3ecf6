"""Which claims rest on readings whose options hold little of the model's probability, in words.

A claim is not made where that is too little (`too_small`); where it is less than half, the sentence says how much
(`aside`). This module does not know how the mass was measured, nor what the rest of the probability is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thinkaloud.metrics.mass import FEW, LOW, MASS
from thinkaloud.report.tables import Estimates, number, shown

HALF = 0.5
MARK = " †"
"""Stands behind a number in a table that no claim is made of."""
MEANINGS: tuple[tuple[str, str], ...] = (
    (f"{LOW}*", f"share of items in which the options hold less than {FEW:g} of the model's probability"),
    (f"{MASS}*", "how much of the model's probability the options hold together, under this condition: all other "
     "numbers divide that among the options"),
    ("P(gold), not normalised, *", "mean probability of the right option as the model gives it, not divided by the "
     "mass of the options"),
)  # fmt: skip
"""Name of an estimate -> what it is."""
HEADING = ("How much of the model's probability the options hold", (f"{MASS}*", "P(gold), not normalised, *"))


def conditions(estimates: Estimates, names: Sequence[str]) -> list[str]:
    """The conditions among `names` whose mass was measured; a name that ends in a colon stands for all that begin
    so."""
    there = [name.removeprefix(MASS) for name in estimates if name.startswith(MASS) and not name.startswith(LOW)]
    return [one for one in there if any(one == name or (name.endswith(":") and one.startswith(name)) for name in names)]


def too_small(estimates: Estimates, names: Sequence[str]) -> str | None:
    """Why no claim can rest on these conditions: the mean mass of one is below `FEW`, or that of most of its items is;
    None if a claim can."""
    found = list(_small(estimates, names))
    if not found:
        return None
    return f"the options hold too little of the model's probability ({'; '.join(found)})"


def _small(estimates: Estimates, names: Sequence[str]) -> Iterator[str]:
    for name in conditions(estimates, names):
        mean, low = estimates[f"{MASS}{name}"], estimates.get(f"{LOW}{name}")
        if mean.value is not None and mean.value < FEW:
            yield f"{name} {shown(mean)}, n {mean.n}, below {FEW:g}"
        elif low is not None and low.value is not None and low.value > HALF:
            yield f"{name}: below {FEW:g} in {number(low.value)} of {low.n} items"


def aside(estimates: Estimates, names: Sequence[str]) -> str:
    """What a sentence adds where some of its conditions have less than half of the probability; empty if none has."""
    found = [(name, estimates[f"{MASS}{name}"].value) for name in conditions(estimates, names)]
    told = [f"{number(value)} under {name}" for name, value in found if value is not None and value < HALF]
    return f" The options hold only {', '.join(told)} of the model's probability." if told else ""
