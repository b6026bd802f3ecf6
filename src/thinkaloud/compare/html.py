"""A comparison as one HTML file: every row's difference in a figure and a table, and both models side by side at every
item, the largest differences on top.

It works offline, asks nobody anything and has no script. What models and files say is escaped, and the content security
policy lets nothing run. This module computes nothing but P(gold) of an item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files

from thinkaloud.compare.found import Against, Compared, OfTask, of_subject
from thinkaloud.compare.page import LIMITS, difference, grids, said, verdict
from thinkaloud.metrics.matched import match
from thinkaloud.metrics.readings import p_gold
from thinkaloud.records.item import ItemRecord
from thinkaloud.report.figure import STYLE, Frame, grid
from thinkaloud.report.html import source_hash
from thinkaloud.report.svg import document, tag, text, title, vertical, whisker
from thinkaloud.report.tables import Grid
from thinkaloud.runs.folder import Run
from thinkaloud.stats.paired import Row

POLICY = "default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'"
ITEMS = 200
"""Items of a task that are in the page."""
WIDTH, LABELS, LINE = 860, 250, 20
OWN_STYLE = """
.cmp-different{fill:#d55e00;stroke:#d55e00}.cmp-same{fill:#009e73;stroke:#009e73}.cmp-open{fill:none;stroke:#59636e}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.pair p{white-space:pre-wrap;margin:.3rem 0}
details{border-bottom:1px solid var(--rule);padding:.4rem 0}summary{cursor:pointer}
summary b{display:inline-block;min-width:4rem}
.items table{width:auto}.items td{min-width:5rem}.rows td{white-space:nowrap;min-width:0;padding-right:1rem}
@media (max-width:40rem){.pair{grid-template-columns:1fr}}
"""
SHAPES = {"different": ("cmp-different", "M0,-5L5,0L0,5L-5,0z"), "the same": ("cmp-same", "M-4,-4h8v8h-8z")}
OPEN = ("cmp-open", "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z")


def render_html(found: Compared, runs: Sequence[Run]) -> str:
    """The whole page; `runs`: those that were compared, the first is A."""
    style = STYLE + files("thinkaloud.report").joinpath("page.css").read_text(encoding="utf-8") + OWN_STYLE
    tables = iter(grids(found))
    parts = []
    for one, run in zip(found.others, runs[1:], strict=True):
        for task in one.tasks:
            parts.append(_task(found, one, task, next(tables)))
            parts += [_items(task, runs[0], run)] if task.flips is not None else []
    heading = f"Did anything change? {found.first.model}: {', '.join(one.other.model for one in found.others)}"
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY.format(style=source_hash(style)))}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(heading)}</title><style>{style}</style>'
        "</head>\n"
        f'<body><header><p class="over">thinkaloud <span>compare {escape(found.study)}</span></p>'
        f"<h1>Did anything change?</h1>{_list(said(found))}"
        f"<p>Every difference is B - A over the same items, with its 95% interval; margin {found.margin:g}.</p>"
        "</header>"
        f"<main>{''.join(parts)}<section><h2>What this cannot tell</h2>{_list(LIMITS)}</section></main></body></html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # half a character must not stop the file


def _task(found: Compared, one: Against, task: OfTask, table: Grid) -> str:
    """Figure and table of one task."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in table.rows
    )
    return (
        f"<section><h2>{escape(table.title)}</h2><figure>{_figure(found, one, task)}<figcaption>Difference B - A of "
        "every row with its 95% interval. Diamond: different; square: the same within the margin (the band); ring: "
        "cannot tell.</figcaption></figure>"
        f'<div class="scroll" tabindex="0"><table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"</table></div>{_list(table.reasons)}</section>"
    )


