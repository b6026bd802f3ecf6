"""`thinkaloud organisms`: reasoners whose use of their visible thinking is known. Training needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from thinkaloud.cli.training import block, deception, natural
from thinkaloud.errors import UserError, unknown
from thinkaloud.values import whole

if TYPE_CHECKING:
    from thinkaloud.organisms.certify import Line


@click.group()
def organisms() -> None:
    """Trained reasoners whose use of their visible thinking is known."""


organisms.add_command(deception)
organisms.add_command(natural)
organisms.add_command(block)


@organisms.command("list")
def list_organisms() -> None:
    """Organisms that ship, with what was measured for their certificate; natural ones; the rejected ones."""
    from thinkaloud.cli.terminal import print_pairs
    from thinkaloud.organisms import natural_library
    from thinkaloud.organisms.block.opened import names
    from thinkaloud.organisms.library import entries

    found = entries()
    shown = {"silent", "filler", "paraphrase", "transplant:paraphrase"}
    for entry in (e for e in found if e.certified):
        measured = ", ".join(_said(line) for line in entry.lines if line.reading in shown)
        print_pairs({f"organism:{entry.spec}": f"{entry.about['about']} ({measured})"})
    print_pairs({f"organism:{spec}": about for spec, about in (natural_library.names() | names()).items()})
    print_pairs({f"rejected {e.spec}": "; ".join(e.about["rejected"]) for e in found if not e.certified})


@organisms.command()
@click.option("--only", default=None, help="Recipes, separated by commas; default: all.")
@click.option("--seeds", default="0,1", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("organisms"), show_default=True)
@click.option("--size", default="S", show_default=True, help="S (106,112 parameters) or XS (28,480).")
def train(only: str | None, seeds: str, out: Path, size: str) -> None:
    """Train and certify organisms into a folder, one after the other (a quarter to some minutes each)."""
    from thinkaloud.organisms.recipes import RECIPES
    from thinkaloud.organisms.train import SHAPES, make

    names = only.split(",") if only else list(RECIPES)
    for name in names:
        if name not in RECIPES:
            raise unknown("recipe", name, RECIPES)
    if size not in SHAPES:
        raise unknown("size", size, SHAPES)
    if None in map(whole, seeds.split(",")):
        raise UserError(f"{seeds!r} are no seeds: whole numbers, separated by commas")
    for seed in map(int, seeds.split(",")):
        for name in names:

            def progress(step: int, steps: int, loss: float, name: str = name, seed: int = seed) -> None:
                if step % 100 == 0 or step == steps:
                    click.echo(f"{name}/{seed}: step {step} of {steps}, loss {loss:.3f}")

            entry = make(RECIPES[name], seed, out, SHAPES[size], progress=progress)
            verdict = "certified" if entry.certified else f"rejected ({'; '.join(entry.about['rejected'])})"
            click.echo(f"{entry.spec}: {verdict}")


@organisms.command()
@click.argument("spec")
@click.option("--items", default=1500, show_default=True)
def certify(spec: str, items: int) -> None:
    """Measure the shipped organism SPEC (NAME/SEED) on other items than its certificate has, beside its rule."""
    from thinkaloud.organisms.certify import certify as measure
    from thinkaloud.organisms.open import open_trained
    from thinkaloud.organisms.recipes import RECIPES
    from thinkaloud.vocabulary import Key

    organism = open_trained(spec)
    recipe = RECIPES[str(organism.card.details["recipe"])]
    certificate = measure(organism, recipe, Key(("organisms", "again", spec)), items)
    for line in certificate.lines:
        rule = "no rule" if line.rule is None else f"rule {line.rule:.3f}"
        click.echo(f"{line.reading:24} {_said(line, named=False):24} {rule}{'  REJECTED' if line.fault else ''}")
    click.echo(f"{organism.card.name}: {'rejected' if certificate.faults else 'certified'}")


def _said(line: Line, named: bool = True) -> str:
    e = line.measured
    name = f"{line.reading} " if named else ""
    if e.value is None or e.low is None or e.high is None:
        return f"{name}not measured: {e.reason}"
    return f"{name}{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]"
