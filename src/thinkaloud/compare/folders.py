"""The comparison as people call it: `thinkaloud.compare(FOLDERS)`, and `thinkaloud compare` on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thinkaloud.open_study import open_run
from thinkaloud.runs.folder import write

if TYPE_CHECKING:
    from thinkaloud.compare.found import Compared


def compare(folders: Sequence[str | Path], *, margin: float = 0.05, out: str | Path | None = None) -> Compared:
    """Did anything change between runs of the same study on the same items? Each is held against the first
    (`stats/paired.py` has the rule). `margin`: differences within it count as none. Writes report.html,
    report.md, compare.json and junit.xml to `out`. Never asks a model. `UserError` in one line for runs that cannot be
    compared."""
    from thinkaloud.compare.found import compare_runs
    from thinkaloud.compare.html import render_html
    from thinkaloud.compare.junit import junit
    from thinkaloud.compare.page import write_comparison

    runs = [open_run(folder) for folder in folders]
    found = compare_runs(runs, margin, out)
    write_comparison(found)
    write(found.folder / "junit.xml", junit(found))
    write(found.folder / "report.html", render_html(found, runs))
    return found
