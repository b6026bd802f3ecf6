"""The card of the rungs: error rates, power and verdicts of the whole pipeline where the truth is known.

`rungs_card.json` ships with the package; `benchmarks/rungs_simulated.py --write` makes it anew, with simulated models
whose effect follows from formulas. Reports of the study print it. It is *stale* when the files that decide its numbers
are no longer those it was made by, which a test refuses. This module measures nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.calibration.cards import code_digest
from thinkaloud.study import Card

Row = Mapping[str, Any]
PATH = Path(__file__).with_name("card.json")
SOURCES = (
    "metrics/vote.py", "metrics/frontier.py", "metrics/factored.py", "metrics/pooling.py", "metrics/equivalence.py",
    "metrics/pool.py", "arms/*.py", "tasks/simulated.py", "organisms/simulated.py",
)  # fmt: skip
"""The files that decide the numbers of the card, below the package."""
Z = 1.959964


def rate(count: int, n: int) -> dict[str, float]:
    """A share with Wilson's 95% interval."""
    p, spread = count / n, Z * Z / n
    middle = (p + spread / 2) / (1 + spread)
    half = Z * math.sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    found = {"value": p, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}
    return {name: round(x, 4) for name, x in found.items()}


def code() -> str:
    """Hash of the files that decide the card's numbers, as they are now."""
    return code_digest(SOURCES)


def write(rows: Sequence[Row], code: str, date: str, command: str, path: Path = PATH) -> None:
    """Keep what was measured, one cell a line; `code` is what it was measured with."""
    import platform

    import numpy

    versions = {"thinkaloud": __version__, "python": platform.python_version(), "numpy": numpy.__version__}
    made = {"date": date, "command": command, "versions": versions, "code": code}
    listed = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f'{{"made": {json.dumps(made)},\n"cells": [\n{listed}\n]}}\n', encoding="utf-8")
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
    if made.get("code") == code():
        return None
    return f"the rungs' card was made by other code ({made.get('date')}): run benchmarks/rungs_simulated.py --write"


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
