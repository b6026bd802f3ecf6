"""The end of a run on the command line: its table, what failed, and the exit code that says so."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import click

from thinkaloud.cli.terminal import print_lines, print_run
from thinkaloud.runs.failures import failures
from thinkaloud.runs.folder import Run
from thinkaloud.runs.unmeasured import tallies, unmeasured

FAILED, UNMEASURED, CAPPED = 3, 4, 5
"""Exit codes of a run (docs/errors.md)."""


def show(done: Run, out: Path | None = None, seen: Collection[str] = ()) -> None:
    """Findings of a run, what was spent besides, what failed, and as the last line which cap ended it. The exit code
    says whether something failed, nothing was measured, or a cap ended it. `out`: where its report is, if elsewhere;
    `seen`: what the reader was told on the way (`progress.seen`)."""
    if done.part is None:
        print_run(done, out, seen)
        print_lines(done.study.spent(done.units))
    else:
        print_lines([f"{done.unfinished} are done: {done.folder} (thinkaloud merge of all shards makes the run)"])
    failed = failures(done.units)
    if failed:
        sys.stdout.flush()
        click.echo(failed.sentence(done.folder), err=True)
    if done.stopped is not None:  # whatever else is said of it: the rest is still to be done
        print_lines([done.stopped])
        sys.exit(CAPPED)
    if failed:
        sys.exit(FAILED)
    if done.part is None and unmeasured(tallies(done.study.name, done.units)):
        sys.exit(UNMEASURED)
