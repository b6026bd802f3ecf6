"""What the command line prints: the table of a run's study, the end of a run, and plain lines.

On a terminal the table is rich's; where that has no room, and anywhere else, it is plain text (`plain_table.py`).
This module does not know how a number was made.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from thinkaloud.cli.plain_table import plain_table
from thinkaloud.report.layout import Layout
from thinkaloud.report.tables import Grid
from thinkaloud.runs.unmeasured import tallies, unmeasured
from thinkaloud.vocabulary import Finding

if TYPE_CHECKING:
    from rich.table import Table

    from thinkaloud.runs.folder import Run

LEFT = ("task", "test", "reads", "ruler")
"""Columns of words: they stand at the left."""
WORDS = 24
"""Width of a cell with words in it, where there is little room."""
PIPE = 120
"""Characters of a line where there is no terminal."""


def table(grid: Grid, narrow: bool = False) -> Table:
    """A study's table. `narrow`: the interval stands below its number."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        title=Text(_clean(grid.title), style="bold") if grid.title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for title in grid.head:
        made.add_column(
            "\n".join(title.split()) if narrow and len(title) > WORDS else title,
            justify="left" if title in LEFT else "right",
        )
    for row in grid.rows:
        cells = map(_clean, row)
        made.add_row(*(Text(_narrow(cell) if narrow else cell) for cell in cells))
    return made


def print_findings(findings: Sequence[Finding], page: Layout) -> None:
    """The study's headlines and its table: rich's on a terminal that is wide enough for it, else in plain text; of a
    study that has no table, its lines. What a headline says already is not said again below the table."""
    said = page.sentences(findings)
    below = [
        replace(grid, reasons=tuple(one for one in grid.reasons if one not in said)) for grid in page.grids(findings)
    ]
    if not below:
        print_lines(page.lines(findings))
        return
    print_lines([*said, *([""] if said else [])])
    if not (sys.stdout.isatty() and _fitting(below)):
        width = shutil.get_terminal_size((PIPE, 0)).columns
        print_lines(line for grid in below for line in plain_table(grid, width))


def _fitting(grids: Sequence[Grid]) -> bool:
    """Print the tables, as wide as there is room for; False where there is none."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console()
    for narrow in (False, True):
        tables = [table(grid, narrow) for grid in grids]
        wide = console.options.update(max_width=1000)
        if all(Measurement.get(console, wide, made).maximum <= console.width for made in tables):
            for grid, made in zip(grids, tables, strict=True):
                console.print(made if grid.rows else made.title)
                print_lines(grid.reasons)
            return True
    return False


def _narrow(cell: str) -> str:
    """A cell on several lines: its interval below a number, words as words."""
    words = "\n".join(textwrap.wrap(cell, WORDS, break_long_words=False, break_on_hyphens=False))
    number = re.match(r"-?[\d.]+ \[[^\]]*\]", cell)
    return cell.replace(" [", "\n[").replace("], ", "],\n") if number else words


def print_run(run: Run, out: Path | None = None, seen: Collection[str] = ()) -> None:
    """What of a run could not be measured at all, what it found, what it decided on the way, what it cost, and where
    the report is (in `out`, or the run's own folder). Of one that is not finished it says so first. Sentences that the
    reader has `seen` on the way are not said again."""
    from thinkaloud.runs.found import read_findings

    so_far, where = run.unfinished, out if out is not None else run.folder
    if so_far is not None:
        print_lines([f"NOT FINISHED: {so_far} are done, and this is of these alone: thinkaloud resume {run.folder}"])
    first = unmeasured(tallies(run.study.name, run.units))
    print_lines(first)
    print_findings(read_findings(where), run.study.page)
    bill = run.bill
    cost = (
        f"{bill['computed']:,} prompt tokens computed of {bill['asked']:,} asked for, "
        f"{bill['generated']:,} written, {bill['seconds']:.1f} s in the model"
    )
    notes = [note for note in run.notes if note not in first and note not in seen]
    lines = [*notes, *run.remarks(), *([cost] if bill["asked"] else [])]
    print_lines([*lines, f"report: {where / 'report.html'}"])


def print_lines(lines: Iterable[str]) -> None:
    """Lines on stdout, without the control characters that a name or an error could carry."""
    import click

    for line in lines:
        click.echo(_clean(line))


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Names with what they mean, in two columns."""
    width = max(map(len, pairs), default=0)
    print_lines(f"{name:<{width}}  {meaning}" for name, meaning in pairs.items())


def _clean(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)
