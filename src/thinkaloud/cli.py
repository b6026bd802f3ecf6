"""The command line: a thin layer over `thinkaloud.api`.

Exit codes: 0 done, 1 our fault (a traceback is shown), 2 the user's to fix (one line), 3 finished but some units
failed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import thinkaloud
from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.organisms.cli import organisms

if TYPE_CHECKING:
    from thinkaloud.runs.config import Config
    from thinkaloud.runs.folder import Run

STUDY = click.argument("study")
RUN_OPTIONS = (
    click.option(
        "--model", default="smollm2-135m", show_default=True, help="A name, a .gguf file, or hf:ORG/REPO/FILE."
    ),
    click.option("--task", "tasks", default="chain_sum", show_default=True, help="One or more, separated by commas."),
    click.option("--items", default=40, show_default=True, help="Items a task."),
    click.option("--difficulty", default="edge", show_default=True, help="edge, or a level."),
    click.option("--seed", default=1, show_default=True),
    click.option("--shots", default=6, show_default=True, help="Solved examples before every question."),
    click.option("--temperature", default=0.0, show_default=True, help="For the model's own reasoning; 0 is greedy."),
    click.option("--paraphraser", type=click.Choice(["rules", "model"]), default="rules", show_default=True),
    click.option("--samples", default=1, show_default=True, help="Samples of its own reasoning for every item."),
)
LOADING_OPTIONS = (
    click.option("--precision", type=click.Choice(["auto", "exact", "native"]), default="auto", show_default=True),
    click.option(
        "--format", "form", type=click.Choice(["auto", "chat", "completion"]), default="auto", show_default=True
    ),
    click.option("--threads", type=int, default=None, help="Default: the cores this process may use."),
    click.option("--context", type=int, default=8192, show_default=True, help="Tokens."),
)


def _with(options: tuple[Any, ...]) -> Any:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(thinkaloud.__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of every error.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """How much of a language model's ability runs through reasoning that people can read?"""
    context.obj = debug


cli.add_command(organisms)


@cli.command()
@STUDY
@_with(RUN_OPTIONS)
@_with(LOADING_OPTIONS)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="The run folder; default: runs/<what it is>."
)
@click.option("--concurrency", default=1, show_default=True, help="Units at once (for servers; results do not change).")
def run(study: str, out: Path | None, concurrency: int, **options: Any) -> None:
    """Run STUDY; a folder that holds this very run is completed, not done again."""
    from thinkaloud import api
    from thinkaloud.report.progress import progress

    config = _config(study, options)
    with progress() as shown:
        done = api.run(
            study, config.model, config.tasks, items=config.items, difficulty=config.difficulty, seed=config.seed,
            out=out, settings=config.settings, loading=config.loading, progress=shown, concurrency=concurrency,
        )  # fmt: skip
    _show(done)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--concurrency", default=1, show_default=True)
