"""Two figures as SVG text: where the ability lives, and what was read under each condition.

They are static, need no library, and are the same bytes for the same findings. Colours are Okabe and Ito's, and never
alone: every channel has a pattern, a mark of its own shape and its name beside it. `data-task`, `data-level` and
`data-channel` tell a page what an element is about. `alone=True` makes a file that stands by itself (a README): it
brings its style and its ground along; without it, the page has to hold `STYLE`.

This module does not know how the numbers came about, nor the page they stand in.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from thinkaloud.report.tables import (
    BY_ACCURACY,
    CHANCE,
    CHANNELS,
    MISMATCHED,
    READING,
    SHARE,
    TOTAL,
    Estimates,
    Subject,
    brief,
    by_subject,
    items,
    shown,
)
from thinkaloud.vocabulary import Estimate, Finding

WIDE, NARROW = 860, 360
LANE, BAR, PANEL, LINE = 14, 22, 260, 16
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
_DARK = """.ta-fig text{fill:#e6e9ed}.ta-fig .ta-quiet{fill:#a3adb8}.ta-ground{fill:#15181c}
.ta-grid{stroke:#2b3138}.ta-axis,.ta-total,.ta-mark{stroke:#e6e9ed}.ta-mark{fill:#e6e9ed}.ta-chance{stroke:#a3adb8}
.ta-silent{fill:#56b4e9}.ta-line.ta-silent{stroke:#56b4e9}"""
STYLE = f""".ta-fig{{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-size:12px}}
.ta-fig text{{fill:#1c2126}}.ta-fig .ta-quiet{{fill:#59636e}}.ta-fig .ta-name{{font-weight:600;font-size:13px}}
.ta-ground{{fill:#ffffff}}.ta-grid{{stroke:#e3e7eb}}.ta-axis{{stroke:#1c2126}}.ta-total{{stroke:#1c2126;stroke-width:2.5}}
.ta-chance{{stroke:#59636e;stroke-dasharray:3 3}}.ta-mark{{stroke:#1c2126;fill:#1c2126;stroke-width:1.5}}
.ta-hatch{{stroke:#ffffff;stroke-opacity:.6;stroke-width:1.4;fill:none}}.ta-dot{{fill:#ffffff;fill-opacity:.75}}
.ta-hit{{fill:transparent}}.ta-line{{stroke-width:1.8;fill:none}}
.ta-silent{{fill:#0072b2}}.ta-line.ta-silent{{stroke:#0072b2}}.ta-compute{{fill:#e69f00}}.ta-line.ta-compute{{stroke:#e69f00}}
.ta-content{{fill:#009e73}}.ta-line.ta-content{{stroke:#009e73}}.ta-residue{{fill:#cc79a7}}.ta-line.ta-residue{{stroke:#cc79a7}}
@media screen and (prefers-color-scheme:dark){{{_DARK}}}
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things are: the plot from `left` to `right` (pixels), showing `low` to `high`; `head` is the height of a
    row above its bar, `scope` a name that keeps this figure's patterns apart from another's on the same page."""

    width: int
    left: int
    right: int
    low: float
    high: float
    head: int
    scope: str

    def x(self, value: float) -> float:
        """Pixels of a value."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def channel_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """One row a task: the stacked signed channels, own - chance, each channel's interval, the externalised share."""
    rows = by_subject(findings)
    narrow = width < 600
    low, high = _range(list(rows.values()))
    left, right = (66, width - 12) if narrow else (190, width - 190)
    frame = Frame(width, left, right, low, high, 40 if narrow else 6, f"ta{width}")
    legend, top = _legend(frame)
    height = frame.head + BAR + len(CHANNELS) * LANE + 24
    body = [legend, _grid(frame, top, top + height * len(rows))]
    body += [_row(frame, top + i * height, subject, rows[subject]) for i, subject in enumerate(rows)]
    said = "; ".join(f"{subject}: {SHARE} {brief(es.get(SHARE))}" for subject, es in rows.items())
    title = "Where the ability lives: silent, compute, content and residue, by task"
    foot = _text((frame.left + frame.right) / 2, top + height * len(rows) + 34, "probability of the right answer, above chance",
                 "ta-quiet", "middle")  # fmt: skip
    patterns = "".join(_pattern(frame.scope, channel) for channel in CHANNELS)
    return _svg(width, top + height * len(rows) + 44, (title, said), [f"<defs>{patterns}</defs>", *body, foot], alone)


def condition_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """One panel a task: P(gold) under each condition with its interval, and the chance line."""
    rows = {subject: _conditions(es) for subject, es in by_subject(findings).items()}
    columns = max(1, min(len(rows), width // PANEL))
    wide = width / columns
    tall = 70 + LINE * max((len(names) for names in rows.values()), default=0)
    panels = []
    for i, (subject, estimates) in enumerate(rows.items()):
        at = f"translate({_n(i % columns * wide)},{_n(i // columns * tall)})"
        panels.append(f'<g transform="{at}">{_panel(wide, subject, estimates)}</g>')
    title = "Probability of the right answer, by what stands between question and answer"
    said = "; ".join(f"{s}: " + ", ".join(f"{n} {brief(e)}" for n, e in es.items()) for s, es in rows.items())
    return _svg(width, math.ceil(len(rows) / columns) * tall, (title, said), panels, alone)


# ------------------------------------------------------------------------------------------------------- channels


def _row(frame: Frame, top: float, subject: Subject, estimates: Estimates) -> str:
    """One task. Channels that have a number are stacked; where none has, the reason stands in the place of the bar."""
    bar = top + frame.head
    parts = [_names(frame, top, subject, estimates)]
    reasons = {shown(e) for e in map(estimates.get, CHANNELS) if e is not None and e.value is None}
    if not any(_measured(estimates.get(channel)) for channel in CHANNELS):
        parts.append(_reason(frame, bar + 15, "; ".join(sorted(reasons)) or "not measured"))
        return "".join(parts)
    above = below = 0.0
    for i, channel in enumerate(CHANNELS):
        estimate = estimates.get(channel)
        value = estimate.value or 0.0 if estimate is not None else 0.0
        start = above if value >= 0 else below
        lane = bar + BAR + 12 + i * LANE
        parts.append(_channel(frame, (bar, lane), start, channel, estimate, subject))
        above, below = (above + value, below) if value >= 0 else (above, below + value)
    total = estimates.get(TOTAL)
    if total is not None and total.value is not None:
        x = _n(frame.x(total.value))
        parts.append(f'<path d="M{x},{_n(bar - 4)}V{_n(bar + BAR + 4)}" class="ta-total">{_title(f"{TOTAL} {shown(total)}")}</path>')
    parts.append(_vertical(frame.x(0), bar - 4, bar + BAR + 6 + len(CHANNELS) * LANE, "ta-axis"))
    return "".join(parts)


def _channel(
    frame: Frame, tops: tuple[float, float], start: float, channel: str, estimate: Estimate | None, subject: Subject
) -> str:
    """A channel's piece of the bar (from `start`) and, below in its lane, its value from zero with its interval."""
    bar, lane = tops
    hit = f'<rect x="{_n(frame.left - 62)}" y="{_n(lane - LANE / 2)}" width="{_n(frame.right - frame.left + 62)}" height="{LANE}" class="ta-hit"/>'
    parts = [_title(f"{subject}: {channel} {shown(estimate) if estimate else 'not measured'}"), hit]
    parts.append(_text(frame.left - 8, lane + 4, channel, "ta-quiet", "end"))
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        parts.append(_text(frame.x(0) + 6, lane + 4, brief(estimate), "ta-quiet"))
    else:
        x, end = sorted((frame.x(start), frame.x(start + estimate.value)))
        parts.append(f'<rect x="{_n(x)}" y="{_n(bar)}" width="{_n(end - x)}" height="{BAR}" fill="url(#{frame.scope}-{channel})"/>')
        parts.append(_whisker(frame.x, lane, estimate.low, estimate.high, f"ta-line ta-{channel}"))
        parts.append(_shape(channel, frame.x(estimate.value), lane))
    about = f'data-task="{_safe(subject.task)}" data-level="{_safe(_level(subject))}" data-channel="{channel}"'
    return f'<g class="ta-channel" {about}>{"".join(parts)}</g>'


def _names(frame: Frame, top: float, subject: Subject, estimates: Estimates) -> str:
    """Task, difficulty and share: beside the bar, or above it where there is no room."""
    share, about = estimates.get(SHARE), f"{subject.difficulty}, n {items(estimates)}"
    value = _text(0, 0, brief(share), "ta-name" if _measured(share) else "ta-quiet")
    value = value.replace("</text>", f"{_title(shown(share) if share else 'not measured')}</text>")
    task = _title(subject.task)
    if frame.head > 20:
        name = _text(0, top + 12, _cut(subject.task, 30), "ta-name").replace("</text>", f"{task}</text>")
        label = _text(0, top + 30, SHARE, "ta-quiet")
        return name + _text(frame.right, top + 12, about, "ta-quiet", "end") + label + _move(value, 116, top + 30)
    bar = top + frame.head
    name = _text(0, bar + 15, _cut(subject.task, 24), "ta-name").replace("</text>", f"{task}</text>")
    return name + _text(0, bar + BAR + 16, about, "ta-quiet") + _move(value, frame.right + 22, bar + 15)


def _legend(frame: Frame) -> tuple[str, float]:
    """The key to the channels, and the height it takes."""
    step, per_line = (108, 3) if frame.head > 20 else (104, 5)
    parts, left = [], 0 if frame.head > 20 else frame.left - 62
    for i, name in enumerate((*CHANNELS, TOTAL)):
        x, y = left + i % per_line * step, 12 + i // per_line * 20
        if name == TOTAL:
            parts.append(_vertical(x + 14, y - 9, y + 5, "ta-total"))
        else:
            parts.append(f'<rect x="{x}" y="{y - 8}" width="14" height="12" fill="url(#{frame.scope}-{name})"/>')
            parts.append(_shape(name, x + 23, y - 2))
        parts.append(_text(x + 32 - (8 if name == TOTAL else 0), y + 2, name))
    if frame.head <= 20:
        parts.append(_text(frame.right + 22, 14, SHARE, "ta-quiet"))
    return "".join(parts), 62 if frame.head > 20 else 36


def _grid(frame: Frame, top: float, bottom: float) -> str:
    """Vertical lines with their values below."""
    steps = round((frame.high - frame.low) * 10)
    stride = 1 if steps <= 6 else 2
    parts = []
    for tenth in range(round(frame.low * 10), round(frame.high * 10) + 1):
        if tenth % stride == 0:
            x = frame.x(tenth / 10)
            parts.append(_vertical(x, top, bottom, "ta-grid") + _text(x, bottom + 16, f"{tenth / 10:g}", "ta-quiet", "middle"))
    return "".join(parts)


def _range(rows: Sequence[Estimates]) -> tuple[float, float]:
    """Whole tenths around everything that is drawn: the stacks, and each channel's interval from zero."""
    ends = [0.0]
    for estimates in rows:
        drawn = [e for e in map(estimates.get, CHANNELS) if e is not None and e.value is not None]
        ends += [x for e in drawn for x in (e.low, e.high) if x is not None]
        values = [e.value for e in drawn if e.value is not None]
        ends += [sum(v for v in values if v > 0), sum(v for v in values if v < 0)]
    low, high = math.floor(min(ends) * 10 - 1e-9) / 10, math.ceil(max(ends) * 10 + 1e-9) / 10
    return low, max(high, low + 0.2)


def _pattern(scope: str, channel: str) -> str:
    ground = f'<rect width="8" height="8" class="ta-{channel}"/>'
    return f'<pattern id="{scope}-{channel}" width="8" height="8" patternUnits="userSpaceOnUse">{ground}{STRIPES[channel]}</pattern>'


def _reason(frame: Frame, y: float, reason: str) -> str:
    """A reason in the place of a bar, wrapped to the plot."""
    lines = textwrap.wrap(reason, max(20, int((frame.right - frame.left) / 6.4)))[:5]
    return "".join(_text(frame.left + 6, y + i * LINE, line, "ta-quiet") for i, line in enumerate(lines))


def _shape(channel: str, x: float, y: float) -> str:
    return f'<path d="{SHAPES[channel]}" transform="translate({_n(x)},{_n(y)})" class="ta-{channel}"/>'


def _level(subject: Subject) -> str:
    return "none" if subject.level is None else str(subject.level)


# ----------------------------------------------------------------------------------------------------- conditions


def _conditions(estimates: Estimates) -> dict[str, Estimate]:
    """P(gold) by condition, chance last; accuracies and readings in a foreign form are in the tables only."""
    names = [n for n in estimates if n.startswith(READING) and not n.endswith((BY_ACCURACY, MISMATCHED)) and n != CHANCE]
    return {name.removeprefix(READING): estimates[name] for name in (*names, *([CHANCE] if CHANCE in estimates else []))}


def _panel(width: float, subject: Subject, estimates: dict[str, Estimate]) -> str:
    left, right, top = 96.0, width - 24, 44.0
    rows = {name: estimate for name, estimate in estimates.items() if name != "chance"}
    bottom = top + len(rows) * LINE

    def x(value: float) -> float:
        return left + value * (right - left)

    parts = [_text(0, 14, _cut(str(subject), 34), "ta-name").replace("</text>", f"{_title(str(subject))}</text>")]
    for value in (0, 0.5, 1):
        parts.append(_vertical(x(value), top - 8, bottom, "ta-grid") + _text(x(value), bottom + 14, f"{value:g}", "ta-quiet", "middle"))
    chance = estimates.get("chance")
    if chance is not None and chance.value is not None:
        parts.append(_vertical(x(chance.value), top - 8, bottom, "ta-chance") + _text(x(chance.value), top - 12, "chance", "ta-quiet", "middle"))
    for i, (name, estimate) in enumerate(rows.items()):
        y = top + i * LINE
        inner = [_title(f"{subject}: P(gold) {name} {shown(estimate)}"), _text(left - 8, y + 4, name, "ta-quiet", "end")]
        if estimate.value is None or estimate.low is None or estimate.high is None:
            inner.append(_text(left + 4, y + 4, brief(estimate), "ta-quiet"))
        else:
            inner.append(_whisker(x, y, estimate.low, estimate.high, "ta-mark"))
            inner.append(f'<circle cx="{_n(x(estimate.value))}" cy="{_n(y)}" r="3.2" class="ta-mark"/>')
        about = f'data-task="{_safe(subject.task)}" data-level="{_safe(_level(subject))}" data-condition="{_safe(name)}"'
        parts.append(f"<g {about}>{''.join(inner)}</g>")
    return "".join(parts)


# ---------------------------------------------------------------------------------------------------------- pieces


def _svg(width: int, height: float, words: tuple[str, str], body: Sequence[str], alone: bool) -> str:
    title, said = words
    inside = [f'<rect width="100%" height="100%" class="ta-ground"/>', *body] if alone else list(body)
    style = f"<style>{STYLE}</style>" if alone else ""
    margin = 12 if alone else 0
    box = f"{-margin} {-margin} {width + 2 * margin} {_n(height + 2 * margin)}"
    if alone:
        inside[0] = f'<rect x="{-margin}" y="{-margin}" width="{width + 2 * margin}" height="{_n(height + 2 * margin)}" class="ta-ground"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="ta-fig" viewBox="{box}" role="img" aria-label="{_safe(title)}. {_safe(said)}">'
    return f"{head}{style}{''.join(inside)}</svg>\n"


def _measured(estimate: Estimate | None) -> bool:
    return estimate is not None and estimate.value is not None


def _whisker(x: Callable[[float], float], y: float, low: float, high: float, style: str) -> str:
    a, b = _n(x(low)), _n(x(high))
    return f'<path d="M{a},{_n(y)}H{b}M{a},{_n(y - 3)}v6M{b},{_n(y - 3)}v6" class="{style}"/>'


def _vertical(x: float, top: float, bottom: float, style: str) -> str:
    return f'<path d="M{_n(x)},{_n(top)}V{_n(bottom)}" class="{style}"/>'


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    given = f' class="{style}"' if style else ""
    return f'<text x="{_n(x)}" y="{_n(y)}"{given} text-anchor="{anchor}">{_safe(text)}</text>'


def _move(element: str, x: float, y: float) -> str:
    return f'<g transform="translate({_n(x)},{_n(y)})">{element}</g>'


def _title(text: str) -> str:
    return f"<title>{_safe(text)}</title>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _safe(text: str) -> str:
    """Escaped, and without characters that XML does not know."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def _n(value: float) -> str:
    """A coordinate: two digits, no `-0`, no trailing zeros."""
    return f"{round(value, 2) + 0.0:g}"
