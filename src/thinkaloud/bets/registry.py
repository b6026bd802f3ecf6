"""A folder of bets: the ledger, and the questions beside it.

    ledger.jsonl                 what happened, in order (`ledger.py`)
    QUESTION.toml                the protocol as it was written
    QUESTION.json                its lock, a PRML manifest; QUESTION.prml.sha256: its hash, as falsify keeps it
    QUESTION.deviations.md       what was done otherwise than the protocol says, where something was

Every change is one entry: `lock`, `bet`, `beacon`, `deviation`, `resolution`. Files are checked against the ledger
whenever a question is opened. This module estimates nothing and scores nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from thinkaloud.bets import ledger, prml
from thinkaloud.bets.ledger import Entry
from thinkaloud.bets.protocol import Protocol, Registered, manifest, of_manifest, read_forecast, stamp, when
from thinkaloud.bets.protocol import load as load_protocol
from thinkaloud.bets.resolve import Resolution, judged, resolve, row, seed_of, whole
from thinkaloud.errors import UserError, unknown
from thinkaloud.open_study import open_run, open_study
from thinkaloud.runs.folder import make_folder, write
from thinkaloud.runs.lock import holding
from thinkaloud.settings import load as filled

NAME = re.compile("[a-z0-9][a-z0-9._-]{0,59}")


@dataclass(slots=True)
class Question:
    """A locked question and all that happened to it."""

    name: str
    asked: Protocol
    locked: Entry
    bets: list[Entry] = field(default_factory=list)
    beacon: Entry | None = None
    deviations: list[Entry] = field(default_factory=list)
    resolution: Entry | None = None

    @property
    def state(self) -> str:
        """open, resolved or annulled."""
        if self.resolution is None:
            return "open"
        return "annulled" if self.resolution["outcome"] == "ANNUL" else "resolved"

    @property
    def seed(self) -> int | None:
        """The seed that its beacon gives, once its value is known."""
        return None if self.beacon is None else seed_of(self.locked["manifest"], self.beacon["value"])

    def standing(self) -> list[Entry]:
        """The last bet of each bettor: the one that counts."""
        return list({entry["who"]: entry for entry in self.bets}.values())


class Registry:
    """The bets of a folder. Opening it checks the chain. `now` stands in for the clock."""

    def __init__(self, folder: str | Path, now: datetime | None = None) -> None:
        self.folder = Path(folder)
        self._now = now
        self.entries = ledger.read(self.folder / ledger.NAME)

    @property
    def now(self) -> datetime:
        """The time of what is written next."""
        return self._now or datetime.now(UTC)

    def names(self) -> list[str]:
        """The questions, in the order in which they were locked."""
        return [entry["question"] for entry in self.entries if entry["kind"] == "lock"]

    def open(self, name: str) -> Question:
        """A question; `UserError` where its files are not those that were locked."""
        if name not in self.names():
            raise unknown(f"question in {str(self.folder)!r}", name, self.names())
        mine = [entry for entry in self.entries if entry["question"] == name]
        path = self.folder / f"{name}.json"
        found = prml.load(path)
        if prml.digest(found) != mine[0]["manifest"]:
            raise UserError(f"{str(path)!r} was changed after it was locked: restore it, or lock another question")
        self._same(f"{name}.toml", mine[0]["protocol"])
        of = {kind: [entry for entry in mine if entry["kind"] == kind] for kind in ("bet", "deviation")}
        one = {entry["kind"]: entry for entry in mine}
        if of["deviation"]:
            self._same(f"{name}.deviations.md", of["deviation"][-1]["file"])
        return Question(name, of_manifest(found, str(path)), mine[0], of["bet"], one.get("beacon"), of["deviation"],
                        one.get("resolution"))  # fmt: skip

    def all(self) -> list[Question]:
        """Every question. `UserError` for a folder without a ledger."""
        if not self.entries and not (self.folder / ledger.NAME).exists():
            raise UserError(f"{str(self.folder)!r} has no {ledger.NAME}: thinkaloud bet new PROTOCOL.toml makes one")
        return [self.open(name) for name in self.names()]

    def lock(self, path: Path) -> Question:
        """Write a question down: its protocol, with every setting of its study, and the hash of it."""
        name = path.stem
        if not NAME.fullmatch(name):
            raise UserError(f"a question is called like its file, and {name!r} is no name: give small letters, - and _")
        if name in self.names():
            raise UserError(f"{name!r} is locked already in {str(self.folder)!r}: call the file of another question so")
        asked, written = load_protocol(path)
        if when(asked.closes, "closes") <= self.now:
            raise UserError(f"{str(path)!r} closes at {asked.closes}, and it is {stamp(self.now)}: no one could bet")
        asked = replace(asked, runs=tuple(_resolved(run, str(path)) for run in asked.runs), previous=_previous(asked))
        made = manifest(asked, self.now)
        here = self.folder / f"{name}.toml"
        with self._writing():
            if not (here.exists() and os.path.samefile(here, path)):
                write(here, path.read_text(encoding="utf-8"))
            write(self.folder / f"{name}.json", prml.as_json(made))
            write(self.folder / f"{name}.prml.sha256", f"{prml.digest(made)}\n")
            self._append("lock", name, manifest=prml.digest(made), protocol=written)
        return self.open(name)

    def bet(self, name: str, forecast: str, who: str, why: str, side: str = "") -> Entry:
        """What somebody expects (`protocol.read_forecast`). Refused once bets are closed, the beacon is known, or the
        question is resolved."""
        question = self._unresolved(name)
        if self.now >= when(question.asked.closes, "closes"):
            raise UserError(f"bets on {name!r} closed at {question.asked.closes}, and it is {stamp(self.now)}")
        if question.beacon is not None:
            raise UserError(f"bets on {name!r} closed at {question.beacon['time']}, when its beacon became known")
        for what, text in (("--who", who), ("--why", why)):
            if not text.strip():
                raise UserError(f"{what} is {text!r}: a bet has a name and a reason")
        fit = read_forecast(forecast, question.asked)
        said = {"who": who.strip(), "why": why.strip(), "forecast": fit}
        with self._writing():
            return self._append("bet", name, **said, **({"side": side} if side else {}))

    def beacon(self, name: str, value: str) -> Entry:
        """The value of a question's beacon, once it is public: from then on the seed is known and bets are closed."""
        question = self._unresolved(name)
        about = question.asked.beacon
        if about is None:
            raise UserError(f"{name!r} has no beacon: its seed stands in its protocol")
        if question.beacon is not None:
            raise UserError(f"the beacon of {name!r} is written down already: {question.beacon['value']!r}")
        if self.now < when(about.known, "known"):
            raise UserError(f"the beacon of {name!r} is not known before {about.known}, and it is {stamp(self.now)}")
        if not re.fullmatch(r"[!-~]{8,}", value):
            raise UserError(f"the beacon's value is {value!r}: give its 8 or more characters, without spaces")
        with self._writing():
            return self._append("beacon", name, value=value, seed=seed_of(question.locked["manifest"], value))

    def deviate(self, name: str, what: str) -> Entry:
        """Something that was done, or will be, otherwise than the protocol says: a line of the question's file of
        deviations, which the chain then holds."""
        if name not in self.names():
            raise unknown(f"question in {str(self.folder)!r}", name, self.names())
        if not (said := " ".join(what.split())):
            raise UserError("a deviation needs words: what was done otherwise, and why")
        before = [one for one in self.entries if one["question"] == name and one["kind"] == "deviation"]
        lines = [f"- {one['time']}: {one['what']}\n" for one in [*before, {"time": stamp(self.now), "what": said}]]
        text = f"# Deviations: {name}\n\n{''.join(lines)}"  # all of them: a file that was lost is there again
        with self._writing():
            write(self.folder / f"{name}.deviations.md", text)
            return self._append("deviation", name, what=said, file=hashlib.sha256(text.encode()).hexdigest())

    def resolve(self, name: str, folders: Sequence[str | Path], annul: bool = False) -> tuple[Resolution, bool]:
        """What the runs in the folders make of the question, and whether it was written down: an ANNUL only for the
        reason that another run was shown is not, unless `annul` says that this is meant."""
        question = self._unresolved(name)
        asked = question.asked
        if asked.drawn and question.beacon is None and folders:
            raise UserError(f"the seed of {name!r} hangs on its beacon: thinkaloud bet beacon {name} VALUE comes first")
        if folders:
            since = when(question.locked["time"], "time").timestamp()
            found = resolve(asked, [open_run(folder) for folder in folders], question.seed, since)
        elif asked.until and self.now >= when(asked.until, "until"):
            found = Resolution(outcome="ANNUL", reason=f"no run was shown until {asked.until}")
        else:
            raise UserError(f"give {len(asked.runs)} run folder(s), or wait for the end of {name!r} (until)")
        if not found.registered and not annul:
            return found, False
        kind = "exploratory" if question.deviations else "confirmatory"
        said = {key: value for key, value in asdict(found).items() if value is not None}
        with self._writing():
            self._append("resolution", name, status=kind, **{**said, "runs": [dict(run) for run in found.runs]})
        return found, True

    def exported(self, name: str) -> prml.Manifest:
        """A question with its bets as one manifest: the lock with the bets in `metric_args.thinkaloud.bets`, which is
        our extension, and the lock's hash as `prior_hash`."""
        question, found = self.open(name), prml.load(self.folder / f"{name}.json")
        kept = ("who", "why", "forecast", "time", "side")
        bets = [{part: bet[part] for part in kept if part in bet} for bet in question.bets]
        found["metric_args"][prml.OURS]["bets"] = prml.portable(bets)
        return prml.check({**found, "prior_hash": question.locked["manifest"]}, name)

    # ----------------------------------------------------------------------------------------------------- inside

    def _unresolved(self, name: str) -> Question:
        question = self.open(name)
        if question.resolution is not None:
            said = question.resolution
            raise UserError(f"{name!r} was resolved at {said['time']}: {said['outcome']} ({said['reason']})")
        return question

    def _writing(self) -> Any:
        make_folder(self.folder)
        return holding(self.folder)

    def _append(self, kind: str, name: str, **more: Any) -> Entry:
        """One more entry, behind what the ledger holds by now."""
        path = self.folder / ledger.NAME
        if len(ledger.read(path)) != len(self.entries):
            raise UserError(f"{str(path)!r} was written by somebody else in the meantime: give the command again")
        entry = ledger.append(path, self.entries, {"time": stamp(self.now), "kind": kind, "question": name, **more})
        self.entries.append(entry)
        return entry

    def _same(self, name: str, digest: str) -> None:
        path = self.folder / name
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
        if found != digest:
            raise UserError(f"{str(path)!r} was changed after it was written down: restore it")


