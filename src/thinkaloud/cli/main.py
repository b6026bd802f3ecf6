"""The command line: a thin layer over `thinkaloud.api`.

Exit codes: 0 done, 1 our fault (a traceback is shown), 2 the user's to fix (one line), 3 finished but some items
failed, 4 finished but nothing could be measured of some task (said first), 5 stopped by `--max-tokens` or `--max-time`
before the end (resume goes on), 6 a row that `compare --fail-if-changed` names has changed, 130 stopped by Ctrl-C, 141
nobody read the output to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from thinkaloud._version import __version__
from thinkaloud.cli.bet import bet
from thinkaloud.cli.checks import check_study, check_task
from thinkaloud.cli.compare import compare
from thinkaloud.cli.interop import export, import_
from thinkaloud.cli.measure import measure
from thinkaloud.cli.options import Late, config_of, options_of, run_options, values_of
from thinkaloud.cli.organisms import organisms
from thinkaloud.cli.running import CONCURRENCY, OUT, plan, report, resume, run
from thinkaloud.cli.slurm import slurm
from thinkaloud.cli.whole import merge, verify
from thinkaloud.errors import ThinkaloudError
from thinkaloud.names import split_names
from thinkaloud.streams import UNREAD, lost_output, open_closed_streams
from thinkaloud.values import run_size

UNTOLD = ("seed", "arms", "edits", "plan", "tuner", "temperature", "resample_temperature", "show_options")
"""Options of the rungs that a challenge decides by itself."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of every error.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """How much of a language model's ability runs through reasoning that people can read?"""
    context.obj = debug


cli.add_command(organisms)
cli.add_command(import_)
cli.add_command(export)
cli.add_command(check_task)
cli.add_command(check_study)
cli.add_command(run)
cli.add_command(plan)
cli.add_command(resume)
cli.add_command(report)
cli.add_command(merge)
cli.add_command(verify)
cli.add_command(slurm)
cli.add_command(compare)
cli.add_command(measure)
cli.add_command(bet)


def _ruler_options() -> list[click.Parameter]:
    from thinkaloud.open_study import open_study

    return [
        click.Option(["--model"], default=None, help="Your own model; without it, all reasoners that ship."),
        *(one for one in run_options(open_study("faithfulness")) if one.name != "model"),
        OUT,
        click.Option(["--workers"], default=2, show_default=True, help="Reasoners measured at once."),
        click.Option(["--write"], is_flag=True, help="Keep the result as the cards that reports print."),
    ]


def _ruler(model: str | None, out: Path | None, workers: int, write: bool, **given: Any) -> None:
    from thinkaloud import api
    from thinkaloud.cli.progress import progress
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.open_study import open_study
    from thinkaloud.ruler.page import own_lines, ruler_lines

    if model is None:
        with progress() as shown:
            tables = api.ruler(workers, shown, write, out)
        print_lines([*ruler_lines(tables), *([f"every cell: {out / 'ruler.md'}"] if out else [])])
        return
    config = config_of("faithfulness", open_study("faithfulness"), {"model": model, **given})
    with progress() as shown:
        found, folder = api.own_ruler(config.model, config, out, shown)
    for one in found:
        print_lines(own_lines(one))
    print_lines([f"tables: {folder / 'ruler.md'}"])


cli.add_command(
    Late(
        "ruler",
        _ruler_options,
        callback=_ruler,
        help="Try every metric where the truth is known: on the reasoners that ship, or on your own model behind gates."
        "\n\nWith --model, the model writes its reasoning and a gate with a known dial decides what its answer call "
        "sees: the recovered dial is printed against the true one, for this model on these tasks.",
    )
)


@cli.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER[=PARAMETERS]...")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/trend-<what it is>."
)
def trend(folders: tuple[str, ...], out: Path | None) -> None:
    """Does faithfulness fall with size? Finished runs of several models, the model as the unit. Asks no model.

    Of runs of the rungs: do the gaps between them widen with size?

    A size is taken from the model card, or from you: runs/mine=135e6.
    """
    from thinkaloud import api
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.studies.trend.gaps_page import gap_lines
    from thinkaloud.studies.trend.page import trend_lines

    sized = [run_size(folder) for folder in folders]
    given = {folder: parameters for folder, parameters in sized if parameters is not None}
    found = api.trend([folder for folder, _ in sized], given, out)
    print_lines([*(gap_lines if found.gaps else trend_lines)(found), f"report: {found.folder / 'trend.md'}"])


