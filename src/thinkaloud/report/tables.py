"""How findings are laid out and worded, the same in every format and for every study: subjects, numbers, headings.

A *subject* is what a column or a row of a report is about: a task at a level. A number is never shown without its
interval, and an estimate without a number is shown as its reason, never as 0. What the estimates of a study are called
and mean is given to this module as `Words`; it knows nothing about how they are computed or what a format looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from thinkaloud.records.about import fits
from thinkaloud.vocabulary import Estimate, Finding, Part

READING = "P(gold)"
"""The measure that is read under each condition."""
CHANCE = f"{READING} chance"
OTHER = "Other"


Which = str | Mapping[str, Part]
"""Some estimates: those that are about all of these parts (`records/about.py`), or those of a name, where `*` stands
for anything."""


@dataclass(frozen=True, slots=True)
class Words:
    """How the estimates of a study are headed and explained, the first fit of each.

    `headings`: heading -> the estimates under it, in reading order; `meanings`: which estimates -> how their number is
    made.
    """

    headings: tuple[tuple[str, tuple[Which, ...]], ...] = ()
    meanings: tuple[tuple[Which, str], ...] = ()

    def heading(self, estimate: Estimate | str) -> str:
        """The heading of an estimate; those that nobody told us about are under `Other`."""
        fit = (title for title, some in self.headings if any(_is_among(estimate, which) for which in some))
        return next(fit, OTHER)

    def by_heading(self, findings: Sequence[Finding]) -> dict[str, list[Estimate]]:
        """Estimates under their headings, the first of each name; headings in reading order, names as they appear."""
        first: dict[str, Estimate] = {}
        for finding in findings:
            first.setdefault(finding.estimate.name, finding.estimate)
        found: dict[str, list[Estimate]] = {title: [] for title in (*(title for title, _ in self.headings), OTHER)}
        for estimate in first.values():
            found[self.heading(estimate)].append(estimate)
        return {title: under for title, under in found.items() if under}

    def meaning(self, estimate: Estimate | str) -> str | None:
        """How the number of an estimate is made, None if it is not known here."""
        return next((text for which, text in self.meanings if _is_among(estimate, which)), None)

    def told(self, estimates: Iterable[Estimate]) -> dict[str, str]:
        """For the name of each estimate that needs it how its number is made: every explanation once, at the first
        estimate it fits."""
        told: dict[str, str] = {}
        for estimate in estimates:
            text = self.meaning(estimate)
            if text is not None and text not in told.values():
                told[estimate.name] = text
        return told


@dataclass(frozen=True, slots=True)
class Subject:
    """A task at a level (None: it has none)."""

    task: str
    level: int | None

    @property
    def difficulty(self) -> str:
        """The level in words, empty where there is none."""
        return "" if self.level is None else f"level {self.level}"

    def __str__(self) -> str:
        return f"{self.task}, {self.difficulty}" if self.difficulty else self.task


Estimates = Mapping[str, Estimate]
"""The estimates of one subject by name."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in words. `reasons` are lines below it: why cells have no number, and what must not be read into it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    reasons: tuple[str, ...] = ()


def by_subject(findings: Sequence[Finding]) -> dict[Subject, dict[str, Estimate]]:
    """The findings of one run by subject and name, in their order. A name twice for a subject is a ValueError."""
    found: dict[Subject, dict[str, Estimate]] = {}
    for finding in findings:
        estimates = found.setdefault(Subject(finding.task, finding.difficulty), {})
        if finding.estimate.name in estimates:
            raise ValueError(
                f"{finding.estimate.name!r} is there twice for {finding.task!r}: findings of several runs?"
            )
        estimates[finding.estimate.name] = finding.estimate
    return found


def number(value: float) -> str:
    """Two digits, and no minus before a zero."""
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def shown(estimate: Estimate) -> str:
    """`0.47 [0.31, 0.62]`, or the reason why there is no number."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate.reason or ""
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def signed(value: float) -> str:
    """A whole number with its sign; 0 has none."""
    return f"{round(value):+d}" if round(value) else "0"


def whole(estimate: Estimate | None) -> str:
    """`+198 [+130, +269]`, a number that is known without its interval, or the reason cut at its colon."""
    if estimate is None:
        return ""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return str(estimate.reason).split(":")[0]
    if estimate.low == estimate.high:
        return signed(estimate.value)
    return f"{signed(estimate.value)} [{signed(estimate.low)}, {signed(estimate.high)}]"


AS_ABOVE = "as above"
LONG = 60
"""Characters of a reason that is not said twice in a row."""


def column(estimates: Estimates, names: Sequence[str]) -> list[tuple[Estimate | None, bool]]:
    """The estimates of these names, each with whether it has no number for the same long reason as the one above it."""
    found: list[tuple[Estimate | None, bool]] = []
    above = None
    for name in names:
        estimate = estimates.get(name)
        reason = None if estimate is None or estimate.value is not None else shown(estimate)
        found.append((estimate, reason is not None and reason == above and len(reason) > LONG))
        above = reason
    return found


def brief(estimate: Estimate | None) -> str:
    """As `shown`, with the reason cut at its colon: `not identifiable`. None: `not measured`."""
    if estimate is None:
        return "not measured"
    return shown(estimate) if estimate.value is not None else shown(estimate).split(":")[0]


def counted(estimate: Estimate | None, n: int) -> str:
    """As `brief`, with its number of items where that is not `n`, the one that stands at the head of its row."""
    other = estimate is not None and estimate.value is not None and estimate.n != n
    return f"{brief(estimate)}, n {estimate.n}" if estimate is not None and other else brief(estimate)


def told(estimates: Estimates, name: str) -> str:
    """The estimate of a name with its number of items, or its whole reason where there is no number."""
    if name not in estimates:
        return "not measured"
    estimate = estimates[name]
    return shown(estimate) if estimate.value is None else f"{shown(estimate)}, n {estimate.n}"


def _is_among(estimate: Estimate | str, which: Which) -> bool:
    """Whether an estimate (by its name alone, where that is all there is) is one of these."""
    if isinstance(which, str):
        name = estimate if isinstance(estimate, str) else estimate.name
        return fnmatchcase(name, which)
    return isinstance(estimate, Estimate) and fits(estimate, which)
