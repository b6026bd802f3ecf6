"""The protocol of a question: everything that decides its answer, written down before there is a result.

    load(path)                   from TOML (docs/bets.md has the fields)
    manifest(protocol, ...)      its lock, a PRML manifest that holds all of it (`prml.py`)
    of_manifest(manifest)        back again
    read_forecast(...)           what somebody expects, if it fits the question

A kind of question (`Statement.kind`) is one of

    threshold      is the row's number (or an end of its interval) above or below a threshold?   YES or NO
    identifiable   does the row have a number at all?                                            YES or NO
    number         which number is it?                                                           NUMBER
    bins           between which cuts does it lie?                                               NUMBER

Wrong input is a `UserError` of one line. This module reads no run and keeps no ledger.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from thinkaloud.bets import prml
from thinkaloud.errors import UserError, unknown
from thinkaloud.reading import toml_of
from thinkaloud.records.about import About
from thinkaloud.settings import load as filled
from thinkaloud.vocabulary import Part

BEACON, ANY = "beacon", "any"
FORECASTS = {"threshold": "probability", "identifiable": "probability", "number": "quantiles", "bins": "probabilities"}
"""Kind of question -> what a forecast of it is."""
LIKE = {
    "probability": "a probability such as .3",
    "quantiles": "levels with numbers, such as .1=.2,.5=.4,.9=.6",
    "probabilities": "a probability for each bin, such as low=.2,high=.8",
}
NO_BET = "no bet"
SIGNS = (">", ">=", "<", "<=")
PARTS = ("value", "low", "high")
TOTAL = 1e-6
"""How far a sum of probabilities may be from 1."""
Forecast = Mapping[str, Any]
"""One of `probability` (of YES), `quantiles` (level -> number), `probabilities` (of bins), or `no_bet`: true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A run that is to be made. `model` is what the run was given or what the model's card calls it; `digest`: of its
    weights, empty where any of this name counts; `task`: the subject of the row; `questions`: digest of the task's
    file; `seed`: a number, or `beacon`; `version`: of the study, or `any`; `settings`: all of the study's, once locked;
    `loading`: those that are named; `least`: so many items the row must rest on."""

    study: str
    model: str = ""
    digest: str = ""
    task: str = ""
    questions: str = ""
    items: int = 0
    difficulty: int | str = "edge"
    seed: int | str = BEACON
    version: int | str = 0
    settings: dict[str, Any] = field(default_factory=dict)
    loading: dict[str, Any] = field(default_factory=dict)
    least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is asked of the row. `of`: the number itself, or an end of its interval; `margin`: nearer to the threshold
    than this is neither YES nor NO. `cuts` are the ends between bins, which have `names`."""

    kind: str
    of: str = "value"
    sign: str = ">"
    threshold: float = 0.0
    margin: float = 0.0
    cuts: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """A public value that nobody knows yet: whose, which one, and when it will be known (RFC 3339)."""

    source: str
    at: str
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A question. `row`: the parts of what the deciding estimate is about (docs/findings.md); of two `runs` the row's
    number is the second's minus the first's. `closes`: no bets after it; `until`: without a run by then it is annulled.
    `base`: the forecast to beat, with `base_why`. `previous`: a folder of an earlier run, and once locked what the row
    was in it."""

    question: str
    by: str
    closes: str
    row: dict[str, Part]
    statement: Statement
    runs: tuple[Registered, ...]
    base: dict[str, Any]
    base_why: str
    stopping: str
    until: str = ""
    beacon: Beacon | None = None
    previous: Any = None

    @property
    def drawn(self) -> bool:
        """Whether the seed hangs on the beacon."""
        return any(run.seed == BEACON for run in self.runs)


def load(path: Path) -> tuple[Protocol, str]:
    """The protocol in a TOML file, and the SHA-256 of the file."""
    try:
        raw = path.read_bytes()
        data = toml_of(raw.decode())
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UserError(f"{str(path)!r} is not TOML: {error}") from error
    return protocol(data, str(path)), hashlib.sha256(raw).hexdigest()


def protocol(data: Mapping[str, Any], where: str) -> Protocol:
    """A protocol from plain data, held to what it must be."""
    given = {name: _written(value) for name, value in data.items()}
    needed = [one.name for one in fields(Protocol)[:9]]
    for name in given:
        if name not in {one.name for one in fields(Protocol)}:
            raise unknown(f"part of a protocol in {where}", name, [one.name for one in fields(Protocol)])
    for name in needed:
        if given.get(name) in (None, "", {}, [], ()):
            raise UserError(f"{where} has no {name!r}: a protocol needs {', '.join(needed)}")
    runs, beacon = given["runs"], given.get("beacon")
    if not isinstance(runs, list) or not 1 <= len(runs) <= 2:
        raise UserError(f"{where}: give one [[runs]], or two for their difference")
    given["runs"] = [_filled(Registered, one, f"{where}, [[runs]]") for one in runs]
    given["statement"] = _filled(Statement, given["statement"], f"{where}, [statement]")
    given["beacon"] = None if beacon is None else _filled(Beacon, beacon, f"{where}, [beacon]")
    given["runs"] = tuple(given["runs"])
    return _checked(filled(Protocol, given, where), where)


def when(text: str, what: str) -> datetime:
    """A moment of RFC 3339 with its offset from UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{what} is {text!r}: give a moment such as 2027-03-01T00:00:00Z") from error
    if found.tzinfo is None:
        raise UserError(f"{what} is {text!r}: say the offset from UTC, as in {text}Z")
    return found.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """A moment in whole seconds of UTC, as `when` reads it."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def plain(asked: Protocol) -> dict[str, Any]:
    """The protocol as plain data that hashes alike everywhere."""
    found: dict[str, Any] = prml.portable(asdict(asked))
    return found


def digest_of(value: Any) -> str:
    """64 hex digits of plain JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# -------------------------------------------------------------------------------------------------------- forecasts