def _resolved(run: Registered, where: str) -> Registered:
    """The run with all settings of its study and its version, as they are today."""
    study = open_study(run.study)
    if "model" in study.takes and not run.model:
        raise UserError(f"{where}: a run of {run.study} needs a 'model'")
    if "tasks" in study.takes and (not run.task or run.items < 1):
        raise UserError(f"{where}: a run of {run.study} needs a 'task', and 'items' of 1 or more")
    settings = whole(filled(study.Settings, run.settings, f"{where}, settings"))
    return replace(run, settings=settings, version=run.version or study.version)


def _previous(asked: Protocol) -> Mapping[str, Any] | None:
    """What the row was in an earlier run of one's own, read by code."""
    if asked.previous is None:
        return None
    if len(asked.runs) > 1:
        raise UserError("a question about two runs has no previous run")
    if not isinstance(asked.previous, str):
        raise UserError(f"previous is {asked.previous!r}: name the folder of a run, its number is read by code")
    run = open_run(asked.previous)
    found = row(asked.runs[0], run, asked.row)
    if isinstance(found, str):
        raise UserError(f"the previous run {str(run.folder)!r}: {found}")
    outcome, reason, value = judged(asked.statement, [found])
    return {"identity": run.identity.hash, "outcome": outcome, "reason": reason, "value": value, "n": found.n}
