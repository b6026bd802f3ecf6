"""Two figures as SVG text: where the ability lives, and what was read under each condition.

They are static, need no library, and are the same bytes for the same findings. Colours are Okabe and Ito's, and never
alone: every channel has a pattern, a mark of its own shape and its name beside it. `data-task`, `data-level` and
`data-part` tell a page what an element is about. `alone=True` makes a file that stands by itself (a README): it
brings its style and its ground along; without it, the page has to hold `STYLE`.

This module does not know how the numbers came about, nor the page they stand in.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.report.channels import BY_ACCURACY, CHANNELS, SHARE, TOTAL, items
from thinkaloud.report.svg import at, document, path, rect, tag, text, title, vertical, whisker
from thinkaloud.report.tables import CHANCE, READING, Estimates, Subject, brief, by_subject, shown
from thinkaloud.vocabulary import Estimate, Finding

WIDE, NARROW = 860, 360
"""Widths in pixels that suit a page and a telephone; below `SINGLE` the words stand above the bars."""
SINGLE = 600
BAR, LANE, LINE, PANEL = 22, 14, 16, 260
"""Heights of a bar, of a channel's lane below it and of a condition's line; the least width of a panel."""
LABELS = 62
"""Width of a channel's name left of the plot."""

SHAPES: dict[str, str] = {
    "silent": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "compute": "M-3.6,-3.6h7.2v7.2h-7.2z",
    "content": "M0,-4.8L4.8,3.6H-4.8z",
    "residue": "M0,-5L5,0L0,5L-5,0z",
}
STRIPES: dict[str, str] = {
    "silent": "",
    "compute": '<path d="M0,8L8,0M-2,2L2,-2M6,10L10,6" class="ta-hatch"/>',
    "content": '<path d="M0,2H8M0,6H8" class="ta-hatch"/>',
    "residue": '<circle cx="2" cy="2" r="1.3" class="ta-dot"/><circle cx="6" cy="6" r="1.3" class="ta-dot"/>',
}
STYLE = """.ta-fig{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.ta-fig text{fill:#1c2126}.ta-fig .ta-quiet{fill:#59636e}.ta-fig .ta-name{font-weight:600;font-size:13px}
.ta-ground{fill:#fff}.ta-grid{stroke:#e3e7eb}.ta-axis{stroke:#1c2126}.ta-total{stroke:#1c2126;stroke-width:2.5}
.ta-chance{stroke:#59636e;stroke-dasharray:3 3}.ta-mark{stroke:#1c2126;fill:#1c2126;stroke-width:1.5}
.ta-hatch{stroke:#fff;stroke-opacity:.6;stroke-width:1.4;fill:none}.ta-dot{fill:#fff;fill-opacity:.75}
.ta-hit{fill:transparent}.ta-line{stroke-width:1.8}
.ta-silent{fill:#0072b2}.ta-compute{fill:#e69f00}.ta-content{fill:#009e73}.ta-residue{fill:#cc79a7}
.ta-line.ta-silent{stroke:#0072b2}.ta-line.ta-compute{stroke:#e69f00}
.ta-line.ta-content{stroke:#009e73}.ta-line.ta-residue{stroke:#cc79a7}
@media screen and (prefers-color-scheme:dark){
.ta-fig text{fill:#e6e9ed}.ta-fig .ta-quiet{fill:#a3adb8}.ta-ground{fill:#15181c}.ta-grid{stroke:#2b3138}
.ta-axis,.ta-total,.ta-mark{stroke:#e6e9ed}.ta-mark{fill:#e6e9ed}.ta-chance{stroke:#a3adb8}
.ta-silent{fill:#56b4e9}.ta-line.ta-silent{stroke:#56b4e9}}
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things are: the plot from `left` to `right` (pixels), showing `low` to `high`; `head` is the height of a
    row above its bar; `scope` keeps this figure's patterns apart from another's on the same page."""

    left: float
    right: float
    low: float
    high: float
    head: int
    scope: str

    def x(self, value: float) -> float:
        """Pixels of a value."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    @property
    def single(self) -> bool:
        """Whether a row's words stand above its bar, for want of room beside it."""
        return self.head > BAR


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


