"""What a notebook shows of a run: its table, its findings and its figures, as HTML and SVG.

A notebook calls `_repr_html_` or `_repr_svg_` of the last value of a cell. Everything here is inert: no script, and
what models and files say is escaped. Tables take the notebook's own look; figures bring their style and ground along.
This module knows neither a study nor a run folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from thinkaloud.report.figure import STYLE, WIDE
from thinkaloud.report.layout import Figure, Layout
from thinkaloud.report.svg import MARGIN, number, tag
from thinkaloud.report.tables import Grid, shown
from thinkaloud.vocabulary import Finding, Record

STANDS = "white-space:nowrap;text-align:left"
"""How a cell stands: a number on one line with its interval."""
BOX = f"0 0 {WIDE} {WIDE}"
"""Of a figure that does not say how large it is."""


class Findings(list[Finding]):
    """The estimates of a run, in their order. A list, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return _table(("task", "level", "estimate", "value [95% interval]", "n", "why there is none"), map(_row, self))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of a report. `svg` is a file that stands by itself, with style and ground; `caption` is HTML."""

    title: str
    svg: str
    caption: str

    def save(self, path: str | Path) -> Path:
        """Write the SVG file, and return where it is."""
        Path(path).write_text(self.svg, encoding="utf-8")
        return Path(path)

    def __repr__(self) -> str:
        return f"Drawing({self.title!r})"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f'<figure style="margin:0">{self.svg}<figcaption>{self.caption}</figcaption></figure>'


def drawing(figure: Figure, findings: Sequence[Finding], records: Sequence[Record]) -> Drawing | None:
    """The figure of these findings; None where it has nothing to draw."""
    inside = figure.draw(findings, records, WIDE)
    if not inside:
        return None
    left, top, width, height = map(float, ElementTree.fromstring(inside).get("viewBox", BOX).split())
    whole: dict[str, str | float] = {"width": width + 2 * MARGIN, "height": height + 2 * MARGIN}
    corner: dict[str, str | float] = {"x": left - MARGIN, "y": top - MARGIN}
    box = " ".join(number(float(value)) for value in (*corner.values(), *whole.values()))
    ground = tag("rect", {**corner, **whole, "class": "ta-ground"})
    plot = tag("svg", {"x": left, "y": top, "width": width, "height": height}, inside)
    style = tag("style", {}, STYLE + figure.style)
    outer: dict[str, str | float] = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, **whole}
    return Drawing(figure.title, tag("svg", outer, style, ground, plot) + "\n", figure.caption)


def run_html(head: str, findings: Findings, page: Layout) -> str:
    """A run at a glance: `head` in a line, the headlines of its study, and the study's table (all findings, where it
    has none)."""
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in page.sentences(findings))
    grids = [grid_html(grid) for grid in page.grids(findings)]
    return f"{head_html(head)}{f'<ul>{said}</ul>' if said else ''}{''.join(grids) or findings._repr_html_()}"


def head_html(head: str) -> str:
    """A line above what is shown."""
    return f"<p>{escape(head)}</p>"


def grid_html(grid: Grid) -> str:
    """A study's table with what must be said below it."""
    title = f"<h4>{escape(grid.title)}</h4>" if grid.title else ""
    below = "".join(f"<li>{escape(reason)}</li>" for reason in grid.reasons)
    return f"{title}{_table(grid.head, grid.rows) if grid.rows else ''}{f'<ul>{below}</ul>' if below else ''}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _cells(kind: str, row: Sequence[str]) -> str:
    return "".join(f'<{kind} style="{STANDS}">{escape(cell)}</{kind}>' for cell in row)


def _row(finding: Finding) -> tuple[str, ...]:
    estimate = finding.estimate
    there = (shown(estimate), str(estimate.n), "") if estimate.value is not None else ("", "", estimate.reason or "")
    return finding.task, "-" if finding.difficulty is None else str(finding.difficulty), estimate.name, *there