def resume(folder: Path, concurrency: int) -> None:
    """Do what is missing or failed in a run FOLDER."""
    from thinkaloud import api
    from thinkaloud.report.progress import progress

    with progress() as shown:
        done = api.resume(folder, progress=shown, concurrency=concurrency)
    _show(done)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Make findings and report of a run FOLDER again from its records. Asks no model."""
    from thinkaloud import api

    _show(api.rescore(folder))


@cli.command()
@STUDY
@_with(RUN_OPTIONS)
@_with(LOADING_OPTIONS)
def plan(study: str, **options: Any) -> None:
    """What a run would cost and show: units, tokens, time, width of intervals. Runs nothing."""
    from thinkaloud.report.terminal import print_lines
    from thinkaloud.runs.plan import make_plan

    print_lines(make_plan(_config(study, options)))


@cli.command()
@click.option("--model", default=None, help="Your own model; without it, all reasoners that ship are measured.")
@_with(RUN_OPTIONS[1:])
@_with(LOADING_OPTIONS)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/ruler-<what it is>."
)
@click.option("--workers", default=2, show_default=True, help="Reasoners measured at once.")
@click.option("--write", is_flag=True, help="Keep the result as the cards that reports print.")
def ruler(model: str | None, out: Path | None, workers: int, write: bool, **options: Any) -> None:
    """Try every metric where the truth is known: on the reasoners that ship, or on your own model behind gates.

    With --model, the model writes its reasoning and a gate with a known dial decides what its answer call sees: the
    recovered dial is printed against the true one, for this model on these tasks.
    """
    from thinkaloud import api
    from thinkaloud.report.progress import progress
    from thinkaloud.report.ruler import own_lines, ruler_lines
    from thinkaloud.report.terminal import print_lines

    if model is None:
        with progress() as shown:
            tables = api.ruler(workers, shown, write, out)
        print_lines([*ruler_lines(tables), *([f"every cell: {out / 'ruler.md'}"] if out else [])])
        return
    config = _config("faithfulness", {"model": model, **options})
    with progress() as shown:
        found, folder = api.own_ruler(config.model, config, out, shown)
    for one in found:
        print_lines(own_lines(one))
    print_lines([f"tables: {folder / 'ruler.md'}"])


@cli.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER[=PARAMETERS]...")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/trend-<what it is>."
)
def trend(folders: tuple[str, ...], out: Path | None) -> None:
    """Does faithfulness fall with size? Finished runs of several models, the model as the unit. Asks no model.

    A size is taken from the model card, or from you: runs/mine=135e6.
    """
    from thinkaloud import api
    from thinkaloud.report.terminal import print_lines
    from thinkaloud.report.trend import trend_lines

    sized = [_sized(folder) for folder in folders]
    given = {folder: parameters for folder, parameters in sized if parameters is not None}
    found = api.trend([folder for folder, _ in sized], given, out)
    print_lines([*trend_lines(found), f"report: {found.folder / 'trend.md'}"])


@cli.command()
def models() -> None:
    """Models that have a short name."""
    from thinkaloud.models.open import model_names
    from thinkaloud.report.terminal import print_pairs

    print_pairs(model_names())
    click.echo("or a path to a .gguf file, or hf:ORG/REPO/FILE.gguf")


@cli.command()
def tasks() -> None:
    """Tasks that have a name, with what their levels mean."""
    from thinkaloud.report.terminal import print_pairs
    from thinkaloud.tasks import open_task, task_names

    about = {name: open_task(name) for name in task_names()}
    print_pairs({n: f"levels {t.levels[0]}..{t.levels[-1]}: {t.meaning}" for n, t in about.items()})
    click.echo("or gym:NAME for a family of reasoning-gym, or a path to a .jsonl file")


@cli.command()
def studies() -> None:
    """Studies, with the question each answers."""
    from thinkaloud.report.terminal import print_pairs
    from thinkaloud.studies.registry import study_names

    print_pairs(study_names())


@cli.command()
@click.argument("model")
@_with(LOADING_OPTIONS)
def check(model: str, **options: Any) -> None:
    """What MODEL can measure validly on this machine, and its noise floor."""
    from thinkaloud.models.check import check_model
    from thinkaloud.models.open import open_model
    from thinkaloud.report.terminal import print_lines

    print_lines(check_model(open_model(model, _loading(options))))


def main() -> None:
    """Entry point: turns errors into one line and an exit code."""
    debug = "--debug" in sys.argv
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
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


def _loading(options: dict[str, Any]) -> Any:
    from thinkaloud.models.llama_cpp import LlamaOptions

    return LlamaOptions(options["precision"], options["form"], options["threads"], options["context"])


def _config(study: str, options: dict[str, Any]) -> Config:
    from thinkaloud.runs.config import Config
    from thinkaloud.studies.base import Settings

    difficulty = options["difficulty"]
    settings = Settings(
        options["temperature"], shots=options["shots"], paraphraser=options["paraphraser"], samples=options["samples"]
    )
    return Config(
        study, options["model"], tuple(options["tasks"].split(",")), options["items"],
        int(difficulty) if difficulty.lstrip("-").isdigit() else difficulty, options["seed"], settings,
        _loading(options),
    )  # fmt: skip


def _sized(given: str) -> tuple[str, float | None]:
    """`FOLDER` or `FOLDER=PARAMETERS`; a folder may have an equals sign in its name."""
    folder, equals, parameters = given.rpartition("=")
    if not equals or Path(given).is_dir():
        return given, None
    try:
        return folder, float(parameters)
    except ValueError as error:
        raise UserError(f"{parameters!r} is no number of parameters: give one like {folder}=135e6") from error


def _show(done: Run) -> None:
    from thinkaloud.report.terminal import print_run

    print_run(done)
    failed = [unit for unit in done.units if unit["status"] != "ok"]
    if failed:
        click.echo(f"{len(failed)} units failed ({failed[0]['error']}): thinkaloud resume {done.folder}", err=True)
        sys.exit(3)
