"""`thinkaloud measure`: somebody's own checkpoints, all on the same questions, each held against the first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from thinkaloud.errors import UserError


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="CHECKPOINT...")
@click.option(
    "--study", default="channels", show_default=True,
    help="What is measured; its own options may be given as to `run`, --difficulty LEVEL has to be.",
)  # fmt: skip
@click.option("--margin", default=0.05, show_default=True, help="Differences within it count as none.")
@click.option("--concurrency", default=1, show_default=True, help="Units at once.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Where the comparison goes; default: runs/compare-..."
)
def measure(words: Sequence[str], study: str, **given: Any) -> None:
    """Did training change the reasoning? Every CHECKPOINT on the same questions, each against the first.

    A checkpoint is a model by any of its names: a folder, a LoRA adapter's folder, a file, an address. A folder of
    checkpoint-100, checkpoint-200, ... stands for all of them in this order. Runs that are there are not done again, so
    the same command takes in what a training has written since.
    """
    from thinkaloud import api
    from thinkaloud.beside import in_order, run_beside
    from thinkaloud.cli.compare import made, show
    from thinkaloud.cli.progress import progress

    named = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    checkpoints = in_order(words[:named])
    if len(checkpoints) < 2:
        raise UserError(f"measure needs two checkpoints or more, and has {len(checkpoints)}: {' '.join(checkpoints)}")
    folders = [made(study, checkpoints[0], words[named:], given["concurrency"]).folder]
    for checkpoint in checkpoints[1:]:
        with progress() as shown:
            done = run_beside(folders[0], checkpoint, progress=shown, concurrency=given["concurrency"])
        folders.append(done.folder)
    show(api.compare(folders, margin=given["margin"], out=given["out"]))
