"""The command line: a thin layer over `thinkaloud.api`.

Exit codes: 0 done, 1 our fault (a traceback is shown), 2 the user's to fix (one line), 3 finished but some items
failed, 4 finished but nothing could be measured of some task (said first), 130 stopped by Ctrl-C, 141 nobody read the
output to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import thinkaloud
from thinkaloud.errors import ThinkaloudError
from thinkaloud.interop.cli import export, import_
from thinkaloud.names import split_names
from thinkaloud.organisms.cli import organisms
from thinkaloud.streams import UNREAD, lost_output, open_closed_streams
from thinkaloud.values import budget, run_size

if TYPE_CHECKING:
    from thinkaloud.runs.config import Config
    from thinkaloud.runs.folder import Run

STUDY = click.argument("study")
RUN_OPTIONS = (
    click.option(
        "--model", default="smollm2-135m", show_default=True, help="A name, file, folder or address: see `models`."
    ),
    click.option("--task", "tasks", default="chain_sum", show_default=True, help="One or more, separated by commas."),
    click.option("--items", default=40, show_default=True, help="Items a task."),
    click.option("--difficulty", default="edge", show_default=True, help="edge, or a level."),
    click.option("--seed", default=1, show_default=True),
    click.option("--shots", default=6, show_default=True, help="Solved examples before every question."),
    click.option("--temperature", default=0.0, show_default=True, help="For the model's own reasoning; 0 is greedy."),
    click.option("--paraphraser", type=click.Choice(["rules", "model"]), default="rules", show_default=True),
    click.option(
        "--show-options",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Whether options are listed to the model; auto: of files they are.",
    ),
    click.option("--samples", default=1, show_default=True, help="Samples of its own reasoning for every item."),
)
RUNG_OPTIONS = (
    click.option("--pool", default=None, help="rungs: builtin, reasoning-gym, or a file of task names; for --task."),
    click.option("--budgets", default="1k,4k,16k", show_default=True, help="rungs: in token equivalents."),
    click.option("--arms", default="all", show_default=True, help="rungs: names or files of one's own, with commas."),
    click.option("--meter", default="B4", show_default=True, help="rungs: what a budget counts, B1 to B4."),
    click.option("--margin", default=0.05, show_default=True, help="rungs: the least gain that matters."),
    click.option("--plan", "plan_by", default="model", show_default=True, help="rungs: model, or given."),
    click.option("--trials", default=6, show_default=True, help="rungs: prompts tried for every arm."),
    click.option("--dev", default=12, show_default=True, help="rungs: items a prompt is tried on."),
    click.option("--attempts", default=4, show_default=True, help="rungs: attempts an item, voted over."),
    click.option("--edits/--no-edits", default=True, show_default=True, help="rungs: whether to intervene."),
    click.option("--tuner", default="random", show_default=True, help="rungs: random, or gepa (docs/tuning.md)."),
)
CHALLENGE_OPTIONS = (
    click.option("--model", default="smollm2-135m", show_default=True, help="As `models` lists."),
    click.option("--task", "tasks", default="chain_sum", show_default=True, help="One or more, separated by commas."),
    click.option("--pool", default=None, help="builtin, reasoning-gym, or a file of task names; for --task."),
    click.option("--against", default="R1,R2,F1,V,A", show_default=True, help="The baselines."),
    click.option("--items", default=40, show_default=True, help="Items a task, in each of the two runs."),
    click.option("--difficulty", default="edge", show_default=True, help="edge, or a level."),
    click.option("--budgets", default="1k,4k,16k", show_default=True, help="In token equivalents."),
    click.option("--meter", default="B4", show_default=True, help="What a budget counts, B1 to B4."),
    click.option("--margin", default=0.05, show_default=True, help="The least gain that matters."),
    click.option("--shots", default=6, show_default=True, help="Solved examples before every question."),
    click.option("--trials", default=6, show_default=True, help="Prompts tried for every arm."),
    click.option("--dev", default=12, show_default=True, help="Items a prompt is tried on."),
    click.option("--attempts", default=4, show_default=True, help="Attempts an item, voted over."),
)
LOADING_OPTIONS = (
    click.option("--precision", type=click.Choice(["auto", "exact", "native"]), default="auto", show_default=True),
    click.option(
        "--format", "form", type=click.Choice(["auto", "chat", "completion"]), default="auto", show_default=True
    ),
    click.option("--threads", type=int, default=None, help="Default: the cores this process may use."),
    click.option("--context", type=int, default=8192, show_default=True, help="Tokens."),
    click.option("--device", default="auto", show_default=True, help="transformers: auto, cpu, cuda, cuda:1 or mps."),
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
cli.add_command(import_)
cli.add_command(export)


@cli.command()
@STUDY
@_with(RUN_OPTIONS)
@_with(RUNG_OPTIONS)
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
    show(done)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--concurrency", default=1, show_default=True)
def resume(folder: Path, concurrency: int) -> None:
    """Do what is missing or failed in a run FOLDER."""
    from thinkaloud import api
    from thinkaloud.report.progress import progress

    with progress() as shown:
        done = api.resume(folder, progress=shown, concurrency=concurrency)
    show(done)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Where to; default: FOLDER itself.")
def report(folder: Path, out: Path | None) -> None:
    """Make findings and report of a run FOLDER again from its records. Asks no model."""
    from thinkaloud import api

    show(api.rescore(folder, out), out)


@cli.command()
@STUDY
@_with(RUN_OPTIONS)
@_with(RUNG_OPTIONS)
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

    Of runs of the rungs: do the gaps between them widen with size?

    A size is taken from the model card, or from you: runs/mine=135e6.
    """
    from thinkaloud import api
    from thinkaloud.report.gap_trend import gap_lines
    from thinkaloud.report.terminal import print_lines
    from thinkaloud.report.trend import trend_lines

    sized = [run_size(folder) for folder in folders]
    given = {folder: parameters for folder, parameters in sized if parameters is not None}
    found = api.trend([folder for folder, _ in sized], given, out)
    print_lines([*(gap_lines if found.gaps else trend_lines)(found), f"report: {found.folder / 'trend.md'}"])


