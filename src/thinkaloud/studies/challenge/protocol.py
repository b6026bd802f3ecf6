"""Somebody's arm against the tuned baselines, on questions that nobody could have seen when the arm was written.

    protocol   SHA-256 of all that was decided: the arm's file, baselines, tasks, budgets, margin, tuning, model
    root       SHA-256(protocol || beacon): a beacon that appeared after the protocol was fixed makes the questions new
    screen     a run of the baselines on items from the first seed: the strongest over the range of budgets is chosen
    confirm    a run of the arm and that baseline on items from the second seed, tuned anew: only this one counts

Where no beacon is given one is drawn and written down; then only the order in this folder says that the arm came first,
and the result says *self-attested*. Questions that were measured in the screening are left out of the comparison. All
follows from folder and beacon: the same command in the same folder goes on where it stopped, and ends with the same
bytes. This module reads records and asks no model; who runs a study is given to it (`running`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from thinkaloud.arms.registry import ALIASES, ARMS, open_arm
from thinkaloud.budget.ledger import Spend
from thinkaloud.budget.meters import METERS, spend_of
from thinkaloud.errors import ModelError, UserError
from thinkaloud.metrics.versus import Terms, Versus, measured, strengths, versus
from thinkaloud.models.loading import Loading
from thinkaloud.runs.config import Config
from thinkaloud.runs.folder import Run, make_folder, write
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks.seeds import Set, draw_seeds, root
from thinkaloud.vocabulary import Estimate, Key, Record

AGAINST = ("R1", "R2", "F1", "V", "A")
STUDY, SCREEN, CONFIRM = "rungs", "screen", "confirm"
STATE = "registered.json"
APART = 1 << 16
"""How far the two seeds are apart, at least."""

Running = Callable[[Config, Path], Run]


@dataclass(frozen=True, slots=True)
class Registered:
    """All that is decided before there is a question: what the protocol hash is the hash of."""

    arm: str
    digest: str
    against: tuple[str, ...]
    against_digests: tuple[str, ...]
    tasks: tuple[str, ...]
    items: int
    difficulty: str | int
    model: str
    model_digest: str
    version: str
    settings: RungsSettings
    format: str = "auto"
    precision: str = "auto"
    context: int = 8192
    questions: tuple[str, ...] = ()

    @property
    def protocol(self) -> str:
        """64 hex digits."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(b"thinkaloud/challenge/v1\0" + text.encode()).hexdigest()

    @property
    def terms(self) -> Terms:
        """How arms are compared."""
        return Terms(self.settings.budgets, self.settings.meter, self.settings.margin)