def _challenge_options() -> list[click.Parameter]:
    from thinkaloud.open_study import open_study

    return [
        click.Argument(["arm"], type=click.Path(path_type=Path)),
        click.Option(["--against"], default="R1,R2,F1,V,A", show_default=True, help="The baselines."),
        *(one for one in run_options(open_study("rungs")) if one.name not in UNTOLD),
        click.Option(
            ["--beacon"], default=None, help="A public random value that came after; default: one is drawn here."
        ),
        click.Option(
            ["--register", "only"], is_flag=True, help="Only write down what will be done, and print its hash."
        ),
        OUT,
        CONCURRENCY,
    ]


def _challenge(arm: Path, beacon: str | None, only: bool, out: Path | None, concurrency: int, **given: Any) -> None:
    from thinkaloud import api
    from thinkaloud.cli.progress import progress
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.open_study import open_study
    from thinkaloud.studies.challenge.page import challenge_lines

    config = config_of("rungs", open_study("rungs"), given)
    asked = api.wanted(
        arm, config.tasks, against=split_names(given["against"]), items=config.items, difficulty=config.difficulty,
        settings=config.settings, loading=config.loading,
    )  # fmt: skip
    if only:
        about, folder = api.register(asked, config.model, beacon=beacon, out=out)
        print_lines([f"protocol hash: {about.protocol}", f"publish it, and give --beacon later: {folder}"])
        return
    with progress() as shown:
        found = api.challenge(asked, config.model, beacon=beacon, out=out, progress=shown, concurrency=concurrency)
    print_lines(challenge_lines(found))


cli.add_command(
    Late(
        "challenge",
        _challenge_options,
        callback=_challenge,
        help="Somebody's ARM (a .py file) against the tuned baselines, on fresh questions that nobody could have seen.",
    )
)


@cli.command()
@click.argument("name")
def study(name: str) -> None:
    """What the study NAME asks, what it may be told, and what it cannot tell."""
    from thinkaloud.cli.terminal import print_lines, print_pairs
    from thinkaloud.open_study import open_study
    from thinkaloud.settings import options

    asked = open_study(name)
    print_lines([asked.question, "", "Options:"])
    print_pairs({f"  --{one.flag}": f"{one.about} ({one.text(one.default)})" for one in options(asked.Settings)})
    print_lines(["", "What it cannot tell:", *(f"  {limit}" for limit in asked.limits)])


@cli.command()
def models() -> None:
    """Models that have a short name, and how to name any other."""
    from thinkaloud.cli.terminal import print_pairs
    from thinkaloud.open_model import FORMS, model_names

    print_pairs(model_names() | FORMS)


@cli.command()
def tasks() -> None:
    """Tasks that have a name, with what their levels mean."""
    from thinkaloud.cli.terminal import print_pairs
    from thinkaloud.tasks import open_task, task_names
    from thinkaloud.tasks.benchmarks.table import benchmarks

    about = {name: open_task(name) for name in task_names()}
    print_pairs({n: f"levels {t.levels[0]}..{t.levels[-1]}: {t.meaning}" for n, t in about.items()})
    click.echo("Benchmarks, from the hub or from a local copy (gsm8k:PATH):")
    print_pairs({f"{name}:PART" if b.parts else name: b.about for name, b in benchmarks().items()})
    click.echo(
        "or gym:NAME for a family of reasoning-gym, inspect-task:NAME, or a file of your questions (.jsonl, .csv, ...)"
    )


@cli.command()
def studies() -> None:
    """Studies, with the question each answers."""
    from thinkaloud.cli.terminal import print_pairs
    from thinkaloud.open_study import study_names

    print_pairs(study_names())


def _check(model: str, **given: Any) -> None:
    from thinkaloud.check import check_model
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.models.loading import Loading
    from thinkaloud.open_model import open_model

    print_lines(check_model(open_model(model, Loading(**values_of(Loading, given)))))


def _check_options() -> list[click.Parameter]:
    from thinkaloud.models.loading import Loading

    return [click.Argument(["model"]), *options_of(Loading)]


cli.add_command(
    Late(
        "check",
        _check_options,
        callback=_check,
        help="What MODEL can measure validly on this machine, and its noise floor.",
    )
)


def main() -> None:
    """Entry point: turns errors into one line and an exit code."""
    debug = "--debug" in sys.argv
    open_closed_streams()
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except SystemExit as done:
        unread = type(sys.stdout).__name__.endswith("PacifyFlushWrapper")  # click's, where the reader went away
        sys.exit(UNREAD if unread else done.code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; recorded units are safe: thinkaloud resume FOLDER goes on", err=True)
        sys.exit(130)
    except ThinkaloudError as error:
        if debug:
            raise
        click.echo(f"thinkaloud: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        why = lost_output(error)
        if why is None:
            raise
        if why:
            click.echo(f"thinkaloud: standard output cannot be written ({why}); what was recorded is safe", err=True)
        sys.exit(2 if why else UNREAD)
