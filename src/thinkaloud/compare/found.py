"""The comparison itself: every other run against the first, every row of every task, Holm over all of them.

Never asks a model. This module knows which quantities a study has; it does not know how they are shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from thinkaloud.compare.runs import check_alike, one_model, remarks
from thinkaloud.errors import UserError, unknown
from thinkaloud.metrics.compared import channel_rows, test_rows
from thinkaloud.metrics.compared_arms import arm_rows
from thinkaloud.metrics.matched import Flips, Matched, flips, match
from thinkaloud.runs.folder import Run
from thinkaloud.stats.equivalence import ALPHA, holm
from thinkaloud.stats.paired import MARGIN, Joint, Row, compare_row, with_holm
from thinkaloud.vocabulary import Key, Record

ROWS: Mapping[str, Callable[[Matched, Any], list[Joint]]] = {
    "channels": lambda matched, settings: channel_rows(matched),
    "faithfulness": lambda matched, settings: test_rows(matched),
    "rungs": lambda matched, settings: arm_rows(matched, settings.budgets, settings.meter),
}
"""Study -> its rows, from matched items and the settings of the runs: one line for each study whose runs can be
compared."""
FLIPPING = ("channels", "faithfulness")
"""Studies whose items are right or wrong after own reasoning."""
ALIASES = {
    "share": "externalised share",
    "silent": "P(gold) silent",
    "own": "P(gold) own",
    "own - chance": "P(gold) own",
}
"""Other names of rows. `silent` and `own - chance` differ between runs exactly as these do."""
ALL = "all"
MANY = 3
"""So many rows or more are judged together, by Holm."""


@dataclass(frozen=True, slots=True)
class Side:
    """One run: where it is, and who answered."""

    folder: str
    model: str
    digest: str
    format: str
    precision: str
    unfinished: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTask:
    """One task in two runs: `common` items that were read in both, why others were `dropped`, its rows, and the
    flips where items are right or wrong after own reasoning."""

    task: str
    level: str
    asked_a: int
    asked_b: int
    common: int
    dropped: Mapping[str, int]
    rows: tuple[Row, ...]
    flips: Flips | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One run (B) against the first one (A)."""

    other: Side
    one_model: bool
    remarks: tuple[str, ...]
    tasks: tuple[OfTask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Everything: `first` is A everywhere. `tested` is the number of rows that Holm's p is over; `folder` is where the
    report belongs."""

    study: str
    margin: float
    first: Side
    others: tuple[Against, ...]
    tested: int
    folder: Path

    @property
    def rows(self) -> list[tuple[Against, OfTask, Row]]:
        """All rows, with what they are of."""
        return [(one, task, row) for one in self.others for task in one.tasks for row in task.rows]


def compare_runs(runs: Sequence[Run], margin: float = MARGIN, out: str | Path | None = None) -> Compared:
    """The first of the runs against each of the others. `UserError` for fewer than two, for a margin that is none, and
    for runs that do not measure the same."""
    if len(runs) < 2:
        raise UserError(f"{len(runs)} run folder was given: give at least 2, the first is the reference")
    if not 0 < margin < 1:
        raise UserError(f"--margin is {margin:g}: give a difference of probabilities between 0 and 1, such as .05")
    first, study = runs[0], runs[0].study.name
    for other in runs[1:]:
        check_alike(first, other)
    comparable(first)
    others = [_against(first, other, margin) for other in runs[1:]]
    named = Path(out) if out is not None else Path("runs") / _slug(runs, margin)
    made = Compared(study=study, margin=margin, first=_side(first), others=tuple(others), tested=0, folder=named)
    return _corrected(made)


def comparable(run: Run) -> None:
    """`UserError` where runs of this study cannot be compared."""
    if run.study.name not in ROWS:
        raise UserError(f"runs of {run.study.name!r} cannot be compared: those of {' and '.join(ROWS)} can")


def subjects(run: Run) -> list[tuple[str, str]]:
    """Every task of a run with its level."""
    return sorted({(str(r["task"]), str(r["level"])) for r in run.records})


def of_subject(run: Run, task: str, level: str) -> list[Record]:
    """The run's records of one task at one level."""
    return [r for r in run.records if (str(r["task"]), str(r["level"])) == (task, level)]


def changed(found: Compared, names: Sequence[str]) -> list[tuple[Against, OfTask, Row]]:
    """The rows among `names` (`all`: every row) that changed: *different*, and, where that names three rows or more
    over all tasks and runs, by Holm's p over these, too. `UserError` for a name that no row has."""
    wanted = resolved(found, names)
    here = [one for one in found.rows if one[2].name in wanted]
    tested = [one for one in here if one[2].p is not None]
    adjusted = holm([one[2].p or 0.0 for one in tested])
    return [
        one
        for one, p in zip(tested, adjusted, strict=True)
        if one[2].word == "different" and (len(tested) < MANY or p <= ALPHA)
    ]


def resolved(found: Compared, names: Sequence[str]) -> set[str]:
    """The names of rows that are meant."""
    known = {row.name for _, _, row in found.rows}
    aliases = {alias: name for alias, name in ALIASES.items() if name in known}
    wanted: set[str] = set()
    for given in names:
        if given == ALL:
            return known
        if given not in known and given not in aliases:
            raise unknown("row of this comparison", given, [*known, *aliases, ALL])
        wanted.add(given if given in known else aliases[given])
    return wanted


def _against(first: Run, other: Run, margin: float) -> Against:
    equal, name, settings = one_model(first, other), first.study.name, first.config.settings
    tasks = []
    for task, level in subjects(first):
        matched = match(of_subject(first, task, level), of_subject(other, task, level))
        key = Key(("compare", first.config.study, task, level))
        rows = [compare_row(joint, margin, one_model=equal, key=key) for joint in ROWS[name](matched, settings)]
        tasks.append(
            OfTask(
                task=task, level=level, asked_a=matched.asked_a, asked_b=matched.asked_b, common=len(matched.both),
                dropped=matched.dropped, rows=tuple(rows), flips=flips(matched) if name in FLIPPING else None,
            )
        )  # fmt: skip
    said = tuple(remarks(first, other))
    return Against(other=_side(other), one_model=equal, remarks=said, tasks=tuple(tasks))


def _corrected(found: Compared) -> Compared:
    """With Holm's p over all rows of all tasks and runs, where these are three or more."""
    rows = [row for _, _, row in found.rows]
    tested = sum(row.p is not None for row in rows)
    if tested < MANY:
        return replace(found, tested=tested)
    left = iter(with_holm(rows))
    others = tuple(
        replace(one, tasks=tuple(replace(task, rows=tuple(next(left) for _ in task.rows)) for task in one.tasks))
        for one in found.others
    )
    return replace(found, others=others, tested=tested)


def _side(run: Run) -> Side:
    card, of = run.card, run.identity
    return Side(str(run.folder), card.name, of.digest, of.format, of.precision, run.unfinished)


def _slug(runs: Sequence[Run], margin: float) -> str:
    """A folder name that other comparisons do not have."""
    said = f"{margin} " + " ".join(f"{run.identity.hash} {run.folder.name}" for run in runs)
    return f"compare-{runs[0].study.name}-{len(runs)}-runs-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
