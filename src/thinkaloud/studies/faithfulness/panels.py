"""The figure of the faithfulness study: a panel a task, a row a test, each between its floor and its ceiling.

A filled mark is raw minus floor with its 95% interval, a hollow one the raw change, a tick the ceiling. What a test
reads has its own colour *and* shape. The dashed line, with its interval as a band, is the accuracy without reasoning:
the tests of need are low where it is high. Rows carry `data-task`, `data-level` and `data-part` for the page.

This module does not know how the numbers came about, nor the page they stand in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from thinkaloud.metrics.early import ACCURACY
from thinkaloud.report.figure import SINGLE, WIDE, Frame, about, cut, grid
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import at, document, path, rect, tag, text, title, vertical, whisker
from thinkaloud.report.tables import Estimates, Subject, brief, by_subject, shown
from thinkaloud.studies.faithfulness.tables import BEFORE, Row, rows
from thinkaloud.vocabulary import Estimate, Finding

LINE, HEAD, FOOT = 22, 64, 40
"""Height of a row, and of what stands above and below the rows of a panel."""
KINDS: dict[str, tuple[str, str]] = {
    "need": ("need", "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z"),
    "need, use": ("both", "M-3.7,-3.7h7.4v7.4h-7.4z"),
    "use": ("use", "M0,-4.8L4.8,3.6H-4.8z"),
    "wording": ("wording", "M0,-5.2L5.2,0L0,5.2L-5.2,0z"),
    "bias": ("bias", "M0,4.8L4.8,-3.6H-4.8z"),
}
"""What a test reads -> end of its class, its mark."""
STYLE = """.ta-need{fill:#0072b2;stroke:#0072b2}.ta-both{fill:#007a5a;stroke:#007a5a}
.ta-use{fill:#c45100;stroke:#c45100}.ta-wording{fill:#b0548a;stroke:#b0548a}
.ta-bias{fill:#8a6d00;stroke:#8a6d00}
.ta-need,.ta-both,.ta-use,.ta-wording,.ta-bias{stroke-width:1.6}.ta-hollow{fill:none;stroke-opacity:.75}
.ta-top{stroke:#1c2126;stroke-width:2}.ta-alone{stroke:#59636e;stroke-width:1.5;stroke-dasharray:5 4}
.ta-band{fill:#59636e;fill-opacity:.09}
@media screen and (prefers-color-scheme:dark){.ta-need{fill:#56b4e9;stroke:#56b4e9}.ta-both{fill:#3ecf9a;stroke:#3ecf9a}
.ta-use{fill:#ff9a57;stroke:#ff9a57}.ta-wording{fill:#e79ac6;stroke:#e79ac6}.ta-bias{fill:#e6c34a;stroke:#e6c34a}
.ta-hollow{fill:none}.ta-top{stroke:#e6e9ed}.ta-alone{stroke:#a3adb8}.ta-band{fill:#a3adb8}}
"""
"""What this figure needs besides the style that all figures share."""


def panel_figure(findings: Sequence[Finding], width: int = WIDE, alone: bool = False) -> str:
    """The whole figure; `alone`: a file that stands by itself."""
    panels = [(subject, estimates, rows(estimates)) for subject, estimates in by_subject(findings).items()]
    panels = [(subject, estimates, listed) for subject, estimates, listed in panels if listed]
    if not panels:
        return ""
    left, right = (156, width - 14) if width < SINGLE else (172, width - 150)
    frame = Frame(left, right, *_range([row for _, _, listed in panels for row in listed]), 0, f"tt{width}")
    legend, top = _legend(width, [row for _, _, listed in panels for row in listed])
    body, said = [legend], []
    for subject, estimates, listed in panels:
        body.append(at(0, top, _panel(frame, subject, estimates, listed)))
        said.append(f"{subject}: " + ", ".join(f"{row.name} {brief(row.result)}" for row in listed))
        top += HEAD + len(listed) * LINE + FOOT
    words = ("Every test between its floor and its ceiling, by task", "; ".join(said))
    return document((width, top), words, body, SHARED + STYLE if alone else None)


def _panel(frame: Frame, subject: Subject, estimates: Estimates, listed: Sequence[Row]) -> str:
    """One task."""
    bottom = HEAD + len(listed) * LINE - 4
    parts = [
        text(0, 14, cut(str(subject), 44), "ta-name", tip=str(subject)),
        *grid(frame, HEAD - 12, bottom),
        *_accuracy(frame, estimates.get(ACCURACY), bottom),
        vertical(frame.x(0), HEAD - 12, bottom, "ta-axis"),
    ]
    if frame.right > SINGLE:
        parts.append(text(frame.right + 22, HEAD - 18, "share of ceiling", "ta-quiet"))
    parts += [_row(frame, HEAD + i * LINE, subject, row) for i, row in enumerate(listed)]
    return "".join(parts)


def _row(frame: Frame, y: float, subject: Subject, row: Row) -> str:
    """One test: its name, its marks and, where there is room, its share of the ceiling."""
    style, shape = KINDS[row.reads]
    beyond = frame.right > SINGLE
    hit = rect(0, y - LINE / 2, frame.right + (140 if beyond else 12), LINE, class_="ta-hit")
    name = text(frame.left - 12, y + 4, cut(row.name, 24), anchor="end")
    inside = [title(f"{subject}: {row.name} {_told(row)}"), hit, name]
    if row.raw.value is None:
        inside.append(text(frame.x(0) + 6, y + 4, brief(row.raw), "ta-quiet"))
    else:
        inside += _marks(frame, y, row, f"ta-{style}", shape)
    if beyond:
        quiet = "ta-quiet" if row.share.value is None else ""
        inside.append(text(frame.right + 22, y + 4, brief(row.share) if row.raw.value is not None else "", quiet))
    return tag("g", {"class": "ta-row", **about(subject), "data-part": row.name}, *inside)


def _marks(frame: Frame, y: float, row: Row, style: str, shape: str) -> list[str]:
    """Ceiling, raw, and raw minus floor with its interval, in the order they are drawn."""
    parts = []
    if row.ceiling.value is not None:
        x = frame.x(row.ceiling.value)
        parts.append(vertical(x, y - 7, y + 7, "ta-top"))
    if row.raw.value is not None:
        parts.append(
            at(frame.x(row.raw.value), y, tag("g", {"transform": "scale(1.5)"}, path(shape, f"{style} ta-hollow")))
        )
    e = row.result
    if e.value is not None and e.low is not None and e.high is not None:
        parts.append(whisker(frame.x, y, e.low, e.high, f"{style} ta-hollow"))
        parts.append(at(frame.x(e.value), y, path(shape, style)))
    return parts


def _told(row: Row) -> str:
    if row.reason is not None:
        return row.reason
    found = (("raw", row.raw), ("floor", row.floor), ("raw - floor", row.result), ("ceiling", row.ceiling))
    return ", ".join(f"{name} {shown(e)}" for name, e in (*found, ("share of ceiling", row.share)))


def _accuracy(frame: Frame, estimate: Estimate | None, bottom: float) -> list[str]:
    """The line of the accuracy without reasoning and its interval as a band; or in words why there is none."""
    told = brief(estimate)
    words = text(0, HEAD - 30, f"{BEFORE} {told}", "ta-quiet", tip=shown(estimate) if estimate else "")
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return [words]
    left, right, top = frame.x(estimate.low), frame.x(estimate.high), HEAD - 12
    return [
        words,
        rect(left, top, right - left, bottom - top, class_="ta-band"),
        vertical(frame.x(estimate.value), top, bottom, "ta-alone", title(f"{ACCURACY} {told}, n {estimate.n}")),
    ]


def _legend(width: int, listed: Sequence[Row]) -> tuple[str, float]:
    """The key, and its height: what each shape reads, and what filled, hollow, tick and line are."""
    marks = [(f"reads {kind}", at(8, 0, path(shape, f"ta-{style}"))) for kind, (style, shape) in KINDS.items()
             if kind in {row.reads for row in listed}]  # fmt: skip
    circle = KINDS["need"][1]
    marks += [
        ("raw - floor", path("M0,0H16M0,-3v6M16,-3v6", "ta-mark ta-hollow") + at(8, 0, path(circle, "ta-mark"))),
        ("raw", at(8, 0, tag("g", {"transform": "scale(1.5)"}, path(circle, "ta-mark ta-hollow")))),
        ("ceiling", vertical(8, -7, 7, "ta-top")),
        (BEFORE, rect(2, -7, 12, 14, class_="ta-band") + vertical(8, -7, 7, "ta-alone")),
    ]
    x, y, parts = 0.0, 12.0, []
    for words, mark in marks:
        long = 36 + 6.3 * len(words)
        if x + long > width and x:
            x, y = 0.0, y + 20
        parts += [at(x, y, mark), text(x + 22, y + 4, words)]
        x += long
    return "".join(parts), y + 24


def _range(listed: Sequence[Row]) -> tuple[float, float]:
    """Whole tenths around everything that is drawn, and at least 0 to 1."""
    drawn = [e for row in listed for e in (row.raw, row.result, row.ceiling)]
    ends = [0.0, 1.0, *(x for e in drawn for x in (e.value, e.low, e.high) if x is not None)]
    return math.floor(min(ends) * 10 + 1e-9) / 10, math.ceil(max(ends) * 10 - 1e-9) / 10
