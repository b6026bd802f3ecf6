"""`thinkaloud merge` and `thinkaloud verify`: one run from its shards, and whether a run folder is whole."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="The run folder; default: as of one process."
)
def merge(shards: tuple[Path, ...], out: Path | None) -> None:
    """Make one run of all SHARD folders of a run (`run --shard I/N`). Asks no model.

    The result is what one process would have made: the same findings, records, bill and report, but for seconds.
    Shards of another run, model, version or plan are refused with what differs."""
    from thinkaloud import api
    from thinkaloud.cli.progress import progress, seen
    from thinkaloud.cli.show import show

    with progress() as shown:
        done = api.merge(shards, out, progress=shown)
    show(done, seen=seen(shown))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Whether a run FOLDER is whole: every unit once, nothing changed, and the findings are those of the records.

    Asks no model and writes nothing. Exit code 2 with the first thing that is not as it must be."""
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.whole.verify import checks

    for line in checks(folder):
        print_lines([line])
