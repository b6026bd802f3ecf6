"""`thinkaloud compare`: finished runs held against the first of them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from thinkaloud.names import split_names

CHANGED = 6
"""Exit code where a row of --fail-if-changed has changed (docs/errors.md)."""
PIPE = 160
"""Characters of a line where there is no terminal."""


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN_A RUN_B...", type=click.Path(path_type=Path))
@click.option("--margin", default=0.05, show_default=True, help="Differences within it count as none.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/compare-<what it is>."
)
@click.option(
    "--fail-if-changed", "watched", default=None, metavar="ROWS",
    help="Rows, separated by commas, or all: exit code 6 if one of them is different (docs/compare.md).",
)  # fmt: skip
def compare(runs: tuple[Path, ...], margin: float, out: Path | None, watched: str | None) -> None:
    """Did anything change? Runs of the same study on the same items, each against the first. Asks no model.

    Every row: the paired difference with its interval, whether it is different, the same within the margin or cannot be
    told, and the smallest change that would have been seen. Writes report.md and compare.json.
    """
    import shutil

    from thinkaloud import api
    from thinkaloud.cli.plain_table import plain_table
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.compare.found import changed
    from thinkaloud.compare.page import difference, grids, said

    found = api.compare(runs, margin=margin, out=out)
    named = [] if watched is None else split_names(watched)
    hit = changed(found, named)
    width = shutil.get_terminal_size((PIPE, 0)).columns
    print_lines(said(found))
    for grid in grids(found):
        print_lines(["", *plain_table(grid, width)])
    print_lines([f"report: {found.folder / 'report.md'}"])
    if named:
        lines = [f"{one.other.model}, {task.task}: {row.name} {difference(row)}" for one, task, row in hit]
        print_lines([f"changed: {line}" for line in lines] or [f"none of these is shown to have changed: {watched}"])
    if hit:
        sys.exit(CHANGED)
