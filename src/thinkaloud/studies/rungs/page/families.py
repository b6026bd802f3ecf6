"""What all families say together about one factored effect, found by the names of its estimates.

`here` is about this pool (its families are all there are), `anywhere` about families like these (the family is the
unit, and others could have been drawn). This module does not know how either was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.report.tables import Estimates, Subject
from thinkaloud.studies.rungs.page.names import METERS, Read
from thinkaloud.vocabulary import Estimate


@dataclass(frozen=True, slots=True)
class Pooled:
    """The estimates of one effect over all families; what nobody estimated is None."""

    effect: str
    estimates: Estimates
    here: Estimate | None
    anywhere: Estimate | None
    prediction: Estimate | None
    tau: Estimate | None
    equivalence: Estimate | None
    sign: Estimate | None
    margin: float | None

    def shrunken(self, subject: Subject) -> Estimate | None:
        """A family's effect after partial pooling."""
        names = (f"{self.effect} shrunken {subject}", f"{self.effect} shrunken {subject.task}")
        return next((self.estimates[name] for name in names if name in self.estimates), None)


def pooled(found: Read, effect: str) -> Pooled:
    """The pool's estimates of one effect."""
    pool = found.pool

    def first(*names: str) -> Estimate | None:
        return next((pool[name] for name in names if name in pool), None)

    margin = first(f"{effect} margin", "margin")
    return Pooled(
        effect,
        pool,
        first(f"{effect} this pool", effect),
        first(f"{effect} pooled mean"),
        first(f"{effect} prediction", f"{effect} prediction interval"),
        first(f"{effect} tau"),
        first(f"{effect} equivalence"),
        first(f"{effect} sign"),
        None if margin is None else margin.value,
    )


def against_of(found: Read, effect: str) -> list[str]:
    """The meters on which the effect has another sign than on the registered one."""
    first = found.pool.get(effect)
    side = first.value if first is not None and first.value is not None else 0.0
    others = {meter: found.pool.get(f"{effect} by {meter}") for meter in METERS}
    return [meter for meter, e in others.items() if e is not None and e.value is not None and e.value * side < 0]
