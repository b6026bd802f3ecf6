"""The card of the rungs: error rates, power and verdicts of the whole pipeline where the truth is known.

`rungs_card.json` ships with the package; `benchmarks/rungs_simulated.py --write` makes it anew, with simulated models
whose effect follows from formulas. Reports of the study print it. It is *stale* when the code that decides its numbers
(`calibration/closure.py`) is no longer what it was made by, which a test refuses. This module measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.calibration.closure import Closure, changed, few
from thinkaloud.stats.wilson import wilson
from thinkaloud.study import Card

Row = Mapping[str, Any]
PATH = Path(__file__).with_name("card.json")
CODE = Closure(
    roots=(
        "studies.rungs.protocol", "organisms.simulated", "tasks", "tasks.files", "tasks.simulated", "runs.records",
        "stats.distributions", "stats.equivalence", "stats.power", "stats.wilson", "ruler.simulated_truth",
        "tasks.specs", "tasks.benchmarks.table",
    ),
)  # fmt: skip
"""What decides the numbers of the card: what the benchmark imports, and the tasks that it opens by their names."""


def rate(count: int, n: int) -> dict[str, float]:
    """A share with Wilson's 95% interval."""
    low, high = wilson(count, n)
    return {name: round(x, 4) for name, x in {"value": count / n, "low": low, "high": high}.items()}


def write(rows: Sequence[Row], made: Mapping[str, object], path: Path = PATH) -> None:
    """Keep what was measured, one cell a line. `made`: its `date` and `command`, the `code` it was measured with
    (`CODE.digests()`) and the digest of the `script` that did."""
    import platform

    import numpy

    versions = {"thinkaloud": __version__, "python": platform.python_version(), "numpy": numpy.__version__}
    cells = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f'{{"made": {json.dumps({**made, "versions": versions})},\n"cells": [\n{cells}\n]}}\n', "utf-8")
    load.cache_clear()


@cache
def load() -> dict[str, Any]:
    """The shipped card; an empty one where there is none yet."""
    if not PATH.is_file():
        return {"made": {}, "cells": []}
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def stale() -> str | None:
    """Why the shipped card does not speak of this code, or None."""
    made = load()["made"]
    other = changed(made.get("code"), CODE.digests())
    if not other:
        return None
    was = f"{made.get('date')}; {few(other)}"
    return f"the rungs' card was made by other code ({was}): run benchmarks/rungs_simulated.py --write"


def sentences() -> list[str]:
    """What a report of the rungs says of its instrument."""
    rows, made = load()["cells"], load()["made"]
    if not rows:
        return []
    null = [row for row in rows if row["cell"] == "no effect"]
    power = [row for row in rows if row["cell"] == "power"]
    rest = [row for row in rows if row["cell"] not in ("no effect", "power") and row["families"] == 20]
    said = "; ".join(f"{_families(row)}, tau {row['tau']:g}: {_shown(row['seen'])}" for row in null)
    found = [
        f"On simulated models without any effect, F2 - F1 over families like these was taken for one (0 outside of its "
        f"95% interval) in these shares of whole studies, where .05 is meant: {said} ({_studies(null)})."
    ]
    said = "; ".join(
        f"{_families(row)}, {row['about']}: {_shown(row['seen'])}, computed {row['power']:.2f}" for row in power
    )
    found.append(f"True effects of {_sizes(power)} were seen in: {said} ({_studies(power)}).")
    said = "; ".join(f"{row['about']} (true {row['true']:+.2f}): {_words(row)}" for row in rest)
    found.append(f"Verdicts on controls with 20 families: {said} ({_studies(rest)}).")
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    found.append(
        f"Measured on {made['date']} by `{made['command']}` ({versions}). Simulated models are toys: this shows how "
        "often the statistics and the runner err where everything is known, not how real models behave."
    )
    return found


def cell_line(row: Row) -> str:
    """A cell in a line."""
    computed = "" if row["power"] is None else f" (computed {row['power']:.2f})"
    return (
        f"{row['cell']}, {row['about']}: {_families(row)} x {row['items']} items, tau {row['tau']:g}, "
        f"true {row['true']:+.3f}, mean {row['mean']:+.3f}, seen {_shown(row['seen'])}{computed}; {_words(row)}; "
        f"n {row['studies']}"
    )


def _families(row: Row) -> str:
    return f"{row['families']} families"


def _sizes(rows: Sequence[Row]) -> str:
    return " and ".join(dict.fromkeys(f"{row['true']:+.2f}" for row in rows))


def _studies(rows: Sequence[Row]) -> str:
    """How many studies a cell rests on."""
    counts = sorted({row["studies"] for row in rows})
    return (
        f"{' to '.join(str(n) for n in (counts[0], counts[-1]) if n)} studies each"
        if len(counts) > 1
        else (f"{counts[0]} studies each" if counts else "no studies")
    )


def _shown(share: Mapping[str, float]) -> str:
    return f"{share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"


def _words(row: Row) -> str:
    return ", ".join(f"{word} {_shown(share)}" for word, share in row["verdicts"].items())


CARD = Card(sentences, stale=stale)
