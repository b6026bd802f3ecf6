"""The report of a run as one HTML file that works offline and asks nobody anything.

What models and files say is never trusted: Python escapes it, the explorer gets it as inert JSON, and a content
security policy lets nothing run or style but this package's own script and sheet, known by their hashes. Everything but
the explorer is readable without a script. This module does not know how a number was made beyond what `tables` says.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from thinkaloud.report.explorer import CAP, as_json, payload
from thinkaloud.report.figure import NARROW, STYLE, WIDE
from thinkaloud.report.layout import PLAIN, Card, Figure, Layout, no_card
from thinkaloud.report.tables import AS_ABOVE, Estimates, Grid, Subject, by_subject, column, shown
from thinkaloud.vocabulary import Estimate, Finding, Record

POLICY = "default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"
FACTS: tuple[tuple[str, str], ...] = (
    ("model", "Model"),
    ("date", "Date"),
    ("command", "Command"),
    ("seed", "Seed"),
    ("settings", "Settings"),
    ("versions", "Versions"),
    ("bill", "Token bill"),
    ("work", "Work"),
)
"""Key of the meta mapping -> what it is called."""
NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d.]")
"""How a cell of a number begins."""


def render_html(
    findings: Sequence[Finding],
    records: Sequence[Record],
    meta: Mapping[str, Any],
    page: Layout = PLAIN,
    line: Card = no_card,
    cap: int = CAP,
) -> str:
    """The whole page. At most `cap` records are in the explorer, which says so.

    Of `meta` it shows `study`, `question`, those in `FACTS`, and the lists of paragraphs `failed`, `notes` (what the
    run decided, such as the difficulty), `ruler` and `limits`; what is not there is left out.
    """
    style = STYLE + "".join(dict.fromkeys(figure.style for figure in page.figures)) + _resource("page.css")
    script, data = _resource("replay.js") + _resource("page.js"), payload(records, page.explorer, cap, findings)
    first = [_figure(figure, findings, records) for figure in page.first]
    html = Template(_resource("page.html")).substitute(
        policy=escape(POLICY.format(script=source_hash(script), style=source_hash(style))),
        style=style,
        script=script,
        data=as_json(data),
        title=escape(": ".join(filter(None, [str(meta.get("study", "study")), _model_name(meta)]))),
        counted=escape(page.counted),
        **_listed(page.counted),
        study=escape(str(meta.get("study", ""))),
        model=escape(_model_name(meta)),
        question=escape(str(meta.get("question", ""))),
        short=_unfinished(meta) + _list(page.sentences(findings)),
        first="\n".join(part for part in [*first, _summary(page, findings)] if part),
        then="\n".join(part for figure in page.then if (part := _figure(figure, findings, records))),
        count=escape(_count(data, page.counted)),
        tables=_tables(findings, page, line),
        notes=_section("failed", "What failed", meta.get("failed"))
        + _section("notes", "How the questions were chosen and asked", meta.get("notes"))
        + _section("remarks", "How it went", meta.get("remarks"))
        + _section("bets", "What was expected of this run", meta.get("bets")),
        ruler=_section("ruler", "The ruler: these numbers where the truth is known", meta.get("ruler")),
        limits=_section("limits", "What this cannot tell", meta.get("limits")),
        facts=_facts(meta),
    )
    return html.encode("utf-8", "replace").decode("utf-8")  # half a character from a broken text must not stop the file


def _listed(counted: str) -> dict[str, str]:
    """How the explorer and its section are called."""
    if counted == PLAIN.counted:
        return {"records": "Transcripts", "listed": "Transcript explorer", "lister": "transcript explorer"}
    said = escape(counted)
    return {"records": said.capitalize(), "listed": f"List of {said}", "lister": f"list of {said}"}


def _unfinished(meta: Mapping[str, Any]) -> str:
    """That the page is of part of a run."""
    said = meta.get("unfinished")
    return f'<p role="status"><strong>{escape(str(said))}</strong></p>\n' if said else ""


def source_hash(text: str) -> str:
    """The source expression that allows exactly this inline text in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _resource(name: str) -> str:
    return files("thinkaloud.report").joinpath(name).read_text(encoding="utf-8")


def _model_name(meta: Mapping[str, Any]) -> str:
    model = meta.get("model", {})
    return str(model.get("name", "")) if isinstance(model, Mapping) else str(model)


def _figure(figure: Figure, findings: Sequence[Finding], records: Sequence[Record]) -> str:
    """A figure in two widths, of which the style sheet shows one; nothing where there is nothing to draw."""
    wide, narrow = (figure.draw(findings, records, width) for width in (WIDE, NARROW))
    if not wide:
        return ""
    both = f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    return (
        f'<section id="{figure.id}">\n<h2>{figure.title}</h2>\n<figure>\n{both}\n'
        f"<figcaption>{figure.caption}</figcaption>\n</figure>\n</section>"
    )


