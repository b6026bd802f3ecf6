"""The ruler: every channel and every test, run on every reasoner whose truth is known.

Four tables come out, which `cards.py` keeps and words:

    cells        a reasoner and a channel or test: what it must read, what it read, with interval; by probability and by
                 answer
    separation   a test and a reasoner: AUROC of the faithful one over it, item by item, on the same items
    ladder       a rung and a test: AUROC of high over low reliance, beside the most there is to get
    ranking      a test: its mean AUROC over the rungs

Reasoners are measured in processes of their own, two at a time unless told otherwise. The study is the one that
measures any model (`studies/faithfulness/protocol.py`); nothing is special here but that the truth is known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

from thinkaloud.calibration import expected
from thinkaloud.calibration.expected import CHANNELS
from thinkaloud.calibration.roster import LEVEL, TASK, Standard, scripted_standards, trained_standards
from thinkaloud.metrics.auroc import auroc, mean_auroc
from thinkaloud.metrics.channels import table
from thinkaloud.metrics.faithfulness import FIXED, SHOWN, Test, faithfulness, tests
from thinkaloud.metrics.listening import NAME as USE
from thinkaloud.metrics.listening import listening
from thinkaloud.metrics.readings import parsed
from thinkaloud.organisms.ladder import KINDS as RUNGS
from thinkaloud.organisms.ladder import LEVELS, degree
from thinkaloud.records.item import ItemRecord
from thinkaloud.vocabulary import Estimate, Key, Record

ITEMS, RUNG_ITEMS, SEED = 96, 128, 1
LOW, HIGH = 0.35, 0.65
"""Reliance of the two reasoners of a rung."""
KEY = Key(("ruler",))
Row = dict[str, Any]
Scores = Mapping[str, Mapping[str, float]]
"""Test -> item -> raw change minus floor, by probability."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one reasoner left: its estimates, and each test's score of each item."""

    name: str
    estimates: Mapping[str, Estimate]
    scores: Scores


def measure_all(workers: int = 2, done: Callable[[str], None] = lambda name: None) -> dict[str, list[Row]]:
    """All four tables. `done` is told each reasoner that is finished."""
    found: dict[str, Measured] = {}
    for measured in _map(workers, _jobs()):
        found[measured.name] = measured
        done(measured.name)
    standards = _standards()
    return {
        "cells": [row for s in standards for row in cells(s, found[s.model])],
        "separation": [row for s in standards for row in separation(s, found)],
        **ladder(found),
    }


def count() -> int:
    """How many reasoners there are to measure."""
    return len(_jobs())


def _standards() -> list[Standard]:
    return [*scripted_standards(), *trained_standards()]


def _jobs() -> list[tuple[str, str, int, int]]:
    """Model, task, level and items of each."""
    rungs = [(f"scripted:ladder:{kind}:{q}", LEVELS.get(kind, LEVEL)) for kind in RUNGS for q in (HIGH, LOW)]
    jobs = [(s.model, s.task, s.level, ITEMS) for s in _standards()]
    return jobs + [(name, TASK, level, RUNG_ITEMS) for name, level in rungs]


def measure(model: str, task: str, level: int, items: int, seed: int = SEED) -> Measured:
    """Run the faithfulness study on a reasoner and keep what the ruler needs."""
    from thinkaloud.open_model import open_model
    from thinkaloud.runs.config import Config
    from thinkaloud.runs.records import records_of
    from thinkaloud.studies.faithfulness.protocol import Faithfulness
    from thinkaloud.tasks import open_task

    config = Config("faithfulness", model, (task,), items, level, seed)
    records = records_of(Faithfulness(), open_model(model), open_task(task), config)
    ladder_only = "ladder:" in model
    rows = [] if ladder_only else [*table(parsed(records), key=KEY), *faithfulness(records, KEY)]
    if not ladder_only:
        rows += [row for ending, readout in SHOWN.items() for row in listening(records, KEY, readout, ending)]
    return Measured(model, {row.name: row for row in rows}, scores_of(records))


def scores_of(records: Sequence[Record]) -> Scores:
    """Every test's raw change minus its floor for every item that has it, by probability (items with several records:
    their mean)."""
    ok = parsed(records)
    return {test.name: _score(test, ok) for test in tests(ok)}


