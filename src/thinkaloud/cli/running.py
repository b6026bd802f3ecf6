"""The commands around a run: `plan`, `run`, `resume`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thinkaloud.cli.options import Studies, config_of
from thinkaloud.values import duration, tokens

if TYPE_CHECKING:
    from thinkaloud.cluster.place import Place
    from thinkaloud.study import Study

OUT = click.Option(
    ["--out"], type=click.Path(path_type=Path), default=None, help="The run folder; default: runs/<what it is>."
)
CONCURRENCY = click.Option(
    ["--concurrency"], default=1, show_default=True, help="Units at once (for servers; results do not change)."
)
MAX_TOKENS = click.Option(
    ["--max-tokens"], default=None, metavar="N",
    help="Compute and write no more tokens than this in this command (500k, 2M); exit code 5.",
)  # fmt: skip
MAX_TIME = click.Option(
    ["--max-time"], default=None, metavar="DURATION",
    help="Begin no further unit once this command has taken so long (90s, 10m, 2h); exit code 5.",
)  # fmt: skip
MAX_COST = click.Option(
    ["--max-cost"], default=None, metavar="AMOUNT",
    help="Spend no more money than this on the whole run, by --price; exit code 5.",
)  # fmt: skip
PRICE = click.Option(
    ["--price"], default=None, metavar="PROMPT,WRITTEN",
    help="What a million tokens of prompts cost, and a million that are written (0.15,0.60), for --max-cost.",
)  # fmt: skip
SHARD = click.Option(
    ["--shard"], default=None, metavar="I/N",
    help="Do part I of N, in a folder of its own; thinkaloud merge makes one run of all parts.",
)  # fmt: skip
SHARE_CAPS = click.Option(
    ["--share-caps"], default=None, metavar="FILE",
    help="--max-tokens and --max-cost are the most of all commands on this machine that name this FILE.",
)  # fmt: skip
UNIT_TIME = click.Option(
    ["--unit-time"], default=None, metavar="DURATION",
    help="A unit that takes longer (10m) is recorded as failed, and done again on resume; for servers.",
)  # fmt: skip
ON = click.Option(
    ["--on"], default=None, metavar="PLACE",
    help="Do units elsewhere: processes, ray, or ray:ADDRESS of a cluster; --concurrency is then that of each worker.",
)  # fmt: skip
WORKERS = click.Option(
    ["--workers"], default=None, type=int, help="With --on: how many workers, each with a model.  [default: 2]"
)
CPUS = click.Option(["--cpus"], default=None, type=float, help="With --on: cores of each worker.  [default: 1]")
GPUS = click.Option(["--gpus"], default=None, type=float, help="With --on ray: GPUs of each worker.  [default: 0]")
IN_ONE: list[click.Parameter] = [CONCURRENCY, MAX_TOKENS, MAX_TIME, MAX_COST, PRICE, SHARE_CAPS, UNIT_TIME]
WORK: list[click.Parameter] = [*IN_ONE, ON, WORKERS, CPUS, GPUS]
"""How units are done, which decides nothing that is measured; `IN_ONE`, where one process does them."""


def _work(given: dict[str, Any]) -> dict[str, Any]:
    """The values of `WORK`, as `api.run` and `api.resume` take them."""
    most, longest, unit = given["max_tokens"], given["max_time"], given["unit_time"]
    return {
        "concurrency": given["concurrency"],
        "max_tokens": None if most is None else tokens(most),
        "max_time": None if longest is None else duration(longest),
        "max_cost": given["max_cost"],
        "price": given["price"],
        "share_caps": given["share_caps"],
        "unit_time": None if unit is None else duration(unit),
        "on": _on(given),
    }


def _on(given: dict[str, Any]) -> Place | None:
    """Where units are done; `UserError` for options of workers where there are none."""
    from thinkaloud.cluster.place import place_of
    from thinkaloud.errors import UserError

    workers = {name: given[name] for name in ("workers", "cpus", "gpus") if given[name] is not None}
    if given["on"] is not None:
        return place_of(given["on"], **workers)
    if workers:
        name = next(iter(workers))
        raise UserError(
            f"--{name} is {workers[name]:g}, and nothing says where workers are: give --on processes or ray"
        )
    return None


def _run(name: str, study: Study, given: dict[str, Any]) -> None:
    from thinkaloud import api
    from thinkaloud.cli.progress import progress, seen
    from thinkaloud.cli.show import show

    config, work = config_of(name, study, given), _work(given)
    with progress() as shown:
        done = api.run(
            name, config.model, config.tasks, items=config.items, difficulty=config.difficulty, seed=config.seed,
            out=given["out"], settings=config.settings, loading=config.loading, progress=shown,
            shard=given["shard"], **work,
        )  # fmt: skip
    show(done, seen=seen(shown))


run = Studies(
    _run,
    [OUT, SHARD, *WORK],
    name="run",
    help="Run STUDY; a folder that holds this very run is completed, not done again.",
)


def _plan(name: str, study: Study, given: dict[str, Any]) -> None:
    from thinkaloud import api
    from thinkaloud.cli.terminal import print_lines

    difference = given["difference"]
    lines = api.planned(name, config_of(name, study, given))
    if difference is not None:
        lines.append(
            study.comparison(difference)
            or f"two runs of {name} are not compared item by item: nothing is said of --difference {difference:g}"
        )
    print_lines(lines)


DIFFERENCE = click.Option(
    ["--difference"], type=click.FloatRange(0, 1, min_open=True), default=None, metavar="D",
    help="Also say how many items it takes to find so large a difference between two models (thinkaloud compare).",
)  # fmt: skip

plan = Studies(
    _plan,
    [DIFFERENCE],
    name="plan",
    help="What a run would cost and show: units, tokens, time, intervals. Runs nothing.",
)


def _resume(folder: Path, **given: Any) -> None:
    from thinkaloud import api
    from thinkaloud.cli.progress import progress, seen
    from thinkaloud.cli.show import show

    work = _work(given)
    with progress() as shown:
        done = api.resume(folder, progress=shown, **work)
    show(done, seen=seen(shown))


resume = click.Command(
    "resume",
    params=[click.Argument(["folder"], type=click.Path(path_type=Path)), *WORK],
    callback=_resume,
    help="Do what is missing or failed in a run FOLDER.",
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Where to; default: FOLDER itself.")
@click.option("--bets", type=click.Path(path_type=Path), default=None, help="A folder of bets: list those on this run.")
def report(folder: Path, out: Path | None, bets: Path | None) -> None:
    """Make findings and report of a run FOLDER again from its records. Asks no model."""
    from thinkaloud import api
    from thinkaloud.cli.show import show

    show(api.rescore(folder, out, bets=bets), out)
