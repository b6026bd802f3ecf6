"""`thinkaloud compare`: finished runs held against the first of them, and runs that are made for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thinkaloud.errors import UserError
from thinkaloud.names import split_names

if TYPE_CHECKING:
    from thinkaloud.beside import Until
    from thinkaloud.compare.found import Compared
    from thinkaloud.runs.folder import Run

CHANGED = 6
"""Exit code where a row of --fail-if-changed has changed (docs/errors.md)."""
PIPE = 160
"""Characters of a line where there is no terminal."""
DECIDED = "decided"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("runs", nargs=-1, metavar="RUN_A [RUN_B...]")
@click.option("--a", "first", default=None, metavar="MODEL", help="Make run A with this model (with --b and --study).")
@click.option("--b", "second", default=None, metavar="MODEL", help="Make run B: what run A asked, of this model.")
@click.option(
    "--study", default="channels", show_default=True,
    help="For --a: the study; its own options may be given as to `run`, --difficulty LEVEL has to be.",
)  # fmt: skip
@click.option("--margin", default=0.05, show_default=True, help="Differences within it count as none.")
@click.option(
    "--until", type=click.Choice([DECIDED]), default=None,
    help="End run B as soon as --row is different or the same, by a test that may be looked at after every unit.",
)  # fmt: skip
@click.option("--row", default="P(gold) own", show_default=True, help="The row that --until looks at.")
@click.option("--concurrency", default=1, show_default=True, help="For --a and --b: units at once.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/compare-<what it is>."
)
@click.option(
    "--fail-if-changed", "watched", default=None, metavar="ROWS",
    help="Rows, separated by commas, or all: exit code 6 if one of them is different (docs/compare.md).",
)  # fmt: skip
def compare(**given: Any) -> None:
    """Did anything change? Runs of the same study on the same items, each against the first.

    Every row: the paired difference with its interval, whether it is different, the same within the margin or cannot be
    told, and the smallest change that would have been seen. Writes report.html, report.md, compare.json and
    junit.xml. Asks no model unless --b names one.
    """
    from thinkaloud import api
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.compare.found import changed
    from thinkaloud.compare.page import difference

    folders, ended = _folders(given)
    watched: str | None = given["watched"]
    found = api.compare(folders, margin=given["margin"], out=given["out"])
    named = [] if watched is None else split_names(watched)
    hit = changed(found, named)
    show(found, ended)
    if named:
        lines = [f"{one.other.model}, {task.task}: {row.name} {difference(row)}" for one, task, row in hit]
        print_lines([f"changed: {line}" for line in lines] or [f"none of these is shown to have changed: {watched}"])
    if hit:
        sys.exit(CHANGED)


def show(found: Compared, ended: Sequence[str] = ()) -> None:
    """What a comparison says, its tables and where its report is; `ended`: what an early stop says."""
    import shutil

    from thinkaloud.cli.plain_table import plain_table
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.compare.page import grids, said

    print_lines([*said(found), *ended])
    for grid in grids(found):
        print_lines(["", *plain_table(grid, shutil.get_terminal_size((PIPE, 0)).columns)])
    print_lines([f"report: {found.folder / 'report.html'}"])


def _folders(given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The runs to compare, those that are asked for made, and what the early stop says of them."""
    from thinkaloud.beside import Until, run_beside
    from thinkaloud.cli.progress import progress

    words: Sequence[str] = given["runs"]
    until: Until | None = Until(given["row"], given["margin"]) if given["until"] else None
    if given["first"] is None and (odd := next((word for word in words if word.startswith("-")), None)):
        raise UserError(f"compare has no option {odd}; with --a MODEL --b MODEL it takes those of the study")
    if given["second"] is None:
        if given["first"] is not None or until is not None:
            raise UserError(f"{'--until' if until else '--a'} needs --b MODEL: the model that is asked")
        return list(words), []
    if given["first"] is not None:
        folders = [str(made(given["study"], given["first"], words, given["concurrency"]).folder)]
    elif len(words) == 1:
        folders = list(words)
    else:
        raise UserError(f"--b MODEL is held against one run, and {len(words)} were given: give RUN_A, or --a MODEL")
    with progress() as shown:
        other = run_beside(
            folders[0], given["second"], until=until, progress=shown, concurrency=given["concurrency"]
        )  # fmt: skip
    return [*folders, str(other.folder)], until.sentences() if until else []


def made(study: str, model: str, words: Sequence[str], concurrency: int) -> Run:
    """A run from the options of its study, as they stand on a command line."""
    from thinkaloud import api
    from thinkaloud.cli.options import config_of
    from thinkaloud.cli.progress import progress
    from thinkaloud.cli.running import run
    from thinkaloud.open_study import open_study
    from thinkaloud.study import EDGE
    from thinkaloud.tasks import open_tasks

    command = run.get_command(click.get_current_context(), study)
    params = command.make_context(study, ["--model", model, *words]).params
    config = config_of(study, open_study(study), params)
    if config.difficulty == EDGE and any(len(task.levels) > 1 for task in open_tasks(config.tasks)):
        raise UserError("at --difficulty edge each model is asked at a level of its own: give --difficulty LEVEL")
    with progress() as shown:
        return api.run(
            study, config.model, config.tasks, items=config.items, difficulty=config.difficulty, seed=config.seed,
            settings=config.settings, loading=config.loading, progress=shown, concurrency=concurrency,
        )  # fmt: skip
