"""Two figures by rows, in small panels with the same rows: the gaps between rungs, and what an arm's visible
intermediates are for.

The names of the rows stand once at the left; where there is no room for them, above each row. This module does not know
how a number was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import called
from thinkaloud.metrics.gaps import GAPS
from thinkaloud.records.about import one
from thinkaloud.report.figure import SINGLE, WIDE, Frame
from thinkaloud.report.svg import at, document, rect, text, vertical
from thinkaloud.report.tables import Subject, brief, shown
from thinkaloud.studies.rungs.page.found import read
from thinkaloud.studies.rungs.page.lists import behind
from thinkaloud.studies.rungs.page.marks import LOOKS, around, axis, dot, ends, part
from thinkaloud.vocabulary import Estimate, Finding, Record

ROW, HEAD, FOOT = 22, 40, 40
"""Height of a row, and of what stands above and below a panel."""
MEASURES = ("externalised share", "need", "residue", "use")
"""What is shown of an arm's visible intermediates, a panel each."""
Row = Mapping[str, Estimate | None]
"""The estimates of a row, by the title of their panel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """Panels beside each other: their titles with their marks, and the rows by their names, in order."""

    title: str
    subject: Subject
    looks: Mapping[str, tuple[str, str]]
    rows: Mapping[str, Row]

    def column(self, title: str) -> list[Estimate | None]:
        """One panel's estimates."""
        return [row[title] for row in self.rows.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one panel's plot is (pixels), how tall a row is, and whether the names of rows stand in the panel, above
    their marks."""

    left: float
    right: float
    row: int
    names: bool


def gaps_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """The gaps between rungs, as they are and in logits."""
    found = read(findings)
    estimates, rows = found.about(found.subject), {}
    looks = {"difference of accuracy": LOOKS[0], "difference in logits": LOOKS[3]}
    for arm, against in GAPS:
        raw = one(estimates, measure="gap", arm=arm, against=against, scale="accuracy")
        logit = one(estimates, measure="gap", arm=arm, against=against, scale="logit")
        if raw is not None:
            rows[f"{called(arm)} - {called(against)}"] = dict(zip(looks, (raw, logit), strict=True))
    title = "The gap between one rung and the next"
    return _figure(Panels(title=title, subject=found.subject, looks=looks, rows=rows), width)


def edits_figure(findings: Sequence[Finding], records: Sequence[Record], width: int = WIDE) -> str:
    """What each arm's visible intermediates are for: share, need, residue and use, an arm a row."""
    found = read(findings)
    estimates, rows = found.about(found.subject), {}
    for arm in found.edited:
        rows[called(arm)] = {measure: one(estimates, measure=measure, arm=arm) for measure in MEASURES}
    looks = dict(zip(MEASURES, LOOKS, strict=False))
    title = "What the visible intermediates are for"
    return _figure(Panels(title=title, subject=found.subject, looks=looks, rows=rows), width)


def _figure(what: Panels, width: int) -> str:
    """Panels beside each other, below each other where there is no room; empty where there are no rows."""
    if not what.rows:
        return ""
    narrow = width < SINGLE
    names = 0.0 if narrow else 12 + 6.6 * max(map(len, what.rows))
    columns = (1 if len(what.looks) < 3 else 2) if narrow else len(what.looks)
    each, tall = (width - names) / columns, HEAD + len(what.rows) * ROW * (2 if narrow else 1) + FOOT
    body = [] if narrow else _names(list(what.rows), names)
    for i, title in enumerate(what.looks):
        place = Place(left=16, right=each - 12, row=ROW * 2 if narrow else ROW, names=narrow)
        body.append(at(names + i % columns * each, i // columns * tall, _panel(what, title, place)))
    said = "; ".join(
        f"{name}: " + ", ".join(f"{t} {brief(e)}" for t, e in row.items()) for name, row in what.rows.items()
    )
    words = (f"{what.title}, {what.subject}", said)
    return document((width, -(-len(what.looks) // columns) * tall), words, body)


def _names(names: Sequence[str], right: float) -> list[str]:
    """The names of the rows at the left of all panels."""
    return [text(right - 8, HEAD + (i + 0.5) * ROW + 4, name, anchor="end") for i, name in enumerate(names)]


def _panel(what: Panels, title: str, place: Place) -> str:
    """One panel with its rows."""
    estimates = what.column(title)
    low, high, step = around(ends(estimates), max(2, int((place.right - place.left) / 38)))
    frame = Frame(place.left, place.right - 8, low, high, 0, "")
    bottom = HEAD + len(estimates) * place.row
    parts = [
        text(place.left, 16, title, "ta-name"),
        *axis(frame, HEAD - 10, bottom, step),
        vertical(frame.x(0), HEAD - 10, bottom, "ta-axis"),
    ]
    for i, (name, estimate) in enumerate(zip(what.rows, estimates, strict=True)):
        top = HEAD + i * place.row
        inside = [rect(0, top, place.right, place.row, class_="ta-hit")]
        inside += [text(place.left, top + 14, name, "ta-quiet")] if place.names else []
        inside += dot(frame, top + place.row - ROW / 2, estimate, what.looks[title])
        words = f"{what.subject.task}: {title}, {name}: {shown(estimate) if estimate else 'not measured'}"
        parts.append(
            "".join(inside) if estimate is None else part(what.subject, behind(estimate.about), words, *inside)
        )
    return "".join(parts)
