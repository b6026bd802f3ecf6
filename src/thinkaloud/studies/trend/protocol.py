"""Several finished runs side by side: the same study of the same items, by models of known sizes.

Models on the same items; for the study of the rungs on the same families, each at the level its run chose. Reads run
folders and refuses what cannot be compared, in one line. Never asks a model. This module does not know how a
trend is estimated, nor how it is shown.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.metrics.gap_trend import GapTrend, gap_trends, levels
from thinkaloud.metrics.matching import name
from thinkaloud.metrics.same_question import check_same_question
from thinkaloud.metrics.trend import Sized, Trend, ascending, trends
from thinkaloud.runs.folder import Run
from thinkaloud.vocabulary import Record

RUNGS = "rungs"
"""The study whose trends are those of gaps."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the comparison; `source` says where its size is from (`model card` or `given`)."""

    name: str
    parameters: float
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs of several models side by side. `models` are in ascending order of size, as in each trend; `tasks` are in
    words, with their level; `folder` is where the report belongs. Of the study of the rungs there are `gaps` and no
    `trends`, of all others the other way round."""

    study: str
    tasks: tuple[str, ...]
    models: tuple[Entry, ...]
    trends: tuple[Trend, ...]
    folder: Path
    gaps: tuple[GapTrend, ...] = ()


def compare(runs: Sequence[Run], sizes: Mapping[str, float], out: str | Path | None = None) -> Comparison:
    """The trends over these runs; `sizes` are numbers of parameters by folder, and win over the model cards."""
    if not runs:
        raise UserError("no run folder was given")
    for folder in sizes:
        if folder not in {str(run.folder) for run in runs}:
            raise unknown("run folder", folder, [str(run.folder) for run in runs])
    _alike(runs)
    entries = [_entry(run, sizes.get(str(run.folder))) for run in runs]
    _different(runs, entries)
    models = [Sized(e.name, e.parameters, run.records) for e, run in zip(entries, runs, strict=True)]
    order = [models.index(model) for model in ascending(models)]
    study, ordered = runs[0].config.study, tuple(entries[i] for i in order)
    where = Path(out) if out is not None else Path("runs") / _slug(runs)
    if study == RUNGS:
        return Comparison(study, _families(models), ordered, (), where, _gaps(runs, models))
    _same_questions(runs)
    common = set.intersection(*({name(record) for record in model.records} for model in models))
    if not common:
        raise UserError(f"no item is common to all of these runs: {'; '.join(map(_asked, runs))}")
    tasks = tuple(f"{task}, level {level}" for task, level in sorted({item[:2] for item in common}))
    return Comparison(study, tasks, ordered, tuple(trends(models)), where)


def _gaps(runs: Sequence[Run], models: Sequence[Sized]) -> tuple[GapTrend, ...]:
    """The trends of the gaps between rungs; arms and budgets are settings, and so the same."""
    settings = runs[0].config.settings
    found = tuple(gap_trends(models, settings.budgets, settings.meter))
    if not found:
        raise UserError(f"no family has a gap between rungs in all of these runs: {'; '.join(map(_asked, runs))}")
    return found


def _families(models: Sequence[Sized]) -> tuple[str, ...]:
    """The families that all have, in words: at their level, or the level of each model where it is its own."""
    return tuple(
        f"{task}, level {own[0]}" if len(set(own)) == 1 else f"{task}, levels {', '.join(map(str, own))}"
        for task, own in sorted(levels(models).items())
    )


def _alike(runs: Sequence[Run]) -> None:
    """Refuse runs that are not finished, of different studies, or asked in different ways."""
    first = runs[0]
    for run in runs:
        _ = run.findings  # says so if there are none yet
        if (so_far := run.unfinished) is not None:
            raise UserError(f"{str(run.folder)!r} is not finished ({so_far}): thinkaloud resume {run.folder}")
        if run.config.study != first.config.study:
            raise UserError(
                f"{str(run.folder)!r} is a run of {run.config.study!r}, {str(first.folder)!r} of {first.config.study!r}"
            )
        now, before = run.identity.version, first.identity.version
        if now != before:
            raise UserError(
                f"{str(run.folder)!r} was made by version {now} of {run.config.study}, {str(first.folder)!r} by "
                f"version {before}: run the older one again with another --out"
            )
        mine, other = _settings(run), _settings(first)
        for setting in mine:
            if mine[setting] != other[setting]:
                raise UserError(
                    f"{str(run.folder)!r} has {setting} {mine[setting]!r}, {str(first.folder)!r} {other[setting]!r}: "
                    "runs can be compared if they were asked in the same way"
                )


def _same_questions(runs: Sequence[Run]) -> None:
    """Refuse runs in which one id (given in a file) stands for two questions."""
    seen: dict[tuple[str, str, str], tuple[Run, Record]] = {}
    for run in runs:
        for record in run.records:
            if "question" not in record:  # the record of a study of somebody's own
                continue
            at, other = seen.setdefault(name(record), (run, record))
            check_same_question(other, record, at.folder, run.folder)


def _settings(run: Run) -> dict[str, Any]:
    """All settings by name."""
    return asdict(run.config.settings)


def _different(runs: Sequence[Run], entries: Sequence[Entry]) -> None:
    """Refuse two runs of one model: it would count twice."""
    seen: dict[str, Run] = {}
    for run, entry in zip(runs, entries, strict=True):
        if entry.digest in seen:
            raise UserError(
                f"{str(seen[entry.digest].folder)!r} and {str(run.folder)!r} are two runs of the same model, "
                f"{entry.name}: give each model once"
            )
        seen[entry.digest] = run


def _entry(run: Run, given: float | None) -> Entry:
    """Who answered, and how large it is."""
    card = run.card
    found = given if given is not None else card.details.get("parameters")
    if found is None:
        raise UserError(
            f"the model card of {card.name} in {str(run.folder)!r} has no number of parameters: "
            f"give it as {run.folder}=135e6"
        )
    if not (math.isfinite(found) and found > 0):
        raise UserError(f"{found!r} is no number of parameters for {str(run.folder)!r}: give one like 135e6")
    return Entry(card.name, float(found), "model card" if given is None else "given", card.digest)


def _asked(run: Run) -> str:
    """What a run asked, for whoever has to find out why another asked something else."""
    tasks = sorted({f"{record['task']} level {record['level']}" for record in run.records})
    return f"{run.folder} has {', '.join(tasks) or 'no records'}, seed {run.config.seed}"


def _slug(runs: Sequence[Run]) -> str:
    """A folder name that other runs do not have."""
    digests = "".join(sorted(f"{run.card.digest} {run.config.dumps()}" for run in runs))
    return f"trend-{runs[0].config.study}-{len(runs)}-models-{hashlib.sha256(digests.encode()).hexdigest()[:8]}"
