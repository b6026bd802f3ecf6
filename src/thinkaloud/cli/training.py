"""`thinkaloud organisms deception`, `natural` and `block`: organisms whose truth is measured, not certified. They need
torch, `block` transformers as well."""

from __future__ import annotations

from pathlib import Path

import click

from thinkaloud.errors import UserError
from thinkaloud.values import whole


@click.command()
@click.option("--quick", is_flag=True)
@click.option("--out", type=click.Path(path_type=Path), default=None)
def deception(quick: bool, out: Path | None) -> None:
    """Now `thinkaloud run deception`, which this does."""
    from thinkaloud import api
    from thinkaloud.cli.progress import progress
    from thinkaloud.cli.show import show

    click.echo(f"this is now: thinkaloud run deception{' --quick' if quick else ''}", err=True)
    with progress() as shown:
        done = api.run("deception", settings={"quick": quick}, out=out, progress=shown)
    show(done)


@click.command()
@click.option("--layers", default="1,2,4", show_default=True)
@click.option("--seeds", default="0,1", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("organisms"), show_default=True)
def natural(layers: str, seeds: str, out: Path) -> None:
    """Train networks that are only taught the right answer, and measure what they make of their thought."""
    from thinkaloud.organisms.natural_library import make

    for option, given in (("--layers", layers), ("--seeds", seeds)):
        if None in map(whole, given.split(",")):
            raise UserError(f"{option} {given!r}: give whole numbers, separated by commas")
    for seed in map(int, seeds.split(",")):
        for depth in map(int, layers.split(",")):

            def progress(step: int, steps: int, loss: float, name: str = f"natural:{depth}/{seed}") -> None:
                if step % 100 == 0 or step == steps:
                    click.echo(f"{name}: step {step} of {steps}, loss {loss:.3f}")

            entry = make(depth, seed, out, progress)
            click.echo(f"{entry.spec}: {out}")


@click.command()
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("organisms"), show_default=True)
def block(seed: int, out: Path) -> None:
    """Teach SmolLM2-135M to reason inside a block, and measure what it does (a quarter of an hour on one core)."""
    from thinkaloud.organisms.block.train import make

    def progress(step: int, steps: int, loss: float) -> None:
        click.echo(f"block/{seed}: step {step} of {steps}, loss {loss:.3f}")

    for share in make(seed, out, progress):
        said = f"{share.value:.2f} [{share.low:.2f}, {share.high:.2f}] of {share.n}"
        click.echo(f"block/{seed}: {share.level} numbers, {share.reading}: {said}")