@dataclass(frozen=True, slots=True)
class Beacon:
    """The value that made the questions, and whether it was `given` or is the folder's own (`self-attested`)."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Screened:
    """A baseline in the screening: how strong it was, and where it was not measurable."""

    arm: str
    strength: Estimate
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A finished challenge. `baseline` is the chosen arm, `stand_in` the one that replaces it in families where it is
    not measurable; `tuning` what was spent on choosing prompts in the confirming run, by arm and meter; `repeated`: how
    many questions of each family were left out because the screening had them."""

    folder: Path
    registered: Registered
    beacon: Beacon
    seeds: Mapping[str, int]
    screening: tuple[Screened, ...]
    baseline: str
    stand_in: str | None
    outcome: Versus
    tuning: Mapping[str, Mapping[str, float]]
    repeated: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who challenges whom on what: what a user says. `settings.arms` is not used."""

    arm: Path
    tasks: tuple[str, ...]
    against: tuple[str, ...] = AGAINST
    items: int = 40
    difficulty: str | int = "edge"
    settings: RungsSettings = field(default_factory=RungsSettings)
    loading: Loading = field(default_factory=Loading)


# ------------------------------------------------------------------------------------------------------- before it


def registered(
    wanted: Wanted, model: str, model_digest: str, version: str, questions: Sequence[str] = ()
) -> Registered:
    """The protocol of a challenge; `UserError` where the arm or a baseline cannot be opened or names collide.
    `questions`: the digests of the tasks."""
    arm = open_arm(str(wanted.arm))
    if not arm.digest:
        raise UserError(f"{str(wanted.arm)!r} is a built-in arm: give a file of your own, ending in .py")
    if arm.name in (*ARMS, *ALIASES):
        raise UserError(f"{wanted.arm.name!r} is named like the built-in arm {arm.name!r}: give the file another name")
    baselines = {one.name: one.digest for one in map(open_arm, wanted.against)}
    if not baselines or arm.name in baselines:
        raise UserError(f"an arm cannot stand against {', '.join(baselines) or 'nobody'}: give others with --against")
    loading = wanted.loading
    return Registered(
        arm.name, hashlib.sha256(wanted.arm.read_bytes()).hexdigest(), tuple(baselines), tuple(baselines.values()),
        wanted.tasks, wanted.items, wanted.difficulty, model, model_digest, version,
        replace(wanted.settings, arms=(), edits=False), loading.format, loading.precision, loading.context,
        tuple(questions),
    )  # fmt: skip


def register(wanted: Wanted, about: Registered, folder: Path, beacon: str | None, draw: bool = True) -> Beacon | None:
    """Write the protocol down, and the beacon once there is one. What the folder holds already is kept, and it is an
    error if it says something else. `draw` False: without a beacon there is none yet."""
    path = folder / STATE
    known = _state(path, about)
    if known is not None and beacon is not None and beacon != known.value:
        raise UserError(f"{str(folder)!r} has the beacon {known.value!r} already, not {beacon!r}: give another --out")
    if beacon == "":
        raise UserError("the beacon is empty: give a public random value, or leave it out")
    found = known or (Beacon(beacon, "given") if beacon is not None else None)
    if found is None and draw:
        found = Beacon(os.urandom(16).hex(), "self-attested")
    make_folder(folder)
    state = {"protocol_hash": about.protocol, "beacon": asdict(found) if found else None, "protocol": asdict(about)}
    write(path, json.dumps(state, indent=1, ensure_ascii=False) + "\n")
    write(folder / f"{about.arm}.py.txt", wanted.arm.read_text(encoding="utf-8"))
    return found


def _state(path: Path, about: Registered) -> Beacon | None:
    """The beacon of a folder that holds this challenge; None where there is none yet."""
    if not os.path.isfile(path):
        left = [one for one in path.parent.iterdir() if one.suffix != ".part"] if os.path.isdir(path.parent) else []
        if left:
            raise UserError(f"{str(path.parent)!r} is not empty and no challenge: give another --out")
        return None
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state["protocol_hash"] == about.protocol:
            return Beacon(**state["beacon"]) if state["beacon"] else None
        was: dict[str, Any] = dict(state["protocol"])
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{str(path)!r} is damaged ({error}): restore it, or give another --out") from error
    now: dict[str, Any] = json.loads(json.dumps(asdict(about)))
    changed = [f"another {n}: {_short(was.get(n))}, now {_short(v)}" for n, v in now.items() if was.get(n) != v]
    raise UserError(
        f"{str(path.parent)!r} holds another challenge ({'; '.join(changed) or 'another protocol'}): give another --out"
    )


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


def seeds(protocol: str, beacon: str) -> dict[str, int]:
    """The seeds of the two runs."""
    origin = root(bytes.fromhex(protocol), beacon.encode())
    sets = [Set("challenge", split, 0) for split in (SCREEN, CONFIRM)]
    return {where.split: seed for where, seed in draw_seeds(origin, sets, APART).items()}


# -------------------------------------------------------------------------------------------------------- the two runs


def challenge(wanted: Wanted, about: Registered, folder: Path, beacon: Beacon, running: Running) -> Challenge:
    """Screen, choose, confirm, compare."""
    drawn = seeds(about.protocol, beacon.value)
    files = {open_arm(spec).name: spec for spec in wanted.against}
    first = _finished(running(_config(wanted, about, wanted.against, drawn[SCREEN]), folder / SCREEN))
    screened = screening(first.records, first.notes, about)
    baseline, stand_in = chosen(screened)
    others = (baseline,) if stand_in is None else (baseline, stand_in)
    arms = (str(wanted.arm), *(files[name] for name in others))
    second = _finished(running(_config(wanted, about, arms, drawn[CONFIRM]), folder / CONFIRM))
    if hashlib.sha256(wanted.arm.read_bytes()).hexdigest() != about.digest:
        raise UserError(
            f"{str(wanted.arm)!r} has changed while it was running: what was measured is not what it is now"
        )
    seen = {record["question"] for record in first.records}
    by_task = by_tasks(second.records)
    fresh = {task: [r for r in own if r["question"] not in seen] for task, own in by_task.items()}
    repeated = {task: len({r["item"] for r in own if r["question"] in seen}) for task, own in by_task.items()}
    outcome = versus(fresh, about.arm, others, about.terms, Key(("challenge", about.protocol, beacon.value)))
    return Challenge(
        folder, about, beacon, drawn, screened, baseline, stand_in, outcome, _tuning(second),
        {task: n for task, n in repeated.items() if n}, tuple(second.notes),
    )  # fmt: skip


def _config(wanted: Wanted, about: Registered, arms: Sequence[str], seed: int) -> Config:
    settings = replace(about.settings, arms=tuple(arms))
    return Config(STUDY, about.model, about.tasks, about.items, about.difficulty, seed, settings, wanted.loading)


def _finished(run: Run) -> Run:
    """The run; a baseline must not be chosen, nor a verdict given, on part of it."""
    failed = [unit for unit in run.units if unit["status"] != "ok"]
    if failed:
        raise ModelError(
            f"{len(failed)} units of {str(run.folder)!r} failed ({failed[0]['error']}): "
            "give the same command again to go on"
        )
    return run


def by_tasks(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Records by the task that they are of."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record["task"], []).append(record)
    return found


def screening(records: Sequence[Record], notes: Sequence[str], about: Registered) -> tuple[Screened, ...]:
    """All baselines, the strongest first, of equals the one that was named first."""
    order = {arm: i for i, arm in enumerate(about.against)}
    by_task = {task: sorted(own, key=lambda r: order[r["arm"]]) for task, own in by_tasks(records).items()}
    by_task = {task: own for task, own in by_task.items() if measured(own)}
    found = strengths(by_task, about.terms)
    if not found:
        raise UserError(f"nothing to compare: {'; '.join(notes) or 'no baseline is measurable on these tasks'}")
    return tuple(Screened(arm, strength, tuple(lacking)) for arm, (strength, lacking) in found.items())


def chosen(screened: Sequence[Screened]) -> tuple[str, str | None]:
    """The strongest baseline, and the one that stands in where it is not measurable."""
    first = screened[0]
    whole = next((one.arm for one in screened if not one.lacking), None)
    return first.arm, whole if first.lacking else None


def _tuning(run: Run) -> dict[str, dict[str, float]]:
    """What preparing every arm cost: a fixed cost that no item is charged with."""
    total: dict[str, Spend] = {}
    for unit in run.journal:
        for record in unit["records"] if unit["phase"] == "prepare" else ():
            if record["status"] == "ok":
                total[record["arm"]] = total.get(record["arm"], Spend()) + spend_of(record["spend"])
    return {arm: {m: round(price(total[arm]), 6) for m, price in METERS.items()} for arm in sorted(total)}
