"""What the command line prints: the channel table, the end of a run, and plain lines.

On a terminal the table is rich's; anywhere else every task is a few plain lines, whose numbers a program can find.
This module does not know how a number was made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from thinkaloud.report.tables import CHANNELS, READING, SHARE, Estimates, Subject, brief, by_subject, items, shown
from thinkaloud.vocabulary import Finding

if TYPE_CHECKING:
    from rich.table import Table

    from thinkaloud.runs.folder import Run

COLUMNS: tuple[tuple[str, str], ...] = (
    ("P(gold) own", READING + "own"),
    ("P(gold) silent", READING + "silent"),
    *((channel, channel) for channel in CHANNELS),
    (SHARE, SHARE),
)
"""Title of a column -> name of its estimate."""


def channel_table(findings: Sequence[Finding], narrow: bool = False) -> Table:
    """A row a task: level, n, P(gold) own and silent, the channels, the share, each as `0.47 [0.31, 0.62]`.

    `narrow`: the interval stands below its number.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("task", "level", "n", *(title for title, _ in COLUMNS)):
        table.add_column(title, justify="left" if title == "task" else "right")
    for subject, estimates in by_subject(findings).items():
        cells = [brief(estimates.get(name)) for _, name in COLUMNS]
        if narrow:
            cells = [cell.replace(" [", "\n[") for cell in cells]
        level = "-" if subject.level is None else str(subject.level)
        table.add_row(*(Text(cell) for cell in (_clean(subject.task), level, str(items(estimates)), *cells)))
    return table


def channel_lines(findings: Sequence[Finding]) -> list[str]:
    """The same as plain lines, with the whole reason where there is no number."""
    found = []
    for subject, estimates in by_subject(findings).items():
        found.append(f"{subject}, n {items(estimates)}")
        found += [f"  {title}: {_told(estimates, name)}" for title, name in COLUMNS]
    return [_clean(line) for line in found]


def print_channels(findings: Sequence[Finding]) -> None:
    """The table on a terminal that is wide enough for it, else the lines."""
    if not sys.stdout.isatty():
        print_lines(channel_lines(findings))
        return
    from rich.console import Console
    from rich.measure import Measurement

    console = Console()
    for table in (channel_table(findings), channel_table(findings, narrow=True)):
        if Measurement.get(console, console.options.update(max_width=1000), table).maximum <= console.width:
            console.print(table)
            _print_reasons(by_subject(findings))
            return
    print_lines(channel_lines(findings))


def print_run(run: Run) -> None:
    """What a finished run found, what it decided on the way, what it cost, and where the report is."""
    print_channels(run.findings)
    bill = run.bill
    cost = (
        f"{bill['computed']:,} prompt tokens computed of {bill['asked']:,} asked for, "
        f"{bill['generated']:,} written, {bill['seconds']:.1f} s in the model"
    )
    print_lines([*run.notes, *([cost] if bill["asked"] else []), f"report: {run.folder / 'report.html'}"])


def print_lines(lines: Iterable[str]) -> None:
    """Lines on stdout, without the control characters that a name or an error could carry."""
    import click

    for line in lines:
        click.echo(_clean(line))


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Names with what they mean, in two columns."""
    width = max(map(len, pairs), default=0)
    print_lines(f"{name:<{width}}  {meaning}" for name, meaning in pairs.items())


def _print_reasons(rows: Mapping[Subject, Estimates]) -> None:
    """Why there is no number, below a table that has room for two words only."""
    for subject, estimates in rows.items():
        reasons: dict[str, list[str]] = {}
        for title, name in COLUMNS:
            estimate = estimates.get(name)
            if estimate is not None and estimate.value is None:
                reasons.setdefault(shown(estimate), []).append(title)
        print_lines(f"{subject}: {', '.join(titles)}: {reason}" for reason, titles in reasons.items())


def _told(estimates: Estimates, name: str) -> str:
    return shown(estimates[name]) if name in estimates else "not measured"


def _clean(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)