def _score(test: Test, ok: Sequence[ItemRecord]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for record in ok:
        raw, floor = test.raw(record, "probability"), test.floor(record, "probability")
        if raw is not None and floor is not None:
            found.setdefault(str(record["item"]), []).append(raw - floor)
    return {item: sum(values) / len(values) for item, values in found.items()}


# ------------------------------------------------------------------------------------------------------------- tables


def cells(standard: Standard, measured: Measured) -> list[Row]:
    """What each channel and test must read on a reasoner, and what it read. Where a rule holds on a share of the items
    only, that share is the one of the items that the row rests on (`expected.realised`)."""
    names = [*standard.channels, *standard.tests, *([] if standard.use is None else [USE])]
    rows = []
    for name in names:
        rule = _rule(standard, measured.scores.get(name) or measured.scores.get("paraphrase", {}))
        about = {"organism": standard.model, "tier": standard.tier, "rule": rule}
        truth = _truth(replace(standard, rule=rule), name)
        for ending in SHOWN if name not in CHANNELS else ("",):
            row = measured.estimates.get(name + ending)
            dial = measured.estimates.get(f"{name} / ceiling{ending}")
            rows.append({**about, "test": name, "by": "answer" if ending else "probability", "truth": _short(truth),
                         **_numbers(row), "dial": None if dial is None else _short(dial.value)})  # fmt: skip
    return rows


def _rule(standard: Standard, items: Mapping[str, float]) -> str:
    """The rule as it came out on these items; a trained organism's dial is not drawn item by item."""
    return expected.realised(standard.rule, items) if standard.tier == "scripted" else standard.rule


def _truth(standard: Standard, name: str) -> float | None:
    """What a channel or test must read on a reasoner."""
    if name in CHANNELS:
        return standard.channels[name]
    if name == USE:
        return standard.use
    known = expected.tests(standard.rule, standard.shape) if standard.tier == "scripted" else standard.tests
    return known[name]


def separation(standard: Standard, found: Mapping[str, Measured]) -> list[Row]:
    """AUROC of the faithful reasoner of the same tier and seed over this one, for each test that both have."""
    start, _, name = standard.model.partition(":")
    seed = "/" + name.partition("/")[2] if "/" in name else ""
    best = f"{start}:faithful{seed}"
    if standard.model == best or best not in found:
        return []
    one, other = found[best].scores, found[standard.model].scores
    return [
        {
            "organism": standard.model,
            "tier": standard.tier,
            "test": test,
            **_numbers(auroc(test, one[test], other[test], KEY)),
        }
        for test in one
        if test in other
    ]


def ladder(found: Mapping[str, Measured]) -> dict[str, list[Row]]:
    """Each test's AUROC on each rung, and its mean over the rungs."""
    pairs = {
        kind: tuple(found[f"scripted:ladder:{kind}:{q}"].scores for q in (HIGH, LOW))
        for kind in RUNGS
        if f"scripted:ladder:{kind}:{HIGH}" in found
    }
    if not pairs:
        return {"ladder": [], "ranking": []}
    reading = {test.name for test in FIXED if test.reads != "wording"}  # what the rungs differ in
    names = [
        t for t in next(iter(pairs.values()))[0] if t in reading and all(high.get(t) for high, _ in pairs.values())
    ]
    rungs = []
    for kind, (high, low) in pairs.items():
        best = _true_auroc(kind, next(iter(high.values())))
        rungs += [
            {"rung": kind, "test": t, **_numbers(auroc(t, high[t], low[t], KEY)), "most": _short(best)} for t in names
        ]
    ranking = [
        {"test": t, **_numbers(mean_auroc(t, [(high[t], low[t]) for high, low in pairs.values()], KEY))} for t in names
    ]
    return {"ladder": rungs, "ranking": sorted(ranking, key=lambda row: -(row["value"] or 0.0))}


def _true_auroc(kind: str, items: Mapping[str, float]) -> float:
    """AUROC of the true degrees of reliance of these items."""
    high, low = ([degree(item, kind, q) for item in items] for q in (HIGH, LOW))
    wins = sum((h > x) + 0.5 * (h == x) for h in high for x in low)
    return wins / (len(high) * len(low))


def _numbers(row: Estimate | None) -> Row:
    """An estimate as plain data."""
    if row is None:
        return {"value": None, "low": None, "high": None, "n": 0, "reason": "not measured"}
    values = {"value": _short(row.value), "low": _short(row.low), "high": _short(row.high), "n": row.n}
    return values if row.reason is None else {**values, "reason": row.reason}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value + 0.0, 4)


# ------------------------------------------------------------------------------------------------------------ processes


def _map(workers: int, jobs: Sequence[tuple[str, str, int, int]]) -> Iterator[Measured]:
    """Measure every job, in this process or in `workers` others (each with one thread: more would crawl)."""
    if workers <= 1:
        yield from (measure(*job) for job in jobs)
        return
    with _one_thread(), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_apply, measure), jobs)


def _apply(function: Callable[..., Measured], arguments: tuple[Any, ...]) -> Measured:
    return function(*arguments)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Numeric libraries started in here use one thread."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
