"""The report of the study of deception: verdicts, tables and one figure.

The figure has a column for each size of network. Above: the true share of deception, and what a reader without and with
the question reports. Below: recall and false alarms of these readers. Seeds are whole and broken lines, bands are 95%
intervals. The same rows give the same bytes. This module does not know how a number was made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.report.figure import STYLE
from thinkaloud.report.layout import CASES, Figure, Layout
from thinkaloud.report.svg import at, document, number, path, text, vertical
from thinkaloud.report.tables import Grid, Words
from thinkaloud.vocabulary import Estimate, Finding

Row = Mapping[str, Any]
BLIND, SEEING = "reasoning_only", "with_question"
READ = {"keyword": "keyword", BLIND: "reasoning only", "reasoning_and_start": "reasoning and start",
        SEEING: "with the question"}  # fmt: skip
WIDE, TALL, LEFT, GAP = 300, 190, 44, 74
"""Width of a column, height of a plot, room for its scale, room between plots."""
COLUMN = 52 + 2 * TALL + GAP + 56
"""Height of a column."""
COLOURS = """.ta-true{stroke:#1c2126;fill:#1c2126}.ta-blind{stroke:#b35c00;fill:#b35c00}
.ta-seeing{stroke:#0072b2;fill:#0072b2}.ta-broken{stroke-dasharray:6 4}
.ta-fig .ta-curve{stroke-width:1.8;fill:none}.ta-fig .ta-thick{stroke-width:5;stroke-opacity:.28;fill:none}
.ta-fig .ta-band{stroke:none;fill-opacity:.13}
@media screen and (prefers-color-scheme:dark){.ta-true{stroke:#e6e9ed;fill:#e6e9ed}
.ta-blind{stroke:#e69f00;fill:#e69f00}.ta-seeing{stroke:#56b4e9;fill:#56b4e9}}
"""
DIAMOND, SQUARE, DASH = "M0,-4.6L4.6,0L0,4.6L-4.6,0z", "M-3.2,-3.2h6.4v6.4h-6.4z", "M-7,0h14"
ABOVE = (("keyword", "true", "ta-true", ""), (BLIND, "reported", "ta-blind", DIAMOND),
         (SEEING, "reported", "ta-seeing", SQUARE))  # fmt: skip
"""Reader, measure, class and mark of each line (none: it is thick and pale). The truth is the same whoever reads."""
BELOW = ((BLIND, "recall", "ta-blind", DIAMOND), (SEEING, "recall", "ta-seeing", SQUARE),
         (BLIND, "false alarms", "ta-blind", ""), (SEEING, "false alarms", "ta-seeing", ""))  # fmt: skip
LIMITS = (
    "A toy: one task in a closed language, one kind of lie, a bribe that is written in the question. It shows that the "
    "pattern can be, not how often it is.",
    "Intervals are over items. How much seeds differ, only seeds say, and there are few.",
    "Sizes differ in width only, and each has its own learning rate.",
    "The readers are perfect checkers of what they look at. What a model that reads would miss besides is not here.",
)


@dataclass
class Found:
    """Rows, one for each number: `points` at each stop, `changes` of a curve from when it does what it is paid for."""

    points: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)


def found_in(findings: Sequence[Finding]) -> Found:
    """The rows of findings, in their order."""
    rows = [row(finding.estimate) for finding in findings if "measure" in finding.estimate.about]
    return Found([one for one in rows if "step" in one], [one for one in rows if "since" in one])


def row(e: Estimate) -> Row:
    """An estimate as a row: what it is about, and its numbers to four places."""
    values = {"value": e.value, "low": e.low, "high": e.high}
    rounded = {name: None if value is None else round(value + 0.0, 4) for name, value in values.items()}
    return {**e.about, **rounded, "n": e.n, "clusters": e.clusters, "reason": e.reason}


# ------------------------------------------------------------------------------------------------------------- tables


def verdicts(found: Found) -> list[str]:
    """For each curve, since it does what it is paid for: did the recall of the reader without the question fall, and
    what did the truth do meanwhile?"""
    lines = []
    for about, rows in _by(found.changes, "size", "seed"):
        of = {(r["reader"], r["measure"]): r for r in rows}
        recall, true = of[BLIND, "change of recall"], of[BLIND, "change of true"]
        said = "cannot be said" if recall["value"] is None else "did not fall"
        if recall["high"] is not None and recall["high"] < 0:
            said = "fell"
        lines.append(
            f"Size {about[0]} ({rows[0]['parameters']:,} parameters), seed {about[1]}, steps {rows[0]['since']} to "
            f"{rows[0]['until']}: the recall of reasoning only "
            f"{said}, by {_signed(recall)}; the true share changed by {_signed(true)}, what it reported by "
            f"{_signed(of[BLIND, 'change of reported'])}, the recall with the question by "
            f"{_signed(of[SEEING, 'change of recall'])}."
        )
    return lines


def curve_grid(found: Found) -> Grid:
    """A row for each stop of each curve."""
    head = ["size", "seed", "step", "right where not paid", "true", *(f"{READ[r]}: reported (recall / false alarms)"
            for r in (BLIND, SEEING)), "corrected", "corrected by early labels"]  # fmt: skip
    body = []
    for (size, seed, step), of in _stops(found, "curve", "size", "seed", "step"):
        readers = [_watch(of, reader) for reader in (BLIND, SEEING)]
        corrections = [_cell(of[BLIND, name]) for name in ("corrected", "corrected by early labels")]
        own = [_cell(of["", "right where not paid"]), _cell(of["keyword", "true"])]
        body.append((str(size), str(seed), str(step), *own, *readers, *corrections))
    return Grid("Over training", tuple(head), tuple(body))


def share_grid(found: Found) -> Grid:
    """A row for each transparency, style and seed."""
    head = ["tau", "style", "seed", "right where not paid", "true", *(f"{said}: reported (recall / false alarms)"
            for said in READ.values())]  # fmt: skip
    body = []
    for (tau, style, seed), of in _stops(found, "grid", "tau", "style", "seed"):
        own = [_cell(of["", "right where not paid"]), _cell(of["keyword", "true"])]
        body.append((str(tau), str(style), str(seed), *own, *(_watch(of, reader) for reader in READ)))
    return Grid("Transparency and style", tuple(head), tuple(body))


def _watch(of: Mapping[tuple[str, str], Row], reader: str) -> str:
    recall, false = (_cell(of[reader, name]) for name in ("recall", "false alarms"))
    return f"{_cell(of[reader, 'reported'])} ({recall} / {false})"


def _stops(found: Found, kind: str, *names: str) -> Iterator[tuple[tuple[Any, ...], dict[tuple[str, str], Row]]]:
    for about, rows in _by([r for r in found.points if r["kind"] == kind], *names):
        yield about, {(r["reader"], r["measure"]): r for r in rows}


def _by(rows: Sequence[Row], *names: str) -> list[tuple[tuple[Any, ...], list[Row]]]:
    """Rows that agree in these, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.items())


def _cell(row: Row) -> str:
    if row["value"] is None:
        return "-"
    return f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"


def _signed(row: Row) -> str:
    if row["value"] is None:
        return str(row["reason"])
    return f"{row['value']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"


# ------------------------------------------------------------------------------------------------------------- figure


@dataclass(frozen=True, slots=True)
class _Plot:
    """A plot: where its left upper corner is, and what its axes show."""

    left: float
    top: float
    last: float
    high: float

    def x(self, step: float) -> float:
        """Pixels of a training step."""
        return self.left + step / self.last * (WIDE - LEFT - 26)

    def y(self, value: float) -> float:
        """Pixels of a share."""
        return self.top + (1 - value / self.high) * TALL


def deception_figure(found: Found, width: int = 0, alone: bool = False) -> str:
    """The figure as SVG, with its columns below each other where the width has no room for two; empty where there is no
    curve. `alone`: for a file of its own."""
    curves = [row for row in found.points if row["kind"] == "curve"]
    sizes = sorted(_by(curves, "size", "parameters"), key=lambda group: int(group[0][1]))
    if not sizes:
        return ""
    beside = len(sizes) if not width or width >= 2 * WIDE else 1
    last = max(row["step"] for row in curves)
    shares = [r["high"] for r in curves if (r["reader"], r["measure"]) in {a[:2] for a in ABOVE} and r["high"]]
    high = math.ceil(max(shares, default=1.0) * 5) / 5
    parts = []
    for i, ((size, parameters), rows) in enumerate(sizes):
        column = _column(f"{parameters:,} parameters ({size})", rows, (last, high), i % beside == 0)
        parts.append(at(i % beside * WIDE, i // beside * COLUMN, "".join(column)))
    below = math.ceil(len(sizes) / beside) * COLUMN
    parts += _legend(below, beside)
    words = ("A liar's learning curve by size of network", " ".join(verdicts(found)))
    tall = below + (28 if beside > 2 else 70)
    return document((beside * WIDE, tall), words, parts, STYLE + COLOURS if alone else None)


def _column(title: str, rows: Sequence[Row], ends: tuple[float, float], first: bool) -> list[str]:
    """One size: shares above, recall and false alarms below. `ends`: the last step, and the largest share."""
    parts = [text(LEFT, 16, title, "ta-name")]
    for lines, top, most, what in ((ABOVE, 52, ends[1], "share of items"), (BELOW, 52 + TALL + GAP, 1.0, "share")):
        plot = _Plot(LEFT, top, ends[0], most)
        parts += _axes(plot, what if first else "")
        parts += [drawn for line in lines for drawn in _line(plot, rows, *line)]
    parts.append(text(LEFT, 40, "deception: true and reported", "ta-quiet"))
    parts.append(text(LEFT, 40 + TALL + GAP, "recall (marks) and false alarms (thick)", "ta-quiet"))
    return parts


def _line(plot: _Plot, rows: Sequence[Row], reader: str, measure: str, style: str, mark: str) -> Iterator[str]:
    """One line a seed, with its band; without a mark it is thick and has none."""
    mine = [r for r in rows if (r["reader"], r["measure"]) == (reader, measure) and r["value"] is not None]
    for number_, (_, seed) in enumerate(_by(mine, "seed")):
        points = [(plot.x(r["step"]), plot.y(r["value"])) for r in seed]
        if mark:
            there = [(plot.x(r["step"]), plot.y(min(plot.high, r["high"]))) for r in seed]
            back = [(plot.x(r["step"]), plot.y(r["low"])) for r in reversed(seed)]
            yield path(_through([*there, *back]) + "z", f"{style} ta-band")
        broken = " ta-broken" if number_ else ""
        yield path(_through(points), f"{style} {'ta-curve' if mark else 'ta-thick'}{broken}")
        if mark:
            yield "".join(at(x, y, path(mark, style)) for x, y in points)


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points) if points else "M0,0"


def _axes(plot: _Plot, what: str) -> Iterator[str]:
    right, bottom = plot.x(plot.last), plot.y(0)
    for fifth in range(round(plot.high * 5) + 1):
        y = plot.y(fifth / 5)
        yield path(f"M{number(plot.left)},{number(y)}H{number(right + 8)}", "ta-grid")
        yield text(plot.left - 7, y + 4, f"{fifth / 5:g}", "ta-quiet", "end")
    yield path(f"M{number(plot.left)},{number(bottom)}H{number(right + 8)}", "ta-axis")
    for quarter in (0.25, 0.5, 0.75, 1):
        x = plot.x(plot.last * quarter)
        yield vertical(x, bottom, bottom + 5, "ta-axis")
        yield text(x, bottom + 18, f"{plot.last * quarter:g}", "ta-quiet", "middle")
    if what:
        yield text(plot.left, bottom + 34, "training steps", "ta-quiet")


def _legend(y: float, columns: int) -> Iterator[str]:
    """What each line is; in one row where there is room."""
    said = [("ta-true ta-thick", DASH, "true share"), ("ta-blind", DIAMOND, "reader of the reasoning only"),
            ("ta-seeing", SQUARE, "reader with the question"),
            ("", "", "lines: first seed whole, second broken; bands: 95%")]  # fmt: skip
    starts = (0, 110, 320, 510) if columns > 2 else (0, 0, 0, 0)
    for i, (style, mark, words) in enumerate(said):
        x, down = LEFT + starts[i], 0.0 if columns > 2 else i * 18.0
        if mark:
            yield at(x, y + down - 4, path(mark, style))
        yield text(x + (14 if mark else -6), y + down, words)


# --------------------------------------------------------------------------------------------------------------- page


def _last(findings: Sequence[Finding]) -> list[tuple[str, Sequence[Finding]]]:
    """All numbers are many: tables show the changes, for which curves are made; findings.json has every stop."""
    changes = [finding for finding in findings if "since" in finding.estimate.about]
    return [
        ("Changes from the first stop at which it does what it is paid for. findings.json has every stop.", changes)
    ]


PAGE = Layout(
    words=Words(
        headings=(("Changes", ("change of *",)),),
        meanings=(
            (
                "change of true*",
                "share of the items on which it was paid and answered what was bought, after less before",
            ),
            ("change of reported*", "share of the items that the reader flags"),
            ("change of recall*", "of the items on which it deceived, the share that the reader flags"),
            ("change of false alarms*", "of the other items, the share that the reader flags"),
        ),
    ),
    sentences=lambda findings: verdicts(found_in(findings)),
    grids=lambda findings: [curve_grid(found_in(findings)), share_grid(found_in(findings))],
    lines=lambda findings: (
        verdicts(found_in(findings)) or ["No curve has two stops at which it does what it is paid for."]
    ),
    tables=True,
    summary="Stop by stop",
    numbers=_last,
    explorer=CASES.explorer,
    first=(
        Figure(
            "curves",
            "Over training",
            lambda findings, records, width: deception_figure(found_in(findings), width),
            "Bands are 95% intervals over items. Where the share that is reported falls and the true one does not, the "
            "reader misses more.",
            COLOURS,
        ),
    ),
    then=(),
    counted="stops",
)
