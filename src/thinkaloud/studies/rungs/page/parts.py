"""Two figures of the rungs by rows: the naive gain in its parts (a waterfall), and small panels of estimates side by
side (the gaps between rungs, and what an arm's visible intermediates are for).

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.report.figure import BAR, SINGLE, STRIPES, WIDE, Frame
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import at, document, rect, tag, text, vertical, whisker
from thinkaloud.report.tables import Estimates, Subject, brief, shown
from thinkaloud.studies.rungs.page.frontier import ONCE, thousands
from thinkaloud.studies.rungs.page.marks import LOOKS, STYLE, around, axis, dot, ends, part, plus
from thinkaloud.studies.rungs.page.names import EDITS, GAPS, SPLITS, WHOLE, Read, in_order, read
from thinkaloud.vocabulary import Estimate, Finding, Record

SHARE, NEED = EDITS[:2]
ROW, HEAD, FOOT = 42, 40, 40
"""Height of a line of the waterfall (its bar and its interval below), and of what stands above and below a panel."""
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


def subject_of(found: Read) -> Subject:
    """The pool; the one family of a run without a pool."""
    return WHOLE if found.pool or not found.families else next(iter(found.families))


# ------------------------------------------------------------------------------------------------------ waterfall


def waterfall_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """From one chain of thought to F2 and to T1, part by part, at the largest budget; empty where there is none."""
    return split_figure(findings, width)


def split_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """The same; `alone`: a file that stands by itself."""
    found = read(findings)
    subject = subject_of(found)
    estimates = found.about(subject)
    once = estimates.get(ONCE)
    splits = {arm: {name: found.last(estimates, f"{name} {arm}") for name in names} for arm, names in SPLITS.items()}
    splits = {arm: parts for arm, parts in splits.items() if any(e and e.value is not None for e in parts.values())}
    if once is None or once.value is None or not splits:
        return ""
    drawn = [*ends([once]), *(x for arm in splits for x in ends([found.last(estimates, arm)]))]
    for parts in splits.values():
        corners = _corners(once.value, parts)
        drawn += corners
        drawn += [start + x for start, e in zip(corners, parts.values(), strict=False) for x in ends([e])]
    low, high, step = around(drawn, 8 if width > SINGLE else 5)
    left, right = (108, width - 14) if width < SINGLE else (220, width - 150)
    frame = Frame(left, right, low, high, 0, f"tw{width}")
    body, top = [tag("defs", {}, *(_pattern(frame.scope, name) for name in FILLS))], 0.0
    for arm, parts in splits.items():
        body.append(
            at(
                0,
                top,
                _waterfall(
                    frame,
                    subject,
                    (arm, parts, thousands(found.largest or 0)),
                    (once, found.last(estimates, arm)),
                    step,
                ),
            )
        )
        top += HEAD + (len(parts) + 2) * ROW + FOOT
    said = "; ".join(
        f"{arm}: " + ", ".join(f"{n} {brief(e)}" for n, e in parts.items()) for arm, parts in splits.items()
    )
    words = (f"The naive gain at {thousands(found.largest or 0)}, part by part, {subject}", said)
    return document((width, top), words, body, SHARED + STYLE + STYLE_BARS if alone else None)


def _corners(start: float, parts: Mapping[str, Estimate | None]) -> list[float]:
    """Where the pieces begin and end."""
    found = [start]
    for estimate in parts.values():
        found.append(found[-1] + (0.0 if estimate is None else estimate.value or 0.0))
    return found


def _waterfall(
    frame: Frame,
    subject: Subject,
    split: tuple[str, Mapping[str, Estimate | None], str],
    sides: tuple[Estimate, Estimate | None],
    step: float,
) -> str:
    """One arm: where it starts, each part as a piece that goes on where the last one ended, and where it arrives."""
    arm, parts, budget = split
    bottom = HEAD + (len(parts) + 2) * ROW
    drawn = [text(0, 16, f"From {ONCE} to {arm}", "ta-name"), *axis(frame, HEAD - 10, bottom, step)]
    drawn.append(_bar(frame, HEAD, subject, (ONCE, "R2"), sides[0]))
    corners = _corners(sides[0].value or 0.0, parts)
    for i, (name, estimate) in enumerate(parts.items()):
        y = HEAD + (i + 1) * ROW
        drawn.append(vertical(frame.x(corners[i]), y - ROW + 4, y + BAR + 4, "ta-leader"))
        drawn.append(_piece(frame, y, subject, (name, arm), (corners[i], estimate)))
    y = HEAD + (len(parts) + 1) * ROW
    drawn.append(vertical(frame.x(corners[-1]), y - ROW + 4, y + BAR + 4, "ta-leader"))
    drawn.append(_bar(frame, y, subject, (f"{arm} at {budget}", arm), sides[1]))
    return "".join([*drawn, vertical(frame.x(0), HEAD - 10, bottom, "ta-axis")])


def _bar(frame: Frame, y: float, subject: Subject, names: tuple[str, str], estimate: Estimate | None) -> str:
    """A whole accuracy as a bar from zero."""
    inside = [
        rect(0, y, frame.right, ROW - 4, class_="ta-hit"),
        text(frame.left - 10, y + 19, names[0], "ta-name", "end"),
    ]
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "".join([*inside, text(frame.left + 4, y + 19, brief(estimate), "ta-quiet")])
    inside.append(rect(frame.x(0), y + 4, frame.x(estimate.value) - frame.x(0), BAR, class_="ta-total-bar"))
    inside.append(whisker(frame.x, y + BAR + 11, estimate.low, estimate.high, "ta-mark"))
    inside += _beside(frame, y + 19, brief(estimate))
    return part(subject, names[1], f"{subject.task}: {names[0]} {shown(estimate)}", *inside)


def _piece(
    frame: Frame, y: float, subject: Subject, names: tuple[str, str], where: tuple[float, Estimate | None]
) -> str:
    """One part; its interval is drawn around the end of its piece."""
    name, arm = names
    start, estimate = where
    inside = [rect(0, y, frame.right, ROW - 4, class_="ta-hit"), text(frame.left - 10, y + 19, name, anchor="end")]
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "".join([*inside, text(frame.x(start) + 6, y + 19, brief(estimate), "ta-quiet")])
    a, b = sorted((frame.x(start), frame.x(start + estimate.value)))
    inside.append(rect(a, y + 4, max(b - a, 1.5), BAR, fill=f"url(#{frame.scope}-{name.replace(' ', '-')})"))
    inside.append(
        whisker(frame.x, y + BAR + 11, start + estimate.low, start + estimate.high, f"{FILLS[name][0]} ta-open")
    )
    inside += _beside(frame, y + 19, f"{plus(estimate.value)} [{plus(estimate.low)}, {plus(estimate.high)}]")
    words = f"{subject.task}: {name} {arm} ({MEANINGS[name]}) {shown(estimate)}"
    return part(subject, f"{name} {arm}", words, *inside)


def _beside(frame: Frame, y: float, words: str) -> list[str]:
    return [text(frame.right + 14, y, words)] if frame.right > SINGLE else []


def _pattern(scope: str, name: str) -> str:
    style, stripes = FILLS[name]
    ground = tag("rect", {"width": 8, "height": 8, "class": style, "stroke": "none"})
    size: dict[str, str | float] = {"id": f"{scope}-{name.replace(' ', '-')}", "width": 8, "height": 8}
    return tag("pattern", {**size, "patternUnits": "userSpaceOnUse"}, ground, stripes)


# --------------------------------------------------------------------------------------------------------- panels


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its title, its mark, and what stands before and after a row in the name of its estimate there."""

    title: str
    look: tuple[str, str]
    before: str
    after: str = ""

    def name(self, row: str) -> str:
        """How the estimate of a row is called."""
        return f"{self.before} {row}{self.after}"

    def items(self, row: str) -> str:
        """By what its items are listed: an item has a need, but no share."""
        return f"{self.before if self.before != SHARE else NEED} {row}"


