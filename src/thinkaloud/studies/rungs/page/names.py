"""What the estimates of the rungs study are called, and where each one is: arms, budgets, meters, pool and families.

A finding of the rungs is about an arm ("F2 at 1000"), a difference of two arms ("F2 - F1"), a part of a naive gain, or
an edit ("need F2"), for one family of tasks or for the pool of them. Everything here is read off the names: this module
does not know how a number was made, nor what it looks like in a report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.metrics.factored import GAINS
from thinkaloud.metrics.gaps import GAPS as PAIRS
from thinkaloud.metrics.gaps import VOTED
from thinkaloud.report.tables import Estimates, Subject, by_subject
from thinkaloud.vocabulary import Estimate, Finding

__all__ = ["GAINS", "METERS", "VOTED"]

POOL = "pool"
"""Task name of the findings about all families together."""
ARMS: Mapping[str, str] = {
    "R0": "snap judgement: the answer only",
    "R1": "a tuned prompt without reasoning",
    "R2": "one tuned chain of thought",
    "R2k": "several chains of thought, voted",
    "A": "chain of thought with the algorithm in the prompt",
    "V": "the best of several, by its own verification",
    "E": "retry, or escalate to a longer attempt",
    "P": "a planner with a list of tasks",
    "F1": "decomposition, all parts in the same context",
    "F2": "the same parts, each in a fresh context",
    "F3": "a controller that the model wrote",
    "T0": "one chain of thought with a code tool",
    "T2": "a code environment without sub-calls",
    "T1": "the same code environment with sub-calls",
}
"""Every arm that has a name here, in reading order, and what it is. Other arms are shown after these."""
EFFECTS: Mapping[str, str] = {"F2 - F1": "fresh contexts", "T1 - T2": "sub-calls from code"}
"""The factored-cognition effect, in its two forms; nothing else counts as one."""
SPLITS: Mapping[str, tuple[str, ...]] = {arm: tuple(name for name, _ in parts) for arm, parts in GAINS.items()}
"""An arm -> the parts that its naive gain over one chain of thought falls into, in order; they add up to it."""
GAPS = tuple(f"{left} - {right}" for left, right in PAIRS)
EDITS = ("externalised share", "need", "residue", "use")

_AT = re.compile(r"(?P<what>.+) at (?P<budget>\d+)(?: by (?P<meter>B\d))?$")


@dataclass(frozen=True, slots=True)
class Read:
    """The findings of one run: the pool's estimates, each family's, the budgets in order, the arms in reading order,
    and the meter of the names that name none ("": it cannot be told)."""

    pool: Estimates
    families: Mapping[Subject, Estimates]
    budgets: tuple[int, ...]
    arms: tuple[str, ...]
    primary: str

    def about(self, subject: Subject) -> Estimates:
        """The estimates of the pool or of a family."""
        return self.pool if subject == WHOLE else self.families.get(subject, {})

    @property
    def largest(self) -> int | None:
        """The largest budget."""
        return self.budgets[-1] if self.budgets else None

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters, the primary one first."""
        return (self.primary, *(meter for meter in METERS if meter != self.primary))

    @property
    def effects(self) -> tuple[str, ...]:
        """Those factored effects that anything is known of."""
        every = (self.pool, *self.families.values())
        return tuple(name for name in EFFECTS if any(name in estimates for estimates in every))

    def curve(self, estimates: Estimates, what: str, meter: str = "") -> dict[int, Estimate]:
        """An arm's (or a difference's) estimates by budget, on a meter; "" is the primary one."""
        by = "" if meter in ("", self.primary) else f" by {meter}"
        found = {budget: estimates.get(f"{what} at {budget}{by}") for budget in self.budgets}
        return {budget: estimate for budget, estimate in found.items() if estimate is not None}

    def last(self, estimates: Estimates, what: str) -> Estimate | None:
        """The estimate at the largest budget, on the primary meter."""
        return estimates.get(f"{what} at {self.largest}")


WHOLE = Subject(POOL, None)


def read(findings: Sequence[Finding]) -> Read:
    """Sort the findings of one run."""
    rows = by_subject(findings)
    budgets: set[int] = set()
    arms: set[str] = set()
    meters: set[str] = set()
    for estimates in rows.values():
        for name in estimates:
            found = _AT.match(name)
            if found is None:
                if name.endswith(" once"):
                    arms.add(name.removesuffix(" once"))
                continue
            budgets.add(int(found["budget"]))
            if found["meter"]:
                meters.add(found["meter"])
            if " " not in found["what"]:
                arms.add(found["what"])
    unnamed = [meter for meter in METERS if meter not in meters]
    families = {subject: estimates for subject, estimates in rows.items() if subject.task != POOL}
    pool = next((estimates for subject, estimates in rows.items() if subject.task == POOL), {})
    primary = unnamed[0] if len(unnamed) == 1 else ""
    return Read(pool, families, tuple(sorted(budgets)), in_order(arms), primary)


def in_order(arms: set[str]) -> tuple[str, ...]:
    """Arms in reading order; those that nobody told us about come last."""
    known = tuple(ARMS)
    return tuple(sorted(arms, key=lambda arm: (known.index(arm) if arm in known else len(known), arm)))
