"""`thinkaloud import` and `thinkaloud export`: logs of Inspect in and out, and tables out.

Asks no model, but for `import --model`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from thinkaloud.errors import UserError

if TYPE_CHECKING:
    from thinkaloud.interop.logs_in import Imported

KINDS = ("parquet", "csv", "json", "inspect")


@click.command("import")
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None, help="The task file; default: the log's name.")
@click.option("--examples", default=6, show_default=True, help="Right transcripts set apart to be shown as examples.")
@click.option(
    "--scorer", default=None, help="The score that says what is right; default: the one that fits the answers."
)
@click.option("--model", default=None, help="Go on at once: run --study on what came in, read by this model.")
@click.option("--study", default="faithfulness", show_default=True)
def import_(log: Path, out: Path | None, examples: int, scorer: str | None, model: str | None, study: str) -> None:
    """Transcripts of an Inspect LOG (.eval, .json) as a task file, on which studies run their tests."""
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.interop.logs_in import import_log

    if examples < 0:
        raise UserError(f"--examples is {examples}: 0 or more are set apart")
    made = import_log(log, out, examples, scorer)
    print_lines(made.lines)
    if model is not None:
        _run(study, model, made)


def _run(study: str, model: str, made: Imported) -> None:
    """The study on the transcripts that came in."""
    from thinkaloud import api
    from thinkaloud.cli.progress import progress
    from thinkaloud.cli.show import show
    from thinkaloud.open_study import open_study

    settings = open_study(study).Settings(shots=made.examples)
    with progress() as shown:
        done = api.run(
            study, model, [str(made.path)], items=made.measured, difficulty=1, settings=settings,
            progress=shown,
        )  # fmt: skip
    show(done)


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--parquet", "kind", flag_value="parquet", help="A table in Parquet.")
@click.option("--csv", "kind", flag_value="csv", help="A table as comma-separated values.")
@click.option("--json", "kind", flag_value="json", help="A table as one JSON array of rows.")
@click.option("--inspect", "kind", flag_value="inspect", help="A log for Inspect, with every transcript.")
@click.option("--records", is_flag=True, help="Tables: a row an item and condition, not a row an estimate.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="The file; default: in FOLDER.")
def export(folder: Path, kind: str | None, records: bool, out: Path | None) -> None:
    """The results of a run FOLDER for other programs."""
    from thinkaloud.cli.terminal import print_lines
    from thinkaloud.open_study import open_run

    if kind is None:
        raise UserError(f"export needs a format: one of {', '.join('--' + kind for kind in KINDS)}")
    if kind == "inspect" and records:
        raise UserError("--records is for tables: a log for Inspect has every record")
    run = open_run(folder)
    if kind == "inspect":
        from thinkaloud.interop.logs_out import export_log

        print_lines([f"log: {export_log(run, out)}"])
        return
    from thinkaloud.interop.tables import export_table

    path, rows = export_table(run, kind, records, out)
    print_lines([f"{rows} rows: {path}"])