def condition_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """One panel a task: P(gold) under each condition with its interval, and the chance line."""
    rows = {subject: _conditions(estimates) for subject, estimates in by_subject(findings).items()}
    columns = max(1, min(len(rows), width // PANEL))
    wide, tall = width / columns, 70 + LINE * max((len(names) for names in rows.values()), default=0)
    panels = [
        at(i % columns * wide, i // columns * tall, _panel(wide, subject, estimates))
        for i, (subject, estimates) in enumerate(rows.items())
    ]
    said = "; ".join(f"{s}: " + ", ".join(f"{n} {brief(e)}" for n, e in es.items()) for s, es in rows.items())
    words = ("Probability of the right answer, by what stands between question and answer", said)
    return document((width, math.ceil(len(rows) / columns) * tall), words, panels, STYLE if alone else None)


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
    share, words = estimates.get(SHARE), f"{subject.difficulty}, n {items(estimates)}"
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


def grid(frame: Frame, top: float, bottom: float) -> list[str]:
    """Vertical lines with their values below: every tenth, or every second one where there are many."""
    first, last = round(frame.low * 10), round(frame.high * 10)
    stride = 1 if last - first <= 6 else 2
    parts = []
    for tenth in range(first, last + 1):
        if tenth % stride == 0:
            x = frame.x(tenth / 10)
            value = text(x, bottom + 16, f"{tenth / 10:g}", "ta-quiet", "middle")
            parts += [vertical(x, top, bottom, "ta-grid"), value]
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


# ----------------------------------------------------------------------------------------------------- conditions


def _conditions(estimates: Estimates) -> dict[str, Estimate]:
    """P(gold) by condition; accuracies and readings after examples of another form are in the tables only."""
    left_out = (BY_ACCURACY, ":mismatched")
    return {
        name.removeprefix(READING): estimate
        for name, estimate in estimates.items()
        if name.startswith(READING) and not name.endswith(left_out)
    }


def _brief(name: str) -> str:
    """A condition in few letters: `musing, long` is filler as long as the paraphrase."""
    return f"{name.split(':')[1]}, long" if name.startswith("filler:") and name.endswith(":paraphrase") else name


def _panel(width: float, subject: Subject, estimates: Estimates) -> str:
    """One task: a dot with its interval for each condition, and the chance line."""
    left, right, top = 96.0, width - 24, 44.0
    floor = estimates.get(CHANCE.removeprefix(READING))
    rows = {name: estimate for name, estimate in estimates.items() if estimate is not floor}
    bottom = top + len(rows) * LINE
    frame = Frame(left, right, 0.0, 1.0, 0, "")
    parts = [text(0, 14, cut(str(subject), 30), "ta-name", tip=str(subject))]
    for value in (0, 0.5, 1):
        x = frame.x(value)
        parts += [vertical(x, top - 8, bottom, "ta-grid"), text(x, bottom + 14, f"{value:g}", "ta-quiet", "middle")]
    if floor is not None and floor.value is not None:
        x = frame.x(floor.value)
        parts += [vertical(x, top - 8, bottom, "ta-chance"), text(x, top - 12, "chance", "ta-quiet", "middle")]
    for i, (name, estimate) in enumerate(rows.items()):
        tip = title(f"{subject}: P(gold) {name} {shown(estimate)}")
        parts.append(tag("g", {}, tip, *_condition(frame, top + i * LINE, name, estimate)))
    return "".join(parts)


def _condition(frame: Frame, y: float, name: str, estimate: Estimate) -> list[str]:
    label = text(frame.left - 8, y + 4, cut(_brief(name), 15), "ta-quiet", "end", tip=name)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return [label, text(frame.left + 4, y + 4, brief(estimate), "ta-quiet")]
    dot = tag("circle", {"cx": frame.x(estimate.value), "cy": y, "r": 3.2, "class": "ta-mark"})
    return [label, whisker(frame.x, y, estimate.low, estimate.high, "ta-mark"), dot]


def about(subject: Subject) -> dict[str, str | float]:
    """What a page has to know of an element."""
    return {"data-task": subject.task, "data-level": "none" if subject.level is None else str(subject.level)}


def measured(estimate: Estimate | None) -> bool:
    """Whether there is a number."""
    return estimate is not None and estimate.value is not None


def cut(words: str, most: int) -> str:
    """At most so many characters."""
    return words if len(words) <= most else words[: most - 1] + "…"
