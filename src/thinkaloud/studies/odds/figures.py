"""Figures of the study of odds: worth by skill, how much stronger a giver must be, and every cell's score.

A cell of the last can be chosen with a pointer or the keyboard: then the page lists its games. This module does not
know how a number was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from thinkaloud.report.layout import Figure
from thinkaloud.report.series import STYLE, mark, style, ticks
from thinkaloud.report.svg import at, document, number, path, rect, tag, text, title, vertical
from thinkaloud.report.tables import shown, signed, whole
from thinkaloud.studies.odds.found import Found, found_in
from thinkaloud.studies.odds.replays import PART
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Estimate, Finding

TALL, LEFT, BELOW = 230, 52, 46
"""Height of a plot, room for its scale at the left, and below."""
STEPS = 6
"""Of a scale, at the most."""
SIDE, WORDS = 42, 130
"""A cell of the last figure, and room for the giver's name."""
COLOURS = f"""{STYLE}.ta-fig .ta-band{{stroke:none;fill-opacity:.13}}
.ta-fig .ta-won{{fill:#0072b2;stroke:none}}.ta-fig .ta-lost{{fill:#e69f00;stroke:none}}
"""
Line = list[tuple[float, Estimate]]
"""(Elo of skill, number there)."""


@dataclass(frozen=True)
class Plot:
    """Where things are."""

    width: float
    low: tuple[float, float]
    high: tuple[float, float]

    def x(self, value: float) -> float:
        """Of a skill."""
        return LEFT + 14 + (value - self.low[0]) / (self.high[0] - self.low[0]) * (self.width - LEFT - 110)

    def y(self, value: float) -> float:
        """Of a worth."""
        within = min(self.high[1], max(self.low[1], value))
        return 12 + (self.high[1] - within) / (self.high[1] - self.low[1]) * TALL


def worth_figure(findings: Sequence[Finding], width: int) -> str:
    """Worth of each odds, by skill."""
    return "".join(
        _curves(found, found.worth_by_skill, "Worth in Elo, by skill", width) for found in found_in(findings)
    )


def chances_figure(findings: Sequence[Finding], width: int) -> str:
    """By how much a giver must be stronger, by the taker's skill."""
    words = "Equal chances: Elo by which the giver is stronger, by the taker's skill"
    return "".join(_curves(found, found.equal_chances, words, width) for found in found_in(findings))


def _curves(found: Found, lines: dict[str, Line], words: str, width: int) -> str:
    there = {odds: [(x, e) for x, e in line if e.value is not None] for odds, line in lines.items()}
    there = {odds: line for odds, line in there.items() if len(line) > 1}
    if not there:
        return ""
    xs = [x for line in there.values() for x, _ in line]
    ys = [e.value or 0.0 for line in there.values() for _, e in line]
    ends = [end for line in there.values() for _, e in line for end in (e.low or 0.0, e.high or 0.0)]
    reach = max(ys) - min([*ys, 0.0]) or 100.0
    low, high = max(min([*ends, 0.0]), min([*ys, 0.0]) - reach / 2), min(max(ends), max(ys) + reach / 2)
    plot = Plot(width, (min(xs), low), (max(xs), high))
    parts = [text(LEFT, 8, f"{found.subject}: {words[:1].lower()}{words[1:]}", "ta-name"), *_axes(plot)]
    for i, (odds, line) in enumerate(there.items()):
        parts += _line(plot, line, i, odds)
    said = "; ".join(
        f"{odds}: " + ", ".join(f"{whole(e)} at {signed(x)}" for x, e in line) for odds, line in there.items()
    )
    return document((width, TALL + BELOW + 8), (f"{found.subject}: {words}", said), [at(0, 6, "".join(parts))])


def _axes(plot: Plot) -> Iterator[str]:
    for value in ticks(plot.low[1], plot.high[1], STEPS):
        yield path(f"M{LEFT},{number(plot.y(value))}H{number(plot.width - 84)}", "ta-grid" if value else "ta-axis")
        yield text(LEFT - 6, plot.y(value) + 4, signed(value), "ta-quiet", "end")
    for value in ticks(plot.low[0], plot.high[0], STEPS):
        yield vertical(plot.x(value), 12 + TALL, 16 + TALL, "ta-axis")
        yield text(plot.x(value), 30 + TALL, signed(value), "ta-quiet", "middle")
    yield text(LEFT, 45 + TALL, "skill in Elo; 0 is the mean of the players", "ta-quiet")


