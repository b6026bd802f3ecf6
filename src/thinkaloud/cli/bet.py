"""`thinkaloud bet`: questions written down before there is a result, what people expect, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thinkaloud.errors import UserError

if TYPE_CHECKING:
    from thinkaloud.bets.registry import Registry
    from thinkaloud.report.tables import Grid

FOLDER = click.option("--bets", "folder", type=click.Path(path_type=Path), default=Path("bets"), show_default=True,
                      help="The folder of the ledger.")  # fmt: skip
QUESTION = click.argument("question")


@click.group()
def bet() -> None:
    """Lock a question, bet on it, and have it resolved by code from the records of a run (docs/bets.md)."""


@bet.command()
@click.argument("protocol", type=click.Path(path_type=Path), metavar="PROTOCOL.toml")
@FOLDER
def new(protocol: Path, folder: Path) -> None:
    """Lock the question in PROTOCOL.toml; it is called like the file."""
    made = _registry(folder).lock(protocol)
    _print([f"locked {made.name}: {made.locked['manifest']}", f"bets close at {made.asked.closes}"])
    if not made.asked.drawn:
        _print(["its seed is fixed: the questions are not unpredictable, and whoever locks it could have tried them"])
    _print([f"publish the last hash of the ledger: {made.locked['hash']}"])


@bet.command()
@QUESTION
@click.argument("forecast", default="")
@click.option("--who", required=True, help="Whose bet it is.")
@click.option("--why", required=True, help="The reason, in a sentence.")
@click.option("--no-bet", is_flag=True, help="Would not bet on it, and says why.")
@click.option("--side", default="", help="A side that it is for, where there are named ones.")
@FOLDER
def add(question: str, forecast: str, no_bet: bool, folder: Path, **said: str) -> None:
    """Bet on QUESTION. FORECAST: the probability of YES (.3), quantiles of a number (.1=.2,.5=.4,.9=.6), or a
    probability of every bin (low=.2,high=.8). A later bet of the same name takes the place of an earlier one, which
    stays in the ledger."""
    if no_bet == bool(forecast):
        raise UserError(f"the forecast is {forecast!r}: give one, or --no-bet and none")
    made = _registry(folder).bet(question, forecast or "no bet", **said)
    _print([f"entry {made['entry']}: {made['hash']}"])


@bet.command()
@QUESTION
@click.argument("value")
@FOLDER
def beacon(question: str, value: str, folder: Path) -> None:
    """Write down the VALUE of the beacon of QUESTION, once it is public. Prints the seed that follows."""
    made = _registry(folder).beacon(question, value)
    _print([f"seed: {made['seed']}", f"entry {made['entry']}: {made['hash']}"])


@bet.command()
@QUESTION
@click.argument("what")
@FOLDER
def deviate(question: str, what: str, folder: Path) -> None:
    """Write down WHAT is done otherwise than the protocol of QUESTION says: its result is exploratory then."""
    made = _registry(folder).deviate(question, what)
    _print([f"entry {made['entry']}: {made['hash']}"])


@bet.command()
@QUESTION
@click.argument("runs", nargs=-1, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("--beacon", "value", default=None, help="The beacon's value, if it is not written down yet.")
@click.option("--annul", is_flag=True, help="Annul it, where the run that was shown is not the registered one.")
@FOLDER
def resolve(question: str, runs: tuple[Path, ...], value: str | None, annul: bool, folder: Path) -> None:
    """Resolve QUESTION from the records of finished RUN folders, in the order of its protocol. Asks no model."""
    registry = _registry(folder)
    if value is not None:
        registry.beacon(question, value)
    found, written = registry.resolve(question, runs, annul)
    _print([f"{found.outcome}: {found.reason}"])
    if not written:
        raise UserError("not written down, another run may be the registered one: give --annul if there is none")
    from thinkaloud.bets.page import scores

    bets, bases, _ = scores(registry)
    for one in (*bets, *bases.values()):
        if one.question == question:
            _print([f"{one.who}: {one.score:.4f}" + ("" if one.log is None else f", log score {one.log:.4f}")])


@bet.command()
@FOLDER
def score(folder: Path) -> None:
    """Losses of all bets on resolved questions, beside the base rate and the last run."""
    from thinkaloud.bets.page import score_grids

    _grids(score_grids(_registry(folder)))


@bet.command()
@FOLDER
def verify(folder: Path) -> None:
    """Recompute the hash chain and all locks; how many questions are resolved, annulled and open."""
    from thinkaloud.bets.page import SELF, counts

    registry = _registry(folder)
    said = counts(registry)
    head = registry.entries[-1]["hash"] if registry.entries else "none"
    _print([f"the chain of {len(registry.entries)} entries and all locks hold", said, f"last hash: {head}", SELF])


@bet.command("list")
@FOLDER
def list_(folder: Path) -> None:
    """All questions, with their bets and outcomes."""
    from thinkaloud.bets.page import counts, question_grid

    registry = _registry(folder)
    for name, asked, *rest in question_grid(registry).rows:
        _print([f"{name}: {asked}", f"  base rate {rest[0]}; bets: {rest[1]}; closes {rest[2]}; {rest[3]}"])
    _print([counts(registry)])


@bet.command()
@QUESTION
@FOLDER
def show(question: str, folder: Path) -> None:
    """All of one QUESTION."""
    from thinkaloud.bets.page import question_lines

    _print(question_lines(_registry(folder).open(question)))


@bet.command()
@QUESTION
@FOLDER
def export(question: str, folder: Path) -> None:
    """Print QUESTION with its bets as one PRML manifest, whose prior_hash is the lock."""
    import json

    click.echo(json.dumps(_registry(folder).exported(question), indent=1, ensure_ascii=False))


@bet.command()
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Where to; default: bets.md in the folder.")
@FOLDER
def page(out: Path | None, folder: Path) -> None:
    """Write one page of all bets, with calibration once there are twenty."""
    from thinkaloud.bets.page import page as made
    from thinkaloud.runs.folder import write

    where = out or folder / "bets.md"
    write(where, made(_registry(folder)))
    _print([f"page: {where}"])


@bet.command("standing")
def standing_() -> None:
    """The positions of 2023 that this project grew out of: who says what, and what of it was checked."""
    from thinkaloud.bets.standing import line, standing

    about, forecasts = standing()
    _print([about, "", *(line(one) for one in forecasts)])


def _registry(folder: Path) -> Registry:
    from thinkaloud.bets.registry import Registry

    return Registry(folder)


def _print(lines: Iterable[str]) -> None:
    from thinkaloud.cli.terminal import print_lines

    print_lines(lines)


def _grids(grids: Iterable[Grid]) -> None:
    import shutil

    from thinkaloud.cli.plain_table import plain_table
    from thinkaloud.cli.terminal import PIPE

    for grid in grids:
        _print(["", *plain_table(grid, shutil.get_terminal_size((PIPE, 0)).columns)])
