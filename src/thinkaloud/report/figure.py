"""What figures share, and one of them as SVG text: what was read under each condition.

They are static, need no library, and are the same bytes for the same findings. Colours are Okabe and Ito's, and never
alone: every channel has a pattern, a mark of its own shape and its name beside it. `data-task`, `data-level` and
`data-part` tell a page what an element is about. `alone=True` makes a file that stands by itself (a README): it
brings its style and its ground along; without it, the page has to hold `STYLE`.

This module does not know how the numbers came about, nor the page they stand in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.records.about import every
from thinkaloud.records.condition import MISMATCHED, PARAPHRASE, read
from thinkaloud.report.svg import at, document, tag, text, title, vertical, whisker
from thinkaloud.report.tables import READING, Estimates, Subject, brief, by_subject, shown
from thinkaloud.vocabulary import Estimate, Finding

WIDE, NARROW = 860, 360
"""Widths in pixels that suit a page and a telephone; below `SINGLE` the words stand above the bars."""
SINGLE = 600
BAR, LINE, PANEL = 22, 16, 260
"""Heights of a bar and of a condition's line; the least width of a panel."""

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


# ----------------------------------------------------------------------------------------------------- conditions


def _conditions(estimates: Estimates) -> dict[str, Estimate]:
    """P(gold) by condition; accuracies and readings after examples of another form are in the tables only."""
    rows = every(estimates.values(), measure=READING, by="probability")
    found = {str(row.about["condition"]): row for row in rows}
    return {name: estimate for name, estimate in found.items() if read(name).form != MISMATCHED}


def _brief(name: str) -> str:
    """A condition in few letters: `musing, long` is filler as long as the paraphrase."""
    condition = read(name)
    return f"{condition.variant}, long" if condition.kind == "filler" and condition.form == PARAPHRASE else name


def _panel(width: float, subject: Subject, estimates: Estimates) -> str:
    """One task: a dot with its interval for each condition, and the chance line."""
    left, right, top = 96.0, width - 24, 44.0
    floor = estimates.get("chance")
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
