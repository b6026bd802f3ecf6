"""Ruler cards: what the ruler measured, kept with the version of the code that measured it, and put into words.

`cards.json` ships with the package; `thinkaloud ruler --write` makes it anew. Reports print `line(test)` beside each
claim. A card is *stale* when the code that decides its numbers (`closure.py`) is no longer what it was made by, which a
test refuses.

"Misreads" is about the one use that all of these tests are put to, as a number of faithfulness: how far is the test's
dial (the share of its ceiling) from how much the answer follows what the words say, at the step where it listens most?
That is known by construction of the rule (`expected.use`) and is no test's reading: a test of the last step alone
misreads who listens elsewhere. A test that reads need is right about need and still misreads there; that is what the
card is for. This module measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.calibration import expected
from thinkaloud.calibration.closure import Closure, changed, few
from thinkaloud.calibration.expected import CHANNELS
from thinkaloud.calibration.roster import SHAPE, TRAINED_SHAPE
from thinkaloud.metrics.faithfulness import FIXED
from thinkaloud.metrics.listening import NAME as USE

Row = Mapping[str, Any]
PATH = Path(__file__).with_name("cards.json")
CODE = Closure(
    roots=("ruler.measure", "organisms.scripted", "organisms.open", "tasks.files", "tasks.sums", "tasks.chain"),
    data=("organisms/weights/*",),
)
"""What decides the numbers of the cards: what measures, and the reasoners and tasks that it opens by their names."""
TOLERANCE = {"scripted": 0.0, "trained": 0.05}
"""How far a reasoner may be from its rule: what a certificate lets pass."""
NUMBERS = frozenset({USE, *(test.name for test in FIXED if test.reads != "wording")})
"""The tests that are taken for a number of faithfulness."""
FAR = 0.2
"""A dial that is this far off misreads."""


def write(tables: Mapping[str, Sequence[Row]], code: Mapping[str, str], path: Path = PATH) -> None:
    """Keep what the ruler measured, one row a line; `code` is what it was measured with (`CODE.digests()`)."""
    made = {"version": __version__, "code": code}
    parts = [f'"made": {json.dumps(made)}']
    for name, rows in tables.items():
        listed = ",\n".join(json.dumps(row) for row in rows)
        parts.append(f'"{name}": [\n{listed}\n]')
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
    load.cache_clear()


@cache
def load() -> dict[str, Any]:
    """The shipped cards; empty tables where there are none yet."""
    if not PATH.is_file():
        return {"made": {}, "cells": [], "separation": [], "ladder": [], "ranking": []}
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def stale() -> str | None:
    """Why the shipped cards do not speak of this code, or None."""
    made = load()["made"]
    other = changed(made.get("code"), CODE.digests())
    if not other:
        return None
    was = f"version {made.get('version')}"
    return f"the ruler cards were made by other code ({was}; {few(other)}): run thinkaloud ruler --write"


def cells_of(test: str, by: str = "probability") -> list[Row]:
    """What was measured of one test or channel, reasoner by reasoner."""
    return [row for row in load()["cells"] if row["test"] == test and row["by"] == by and row["value"] is not None]


def held(row: Row) -> bool:
    """Whether the interval holds the truth, up to how far the reasoner may be from its rule."""
    slack = TOLERANCE[row["tier"]] + 1e-3
    return bool(row["low"] - slack <= row["truth"] <= row["high"] + slack)


def true_use(row: Row) -> float | None:
    """How much the answer of a cell's reasoner follows what the words say, by construction of its rule; None where the
    rule does not settle it."""
    return expected.use(row["rule"], SHAPE if row["tier"] == "scripted" else TRAINED_SHAPE)


def misreadings(test: str) -> list[tuple[str, float, float]]:
    """(reasoner, dial, use) where the dial of a test is far from how much the answer follows what the words say.

    None for tests of wording and bias, which claim no such dial.
    """
    if test not in NUMBERS:
        return []
    found = [(row["organism"], row["dial"], true_use(row)) for row in cells_of(test)]
    known = [(name, dial, true) for name, dial, true in found if dial is not None and true is not None]
    return [(name, dial, true) for name, dial, true in known if abs(dial - true) > FAR]


def line(name: str) -> str | None:
    """The card of a test or channel in a line, None where there is no card."""
    rows = cells_of(name)
    if not rows:
        return None
    worst = max(rows, key=lambda row: abs(row["value"] - row["truth"]))
    parts = [
        f"{sum(map(held, rows))} of {len(rows)} reasoners of known truth within the interval, largest error "
        f"{abs(worst['value'] - worst['truth']):.2f} ({_plain(worst['organism'])})"
    ]
    if name not in CHANNELS:
        parts += _separates(name)
    return "; ".join(parts)


def _separates(test: str) -> Iterator[str]:
    """How a test tells reasoners apart, and where it misreads."""
    posthoc = [r for r in load()["separation"] if r["test"] == test and r["organism"].endswith(":posthoc")]
    if posthoc and posthoc[0]["value"] is not None:
        yield f"AUROC faithful over post-hoc {posthoc[0]['value']:.2f}"
    for row in load()["ranking"]:
        if row["test"] == test:
            yield f"on the harder ladder {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    kinds: dict[str, tuple[float, float]] = {}
    for name, dial, true in misreadings(test):
        kinds.setdefault(kind(name), (dial, true))
    if kinds:
        shown = ", ".join(f"{rule} ({dial:.2f} for {true:.2f})" for rule, (dial, true) in list(kinds.items())[:4])
        more = f" and {len(kinds) - 4} more" if len(kinds) > 4 else ""
        yield f"taken for use of the words it misreads {shown}{more}"


def sentences(study: str) -> list[str]:
    """What a report of a study says of its instrument."""
    tables = load()
    rows = [r for r in tables["cells"] if r["by"] == "probability" and r["value"] is not None]
    if not rows:
        return []
    own = [r for r in rows if (r["test"] in CHANNELS) == (study == "channels")]
    if not own:
        return []
    names = sorted({kind(row["organism"]) for row in own})
    worst = sorted(own, key=lambda r: -abs(r["value"] - r["truth"]))[0]
    trained = {row["organism"] for row in own if row["tier"] == "trained"}
    found = [
        f"On {len({r['organism'] for r in own})} reasoners whose truth is known ({len(trained)} of them trained "
        f"networks; {', '.join(names)}) the true value lies within the interval in {sum(map(held, own))} of {len(own)} "
        f"cells (a trained one may be {TOLERANCE['trained']} from its rule); the largest error is "
        f"{abs(worst['value'] - worst['truth']):.2f} ({worst['test']} of {_plain(worst['organism'])}).",
        "Scripted and trained reasoners are toys: this shows that the instrument is wired right, where it is biased "
        "and what it is blind to, not how it does on real prose.",
    ]
    if study == "faithfulness" and tables["ranking"]:
        order = ", ".join(f"{r['test']} {r['value']:.2f} [{r['low']:.2f}, {r['high']:.2f}]" for r in tables["ranking"])
        found.append(f"Mean AUROC on the harder ladder, where the true degrees give {_most():.2f}: {order}.")
    return found


def _most() -> float:
    """Mean over the rungs of the AUROC of the true degrees."""
    rungs = {str(row["rung"]): float(row["most"]) for row in load()["ladder"]}
    return sum(rungs.values()) / len(rungs)


def _plain(organism: str) -> str:
    """`scripted:mixture:0.5` -> `mixture:0.5`, `organism:capable/0` -> `capable/0 (trained)`."""
    start, _, name = organism.partition(":")
    return name if start == "scripted" else f"{name} (trained)"


def kind(organism: str) -> str:
    """The rule of a reasoner: a trained one goes by the name of its scripted twin."""
    rule = organism.partition(":")[2].partition(":")[0].partition("/")[0]
    return {"decor": "decoration", "stoch": "graded"}.get(rule, rule)
