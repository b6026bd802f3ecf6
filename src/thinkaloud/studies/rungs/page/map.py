"""The figure of the crossover: where in context load, error of a single step and independence of the steps a fresh
context pays. A family is a mark: its place is its load (log scale) and its error a step, its shape how independent its
parts are, its side of zero the direction it points to and is coloured in, and it is filled where the interval of its
effect leaves zero out: its own 95% interval, not adjusted for the number of families (`metrics.crossover` has p-values
that are).

The places are made from the records (`metrics.crossover`), the effects are the findings'. This
module does not know how an effect was made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import called
from thinkaloud.metrics.crossover import places
from thinkaloud.report.figure import WIDE, cut
from thinkaloud.report.svg import at, document, number, path, rect, tag, text, vertical
from thinkaloud.report.tables import Subject, shown
from thinkaloud.studies.rungs.page.found import EFFECTS, read
from thinkaloud.studies.rungs.page.lists import behind
from thinkaloud.studies.rungs.page.marks import LOOKS, legend, part
from thinkaloud.vocabulary import Estimate, Finding, Record

HEIGHT, LEFT, RIGHT, HEAD, FOOT = 300, 48, 16, 64, 56
"""Height of the plot and the space around it (pixels)."""
NAME = 18
"""Characters of a family's name."""
Box = tuple[float, float, float, float]
SHAPES: dict[str, str] = {
    "a chain": LOOKS[3][1], "up to 2 parts side by side": LOOKS[1][1], "more side by side": LOOKS[0][1],
    "no parts known": LOOKS[5][1],
}  # fmt: skip
EFFECT = EFFECTS[0]
SIDES: dict[str, str] = {f"{called(EFFECT.arm)} ahead": "ta-a1", f"{called(EFFECT.against)} ahead": "ta-a3"}
"""Which side is ahead -> its colour."""


@dataclass(frozen=True, slots=True)
class Point:
    """A family: tokens of the plain question, share of sub-answers that are wrong, how its parts hang together, and its
    effect."""

    subject: Subject
    load: float
    error: float
    parts: str
    effect: Estimate


def points(findings: Sequence[Finding], records: Sequence[Record]) -> tuple[list[Point], list[str]]:
    """The families that have a place, and the names of those that have an effect but no place: no sub-answer of theirs
    could be checked, or their load is not known."""
    groups: dict[Subject, list[Record]] = {}
    for record in records:
        groups.setdefault(Subject(str(record["task"]), record["level"]), []).append(record)
    found, without = [], []
    run = read(findings)
    for subject, estimates in run.families.items():
        estimate = EFFECT.area(estimates, run.primary)
        if estimate is None or estimate.value is None:
            continue
        load, error, independence = places(groups.get(subject, ()), (EFFECT.arm, EFFECT.against))
        if not load or error is None:
            without.append(str(subject))
        else:
            found.append(Point(subject, load, error, _parts(independence), estimate))
    return found, without


def map_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """The whole figure; empty where no family has a place."""
    found, without = points(findings, records)
    if not found:
        return ""
    low = math.floor(math.log2(min(p.load for p in found)) - 0.2)
    high = max(low + 1, math.ceil(math.log2(max(p.load for p in found)) + 0.2))
    top = max(0.2, math.ceil(max(p.error for p in found) * 10 + 0.3) / 10)
    key, lower = _key(found, width)
    wide = width - LEFT - RIGHT
    body = [*key, at(LEFT, lower, "".join(_axes(wide, (low, high), top)))]
    places = {p.subject: (LEFT + (math.log2(p.load) - low) / (high - low) * wide, lower + (1 - p.error / top) * HEIGHT)
              for p in found}  # fmt: skip
    order = sorted(found, key=lambda p: -abs(p.effect.value or 0.0))
    names = _names(order, places, width)
    body += [_mark(places[p.subject], p, names.get(p.subject)) for p in order]
    foot = f"No place, as no sub-answer could be checked: {', '.join(without)}." if without else ""
    if foot:
        body.append(text(0, lower + HEIGHT + 52, cut(foot, int(width / 6.2)), "ta-quiet", tip=foot))
    said = "; ".join(f"{p.subject}: load {p.load:.0f}, error {p.error:.2f}, {shown(p.effect)}" for p in found)
    return document((width, lower + HEIGHT + FOOT), ("Where fresh contexts pay", said), body)