def _line(plot: Plot, line: Line, which: int, words: str) -> Iterator[str]:
    line = sorted(line, key=lambda point: point[0])
    there = [(plot.x(x), plot.y(e.high or 0.0)) for x, e in line]
    back = [(plot.x(x), plot.y(e.low or 0.0)) for x, e in reversed(line)]
    points = [(plot.x(x), plot.y(e.value or 0.0)) for x, e in line]
    yield path(_through([*there, *back]) + "z", f"{style(which)} ta-band")
    yield path(_through(points), f"{style(which)} ta-curve")
    yield "".join(at(px, py, path(mark(which), style(which))) for px, py in points)
    yield text(points[-1][0] + 10, points[-1][1] + 4, words)


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(px)},{number(py)}" for px, py in points)


def cells_figure(findings: Sequence[Finding], width: int) -> str:
    """The giver's score in every cell: a panel for each odds."""
    return "".join(_cells(found, width) for found in found_in(findings))


def _cells(found: Found, width: int) -> str:
    givers, takers = found.in_order(found.givers), found.in_order(found.takers)
    if not givers:
        return ""
    wide, tall = WORDS + SIDE * len(takers) + 16, 78 + SIDE * len(givers)
    beside = max(1, width // wide)
    parts = []
    for i, odds in enumerate(found.odds):
        panel = "".join(_panel(found, odds, givers, takers))
        parts.append(at(i % beside * wide, 6 + i // beside * tall, panel))
    high = 6 + -(-len(found.odds) // beside) * tall
    said = f"{len(found.scores)} cells: the giver's score, by giver, taker and odds"
    return document((max(width, wide), high), (f"{found.subject}: scores", said), parts)


def _panel(found: Found, odds: str, givers: Sequence[str], takers: Sequence[str]) -> Iterator[str]:
    yield text(0, 12, f"{found.subject}, {odds}", "ta-name")
    for i, taker in enumerate(takers):
        yield tag(
            "g", {"transform": f"translate({WORDS + SIDE * i + 14},62) rotate(-28)"}, text(0, 0, taker, "ta-quiet")
        )
    for j, giver in enumerate(givers):
        y = 68 + SIDE * j
        yield text(WORDS - 8, y + 25, giver, "", "end")
        for i, taker in enumerate(takers):
            if (score := found.scores.get((giver, taker, odds))) is not None:
                yield at(WORDS + SIDE * i, y, _cell(Cell(giver, taker, odds).title, score))


def _cell(name: str, score: Estimate) -> str:
    value = score.value
    strong = 0.0 if value is None else abs(value - 0.5) * 1.4
    style = "ta-won" if (value or 0.0) >= 0.5 else "ta-lost"
    inside = [title(f"{name}: {shown(score)}")]
    if value is not None:
        inside.append(rect(1, 1, SIDE - 2, SIDE - 2, class_=style, fill_opacity=f"{strong:.2f}"))
    inside.append(rect(1, 1, SIDE - 2, SIDE - 2, class_="ta-hit"))
    inside.append(text(SIDE / 2, SIDE / 2 + 4, "?" if value is None else f"{value:.2f}", "", "middle"))
    return tag("g", {"data-task": name, "data-level": "none", "data-part": PART}, *inside)


FIGURES = (
    Figure("worth", "What odds are worth", lambda findings, records, width: worth_figure(findings, width),
           "A line for each odds, a mark for each player; bands are 95% intervals over openings.",
           COLOURS),
    Figure("chances", "How much stronger must a giver be?",
           lambda findings, records, width: chances_figure(findings, width),
           "Where the line is, giver and taker have equal chances; who is first is drawn by lot. That is not the "
           "worth of odds where this grows with skill, or where a difference of skill counts for less at odds."),
    Figure("cells", "The giver's score in every cell", lambda findings, records, width: cells_figure(findings, width),
           "Rows are givers, columns takers, the weakest first. <span class=\"script\">Choose a cell to see its "
           "games.</span>"),
)  # fmt: skip
