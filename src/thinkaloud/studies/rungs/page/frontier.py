"""The figure of the frontiers: accuracy against the log of the budget, an arm a line with its band, a meter a row.

The arms stand in three groups, so that a plot has at most six lines; the voted chain of thought is in each of them, as
what the others are to be compared with. Every line has its own colour and mark, which the key above names, and its
short name at its end. This module
does not know how an accuracy was made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import called
from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.metrics.gaps import VOTED
from thinkaloud.report.figure import SINGLE, WIDE, cut
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import at, document, number, path, text, title, vertical
from thinkaloud.report.tables import Subject, brief, shown
from thinkaloud.studies.rungs.page.found import Found, once, read
from thinkaloud.studies.rungs.page.lists import behind
from thinkaloud.studies.rungs.page.marks import LOOKS, STYLE, legend, part, spread, thousands
from thinkaloud.vocabulary import Estimate, Finding, Record

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("one context", ("R0", VOTED, "R1", "A", "V", "E")),
    ("decomposed", ("F1", VOTED, "F2", "F3", "P")),
    ("with code", ("T0", VOTED, "T1", "T2")),
)
"""Arms that are drawn together, in the order of their marks; arms without a group are in one more."""
PLAIN = "R2"
"""The arm whose single attempts are the dotted line."""
HEIGHT, LEFT, END, HEAD, FOOT = 150, 34, 36, 34, 40
"""Height of a plot, the space left of it and right of it, and above and below (pixels)."""

Curves = Mapping[str, Mapping[int, Estimate]]
Looks = Mapping[str, tuple[str, str]]
"""An arm -> its class and mark in a plot."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: `wide` pixels for the lines, the budgets, and the range of accuracies shown."""

    subject: Subject
    wide: float
    budgets: tuple[int, ...]
    low: float
    high: float

    def x(self, budget: int) -> float:
        """Pixels of a budget, on a log scale."""
        first, last = math.log(self.budgets[0]), math.log(self.budgets[-1])
        share = (math.log(budget) - first) / (last - first) if last > first else 0.5
        return 8 + share * (self.wide - 16)

    def y(self, value: float) -> float:
        """Pixels of an accuracy."""
        return (self.high - value) / (self.high - self.low) * HEIGHT


def frontier_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """The whole figure for the pool, for the one family of a run without a pool; empty where there is no curve."""
    return subject_figure(findings, read(findings).subject, width)


def subject_figure(findings: Sequence[Finding], subject: Subject, width: int = WIDE, alone: bool = False) -> str:
    """The same for any family; `alone`: a file that stands by itself."""
    found = read(findings)
    estimates = found.about(subject)
    groups = _groups(found)
    rows = {meter: {arm: found.curve(estimates, arm, meter) for _, arms in groups for arm in arms}
            for meter in found.meters}  # fmt: skip
    if not found.budgets or not any(any(curves.values()) for curves in rows.values()):
        return ""
    columns = 1 if width < SINGLE else len(groups)
    each, tall = width / columns, HEAD + HEIGHT + FOOT
    drawn = [e.value for curves in rows.values() for c in curves.values() for e in c.values() if e.value is not None]
    drawn += [x for c in rows[found.meters[0]].values() for e in c.values() for x in (e.low, e.high) if x is not None]
    low, high = math.floor(min(drawn, default=0) * 5) / 5, math.ceil(max(drawn, default=1) * 5) / 5
    plot = Plot(subject, each - LEFT - END, found.budgets, max(0, low), min(1, max(high, low + 0.2)))
    body, top = _keys(groups, each, columns)
    for meter, curves in rows.items():
        if not any(curves.values()):
            continue
        body.append(text(0, top + 16, cut(_title(found, meter), int(width / 8)), "ta-name", tip=_title(found, meter)))
        top += 26
        for i, (name, arms) in enumerate(groups):
            single = once(estimates, PLAIN) if meter == found.meters[0] else None
            x, y = (i * each, top) if columns > 1 else (0.0, top + i * tall)
            body.append(at(x + LEFT, y + HEAD, _plot(plot, (name, arms), curves, single)))
        top += tall * (1 if columns > 1 else len(groups)) + 6
    said = "; ".join(f"{called(a)}: {_told(c)}" for a, c in rows[found.meters[0]].items() if c)
    words = (f"Accuracy against budget, {subject}, by meter and arm", said)
    return document((width, top), words, body, SHARED + STYLE if alone else None)


def _groups(found: Found) -> list[tuple[str, Looks]]:
    """The groups with those of their arms that the run has; one that is left with the voted arm alone is none."""
    known = {arm for _, arms in GROUPS for arm in arms} | {"R2"}
    rest = tuple(arm for arm in found.arms if arm not in known)[: len(LOOKS) - 1]
    every = (*GROUPS, *((("others", (rest[0], VOTED, *rest[1:])),) if rest else ()))
    groups: list[tuple[str, Looks]] = [
        (name, {arm: look for arm, look in zip(arms, LOOKS, strict=False) if arm in found.arms}) for name, arms in every
    ]
    return [group for group in groups if set(group[1]) - {VOTED}] or [group for group in groups if group[1]][:1]


