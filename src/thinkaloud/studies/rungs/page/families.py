"""What all families say together about one factored effect, found by what its estimates are about.

`here` is about this pool (its families are all there are), `anywhere` about families like these (the family is the
unit, and others could have been drawn). This module does not know how either was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.records.about import every
from thinkaloud.report.tables import Subject
from thinkaloud.studies.rungs.page.found import Effect, Estimates, Found
from thinkaloud.vocabulary import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """The estimates of one effect over all families; what nobody estimated is None. `shrunken`: each family's effect
    after partial pooling, by the family's name."""

    effect: Effect
    estimates: Estimates
    here: Estimate | None
    anywhere: Estimate | None
    prediction: Estimate | None
    sign: Estimate | None
    margin: float | None
    shrunken: Mapping[str, Estimate]

    def of(self, subject: Subject) -> Estimate | None:
        """A family's effect after partial pooling."""
        return self.shrunken.get(subject.task)


def pooled(found: Found, effect: Effect) -> Pooled:
    """The pool's estimates of one effect."""
    own = every(found.pool, measure="effect", arm=effect.arm, against=effect.against)
    by_role = {(e.about.get("role"), e.about.get("inference")): e for e in own if "family" not in e.about}
    margin = by_role.get(("margin", None))
    return Pooled(
        effect=effect,
        estimates=own,
        here=by_role.get(("mean", "this pool")) or effect.area(own, found.primary),
        anywhere=by_role.get(("mean", "families like these")),
        prediction=by_role.get(("prediction", None)),
        sign=by_role.get(("sign", None)),
        margin=None if margin is None else margin.value,
        shrunken={str(e.about["family"]): e for e in every(own, role="shrunken")},
    )


def against_of(found: Found, effect: Effect) -> list[str]:
    """The meters on which the effect has another sign than on the registered one."""
    areas = {meter: effect.area(found.pool, meter) for meter in METERS}
    values = {meter: e.value for meter, e in areas.items() if e is not None and e.value is not None}
    side = values.get(found.primary, 0.0)
    return [meter for meter, value in values.items() if value * side < 0]
