"""What the figures of the rungs share: marks that differ in shape and colour, an estimate as a mark with its interval,
and the attributes by which a page knows what a mark is about.

This module knows no findings.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.report.figure import Frame, about
from thinkaloud.report.svg import at, path, tag, text, title, vertical, whisker
from thinkaloud.report.tables import Subject, brief, number
from thinkaloud.vocabulary import Estimate

LOOKS: tuple[tuple[str, str], ...] = (
    ("ta-a1", "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z"),
    ("ta-a2", "M-3.7,-3.7h7.4v7.4h-7.4z"),
    ("ta-a3", "M0,-4.8L4.8,3.6H-4.8z"),
    ("ta-a4", "M0,-5.2L5.2,0L0,5.2L-5.2,0z"),
    ("ta-a5", "M0,4.8L4.8,-3.6H-4.8z"),
    ("ta-a6", "M-4.2,-1.4h2.8v-2.8h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8z"),
)
"""Class and mark of the first, second... thing that is drawn in one plot."""
STYLE = """.ta-a1{fill:#0072b2;stroke:#0072b2}.ta-a2{fill:#59636e;stroke:#59636e}.ta-a3{fill:#c45100;stroke:#c45100}
.ta-a4{fill:#007a5a;stroke:#007a5a}.ta-a5{fill:#b0548a;stroke:#b0548a}.ta-a6{fill:#8a6d00;stroke:#8a6d00}
.ta-a1,.ta-a2,.ta-a3,.ta-a4,.ta-a5,.ta-a6{stroke-width:1.6}.ta-fig .ta-open{fill:none}
.ta-fig .ta-stroke{fill:none;stroke-width:1.8}.ta-fig .ta-area{stroke:none;fill-opacity:.13}
.ta-fig .ta-faint{stroke-opacity:.55}.ta-fig .ta-broken{stroke-dasharray:6 4}
.ta-fig .ta-dotted{stroke-dasharray:1.5 3.5}
.ta-margin{fill:#59636e;fill-opacity:.12}.ta-fig .ta-pool{fill:#1c2126;stroke:#1c2126}
.ta-fig .ta-leader{stroke:#59636e;stroke-width:.8;fill:none;stroke-opacity:.6}
@media screen and (prefers-color-scheme:dark){.ta-a1{fill:#56b4e9;stroke:#56b4e9}.ta-a2{fill:#a3adb8;stroke:#a3adb8}
.ta-a3{fill:#ff9a57;stroke:#ff9a57}.ta-a4{fill:#3ecf9a;stroke:#3ecf9a}.ta-a5{fill:#e79ac6;stroke:#e79ac6}
.ta-a6{fill:#e6c34a;stroke:#e6c34a}.ta-margin{fill:#a3adb8}.ta-fig .ta-pool{fill:#e6e9ed;stroke:#e6e9ed}
.ta-fig .ta-leader{stroke:#a3adb8}}
"""
"""What the figures of the rungs need besides the style that all figures share."""


def part(subject: Subject, name: str, words: str, *inside: str) -> str:
    """A group that opens the items behind `name`; `words` are what it is for whoever points at it."""
    return tag("g", {"class": "ta-row", **about(subject), "data-part": name}, title(words), *inside)


def dot(frame: Frame, y: float, estimate: Estimate | None, look: tuple[str, str], hollow: bool = False) -> list[str]:
    """An estimate as a mark with its interval; one without a number says so in words, near zero."""
    style, shape = look
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return [text(frame.left + 4, y + 4, brief(estimate), "ta-quiet")]
    mark = path(shape, f"{style} ta-open" if hollow else style)
    return [
        whisker(frame.x, y, estimate.low, estimate.high, f"{style} ta-open{' ta-faint' if hollow else ''}"),
        at(frame.x(estimate.value), y, mark),
    ]


def legend(marks: Sequence[tuple[str, str]], width: int) -> tuple[list[str], float]:
    """What marks mean, (words, mark) one after the other in as many lines as they need, and where the last line is."""
    parts, x, y = [], 8.0, 12.0
    for words, mark in marks:
        long = 34 + 6.4 * len(words)
        if x + long > width and x > 8:
            x, y = 8.0, y + 18
        parts += [at(x, y, mark), text(x + 12, y + 4, words, "ta-quiet")]
        x += long
    return parts, y


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones, at least `gap` apart where there is room, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    over = high
    for j in range(len(placed) - 1, -1, -1):
        placed[j] = min(placed[j], over)
        over = placed[j] - gap
    found = [0.0] * len(wanted)
    for j, i in enumerate(order):
        found[i] = placed[j]
    return found


def axis(frame: Frame, top: float, bottom: float, step: float, digits: str = "g") -> list[str]:
    """Vertical lines with their values below, every `step`."""
    parts = []
    for i in range(round(frame.low / step), round(frame.high / step) + 1):
        x = frame.x(i * step)
        words = text(x, bottom + 16, format(i * step + 0.0, digits), "ta-quiet", "middle")
        parts += [vertical(x, top, bottom, "ta-grid"), words]
    return parts


def step_of(span: float, most: int = 8) -> float:
    """A round distance between lines, for at most so many of them."""
    return next((s for s in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if span / s <= most), span)


def around(ends: Sequence[float], most: int = 8) -> tuple[float, float, float]:
    """Low, high and step of an axis around some numbers and zero."""
    low, high = min([0.0, *ends]), max([0.0, *ends])
    step = step_of(max(high - low, 0.04), most)
    first, last = -int(-low / step + 0.999), int(high / step + 0.999)
    return first * step, max(last, first + 1) * step, step


def ends(estimates: Sequence[Estimate | None]) -> list[float]:
    """Every number that is drawn of these."""
    return [x for e in estimates if e is not None for x in (e.value, e.low, e.high) if x is not None]


def thousands(budget: int) -> str:
    """`4k`, `1.5k`, `800`."""
    return f"{budget / 1000:g}k" if budget >= 1000 else str(budget)


def plus(value: float) -> str:
    """Two digits with their sign."""
    return ("+" if value > 0 else "") + number(value)
