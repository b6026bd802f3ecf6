"""What an estimate is about: the parts by which a program finds it, and their names, in one place.

    about(measure="follow", condition="mistake", position=-1, role="floor", by="probability", reads="use")

An estimate's `name` is for people; these parts say the same for programs (`Estimate.about`), so no name is ever taken
apart. Within the estimates of one task no two are about the same. A part that does not apply is left out. The list for
readers, with examples, is `docs/findings.md`.

This module knows the names of the parts, not how any number is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict, Unpack

from thinkaloud.vocabulary import Estimate, Part

Readout = Literal["probability", "answer", "sampled", "undivided"]
"""How a reading counts: the probability of each option, the most probable option alone, an option drawn from it, or the
probability of the right answer as the model gives it, not divided among the options."""
OfTest = Literal["raw", "floor", "effect", "ceiling", "share", "normalised", "corrected"]
"""What a number is among those of its test: the change itself; the same with no real edit; raw - floor; the most there
can be; (raw - floor) / (ceiling - floor). A judged rate is raw, normalised or corrected."""
OfEffect = Literal[
    "area", "mean", "tau", "prediction", "margin", "equivalence", "sign", "shrunken", "slope", "crossing", "once"
]
"""What a number says of a difference between arms: its mean over the budgets; over families its mean, their spread, one
more family, the registered margin, the one-sided limits, on how many meters it has its sign, a family after partial
pooling, its slope on a coordinate; the budget at which curves cross. Of an arm `once` is a single attempt."""
Role = OfTest | OfEffect
Inference = Literal["this pool", "families like these"]
"""Whether only items could have been others, or families too."""


class OfCondition(TypedDict, total=False):
    """The parts that say under which condition. `condition`: what stood between question and answer, as records name
    it, without its position. `position`: of a sentence, counted from 0, or from the end, where -1 is the last. `hint`:
    the kind of hint."""

    condition: str
    position: int
    hint: str


class About(OfCondition, total=False):
    """All parts that there are.

    `measure`: the quantity. `against`: the second of two conditions, arms or judges. `by`, `role`: see above. `reads`:
    what a test reads (need, use, ...). `judge`: who judged. `strata`: within what a rate by chance was taken. `group`:
    a kind of question. `arm`, `budget` (in units of `meter`), `meter`, `family`, `coordinate`, `edit`, `model`: of
    studies that compare whole ways to answer, or several models. `primary`: the meter that the run was registered with.
    `outcome`: how reasonings ended, or how those that could not be read are counted.
    `part`: of a naive gain. `scale`: of a gap, `accuracy` or `logit`. `inference`: see above.
    """

    measure: str
    against: str
    by: Readout
    role: Role
    reads: str
    judge: str
    strata: str
    group: str
    arm: str
    budget: int
    meter: str
    family: str
    coordinate: str
    edit: str
    model: str
    primary: str
    outcome: str
    part: str
    scale: Literal["accuracy", "logit"]
    inference: Inference


def about(**parts: Unpack[About]) -> Mapping[str, Part]:
    """The parts as `Estimate.about` holds them; a part that does not exist is a type error."""
    return {name: value for name, value in parts.items() if isinstance(value, str | int | float)}


def fits(estimate: Estimate, parts: Mapping[str, Part]) -> bool:
    """Whether an estimate is about all of these, whatever else it is about."""
    return all(estimate.about.get(name) == value for name, value in parts.items())


def every(estimates: Iterable[Estimate], **parts: Unpack[About]) -> list[Estimate]:
    """The estimates that are about all of these, in their order."""
    wanted = about(**parts)
    return [estimate for estimate in estimates if fits(estimate, wanted)]


def one(estimates: Iterable[Estimate], **parts: Unpack[About]) -> Estimate | None:
    """The estimate that is about all of these, None where there is none; `ValueError` where there are several."""
    found = every(estimates, **parts)
    if len(found) > 1:
        names = ", ".join(repr(estimate.name) for estimate in found[:3])
        raise ValueError(f"{len(found)} estimates are about {about(**parts)}: {names}; name more of their parts")
    return found[0] if found else None


def sibling(estimate: Estimate, estimates: Iterable[Estimate], role: Role) -> Estimate | None:
    """The estimate that is about the same but for its role: the floor of a test, say."""
    parts = {**estimate.about, "role": role}
    return next((other for other in estimates if fits(other, parts)), None)