def _parts(independence: float | None) -> str:
    """How many parts there are for each one of the longest chain."""
    if independence is None:
        return "no parts known"
    return (
        "a chain" if independence < 1.1 else "up to 2 parts side by side" if independence <= 2 else "more side by side"
    )


def _axes(wide: float, loads: tuple[int, int], top: float) -> list[str]:
    """Errors on the left, loads below."""
    parts = []
    stride = 1 if loads[1] - loads[0] <= 8 else 2
    for i in range(round(top * 10) + 1):
        if top > 0.5 and i % 2:
            continue
        y = (1 - i / 10 / top) * HEIGHT
        parts += [path(f"M0,{number(y)}H{number(wide)}", "ta-grid"), text(-8, y + 4, f"{i / 10:g}", "ta-quiet", "end")]
    for power in range(loads[0], loads[1] + 1, stride):
        x = (power - loads[0]) / (loads[1] - loads[0]) * wide
        parts += [vertical(x, 0, HEIGHT + 4, "ta-grid"), text(x, HEIGHT + 18, f"{2**power}", "ta-quiet", "middle")]
    parts += [vertical(0, 0, HEIGHT, "ta-axis"), path(f"M0,{HEIGHT}H{number(wide)}", "ta-axis")]
    parts.append(text(wide / 2, HEIGHT + 36, "context load: tokens of the plain question", "ta-quiet", "middle"))
    return [*parts, text(-LEFT, -12, "error of a single step", "ta-quiet")]


def _names(order: Sequence[Point], places: Mapping[Subject, tuple[float, float]], width: int) -> dict[Subject, str]:
    """On which side of its mark a family's name stands (`start` is the right side); only where it covers neither a mark
    nor another name, those with the largest effects first."""
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in places.values()]
    found: dict[Subject, str] = {}
    for p in order:
        x, y = places[p.subject]
        long = 7 * len(cut(p.subject.task, NAME))
        for side, left in (("start", x + 11), ("end", x - 11 - long)):
            box = (left, y - 7, left + long, y + 7)
            if left >= LEFT and box[2] <= width and not any(_meet(box, other) for other in taken):
                taken.append(box)
                found[p.subject] = side
                break
    return found


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _mark(where: tuple[float, float], p: Point, side: str | None) -> str:
    """A family. Its mark grows with its effect; its name stands where there is room for it."""
    x, y = where
    value = p.effect.value or 0.0
    clear = (p.effect.low or 0.0) > 0 or (p.effect.high or 0.0) < 0
    up, down = SIDES.values()
    style = (up if value >= 0 else down) + ("" if clear else " ta-open")
    scale = number(1 + 4 * min(0.3, abs(value)))
    mark = at(x, y, tag("g", {"transform": f"scale({scale})"}, path(SHAPES[p.parts], style)))
    words = f"{p.subject}: {EFFECT.called} {shown(p.effect)}, load {p.load:.0f}, error {p.error:.2f}, {p.parts}"
    inside = [rect(x - 9, y - 9, 18, 18, class_="ta-hit"), mark]
    if side is not None:
        inside.append(text(x + (11 if side == "start" else -11), y + 4, cut(p.subject.task, NAME), "ta-quiet", side))
    return part(p.subject, behind(p.effect.about), words, *inside)


def _key(found: Sequence[Point], width: int) -> tuple[list[str], float]:
    """What shapes, colours and filled marks are, and where the plot begins."""
    seen = {p.parts for p in found}
    marks = [(name, path(shape, "ta-a2")) for name, shape in SHAPES.items() if name in seen]
    marks += [(name, path(LOOKS[0][1], style)) for name, style in SIDES.items()]
    marks.append(("interval has zero in it", path(LOOKS[0][1], "ta-a2 ta-open")))
    parts, y = legend(marks, width)
    return parts, y + HEAD - 24
