"""The report as GitHub Markdown, ready to paste: the same words and numbers as the HTML page, without its explorer.

Task names, reasons and the rest are text and not markup: every character that Markdown or HTML would read is escaped.
This module does not know how a number was made beyond what `tables` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.report.layout import PLAIN, Card, Layout, no_card
from thinkaloud.report.tables import AS_ABOVE, Estimates, Grid, Subject, by_subject, column, shown
from thinkaloud.vocabulary import Estimate, Finding

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$!])")
_NUMBER = re.compile(r"-?\d+\.\d\d \[-?\d+\.\d\d, -?\d+\.\d\d\](, n \d+)?( †)?")
SECTIONS = (
    ("failed", "What failed"),
    ("notes", "How the questions were chosen and asked"),
    ("remarks", "How it went"),
    ("bets", "What was expected of this run"),
    ("ruler", "The ruler: these numbers where the truth is known"),
    ("limits", "What this cannot tell"),
)
FACTS = ("model", "date", "command", "seed", "settings", "versions", "bill", "work")


def render_markdown(
    findings: Sequence[Finding], meta: Mapping[str, Any], page: Layout = PLAIN, line: Card = no_card
) -> str:
    """The whole report; `meta` as for `render_html`."""
    blocks = [f"# {plain(str(meta.get('question', meta.get('study', 'Report'))))}"]
    blocks += [f"**{plain(meta['unfinished'])}**"] if meta.get("unfinished") else []
    blocks += [_list([plain(sentence) for sentence in page.sentences(findings)])]
    counted = plain(page.counted)
    blocks += [
        f"Every number is followed by its 95% interval and the number of {counted} it rests on. Missing is not zero."
    ]
    blocks += [render_grid(grid) for grid in (page.grids(findings) if page.tables else ())]
    for about, some in page.numbers(findings):
        rows = by_subject(some)
        blocks += [plain(about)] if about else []
        for title, under in page.words.by_heading(some).items():
            names = [estimate.name for estimate in under]
            blocks += [f"## {title}", _table(names, rows), _list(_explained(under, page, line))]
    for key, title in SECTIONS:
        if meta.get(key):
            blocks += [f"## {title}", *(plain(text) for text in meta[key])]
    facts = [f"{key}: {_value(meta[key], key)}" for key in FACTS if key in meta]
    return "\n\n".join(block for block in [*blocks, "## Where this comes from", _list(facts)] if block) + "\n"


def render_grid(grid: Grid) -> str:
    """A study's own table, ready for a README; what must be said about it below."""
    table = _rows([plain(name) for name in grid.head], [list(map(_plain_cell, row)) for row in grid.rows])
    title = [f"### {plain(grid.title)}"] if grid.title else []
    return "\n\n".join(
        [*title, *([table] if grid.rows else []), *([_list([plain(r) for r in grid.reasons])] if grid.reasons else [])]
    )


def plain(text: str) -> str:
    """Text on one line that renders as itself."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;")


def _table(names: Sequence[str], rows: Mapping[Subject, Estimates]) -> str:
    """A line an estimate, a column a task."""
    head = [
        "estimate",
        *(plain(subject.task) + (f" ({subject.difficulty})" if subject.difficulty else "") for subject in rows),
    ]
    columns = [[AS_ABOVE if same else _cell(one) for one, same in column(own, names)] for own in rows.values()]
    return _rows(head, [[plain(name), *cells] for name, *cells in zip(names, *columns, strict=True)])


def _plain_cell(cell: str) -> str:
    """A number with its interval needs no escaping; anything else may be markup."""
    return cell if _NUMBER.fullmatch(cell) else plain(cell)


def _rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *body])


def _explained(estimates: Sequence[Estimate], page: Layout, line: Card) -> list[str]:
    """What the numbers mean, and their ruler cards in small type."""
    told, found = page.words.told(estimates), []
    for name in (estimate.name for estimate in estimates):
        card = line(name)
        said = [*([plain(told[name])] if name in told else []), *([f"<sub>{plain(card)}</sub>"] if card else [])]
        found += [f"**{plain(name)}**: {' '.join(said)}"] if said else []
    return found


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not estimated"
    return plain(shown(estimate)) if estimate.value is None else f"{shown(estimate)}, n {estimate.n}"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _value(value: Any, key: str) -> str:
    """A mapping as `name value` pairs, a command as code."""
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(str(k))} {_value(v, key)}" for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return plain(", ".join(sorted(map(str, value))))
    if key == "command":
        fence = "`" * (1 + max(map(len, re.findall("`+", str(value))), default=0))
        return f"{fence} {value} {fence}" if len(fence) > 1 else f"`{value}`"
    return plain(f"{value:,}" if key == "bill" and isinstance(value, int | float) else str(value))