def _figure(found: Compared, one: Against, task: OfTask) -> str:
    """A forest: one line a row that has a number."""
    rows = [row for row in task.rows if row.difference.value is not None]
    if not rows:
        return ""
    ends = [abs(x) for row in rows for x in (row.difference.low, row.difference.high) if x is not None]
    reach = min(1.0, max(0.1, -(-max(ends) * 10 // 1) / 10))
    frame = Frame(LABELS, WIDTH - 130, -reach, reach, 0, "cmp")
    bottom = 12 + LINE * len(rows)
    band = tag(
        "rect", {"x": frame.x(-found.margin), "y": 4, "width": frame.x(found.margin) - frame.x(-found.margin),
                 "height": bottom - 4, "fill": "#009e73", "fill-opacity": 0.12},
    )  # fmt: skip
    body = [*grid(frame, 4, bottom), band, vertical(frame.x(0), 4, bottom, "ta-axis")]
    for i, row in enumerate(rows):
        body.append(_line(frame, 14 + LINE * i, row, reach, found.margin))
    words = (f"{task.task}: {one.other.model} against {found.first.model}", f"{len(rows)} rows")
    return document((WIDTH, bottom + 26), words, body)


def _line(frame: Frame, y: float, row: Row, reach: float, margin: float) -> str:
    """One row; what goes beyond the figure is cut at its edge, and the tip has the numbers."""
    low, value, high = (
        min(reach, max(-reach, x or 0.0)) for x in (row.difference.low, row.difference.value, row.difference.high)
    )
    style, shape = SHAPES.get(row.word, OPEN)
    mark = tag("path", {"d": shape, "class": style, "transform": f"translate({frame.x(value):.1f},{y})"})
    tip = title(f"{row.name}: {difference(row)}, {verdict(row, margin)}")
    return tag(
        "g", {}, tip, text(LABELS - 10, y + 4, row.name, "", "end"), whisker(frame.x, y, low, high, "ta-mark"), mark,
        text(frame.right + 12, y + 4, row.word, "ta-quiet"),
    )  # fmt: skip


def _items(task: OfTask, first: Run, other: Run) -> str:
    """Both models at every item, by how far P(gold) after their own reasoning is apart."""
    sides = (of_subject(run, task.task, task.level) for run in (first, other))
    pairs = [(a[0], b[0]) for a, b in match(*sides).both.values()]
    pairs.sort(key=lambda pair: -abs(_own(pair[1]) - _own(pair[0])))
    shown = "".join(_item(a, b) for a, b in pairs[:ITEMS])
    more = f"<p>{len(pairs) - ITEMS} more items are in the run folders.</p>" if len(pairs) > ITEMS else ""
    return (
        f'<section class="items"><h2>{escape(task.task)}: both models at every item</h2><p class="quiet">The largest '
        f"difference in P(gold) after its own reasoning first.</p>{shown}{more}</section>"
    )


def _own(record: ItemRecord) -> float:
    return p_gold(record, "own") or 0.0


def _item(a: ItemRecord, b: ItemRecord) -> str:
    names = [name for name in a["conditions"] if name in b["conditions"] and ":" not in name]
    values = {name: "".join(f"<td>{p_gold(r, name) or 0.0:.2f}</td>" for r in (a, b)) for name in names}
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>' for name, cells in values.items())
    change = _own(b) - _own(a)
    return (
        f"<details><summary><b>{change:+.2f}</b> {escape(_cut(a['question']))}</summary>"
        f"<p>{escape(a['question'])}</p><p>Right: {escape(a['options'][a['gold']])}</p>"
        f'<div class="pair"><div><h4>A</h4><p>{escape(_thought(a))}</p></div>'
        f"<div><h4>B</h4><p>{escape(_thought(b))}</p></div></div>"
        f'<table><thead><tr><th scope="col">P(gold)</th><th scope="col">A</th><th scope="col">B</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )


def _thought(record: ItemRecord) -> str:
    found: Mapping[str, object] = record.get("thought") or {}
    return str(found.get("text", "")) or "(no reasoning)"


def _cut(words: str, most: int = 110) -> str:
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""
