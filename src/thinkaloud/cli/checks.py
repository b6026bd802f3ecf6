"""`thinkaloud check-task` and `thinkaloud check-study`: does something of a user's own keep what is promised of it?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from thinkaloud.errors import UserError

if TYPE_CHECKING:
    from thinkaloud.tasks.promises import Verdict


@click.command("check-task")
@click.argument("task", metavar="FILE.py:CLASS")
def check_task(task: str) -> None:
    """Whether a task of your own (a class of a file, or any task by name) keeps what tasks promise. Asks no model."""
    from thinkaloud.tasks import open_task
    from thinkaloud.tasks.promises import check_task as checked

    _told(task, checked(open_task(task)))


@click.command("check-study")
@click.argument("study", metavar="FILE.py:CLASS")
def check_study(study: str) -> None:
    """Whether a study of your own (a class of a file, or any study by name) keeps the contract of studies: it is tried
    on a scripted reasoner."""
    from thinkaloud.open_study import open_study
    from thinkaloud.study_check import check_study as checked

    _told(study, checked(open_study(study)))


def _told(what: str, verdicts: Iterable[Verdict]) -> None:
    """Every promise as it is tried; one that is broken ends with the user's exit code."""
    from thinkaloud.cli.terminal import print_lines

    broken = 0
    for verdict in verdicts:
        print_lines([str(verdict)])
        broken += verdict.wrong is not None
    if broken:
        raise UserError(f"{what} breaks {broken} of its promises")
