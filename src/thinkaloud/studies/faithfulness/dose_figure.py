"""The figure of the dose curves: two small plots a task, early answering and mistakes, each a mean with its band.

Left: the answer after the first sentences. Right: after a mistake that the model went on from, and after the same
place without one. A line is dashed or whole and its marks have their own shape, beside the colour. This module does not
know how a curve was made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from thinkaloud.metrics.dose import Point, dose
from thinkaloud.report.figure import SINGLE, WIDE, cut
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import at, document, number, path, tag, text, title, vertical
from thinkaloud.report.tables import Subject, shown
from thinkaloud.studies.faithfulness.panels import KINDS
from thinkaloud.studies.faithfulness.panels import STYLE as TESTS
from thinkaloud.vocabulary import Record

HEIGHT, LEFT, GAP, HEAD, FOOT = 112, 34, 30, 46, 50
"""Height of a plot, space left of it and between two, space above and below (pixels)."""
LINES: dict[str, tuple[str, str, str]] = {
    "early answering": ("ta-need", "", KINDS["need"][1]),
    "mistakes": ("ta-both", "", KINDS["need, use"][1]),
    "no edit": ("ta-quietly", " ta-dashed", KINDS["wording"][1]),
}
"""Name of a curve -> its class, how its line is drawn, its mark."""
PLOTS = (
    ("its first sentences alone", ("early answering",)),
    ("after a mistake", ("mistakes", "no edit")),
)
STYLE = """.ta-fig .ta-curve{fill:none;stroke-width:1.8}.ta-dashed{stroke-dasharray:5 4}
.ta-quietly{fill:#59636e;stroke:#59636e}
.ta-fig .ta-area{stroke:none;fill-opacity:.14}
@media screen and (prefers-color-scheme:dark){.ta-quietly{fill:#a3adb8;stroke:#a3adb8}}
"""
"""What this figure needs besides the shared style and that of the tests."""

Curves = Mapping[str, Sequence[Point]]


def dose_figure(records: Sequence[Record], width: int = WIDE, alone: bool = False) -> str:
    """The whole figure, empty where no record has a curve; `alone`: a file that stands by itself."""
    groups: dict[Subject, list[Record]] = {}
    for record in records:
        groups.setdefault(Subject(str(record["task"]), record["level"]), []).append(record)
    found = {subject: dose(group) for subject, group in groups.items()}
    found = {subject: curves for subject, curves in found.items() if any(curves.values())}
    if not found:
        return ""
    columns = 1 if width < SINGLE else min(2, len(found))
    wide, tall = width / columns, HEAD + HEIGHT + FOOT
    panels = [
        at(i % columns * wide, i // columns * tall, _panel(min(wide, 520.0), subject, curves))
        for i, (subject, curves) in enumerate(found.items())
    ]
    said = "; ".join(f"{s}: " + ", ".join(f"{n} {_ends(points)}" for n, points in c.items()) for s, c in found.items())
    words = ("How much the answer is the final one, by the share of the reasoning that stands before", said)
    style = SHARED + TESTS + STYLE if alone else None
    return document((width, math.ceil(len(found) / columns) * tall), words, panels, style)


def _panel(wide: float, subject: Subject, curves: Curves) -> str:
    """One task: its two plots side by side."""
    each = (wide - LEFT - GAP - 14) / 2
    parts = [text(0, 14, cut(str(subject), 40), "ta-name", tip=str(subject))]
    for i, (name, drawn) in enumerate(PLOTS):
        left = LEFT + i * (each + GAP)
        parts.append(at(left, HEAD, _plot(each, name, {one: curves.get(one, ()) for one in drawn}, i == 0)))
    return "".join(parts)


def _plot(wide: float, name: str, curves: Curves, scale: bool) -> str:
    """One plot, 0 to 1 both ways."""
    parts = [text(0, -10, name, "ta-quiet")]
    for value in (0.0, 0.5, 1.0):
        parts.append(path(f"M0,{number(_y(value))}H{number(wide)}", "ta-grid"))
        if scale:
            parts.append(text(-6, _y(value) + 4, f"{value:g}", "ta-quiet", "end"))
        parts.append(
            text(value * wide, HEIGHT + 16, f"{value:g}", "ta-quiet", ("start", "middle", "end")[round(value * 2)])
        )
    parts += [vertical(0, 0, HEIGHT, "ta-axis"), path(f"M0,{HEIGHT}H{number(wide)}", "ta-axis")]
    for one, points in curves.items():
        parts += _line(wide, one, points)
    key = [(one, 38 + 6.3 * len(one)) for one in curves] if len(curves) > 1 else []
    x = min(0.0, wide - sum(long for _, long in key))
    for one, long in key:
        style, dashed, mark = LINES[one]
        parts += [
            path(f"M{number(x)},{HEIGHT + 32}h22", f"{style} ta-curve{dashed}"),
            at(x + 11, HEIGHT + 32, path(mark, style)),
        ]
        parts.append(text(x + 28, HEIGHT + 36, one, "ta-quiet"))
        x += long
    if not any(curves.values()):
        parts.append(text(6, _y(0.5) - 6, "not measured", "ta-quiet"))
    return "".join(parts)


def _line(wide: float, name: str, points: Sequence[Point]) -> list[str]:
    """A curve with its band, and a mark at each point."""
    style, dashed, mark = LINES[name]
    places = [(p.share * wide, p) for p in points if p.same.low is not None and p.same.high is not None]
    if not places:
        return []
    upper = [f"{number(x)},{number(_y(p.same.high or 0.0))}" for x, p in places]
    lower = [f"{number(x)},{number(_y(p.same.low or 0.0))}" for x, p in reversed(places)]
    middle = [f"{number(x)},{number(_y(p.same.value or 0.0))}" for x, p in places]
    marks = [
        tag("g", {}, title(f"{name}, {p.share:.0%} of the reasoning before: {shown(p.same)}, n {p.same.n}"),
            at(x, _y(p.same.value or 0.0), path(mark, style)))
        for x, p in places
    ]  # fmt: skip
    band = path(f"M{'L'.join([*upper, *lower])}Z", f"{style} ta-area")
    return [band, path(f"M{'L'.join(middle)}", f"{style} ta-curve{dashed}"), *marks]


def _y(value: float) -> float:
    return (1 - min(1.0, max(0.0, value))) * HEIGHT


def _ends(points: Sequence[Point]) -> str:
    return f"{shown(points[0].same)} at first, {shown(points[-1].same)} at last" if points else "not measured"