def read_forecast(text: str, asked: Protocol) -> dict[str, Any]:
    """A forecast as somebody types it: `.3`, `.1=.2,.5=.4`, `low=.2,high=.8`, or `no bet`; `UserError` in one line
    where it is none of this question. Quantiles are at the levels of the base: other losses cannot be compared."""
    if text == NO_BET:
        return {"no_bet": True}
    kind = FORECASTS[asked.statement.kind]
    pairs = [piece.rpartition("=") for piece in text.split(",")]
    try:
        numbers = [float(number) for _, _, number in pairs]
    except ValueError as error:
        raise UserError(f"the forecast is {text!r}: give {LIKE[kind]}") from error
    if (kind == "probability") != (len(pairs) == 1 and not pairs[0][1]) or len({name for name, *_ in pairs}) < len(
        pairs
    ):
        raise UserError(f"the forecast is {text!r}, and this question ({asked.statement.kind}) takes {LIKE[kind]}")
    given = {name.strip(): number for (name, *_), number in zip(pairs, numbers, strict=True)}
    found = check_forecast({kind: numbers[0] if kind == "probability" else given}, asked.statement)
    if kind == "quantiles" and list(found[kind]) != list(asked.base[kind]):
        raise UserError(f"quantiles are at {', '.join(found[kind])}: give them at {', '.join(asked.base[kind])}")
    return found


def check_forecast(given: Forecast, statement: Statement) -> dict[str, Any]:
    """The forecast, if it is one of this kind of question; `UserError` in one line where it is not."""
    kind = FORECASTS[statement.kind]
    if list(given) != [kind]:
        raise UserError(f"a question of kind {statement.kind!r} takes {kind!r}, and {', '.join(given)!r} is given")
    if kind == "probability":
        return {kind: _probability(given[kind], "the probability")}
    return {kind: _quantiles(given[kind]) if kind == "quantiles" else _of_bins(given[kind], statement.names)}


def _quantiles(value: Any) -> dict[str, float]:
    """Level -> number, by level."""
    if not isinstance(value, Mapping) or not value:
        raise UserError(f"quantiles are {value!r}: give levels with numbers, such as .1=.2,.5=.4,.9=.6")
    try:
        pairs = sorted((float(level), float(number)) for level, number in value.items())
    except (TypeError, ValueError) as error:
        raise UserError(f"quantiles are {dict(value)!r}: give levels with numbers, as in .1=.2,.5=.4,.9=.6") from error
    for (level, number), (_, after) in zip(pairs, [*pairs[1:], (1.0, math.inf)], strict=True):
        if not 0 < level < 1:
            raise UserError(f"a quantile's level is {level:g}: give one between 0 and 1")
        if not math.isfinite(number) or number > after:
            raise UserError(f"the quantiles are out of order: {number:g} at {level:g}, and {after:g} above it")
    if len(dict(pairs)) < len(pairs):
        raise UserError("a quantile's level is given twice")
    return {f"{level:g}": number for level, number in pairs}


def _of_bins(value: Any, names: tuple[str, ...]) -> dict[str, float]:
    """Name -> probability, of every bin."""
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise UserError(f"probabilities are of {sorted(value or ())}: give one of each of {', '.join(names)}")
    found = {name: _probability(value[name], f"the probability of {name!r}") for name in names}
    if abs(sum(found.values()) - 1) > TOTAL:
        raise UserError(f"the probabilities sum to {sum(found.values()):g}, and not to 1")
    return found


