"""The end of a run on the command line: its table, what failed, and the exit code that says so."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import click

from thinkaloud.cli.terminal import print_lines, print_run
from thinkaloud.runs.failures import failures
from thinkaloud.runs.folder import Run
from thinkaloud.runs.unmeasured import unmeasured


def show(done: Run, out: Path | None = None, seen: Collection[str] = ()) -> None:
    """Findings of a run, what was spent besides, what failed (exit code 3), and whether nothing was measured (4).
    `out`: where its report is, if elsewhere; `seen`: what the reader was told on the way (`progress.seen`)."""
    print_run(done, out, seen)
    print_lines(done.study.spent(done.units))
    failed = failures(done.units)
    if failed:
        sys.stdout.flush()
        click.echo(failed.sentence(done.folder), err=True)
        sys.exit(3)
    if unmeasured(done.study.name, done.units):
        sys.exit(4)