def _summary(page: Layout, findings: Sequence[Finding]) -> str:
    """The study's own table, where reports show it."""
    grids = page.grids(findings) if page.tables else []
    parts = []
    for grid in grids:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.head)
        body = "".join(_grid_row(row) for row in grid.rows)
        below = "".join(f'<p class="quiet">{escape(reason)}</p>' for reason in grid.reasons)
        parts.append(
            f"<h3>{escape(grid.title)}</h3>{_scroll(grid.title, head, body, _style(grid)) if grid.rows else ''}{below}"
        )
    return f'<section id="summary">\n<h2>{page.summary}</h2>\n{"".join(parts)}\n</section>' if parts else ""


def _style(grid: Grid) -> str:
    """The last column is quiet where it says something in words about the others; numbers are all alike."""
    last = [row[-1] for row in grid.rows]
    return "grid" if any(NUMBER.match(cell) for cell in last) else "grid told"


def _grid_row(row: Sequence[str]) -> str:
    """A line of a study's own table; its interval stands below a number."""
    name, *cells = map(escape, row)
    inside = "".join(
        f"<td>{cell.replace(' [', '<small>[', 1) + '</small>' if ' [' in cell else cell}</td>" for cell in cells
    )
    return f'<tr><th scope="row">{name}</th>{inside}</tr>'


def _scroll(title: str, head: str, body: str, style: str = "") -> str:
    """A table that scrolls by itself where it is too wide."""
    kind = f' class="{style}"' if style else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}">'
        f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _count(data: Mapping[str, Any], counted: str) -> str:
    """How many records are in the page; a study with its own explorer says it itself."""
    if "count" in data:
        return str(data["count"])
    if data["embedded"] == data["total"]:
        return f"All {data['total']} {counted} are in this page."
    return (
        f"{data['embedded']} of {data['total']} {counted} are in this page, the first ones of every task; "
        "the numbers above rest on all of them, and the run folder holds the rest."
    )


def _tables(findings: Sequence[Finding], page: Layout, line: Card) -> str:
    """A table under each heading: a line an estimate, a column a task."""
    parts = []
    for about, some in page.numbers(findings):
        rows = by_subject(some)
        head = "".join(f'<th scope="col">{escape(s.task)}<small>{escape(s.difficulty)}</small></th>' for s in rows)
        parts += [f"<p>{escape(about)}</p>"] if about else []
        for title, under in page.words.by_heading(some).items():
            table = _scroll(title, f'<th scope="col">estimate</th>{head}', _lines(under, rows, page, line))
            parts.append(f"<h3>{escape(title)}</h3>{table}")
    return "".join(parts)


def _lines(under: Sequence[Estimate], rows: Mapping[Subject, Estimates], page: Layout, line: Card) -> str:
    """The lines of one table; what a number means and its ruler card stand below its name."""
    told = page.words.told(under)
    names = [estimate.name for estimate in under]
    columns = [[_cell(one, same) for one, same in column(own, names)] for own in rows.values()]
    parts = []
    for name, *cells in zip(names, *columns, strict=True):
        said = (told.get(name), line(name))
        about = "".join(f"<small>{escape(text)}</small>" for text in said if text)
        parts.append(f'<tr><th scope="row">{escape(name)}{about}</th>{"".join(cells)}</tr>')
    return "".join(parts)


def _cell(estimate: Estimate | None, same: bool = False) -> str:
    """A number with interval and n, or in words why there is none; `same`: for the reason that stands above."""
    if estimate is None:
        return '<td class="absent">not estimated</td>'
    if same:
        return f'<td class="absent" title="{escape(shown(estimate))}">{AS_ABOVE}</td>'
    if estimate.value is None:
        return f'<td class="absent">{escape(shown(estimate))}</td>'
    value, interval = shown(estimate).split(" ", 1)
    by = "" if estimate.clusters == estimate.n else f", {estimate.clusters} clusters by {escape(estimate.clustered_by)}"
    return f'<td><span class="number"><b>{value}</b> {interval}</span> <small>n {estimate.n}{by}</small></td>'


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def _section(name: str, title: str, paragraphs: Sequence[str] | None) -> str:
    """A section of paragraphs; nothing where there are none."""
    if not paragraphs:
        return ""
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return f'<section id="{name}"><h2>{title}</h2>{body}</section>'


def _facts(meta: Mapping[str, Any]) -> str:
    """Where the numbers come from, as a list of terms."""
    parts = [f"<dt>{label}</dt><dd>{_value(meta[key], key)}</dd>" for key, label in FACTS if key in meta]
    return f'<dl class="facts">{"".join(parts)}</dl>'


def _value(value: Any, key: str = "") -> str:
    """A mapping as `name value` pairs, a list with commas, anything else as it is (the bill with thousands apart)."""
    if isinstance(value, Mapping):
        return "".join(f"<div><span>{escape(str(k))}</span> {_value(v, key)}</div>" for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return escape(", ".join(sorted(map(str, value))))
    text = f"{value:,}" if key == "bill" and isinstance(value, int | float) else str(value)
    return f"<code>{escape(text)}</code>" if key == "command" else escape(text)