def _probability(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{what} is {value!r}: give a number from 0 to 1")
    return float(value)


# ------------------------------------------------------------------------------------------------------- the lock


def manifest(asked: Protocol, now: datetime) -> prml.Manifest:
    """The lock of a question. PRML knows one threshold: where a question is of another kind, the docs say what stands
    there. Its `seed` is null where a beacon decides."""
    data, statement = plain(asked), asked.statement
    first, sign, threshold = asked.runs[0], ">=", 1.0
    if statement.kind == "threshold":
        sign, threshold = statement.sign, statement.threshold
    elif statement.kind == "number":
        numbers = list(asked.base["quantiles"].values())
        threshold = numbers[len(numbers) // 2]
    elif statement.kind == "bins":
        threshold = statement.cuts[0]
    row = ", ".join(f"{name} {value}" for name, value in asked.row.items())
    what = f"{first.study}: {row}{'' if statement.of == 'value' else f' ({statement.of} end of its interval)'}"
    made = {
        "version": prml.VERSION, "claim_id": prml.claim_id(now), "created_at": stamp(now),
        "metric": prml.portable(f"{what}{'; second run - first run' if len(asked.runs) > 1 else ''}"),
        "comparator": sign, "threshold": float(threshold),
        "dataset": {
            "id": f"{first.task or first.study}, {first.items} items, level {first.difficulty}",
            "hash": digest_of([{n: v for n, v in run.items() if n not in ("model", "digest")} for run in data["runs"]]),
        },
        "seed": first.seed if isinstance(first.seed, int) else None,
        "producer": {"id": prml.portable(asked.by)},
        "model": {"id": first.model or "none", **({"digest": first.digest} if first.digest else {})},
        "notes": data["question"],
        "metric_args": {prml.OURS: data},
    }  # fmt: skip
    return prml.check(made, "the protocol")


def of_manifest(found: prml.Manifest, where: str) -> Protocol:
    """The protocol in a manifest; `UserError` where it has none of ours."""
    try:
        data = found["metric_args"][prml.OURS]
        return protocol(data, where)
    except (KeyError, TypeError) as error:
        raise UserError(f"{where} is a PRML manifest without the protocol of a bet (metric_args.thinkaloud)") from error


# ------------------------------------------------------------------------------------------------------------ parts


def _written(value: Any) -> Any:
    """Moments of TOML as text, at any depth."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: _written(one) for name, one in value.items()}
    return [_written(one) for one in value] if isinstance(value, list) else value


def _filled(cls: type[Any], table: Any, where: str) -> Any:
    """A part of a protocol from its table; a whole number may stand for a float."""
    if not isinstance(table, Mapping):
        raise UserError(f"{where} is {table!r}, and not a table")
    for one in fields(cls):
        if "MISSING" in repr(one.default) and "MISSING" in repr(one.default_factory) and one.name not in table:
            raise UserError(f"{where} has no {one.name!r}")
    return filled(cls, dict(table), where)


def _checked(asked: Protocol, where: str) -> Protocol:
    """The protocol with its base forecast in order; `UserError` for what cannot be."""
    statement = asked.statement
    for what, value, known in (
        ("kind of statement", statement.kind, FORECASTS), ("sign", statement.sign, SIGNS),
        ("number of a row", statement.of, PARTS),
    ):  # fmt: skip
        if value not in known:
            raise unknown(what, value, known)
    for name in asked.row:
        if name not in About.__annotations__:
            raise unknown(f"part of a row in {where}", name, About.__annotations__)
    if statement.margin < 0:
        raise UserError(f"{where}: the margin is {statement.margin:g}: give 0 or more")
    if list(statement.cuts) != sorted(set(statement.cuts)) or (statement.kind == "bins") != bool(statement.cuts):
        raise UserError(f"{where}: cuts are {list(statement.cuts)}: give some for kind 'bins' only, ascending")
    if statement.cuts and len(set(statement.names)) != len(statement.cuts) + 1:
        raise UserError(f"{where}: {len(statement.cuts)} cuts need {len(statement.cuts) + 1} names of bins")
    if len(asked.runs) > 1 and (statement.of != "value" or statement.kind == "identifiable"):
        raise UserError(f"{where}: of two runs the difference of their values is asked, by threshold, number or bins")
    for run in asked.runs:
        if isinstance(run.seed, str) and run.seed != BEACON:
            raise UserError(f"{where}: the seed is {run.seed!r}: give a whole number or {BEACON!r}")
        if isinstance(run.version, str) and run.version != ANY:
            raise UserError(f"{where}: the version is {run.version!r}: give a whole number or {ANY!r}")
    _moments(asked, where)
    return replace(asked, base=check_forecast(asked.base, statement))


def _moments(asked: Protocol, where: str) -> None:
    closes = when(asked.closes, f"{where}: closes")
    if asked.until and when(asked.until, f"{where}: until") <= closes:
        raise UserError(f"{where}: until is {asked.until}, not after closes ({asked.closes})")
    if asked.drawn != (asked.beacon is not None):
        raise UserError(f"{where}: a [beacon] and a run with seed = {BEACON!r} need each other")
    if asked.beacon is not None and when(asked.beacon.known, f"{where}: known") < closes:
        raise UserError(f"{where}: the beacon is known at {asked.beacon.known}, before bets close ({asked.closes})")
