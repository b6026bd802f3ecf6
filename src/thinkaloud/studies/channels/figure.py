"""The figure of the channels as SVG text: where the ability lives, task by task.

It is static, needs no library, and is the same bytes for the same findings. Every channel has a colour, a pattern, a
mark of its own shape and its name beside it. This module does not know how the numbers came about.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from thinkaloud.report.figure import BAR, LINE, SINGLE, STRIPES, STYLE, WIDE, Frame, about, cut, grid, measured
from thinkaloud.report.svg import at, document, path, rect, tag, text, title, vertical, whisker
from thinkaloud.report.tables import Estimates, Subject, brief, by_subject, shown
from thinkaloud.studies.channels.words import CHANNELS, SHARE, TOTAL, items
from thinkaloud.vocabulary import Estimate, Finding

LANE = 14
"""Height of a channel's lane below its bar."""
LABELS = 62
"""Width of a channel's name left of the plot."""
SHAPES: dict[str, str] = {
    "silent": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "compute": "M-3.6,-3.6h7.2v7.2h-7.2z",
    "content": "M0,-4.8L4.8,3.6H-4.8z",
    "residue": "M0,-5L5,0L0,5L-5,0z",
}


def channel_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """One row a task: the stacked signed channels, own - chance, each channel's interval, the externalised share."""
    rows = by_subject(findings)
    low, high = _range(list(rows.values()))
    left, right, head = (LABELS + 4, width - 12, 40) if width < SINGLE else (190, width - 190, 6)
    frame = Frame(left, right, low, high, head, f"ta{width}")
    top, height = 62 if frame.single else 36, frame.head + BAR + len(CHANNELS) * LANE + 24
    bottom = top + height * len(rows)
    said = "; ".join(f"{subject}: {SHARE} {brief(estimates.get(SHARE))}" for subject, estimates in rows.items())
    body = [
        tag("defs", {}, *(_pattern(frame.scope, channel) for channel in CHANNELS)),
        *_legend(frame),
        *grid(frame, top, bottom),
        *(_row(frame, top + i * height, subject, rows[subject]) for i, subject in enumerate(rows)),
        text((left + right) / 2, bottom + 34, "probability of the right answer, above chance", "ta-quiet", "middle"),
    ]
    words = ("Where the ability lives: silent, compute, content and residue, by task", said)
    return document((width, bottom + 44), words, body, STYLE if alone else None)


# ------------------------------------------------------------------------------------------------------- channels


def _row(frame: Frame, top: float, subject: Subject, estimates: Estimates) -> str:
    """One task. Channels that have a number are stacked; where none has, the reason stands in the place of the bar."""
    bar = top + frame.head
    parts = _names(frame, top, subject, estimates)
    found = {channel: estimates.get(channel) for channel in CHANNELS}
    if not any(measured(estimate) for estimate in found.values()):
        reasons = dict.fromkeys(shown(estimate) for estimate in found.values() if estimate is not None)
        return "".join([*parts, *_reason(frame, bar + 15, "; ".join(reasons) or "not measured")])
    above = below = 0.0
    for i, (channel, estimate) in enumerate(found.items()):
        value = 0.0 if estimate is None or estimate.value is None else estimate.value
        piece = _channel(frame, (bar, bar + BAR + 12 + i * LANE), above if value >= 0 else below, channel, estimate)
        whose = {**about(subject), "data-part": channel}
        told = "not measured" if estimate is None else shown(estimate)
        parts.append(tag("g", {"class": "ta-channel", **whose}, title(f"{subject}: {channel} {told}"), *piece))
        above, below = above + max(0.0, value), below + min(0.0, value)
    total = estimates.get(TOTAL)
    if total is not None and total.value is not None:
        tip = title(f"{TOTAL} {shown(total)}")
        parts.append(vertical(frame.x(total.value), bar - 4, bar + BAR + 4, "ta-total", tip))
    return "".join([*parts, vertical(frame.x(0), bar - 4, bar + BAR + 6 + len(CHANNELS) * LANE, "ta-axis")])