def _keys(groups: Sequence[tuple[str, Looks]], each: float, columns: int) -> tuple[list[str], float]:
    """The arms of every group with their marks, above all plots, and how high that is."""
    body, top, tallest = [], 0.0, 0.0
    for i, (name, looks) in enumerate(groups):
        marks, height = legend([(called(arm), path(shape, style)) for arm, (style, shape) in looks.items()], int(each))
        place = (i * each, 0.0) if columns > 1 else (0.0, top)
        body.append(at(*place, text(0, 14, name, "ta-name") + at(0, 22, "".join(marks))))
        top, tallest = top + height + 40, max(tallest, height + 40)
    return body, tallest if columns > 1 else top


def _title(found: Found, meter: str) -> str:
    if not meter:
        return "on the registered meter"
    return f"{meter}{' (registered)' if meter == found.primary else ''}: {METERS[meter]}"


def _plot(plot: Plot, group: tuple[str, Looks], curves: Curves, single: Estimate | None) -> str:
    """One plot with its axes, its lines, and their names at the right."""
    parts = [text(0, -14, group[0], "ta-quiet")]
    for fifth in range(round(plot.low * 5), round(plot.high * 5) + 1):
        y = plot.y(fifth / 5)
        parts.append(path(f"M0,{number(y)}H{number(plot.wide)}", "ta-grid"))
        parts.append(text(-6, y + 4, f"{fifth / 5:g}", "ta-quiet", "end"))
    for budget in plot.budgets:
        parts.append(vertical(plot.x(budget), HEIGHT, HEIGHT + 4, "ta-axis"))
        parts.append(text(plot.x(budget), HEIGHT + 18, thousands(budget), "ta-quiet", "middle"))
    parts.append(path(f"M0,{HEIGHT}H{number(plot.wide)}", "ta-axis"))
    named = []
    if single is not None and single.value is not None and plot.low <= single.value <= plot.high:
        level = plot.y(single.value)
        words = title(f"{called(PLAIN)} once {shown(single)}")
        parts.append(path(f"M0,{number(level)}H{number(plot.wide)}", "ta-a2 ta-open ta-dotted", words))
        named.append(("once", level))
    for arm, look in group[1].items():
        places = [(b, e) for b, e in curves[arm].items() if e.value is not None]
        if places:
            parts.append(_line(plot, arm, places, look))
            named.append((arm, plot.y(places[-1][1].value or 0.0)))
    for (arm, y), place in zip(named, spread([y for _, y in named], 13, 0, HEIGHT), strict=True):
        end = number(plot.wide - 8)
        parts.append(path(f"M{end},{number(y)}L{number(plot.wide + 3)},{number(place)}", "ta-leader"))
        parts.append(text(plot.wide + 6, place + 4, arm))
    return "".join(parts)


def _line(plot: Plot, arm: str, points: Sequence[tuple[int, Estimate]], look: tuple[str, str]) -> str:
    """An arm: its band, its line, a mark at each budget; all of it opens the arm's items."""
    style, shape = look
    where = [(plot.x(b), plot.y(e.value or 0.0)) for b, e in points]
    middle = "L".join(f"{number(x)},{number(y)}" for x, y in where)
    upper = [f"{number(x)},{number(_held(plot, e.high))}" for (x, _), (_, e) in zip(where, points, strict=True)]
    lower = [f"{number(x)},{number(_held(plot, e.low))}" for (x, _), (_, e) in zip(where, points, strict=True)]
    around = [f"{number(x)},{number(y - 6)}" for x, y in where] + [
        f"{number(x)},{number(y + 6)}" for x, y in reversed(where)
    ]
    told = ", ".join(f"at {thousands(b)}: {shown(e)}" for b, e in points)
    return part(
        plot.subject, behind(points[0][1].about), f"{plot.subject.task}: {called(arm)} {told}",
        path(f"M{'L'.join([*upper, *reversed(lower)])}Z", f"{style} ta-area"),
        path(f"M{'L'.join(around)}Z", "ta-hit"),
        path(f"M{middle}", f"{style} ta-stroke{' ta-broken' if arm == VOTED else ''}"),
        *(at(x, y, path(shape, style)) for x, y in where),
    )  # fmt: skip


def _held(plot: Plot, value: float | None) -> float:
    """Pixels of the end of a band, held inside the plot."""
    return min(float(HEIGHT), max(0.0, plot.y(value or 0.0)))


def _told(curve: Mapping[int, Estimate]) -> str:
    return ", ".join(f"{brief(e)} at {thousands(b)}" for b, e in curve.items())
