"""The findings of one run, sorted for its page: the pool's estimates, each family's, and what there is to ask for.

Estimates are asked for by what they are about (`records/about.py`). This module does not know how a number was made,
nor what it looks like in a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import in_order
from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.metrics.factored import EFFECTS as PAIRS
from thinkaloud.records.about import one
from thinkaloud.report.tables import Subject, by_subject
from thinkaloud.vocabulary import Estimate, Finding

POOL = "pool"
"""Task name of the findings about all families together."""
WHOLE = Subject(POOL, None)
Estimates = Sequence[Estimate]
"""The estimates of one subject."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A form of the factored-cognition effect: `arm` minus `against`, and what that is the effect of."""

    arm: str
    against: str
    of: str

    @property
    def name(self) -> str:
        """The two arms in short."""
        return f"{self.arm} - {self.against}"

    @property
    def title(self) -> str:
        """`of` as a sentence begins."""
        return self.of[:1].upper() + self.of[1:]

    @property
    def called(self) -> str:
        """What it is the effect of, with the two arms behind it."""
        return f"{self.of} ({self.name})"

    def area(self, estimates: Estimates, meter: str) -> Estimate | None:
        """The mean difference over the budgets."""
        return one(estimates, measure="effect", role="area", arm=self.arm, against=self.against, meter=meter)


EFFECTS = tuple(Effect(*arms, of) for arms, of in zip(PAIRS, ("fresh contexts", "sub-calls"), strict=True))
"""The factored-cognition effect, in its two forms; nothing else counts as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The findings of one run: the pool's estimates, each family's, the budgets in order, the arms in reading order,
    and the meter that the run was registered with ("": nothing was metered)."""

    pool: Estimates
    families: Mapping[Subject, Estimates]
    budgets: tuple[int, ...]
    arms: tuple[str, ...]
    primary: str

    def about(self, subject: Subject) -> Estimates:
        """The estimates of the pool or of a family."""
        return self.pool if subject == WHOLE else self.families.get(subject, ())

    @property
    def subject(self) -> Subject:
        """What the figures are about: the pool, or the one family of a run without a pool."""
        return WHOLE if self.pool or not self.families else next(iter(self.families))

    @property
    def largest(self) -> int | None:
        """The largest budget."""
        return self.budgets[-1] if self.budgets else None

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters, the primary one first."""
        return (self.primary, *(meter for meter in METERS if meter != self.primary))

    @property
    def edited(self) -> tuple[str, ...]:
        """The arms whose intermediates were edited, in reading order."""
        return in_order({str(e.about["arm"]) for e in self.about(self.subject) if "edit" in e.about})

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Those factored effects that anything is known of."""
        every = (self.pool, *self.families.values())
        return tuple(effect for effect in EFFECTS if any(effect.area(own, self.primary) for own in every))

    def curve(self, estimates: Estimates, arm: str, meter: str) -> dict[int, Estimate]:
        """An arm's accuracies by budget, on a meter."""
        found = {b: one(estimates, measure="accuracy", arm=arm, budget=b, meter=meter) for b in self.budgets}
        return {budget: estimate for budget, estimate in found.items() if estimate is not None}

    def last(self, estimates: Estimates, arm: str) -> Estimate | None:
        """An arm's accuracy at the largest budget, on the primary meter."""
        return self.curve(estimates, arm, self.primary).get(self.largest or 0)


def once(estimates: Estimates, arm: str) -> Estimate | None:
    """The accuracy of single attempts."""
    return one(estimates, measure="accuracy", role="once", arm=arm)


def read(findings: Sequence[Finding]) -> Found:
    """Sort the findings of one run."""
    rows = {subject: tuple(named.values()) for subject, named in by_subject(findings).items()}
    every = [estimate.about for own in rows.values() for estimate in own]
    return Found(
        pool=next((own for subject, own in rows.items() if subject.task == POOL), ()),
        families={subject: own for subject, own in rows.items() if subject.task != POOL},
        budgets=tuple(sorted({int(about["budget"]) for about in every if "budget" in about})),
        arms=in_order({str(about["arm"]) for about in every if about.get("measure") == "accuracy"}),
        primary=next((str(about["primary"]) for about in every if "primary" in about), ""),
    )
