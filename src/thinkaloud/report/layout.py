"""What a report of a study is made of: its words, tables, figures and explorer, held together as a `Layout`.

A study brings a `Layout` of its own; one that brings none gets every number and the records in their order (`CASES`),
and if it is over items what was read under each condition, too (`PLAIN`). This module knows no study and no format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from thinkaloud.records.about import every
from thinkaloud.report import figure
from thinkaloud.report.explorer import Explorer
from thinkaloud.report.tables import READING, Grid, Words, by_subject, shown
from thinkaloud.vocabulary import Finding, Record

Findings = Sequence[Finding]
Records = Sequence[Record]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the HTML page. `draw` makes it at a width, empty where there is nothing to draw; `caption` is HTML of
    this package; `style` is what it needs besides the style of all figures."""

    id: str
    title: str
    draw: Callable[[Findings, Records, int], str]
    caption: str
    style: str = ""


def _lines(findings: Findings) -> list[str]:
    """Every estimate on a line."""
    found = []
    for subject, estimates in by_subject(findings).items():
        found.append(str(subject))
        found += [f"  {name}: {shown(e)}{'' if e.value is None else f', n {e.n}'}" for name, e in estimates.items()]
    return found


def _conditions(findings: Findings, records: Records, width: int) -> str:
    read = every((finding.estimate for finding in findings), measure=READING)
    return figure.condition_figure(findings, width) if read else ""


CONDITIONS = Figure(
    "conditions",
    "What was read under each condition",
    _conditions,
    "Mean probability of the right option with its 95% interval. The dashed line is chance.",
)
IN_ORDER = Explorer(
    noun="list",
    parts=lambda records: ("items",),
    values=lambda records: [None] * len(records),
    why=lambda record, part: "",
    sections=(),
    says="In their order.",
)
"""An explorer that lists items as they come."""


NO_WORDS = Words()
Card = Callable[[str], str | None]
"""The name of an estimate -> its calibration card in a line, None where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a report of one study holds. `words`: how its estimates are headed and explained; `sentences`: the
    headlines; `grids` and `lines`: its table, for a terminal and where there is none; `tables`: whether reports
    show the table too (else its numbers are among all the others); `summary` is its heading; `numbers`: what stands
    above each table of all numbers, and its findings; `first` stand before the explorer and `then` after it;
    `main`: the estimates to show where there is room for a dozen (all, where none is named); `counted`: what `n`
    counts and a record is about, in a word."""

    words: Words = NO_WORDS
    sentences: Callable[[Findings], list[str]] = lambda findings: []
    grids: Callable[[Findings], list[Grid]] = lambda findings: []
    lines: Callable[[Findings], list[str]] = _lines
    explorer: Explorer = IN_ORDER
    first: tuple[Figure, ...] = ()
    then: tuple[Figure, ...] = (CONDITIONS,)
    tables: bool = False
    summary: str = "The tests, task by task"
    numbers: Callable[[Findings], Sequence[tuple[str, Findings]]] = lambda findings: [("", findings)]
    main: tuple[str, ...] = ()
    counted: str = "items"

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures."""
        return (*self.first, *self.then)


PLAIN = Layout()
"""The page of a study over items that brings none."""
CASES = Layout(counted="cases", explorer=replace(IN_ORDER, parts=lambda records: ("all",)), then=())
"""The page of any other study that brings none: nothing in it speaks of questions and answers."""


def no_card(name: str) -> str | None:
    """The calibration card of an estimate, where the study has none."""
    return None