def _channel(
    frame: Frame, tops: tuple[float, float], start: float, channel: str, estimate: Estimate | None
) -> list[str]:
    """A channel's piece of the bar (from `start`) and, in its lane below, its value from zero with its interval."""
    bar, lane = tops
    hit = rect(frame.left - LABELS, lane - LANE / 2, frame.right - frame.left + LABELS, LANE, class_="ta-hit")
    parts = [hit, text(frame.left - 8, lane + 4, channel, "ta-quiet", "end")]
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return [*parts, text(frame.x(0) + 6, lane + 4, brief(estimate), "ta-quiet")]
    left, right = sorted((frame.x(start), frame.x(start + estimate.value)))
    return [
        *parts,
        rect(left, bar, right - left, BAR, fill=f"url(#{frame.scope}-{channel})"),
        whisker(frame.x, lane, estimate.low, estimate.high, f"ta-line ta-{channel}"),
        _shape(channel, frame.x(estimate.value), lane),
    ]


def _names(frame: Frame, top: float, subject: Subject, estimates: Estimates) -> list[str]:
    """Task, difficulty and share: beside the bar, or above it where there is no room."""
    share, words = estimates.get(SHARE), f"{subject.difficulty or 'no level'}, n {items(estimates)}"
    style, tip = "ta-name" if measured(share) else "ta-quiet", shown(share) if share else ""
    if frame.single:
        return [
            text(0, top + 12, cut(subject.task, 28), "ta-name", tip=subject.task),
            text(frame.right, top + 12, words, "ta-quiet", "end"),
            text(0, top + 30, SHARE, "ta-quiet"),
            text(116, top + 30, brief(share), style, tip=tip),
        ]
    bar = top + frame.head
    return [
        text(0, bar + 15, cut(subject.task, 21), "ta-name", tip=subject.task),
        text(0, bar + BAR + 16, words, "ta-quiet"),
        text(frame.right + 22, bar + 15, brief(share), style, tip=tip),
    ]


def _legend(frame: Frame) -> list[str]:
    """The key to the channels."""
    left, per_line = (0.0, 3) if frame.single else (frame.left - LABELS, 5)
    parts = [] if frame.single else [text(frame.right + 22, 14, SHARE, "ta-quiet")]
    for i, name in enumerate((*CHANNELS, TOTAL)):
        x, y = left + i % per_line * 106, 12 + i // per_line * 20
        if name == TOTAL:
            parts += [vertical(x + 8, y - 9, y + 5, "ta-total"), text(x + 18, y + 2, name)]
        else:
            parts += [rect(x, y - 8, 14, 12, fill=f"url(#{frame.scope}-{name})"), _shape(name, x + 23, y - 2)]
            parts += [text(x + 32, y + 2, name)]
    return parts


def _range(rows: Sequence[Estimates]) -> tuple[float, float]:
    """Whole tenths around everything that is drawn: the stacks, each channel's interval from zero, and the total."""
    ends = [0.0]
    for estimates in rows:
        drawn = [e for e in map(estimates.get, CHANNELS) if e is not None]
        total = estimates.get(TOTAL)
        values = [e.value for e in drawn if e.value is not None]
        ends += [x for e in drawn for x in (e.low, e.high) if x is not None]
        ends += [sum(v for v in values if v > 0), sum(v for v in values if v < 0)]
        ends += [total.value] if total is not None and total.value is not None else []
    low, high = math.floor(min(ends) * 10 - 1e-9) / 10, math.ceil(max(ends) * 10 + 1e-9) / 10
    return low, max(high, low + 0.2)


def _pattern(scope: str, channel: str) -> str:
    ground = tag("rect", {"width": 8, "height": 8, "class": f"ta-{channel}"})
    size: dict[str, str | float] = {"id": f"{scope}-{channel}", "width": 8, "height": 8}
    return tag("pattern", {**size, "patternUnits": "userSpaceOnUse"}, ground, STRIPES[channel])


def _reason(frame: Frame, y: float, reason: str) -> list[str]:
    """A reason in the place of a bar, wrapped to the plot."""
    lines = textwrap.wrap(reason, max(20, int((frame.right - frame.left) / 6.4)), max_lines=5, placeholder=" …")
    return [text(frame.left + 6, y + i * LINE, line, "ta-quiet", tip=reason) for i, line in enumerate(lines)]


def _shape(channel: str, x: float, y: float) -> str:
    return at(x, y, path(SHAPES[channel], f"ta-{channel}"))
