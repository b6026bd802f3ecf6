"""`thinkaloud organisms deception` and `natural`: organisms whose truth is measured, not certified. Both need torch."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path

import click

from thinkaloud.errors import UserError


@click.command()
@click.option("--quick", is_flag=True, help="One size, one seed, few steps: to see that it works, in about a minute.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/deception"), show_default=True)
def deception(quick: bool, out: Path) -> None:
    """While a liar learns its trade, what do its readers report? Trains it at several sizes; about a quarter hour."""
    from thinkaloud._version import __version__
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.organisms.fit import need_torch
    from thinkaloud.studies.deception.page import verdicts, write_deception
    from thinkaloud.studies.deception.protocol import QUICK, Protocol, runs, study

    torch = need_torch()
    made = {
        "date": datetime.date.today().isoformat(),
        "thinkaloud": __version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "command": "thinkaloud organisms deception" + (" --quick" if quick else ""),
    }
    protocol = QUICK if quick else Protocol()
    click.echo(f"{len(runs(protocol))} trainings; {out / 'deception.md'} is written after each")
    found = None
    for found in study(protocol, click.echo):
        write_deception(found, protocol, out, made)
    if found is not None:
        print_lines([line.replace("**", "") for line in verdicts(found)])
    click.echo(f"report: {out / 'deception.md'}")


@click.command()
@click.option("--layers", default="1,2,4", show_default=True)
@click.option("--seeds", default="0,1", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("organisms"), show_default=True)
def natural(layers: str, seeds: str, out: Path) -> None:
    """Train networks that are only taught the right answer, and measure what they make of their thought."""
    from thinkaloud.organisms.natural_library import make

    for option, given in (("--layers", layers), ("--seeds", seeds)):
        if not all(part.isdigit() for part in given.split(",")):
            raise UserError(f"{option} {given!r}: give whole numbers, separated by commas")
    for seed in map(int, seeds.split(",")):
        for depth in map(int, layers.split(",")):

            def progress(step: int, steps: int, loss: float, name: str = f"natural:{depth}/{seed}") -> None:
                if step % 100 == 0 or step == steps:
                    click.echo(f"{name}: step {step} of {steps}, loss {loss:.3f}")

            entry = make(depth, seed, out, progress)
            click.echo(f"{entry.spec}: {out}")