@cli.command()
@click.argument("arm", type=click.Path(path_type=Path))
@_with(CHALLENGE_OPTIONS)
@_with(LOADING_OPTIONS)
@click.option("--beacon", default=None, help="A public random value that came after; default: one is drawn here.")
@click.option("--register", "only", is_flag=True, help="Only write down what will be done, and print its hash.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where to; default: runs/challenge-<what it is>."
)
@click.option("--concurrency", default=1, show_default=True, help="Units at once (for servers; results do not change).")
def challenge(arm: Path, beacon: str | None, only: bool, out: Path | None, concurrency: int, **options: Any) -> None:
    """Somebody's ARM (a .py file) against the tuned baselines, on fresh questions that nobody could have seen."""
    from thinkaloud import api
    from thinkaloud.report.challenge import challenge_lines
    from thinkaloud.report.progress import progress
    from thinkaloud.report.terminal import print_lines

    model = options["model"]
    config = _config("rungs", {"temperature": 0.0, "paraphraser": "rules", "samples": 1, "seed": 0, "arms": "all",
                               "plan_by": "model", "edits": False, **options})  # fmt: skip
    asked = api.wanted(
        arm, config.tasks, against=split_names(options["against"]), items=config.items, difficulty=config.difficulty,
        settings=config.settings, loading=config.loading,
    )  # fmt: skip
    if only:
        about, folder = api.register(asked, model, beacon=beacon, out=out)
        print_lines([f"protocol hash: {about.protocol}", f"publish it, and give --beacon later: {folder}"])
        return
    with progress() as shown:
        found = api.challenge(asked, model, beacon=beacon, out=out, progress=shown, concurrency=concurrency)
    print_lines(challenge_lines(found))


@cli.command()
def models() -> None:
    """Models that have a short name, and how to name any other."""
    from thinkaloud.models.open import FORMS, model_names
    from thinkaloud.report.terminal import print_pairs

    print_pairs(model_names() | FORMS)


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


def _loading(options: dict[str, Any]) -> Any:
    from thinkaloud.models.loading import Loading

    return Loading(options["precision"], options["form"], options["threads"], options["context"], options["device"])


def _config(study: str, options: dict[str, Any]) -> Config:
    from thinkaloud.runs.config import Config
    from thinkaloud.studies.base import Settings
    from thinkaloud.tasks.pools import pool

    difficulty = options["difficulty"]
    settings = Settings(
        options["temperature"], shots=options["shots"], paraphraser=options["paraphraser"], samples=options["samples"],
        show_options=options.get("show_options", "auto"), spending=_spending(options),
    )  # fmt: skip
    chosen = options.get("pool")
    tasks = pool(chosen) if chosen else split_names(options["tasks"])
    return Config(
        study, options["model"], tuple(tasks), options["items"],
        int(difficulty) if difficulty.lstrip("-").isdigit() else difficulty, options["seed"], settings,
        _loading(options),
    )  # fmt: skip


def _spending(options: dict[str, Any]) -> Any:
    from thinkaloud.studies.base import Spending

    if "budgets" not in options:
        return Spending()
    arms = () if options["arms"] == "all" else split_names(options["arms"])
    return Spending(
        tuple(map(budget, options["budgets"].split(","))), arms, options["meter"], options["margin"],
        options["plan_by"], options["trials"], options["dev"], options["attempts"], options["edits"],
        options.get("tuner", "random"),
    )  # fmt: skip


def show(done: Run, out: Path | None = None) -> None:
    """Findings of a run, what tuning cost, what failed (exit code 3), and whether nothing was measured (4). `out`:
    where its report is, if elsewhere."""
    from thinkaloud.arms.tuning import costs
    from thinkaloud.report.terminal import print_lines, print_run
    from thinkaloud.runs.choosing import unmeasured
    from thinkaloud.runs.failures import failures

    print_run(done, out)
    print_lines(costs(done.units))
    failed = failures(done.units)
    if failed:
        sys.stdout.flush()
        click.echo(failed.sentence(done.folder), err=True)
        sys.exit(3)
    if unmeasured(done.config.study, done.units):
        sys.exit(4)
