"""The figure of the naive gain: from one chain of thought to an arm, part by part, at the largest budget.

Each part is a piece that begins where the last one ended; its interval is drawn around its end. This module does not
know how a number was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from thinkaloud.arms.names import called
from thinkaloud.metrics.factored import GAINS
from thinkaloud.records.about import one
from thinkaloud.report.figure import BAR, SINGLE, STRIPES, WIDE, Frame
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import at, document, rect, tag, text, vertical, whisker
from thinkaloud.report.tables import Subject, brief, shown
from thinkaloud.studies.rungs.page.found import Found, once, read
from thinkaloud.studies.rungs.page.lists import behind
from thinkaloud.studies.rungs.page.marks import STYLE, around, axis, ends, part, plus, thousands
from thinkaloud.vocabulary import Estimate, Finding, Record

ROW, HEAD, FOOT = 42, 40, 40
"""Height of a line (its bar and its interval below), and of what stands above and below an arm's lines."""
START = "R2"
"""The arm whose single attempts every gain begins at."""
FILLS: Mapping[str, tuple[str, str]] = {
    "spend": ("ta-a2", STRIPES["silent"]),
    "information": ("ta-a6", STRIPES["compute"]),
    "tool": ("ta-a3", STRIPES["residue"]),
    "environment": ("ta-a5", STRIPES["compute"]),
    "fresh context": ("ta-a1", STRIPES["content"]),
}
"""A part of a naive gain -> its class and its pattern."""
STYLE_BARS = """.ta-total-bar{fill:#9aa5b1}
@media screen and (prefers-color-scheme:dark){.ta-total-bar{fill:#6b7681}}
"""
MEANINGS: Mapping[str, str] = {
    "spend": "voting over as many tokens",
    "information": "the decomposition, in one context",
    "tool": "a code tool",
    "environment": "the code environment, without sub-calls",
    "fresh context": "the factored effect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A naive gain: it begins at one chain of thought (`start`), goes on part by part, and arrives at the accuracy of
    the arm at the budget (`whole`). A part that nobody estimated is None."""

    arm: str
    budget: int
    start: Estimate
    parts: Mapping[str, Estimate | None]
    whole: Estimate | None

    @property
    def corners(self) -> list[float]:
        """Where the pieces begin, and where the last one ends."""
        steps = ((e.value if e is not None else None) or 0.0 for e in self.parts.values())
        return list(accumulate(steps, initial=self.start.value or 0.0))

    @property
    def drawn(self) -> list[float]:
        """Every number that its picture reaches."""
        pieces = zip(self.corners, self.parts.values(), strict=False)
        return [*self.corners, *(start + x for start, e in pieces for x in ends([e])), *ends([self.start, self.whole])]

    @property
    def height(self) -> int:
        """Pixels of its lines and what stands around them."""
        return HEAD + (len(self.parts) + 2) * ROW + FOOT


def waterfall_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """All naive gains of a run, below each other; empty where there is none."""
    return split_figure(findings, width)


def split_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """The same; `alone`: a file that stands by itself."""
    found = read(findings)
    gains = splits(found)
    if not gains:
        return ""
    low, high, step = around([x for gain in gains for x in gain.drawn], 8 if width > SINGLE else 5)
    left, right = (108, width - 14) if width < SINGLE else (220, width - 150)
    frame = Frame(left, right, low, high, 0, f"tw{width}")
    body, top = [tag("defs", {}, *(_pattern(frame.scope, name) for name in FILLS))], 0
    for gain in gains:
        body.append(at(0, top, _waterfall(frame, found.subject, gain, step)))
        top += gain.height
    said = "; ".join(f"{called(g.arm)}: " + ", ".join(f"{n} {brief(e)}" for n, e in g.parts.items()) for g in gains)
    words = (f"The naive gain at {thousands(gains[0].budget)}, part by part, {found.subject}", said)
    return document((width, top), words, body, SHARED + STYLE + STYLE_BARS if alone else None)


def splits(found: Found) -> list[Split]:
    """The naive gains of which some part has a number, at the largest budget."""
    estimates, budget = found.about(found.subject), found.largest
    start = once(estimates, START)
    if budget is None or start is None or start.value is None:
        return []
    made = []
    for arm, steps in GAINS.items():
        whole = found.last(estimates, arm)
        parts = {
            name: one(estimates, measure="part of a naive gain", arm=arm, part=name, budget=budget) for name, _ in steps
        }
        if any(e is not None and e.value is not None for e in parts.values()):
            made.append(Split(arm=arm, budget=budget, start=start, parts=parts, whole=whole))
    return made


def _waterfall(frame: Frame, subject: Subject, gain: Split, step: float) -> str:
    """One arm: where it starts, each part, and where it arrives."""
    bottom, corners = gain.height - FOOT, gain.corners
    title = f"From {called(START)} to {called(gain.arm)}"
    drawn = [text(0, 16, title, "ta-name"), *axis(frame, HEAD - 10, bottom, step)]
    begin, end = (called(START), called(gain.arm)) if frame.right > SINGLE else (START, gain.arm)  # the title has both
    drawn.append(_bar(frame, HEAD, subject, f"{begin}, once", gain.start))
    for i, (name, estimate) in enumerate(gain.parts.items()):
        y = HEAD + (i + 1) * ROW
        drawn.append(vertical(frame.x(corners[i]), y - ROW + 4, y + BAR + 4, "ta-leader"))
        drawn.append(_piece(frame, y, subject, Piece(name, corners[i], estimate)))
    y = bottom - ROW
    drawn.append(vertical(frame.x(corners[-1]), y - ROW + 4, y + BAR + 4, "ta-leader"))
    drawn.append(_bar(frame, y, subject, f"{end} at {thousands(gain.budget)}", gain.whole))
    return "".join([*drawn, vertical(frame.x(0), HEAD - 10, bottom, "ta-axis")])


def _bar(frame: Frame, y: float, subject: Subject, name: str, estimate: Estimate | None) -> str:
    """A whole accuracy as a bar from zero."""
    inside = _line(frame, y, name, "ta-name")
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "".join([*inside, text(frame.left + 4, y + 19, brief(estimate), "ta-quiet")])
    inside.append(rect(frame.x(0), y + 4, frame.x(estimate.value) - frame.x(0), BAR, class_="ta-total-bar"))
    inside.append(whisker(frame.x, y + BAR + 11, estimate.low, estimate.high, "ta-mark"))
    inside += _beside(frame, y + 19, brief(estimate))
    return part(subject, behind(estimate.about), f"{subject.task}: {name} {shown(estimate)}", *inside)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a gain, and where its picture begins."""

    name: str
    start: float
    estimate: Estimate | None


def _piece(frame: Frame, y: float, subject: Subject, piece: Piece) -> str:
    """One part; its interval is drawn around the end of its piece."""
    name, start, estimate = piece.name, piece.start, piece.estimate
    inside = _line(frame, y, name)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "".join([*inside, text(frame.x(start) + 6, y + 19, brief(estimate), "ta-quiet")])
    a, b = sorted((frame.x(start), frame.x(start + estimate.value)))
    inside.append(rect(a, y + 4, max(b - a, 1.5), BAR, fill=f"url(#{frame.scope}-{name.replace(' ', '-')})"))
    style = f"{FILLS[name][0]} ta-open"
    inside.append(whisker(frame.x, y + BAR + 11, start + estimate.low, start + estimate.high, style))
    inside += _beside(frame, y + 19, f"{plus(estimate.value)} [{plus(estimate.low)}, {plus(estimate.high)}]")
    words = f"{subject.task}: {name}, {called(str(estimate.about['arm']))} ({MEANINGS[name]}) {shown(estimate)}"
    return part(subject, behind(estimate.about), words, *inside)


def _line(frame: Frame, y: float, name: str, style: str = "") -> list[str]:
    """What every line has: the place that can be pointed at, and its name at the left."""
    label = text(frame.left - 10, y + 19, name, style, "end")
    return [rect(0, y, frame.right, ROW - 4, class_="ta-hit"), label]


def _beside(frame: Frame, y: float, words: str) -> list[str]:
    return [text(frame.right + 14, y, words)] if frame.right > SINGLE else []


def _pattern(scope: str, name: str) -> str:
    style, stripes = FILLS[name]
    ground = tag("rect", {"width": 8, "height": 8, "class": style, "stroke": "none"})
    size: dict[str, str | float] = {"id": f"{scope}-{name.replace(' ', '-')}", "width": 8, "height": 8}
    return tag("pattern", {**size, "patternUnits": "userSpaceOnUse"}, ground, stripes)
