"""What a question came to: by code, from the records in run folders.

The row is estimated anew by the study from the records (`runs/execute.findings`), as `thinkaloud report` does it; no
number is typed, and findings.json is not opened. The outcome is

    YES, NO    of a threshold, or of whether the row has a number
    NUMBER     of a quantity, also where bins are asked
    ANNUL      the run is not the registered one, the row is not there, has no number, rests on too few items, or lies
               within the margin; each with its reason

A run that is not through is a `UserError`: it may still become the registered one. This module writes nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from thinkaloud._version import __version__
from thinkaloud.bets.prml import portable
from thinkaloud.bets.protocol import ANY, Protocol, Registered, Statement, digest_of
from thinkaloud.errors import UserError
from thinkaloud.records.about import fits
from thinkaloud.runs.config import takes
from thinkaloud.runs.execute import findings
from thinkaloud.runs.folder import Run
from thinkaloud.settings import plain
from thinkaloud.tasks.seeds import Set, candidate, root
from thinkaloud.vocabulary import Estimate, Part

Outcome = Literal["YES", "NO", "NUMBER", "ANNUL"]
COMPARES = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The outcome, with the row it rests on. `registered`: whether the runs are those of the protocol. `runs`: of each
    the hash of its identity and of the records that were read."""

    outcome: Outcome
    reason: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    registered: bool = True
    runs: tuple[Mapping[str, str], ...] = field(default=())
    thinkaloud: str = __version__


def seed_of(lock: str, value: str) -> int:
    """The seed of a question (`lock`: its hash) after a beacon's value: 31 bits (`tasks/seeds.py`)."""
    return candidate(root(bytes.fromhex(lock), value.encode()), Set("bet", "run", 0), 0)


def resolve(asked: Protocol, runs: Sequence[Run], seed: int | None, since: float) -> Resolution:
    """The outcome. `seed`: where a beacon decides it; `since`: when the question was locked (seconds since 1970)."""
    if len(runs) != len(asked.runs):
        raise UserError(f"{len(runs)} run folders were given, and the protocol has {len(asked.runs)}")
    for run in runs:
        if (so_far := run.unfinished) is not None:
            raise UserError(f"{str(run.folder)!r} is not finished, {so_far} are done: thinkaloud resume {run.folder}")
    read = tuple(_read(run) for run in runs)
    for of, run in zip(asked.runs, runs, strict=True):
        if why := difference(of, run, seed, since):
            return Resolution(outcome="ANNUL", reason=f"{run.folder.name}: {why}", registered=False, runs=read)
    found = [row(of, run, asked.row) for of, run in zip(asked.runs, runs, strict=True)]
    for of, one in zip(asked.runs, found, strict=True):
        if isinstance(one, str):
            return Resolution(outcome="ANNUL", reason=one, runs=read)
        if one.n < of.least and one.value is not None:
            return Resolution(outcome="ANNUL", reason=f"the row rests on {one.n} items, at least {of.least} were asked",
                              n=one.n, runs=read)  # fmt: skip
    estimates = [one for one in found if isinstance(one, Estimate)]
    outcome, reason, value = judged(asked.statement, estimates)
    last = estimates[-1]
    ends = (last.low, last.high) if len(estimates) == 1 else (None, None)
    return Resolution(outcome=outcome, reason=reason, value=value, low=ends[0], high=ends[1],
                      n=min(one.n for one in estimates), runs=read)  # fmt: skip


def judged(statement: Statement, rows: Sequence[Estimate]) -> tuple[Outcome, str, float | None]:
    """Outcome, why, and the number of one row, or the second's minus the first's."""
    lacking = [one for one in rows if one.value is None]
    if statement.kind == "identifiable":
        return ("NO", lacking[0].reason or "no number", None) if lacking else ("YES", "it has a number", rows[0].value)
    if lacking:
        return "ANNUL", f"no number: {lacking[0].reason}", None
    numbers = [getattr(one, statement.of) for one in rows]
    value: float = numbers[-1] - (numbers[0] if len(numbers) > 1 else 0.0)
    if statement.kind != "threshold":
        return "NUMBER", f"it is {value:.4f}", value
    said = f"{'the difference' if len(rows) > 1 else statement.of} is {value:.4f}, asked was {statement.sign}"
    said = f"{said} {statement.threshold:g}"
    if abs(value - statement.threshold) < statement.margin:
        return "ANNUL", f"{said}: within the margin of {statement.margin:g}", value
    return "YES" if COMPARES[statement.sign](value, statement.threshold) else "NO", said, value


def difference(of: Registered, run: Run, seed: int | None, since: float) -> str | None:
    """What a run has otherwise than it was registered, in words; None where nothing is."""
    config, now = run.config, run.identity
    if now.study != of.study:
        return f"it is a run of {now.study!r}, registered was {of.study!r}"
    wanted: dict[str, tuple[Any, Any]] = {"seed": (of.seed if isinstance(of.seed, int) else seed, config.seed)}
    if of.version != ANY:
        wanted["version"] = (of.version, now.version)
    if takes(run.study, "model"):
        names = {name.removeprefix("hf:") for name in (config.model, run.card.name)}
        wanted["model"] = (of.model, of.model if of.model.removeprefix("hf:") in names else config.model)
        wanted["digest"] = (of.digest or now.digest, now.digest)
    if takes(run.study, "tasks"):
        digests = {one.name: one.digest for one in now.tasks}
        wanted["task"] = (of.task, of.task if of.task in digests else ", ".join(digests))
        wanted["questions"] = (of.questions or digests.get(of.task), digests.get(of.task))
        wanted["items"] = (of.items, config.items)
        wanted["difficulty"] = (of.difficulty, config.difficulty)
    loading = plain(config.loading)
    wanted |= {name: (value, loading.get(name)) for name, value in of.loading.items()}
    usual, settings = whole(type(config.settings)()), whole(config.settings)
    wanted |= {n: (of.settings.get(n, usual.get(n)), settings.get(n)) for n in sorted({*of.settings, *settings})}
    for name, (registered, found) in wanted.items():
        if registered != found:
            return f"its {name} is {found!r}, registered was {registered!r}"
    if (run.folder / "config.toml").stat().st_mtime < since:
        return "it was begun before the question was locked"
    return None


def whole(settings: Any) -> dict[str, Any]:
    """All settings of a study, as a locked protocol holds them. One that a later version adds counts by its default."""
    found: dict[str, Any] = portable(asdict(settings))
    return found


def row(of: Registered, run: Run, about: Mapping[str, Part]) -> Estimate | str:
    """The estimate that decides, made from the records, or why there is none."""
    units = [unit for unit in run.units if not of.task or unit["task"] == of.task]
    tasks = [task for task in run.identity.tasks if task.name == of.task]
    rows = [
        one.estimate
        for one in findings(run.config, run.study, run.card.name, tasks, units)
        if (not of.task or one.task == of.task) and fits(one.estimate, about)
    ]
    exact = [one for one in rows if dict(one.about) == dict(about)]
    rows = exact or rows
    said = ", ".join(f"{name} {value}" for name, value in about.items())
    if len(rows) != 1:
        return f"{len(rows) or 'no'} rows are about {said}" + (f" on {of.task}" if of.task else "")
    return rows[0]


def _read(run: Run) -> dict[str, str]:
    return {"folder": run.folder.name, "identity": run.identity.hash, "records": digest_of(run.records)}
