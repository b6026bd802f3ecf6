"""The figures of the study of training: every arm over its updates, and a question's turns at every checkpoint.

The first has a panel an arm, whose lines depend on what the language has: means over seeds with their 95% intervals,
and each seed as a thin line. This module does not know how a number was made.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thinkaloud.report.svg import at, document, number, path, text, vertical
from thinkaloud.studies.training.estimates import OF, Seen, seen
from thinkaloud.vocabulary import Estimate, Finding, Record

Curves = dict[str, dict[str, list[tuple[int, Estimate]]]]
"""Arm -> measure -> (update, estimate), in order."""

WIDE, TALL, LEFT, COLUMN = 280, 150, 40, 226
"""Width of a panel, height of its plot, room for its scale, height of a panel."""
DIAMOND, SQUARE = "M0,-4.6L4.6,0L0,4.6L-4.6,0z", "M-3.2,-3.2h6.4v6.4h-6.4z"
TRIANGLE, DISC = "M0,-4.4L4.2,3.4L-4.2,3.4z", "M-3.6,0a3.6,3.6 0 1,0 7.2,0a3.6,3.6 0 1,0 -7.2,0z"
Line = tuple[str, str, str, str]
"""Measure, class, mark (none: the line is thick and pale) and words."""
RIGHT: Line = ("right", "ta-right", DIAMOND, "answers right")
TOKENS: Line = ("tokens", "ta-tokens", "", "tokens of reasoning, by 35")
EARLY: Line = ("early", "ta-early", SQUARE, "early reader tells the answer")
FRESH: Line = ("fresh", "ta-fresh", TRIANGLE, "fresh reader tells the answer")
SILENT: Line = ("silent", "ta-silent", DISC, "right without reasoning")
LINES: Mapping[str, tuple[Line, ...]] = {
    "hack": (
        RIGHT,
        ("hack", "ta-early", SQUARE, "takes the offer"),
        ("caught reasoning_only", "ta-fresh", TRIANGLE, "caught from the reasoning alone"),
        ("caught with_question", "ta-silent", DISC, "caught, the question known"),
        ("admits", "ta-tokens", "", "admits it"),
    ),
    "handed over": (
        RIGHT,
        ("handed over", "ta-early", SQUARE, "share of the work handed over"),
        FRESH,
        SILENT,
        TOKENS,
    ),
    "agrees": (RIGHT, EARLY, ("agrees", "ta-fresh", TRIANGLE, "the program, run, comes to it"), SILENT, TOKENS),
    "right": (RIGHT, EARLY, FRESH, SILENT, TOKENS),
}
"""What a panel shows, by the first of these measures that there is."""
LONGEST = 35
COLOURS = """.ta-right{stroke:#1c2126;fill:#1c2126}.ta-early{stroke:#b35c00;fill:#b35c00}
.ta-fresh{stroke:#0072b2;fill:#0072b2}.ta-silent{stroke:#8a3f78;fill:#8a3f78}.ta-tokens{stroke:#59636e;fill:#59636e}
.ta-fig .ta-curve{stroke-width:1.8;fill:none}.ta-fig .ta-thick{stroke-width:5;stroke-opacity:.28;fill:none}
.ta-fig .ta-band{stroke:none;fill-opacity:.13}.ta-fig .ta-seed{stroke-width:.8;stroke-opacity:.5;fill:none}
@media screen and (prefers-color-scheme:dark){.ta-right{stroke:#e6e9ed;fill:#e6e9ed}
.ta-early{stroke:#e69f00;fill:#e69f00}.ta-fresh{stroke:#56b4e9;fill:#56b4e9}.ta-silent{stroke:#cc79a7;fill:#cc79a7}}
"""


def curve_figure(findings: Sequence[Finding], records: Sequence[Record], width: int) -> str:
    """A panel an arm: the means over seeds with their intervals, and each seed as a thin line."""
    found = curves(findings)
    beside = max(1, width // WIDE)
    last = max((step for of in found.values() for line in of.values() for step, _ in line), default=0)
    if not last:
        return ""
    lines = next(lines for measure, lines in LINES.items() if any(measure in of for of in found.values()))
    parts = []
    for i, (arm, of) in enumerate(found.items()):
        mine = [record for record in records if record["task"] == arm]
        panel = "".join(_panel(arm, Drawn(lines, of, seen(mine) if mine else None, last), i % beside == 0))
        parts.append(at(i % beside * WIDE, i // beside * COLUMN, panel))
    y = -(-len(found) // beside) * COLUMN
    for i, (_, style, mark, words) in enumerate(lines):
        x, down = LEFT + i % max(1, beside) * WIDE, y + i // max(1, beside) * 18.0
        parts.append(at(x, down + 6, path(mark or "M-7,0h14", style if mark else f"{style} ta-thick")))
        parts.append(text(x + 14, down + 10, words))
    tall = y + 18 * (-(-len(lines) // beside)) + 8
    return document(
        (beside * WIDE, tall), ("Every arm over its updates", "; ".join(words for *_, words in lines)), parts
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a panel shows: its lines, the estimates of each measure, the seeds' means, and the last update."""

    lines: Sequence[Line]
    of: Mapping[str, Sequence[tuple[int, Estimate]]]
    seeds: Seen | None
    last: int

    def by_seed(self, measure: str) -> Iterator[list[tuple[int, float]]]:
        """The measure over updates in every seed."""
        if self.seeds is not None:
            stops = {stop: self.seeds.at(OF[measure], stop) for stop in self.seeds.stops}
            for seed in self.seeds.seeds:
                yield [(stop, values[seed]) for stop, values in stops.items() if seed in values]


def _panel(arm: str, drawn: Drawn, first: bool) -> Iterator[str]:
    last = drawn.last

    def x(step: float) -> float:
        return LEFT + step / last * (WIDE - LEFT - 24)

    def y(value: float) -> float:
        return 26 + (1 - min(1.0, max(0.0, value))) * TALL

    yield text(LEFT, 14, arm, "ta-name")
    for quarter in range(5):
        yield path(f"M{LEFT},{number(y(quarter / 4))}H{number(x(last) + 6)}", "ta-grid")
        if first:
            yield text(LEFT - 6, y(quarter / 4) + 4, f"{quarter / 4:g}", "ta-quiet", "end")
    yield path(f"M{LEFT},{number(y(0))}H{number(x(last) + 6)}", "ta-axis")
    for share in (0, 0.5, 1):
        yield vertical(x(last * share), y(0), y(0) + 4, "ta-axis")
        if last * share == round(last * share):
            yield text(x(last * share), y(0) + 17, f"{last * share:g}", "ta-quiet", "middle")
    for measure, style, mark, _ in drawn.lines:
        scale = LONGEST if measure == "tokens" else 1
        line = [(step, e) for step, e in drawn.of.get(measure, ()) if e.value is not None]
        if mark:
            for seed in drawn.by_seed(measure):
                yield path(_through([(x(step), y(value)) for step, value in seed]), f"{style} ta-seed") if seed else ""
        if not line:
            continue
        points = [(x(step), y((e.value or 0.0) / scale)) for step, e in line]
        there = [(x(step), y((e.high or 0.0) / scale)) for step, e in line]
        back = [(x(step), y((e.low or 0.0) / scale)) for step, e in reversed(line)]
        yield path(_through([*there, *back]) + "z", f"{style} ta-band")
        yield path(_through(points), f"{style} {'ta-curve' if mark else 'ta-thick'}")
        yield "".join(at(px, py, path(mark, style)) for px, py in points if mark)


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(px)},{number(py)}" for px, py in points)


def turn_figure(findings: Sequence[Finding], records: Sequence[Record], width: int) -> str:
    """One question in the first seed of every arm: what was written about it at every checkpoint."""
    parts, y = [], 8.0
    shown_ = [r for r in records if r.get("turns") and r["seed"] == min(one["seed"] for one in records)]
    for arm in dict.fromkeys(str(r["task"]) for r in shown_):
        mine = sorted((r for r in shown_ if r["task"] == arm), key=lambda r: int(r["step"]))
        parts.append(text(0, y + 12, f"{arm}: {mine[0]['turns'][0][0]}", "ta-name"))
        y += 20
        for r in mine:
            parts.append(text(46, y + 12, str(r["step"]), "ta-quiet", "end"))
            for line in _wrapped(str(r["turns"][0][1]), max(24, (width - 60) // 7)):
                parts.append(text(56, y + 12, line))
                y += 17
        y += 12
    words = ("One question at every checkpoint", "What was written about the same question, by arm and update.")
    return document((max(width, 320), y), words, parts) if parts else ""


def _wrapped(words: str, most: int) -> list[str]:
    return textwrap.wrap(words, most) or ["(nothing)"]


def curves(findings: Sequence[Finding]) -> Curves:
    """Arm -> measure -> (update, estimate), in order."""
    found: Curves = {}
    for finding in findings:
        about: Mapping[str, Any] = finding.estimate.about
        if "step" in about:
            line = found.setdefault(str(finding.task), {}).setdefault(str(about["measure"]), [])
            line.append((int(about["step"]), finding.estimate))
    return found