def gaps_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """The gaps between rungs, as they are and in logits."""
    panels = (
        Panel("difference of accuracy", LOOKS[0], "gap"),
        Panel("difference in logits", LOOKS[3], "gap", " logit"),
    )
    found = read(findings)
    rows = [row for row in GAPS if f"gap {row}" in found.about(subject_of(found))]
    return _panels(found, "The gap between one rung and the next", (rows, panels), width)


def edits_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """What each arm's visible intermediates are for: share, need, residue and use, an arm a row."""
    panels = tuple(Panel(name, look, name) for name, look in zip(EDITS, LOOKS, strict=False))
    found = read(findings)
    estimates = found.about(subject_of(found))
    rows = in_order(
        {name.removeprefix(f"{edit} ") for name in estimates for edit in EDITS if name.startswith(f"{edit} ")}
    )
    return _panels(found, "What the visible intermediates are for", (rows, panels), width)


def _panels(found: Read, name: str, what: tuple[Sequence[str], Sequence[Panel]], width: int) -> str:
    """Panels beside each other (below each other where there is no room), with the rows in all of them."""
    rows, panels = what
    subject = subject_of(found)
    estimates = found.about(subject)
    if not rows:
        return ""
    columns = len(panels) if width >= SINGLE else (1 if len(panels) < 3 else 2)
    names = 9 + 6.6 * max(map(len, rows))
    each = width / columns
    tall = HEAD + len(rows) * 22 + FOOT
    body = []
    for i, panel in enumerate(panels):
        frame_left = names + 6
        place = at(
            i % columns * each, i // columns * tall, _panel(frame_left, each - 12, (panel, rows), (subject, estimates))
        )
        body.append(place)
    said = "; ".join(
        f"{row}: " + ", ".join(f"{p.title} {brief(estimates.get(p.name(row)))}" for p in panels) for row in rows
    )
    return document((width, -(-len(panels) // columns) * tall), (f"{name}, {subject}", said), body)


def _panel(left: float, right: float, what: tuple[Panel, Sequence[str]], about: tuple[Subject, Estimates]) -> str:
    """One panel with its rows."""
    panel, rows = what
    subject, estimates = about
    found = {row: estimates.get(panel.name(row)) for row in rows}
    low, high, step = around(ends(list(found.values())), max(2, int((right - left) / 38)))
    frame = Frame(left, right - 8, low, high, 0, "")
    bottom = HEAD + len(rows) * 22
    parts = [
        text(left, 16, panel.title, "ta-name"),
        *axis(frame, HEAD - 10, bottom, step),
        vertical(frame.x(0), HEAD - 10, bottom, "ta-axis"),
    ]
    for i, (row, estimate) in enumerate(found.items()):
        y = HEAD + (i + 0.5) * 22
        inside = [rect(0, y - 11, right, 22, class_="ta-hit"), text(left - 8, y + 4, row, anchor="end")]
        words = f"{subject.task}: {panel.name(row)} {shown(estimate) if estimate else 'not measured'}"
        inside += dot(frame, y, estimate, panel.look)
        parts.append(part(subject, panel.items(row), words, *inside))
    return "".join(parts)
