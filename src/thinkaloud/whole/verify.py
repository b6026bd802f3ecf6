"""Whether a run folder is whole: every unit that the program asks for is there once, and nothing has changed.

`verify` goes from the outside in, says in a line what holds, and ends with the first thing that does not (`NotWhole`).
It writes nothing, takes no lock and asks no model, so a copy on a read-only disk can be checked. What it shows:

    files       those that every run has are there and as they were when the run ended (`manifest.json`)
    identity    configuration, model card and units are of one another
    records     every unit of the manifest is there once, with the records that it had; what is there besides is
                named, and is in no finding
    program     the study, gone through again with its questions drawn anew, asks for exactly these units, of this
                content, and says the same notes
    findings    estimated again from the records they are equal, and so is the bill

What it does not show: that the records are what the model said (ask it again), and that nobody wrote all of it anew
(publish the digest that the last line gives). Reports are not looked at: `thinkaloud report` makes them again.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.metrics.options import remarks
from thinkaloud.open_study import open_run, open_study
from thinkaloud.reading import json_of
from thinkaloud.runs import shards
from thinkaloud.runs.execute import findings
from thinkaloud.runs.folder import Run
from thinkaloud.runs.found import finding_as_dict
from thinkaloud.runs.manifest import FILES, Manifest, code, file_digest, seal_of
from thinkaloud.runs.order import unit_digest
from thinkaloud.runs.replay import Missing
from thinkaloud.runs.stored import head
from thinkaloud.study import Study
from thinkaloud.vocabulary import Task
from thinkaloud.whole.finish import passed
from thinkaloud.whole.merge import replayed

SHOWN = 23
"""How many characters of a digest a message shows."""
CLOSE = 1e-9
"""How far two values of a finding may be apart, as a share of them or of 1."""


class NotWhole(UserError):
    """The first thing about a run folder that is not as it must be."""


def verify(
    folder: str | Path, *, study: Study | type[Study] | None = None, tasks: Sequence[Task] | None = None
) -> list[str]:
    """What holds, a line each; `NotWhole` with the first thing that does not. Objects that were passed to `run` must be
    passed again."""
    return list(checks(folder, None if study is None else open_study(study), tasks))


def checks(folder: str | Path, study: Study | None = None, tasks: Sequence[Task] | None = None) -> Iterator[str]:
    """The lines of `verify`, each as soon as it is known."""
    run = open_run(folder, study)
    shards.check_whole(run.folder)
    manifest = _manifest(run)
    yield from _files(run, manifest)
    yield from _identity(run, manifest)
    yield from _records(run, manifest)
    yield from _program(run, manifest, tasks)
    yield from _findings(run, manifest)
    yield f"whole: {seal_of(run.folder)}"


def _manifest(run: Run) -> Manifest:
    if (so_far := run.unfinished) is not None:
        raise NotWhole(f"{_of(run)} it is not finished ({so_far}): thinkaloud resume {run.folder}")
    found = Manifest.load(run.folder)
    if found is None:
        raise NotWhole(
            f"{_of(run)} it has no manifest.json (an earlier version made it, or it was taken away): thinkaloud resume "
            f"{run.folder} goes through it again and writes one"
        )
    return found


def _files(run: Run, manifest: Manifest) -> Iterator[str]:
    """Every file is there and as it was."""
    for name in FILES:
        if not os.path.isfile(run.folder / name):
            raise NotWhole(f"{_of(run)} {name} is not there")
        was, now = manifest.files.get(name, "none"), file_digest(run.folder / name)
        if was != now:
            raise NotWhole(f"{_of(run)} {name} has changed since the run ended (was {was[:SHOWN]}, now {now[:SHOWN]})")
    yield f"files: {', '.join(FILES)} are as they were"
    if manifest.code == code():
        yield f"code: thinkaloud {manifest.thinkaloud}, {manifest.code[:SHOWN]}, as it is here"
    else:
        yield (
            f"code: made by thinkaloud {manifest.thinkaloud} ({manifest.code[:SHOWN]}); what is estimated again is "
            f"estimated by {__version__} ({code()[:SHOWN]})"
        )


def _identity(run: Run, manifest: Manifest) -> Iterator[str]:
    """Configuration, model and units are of one another."""
    of, card = run.identity, run.card
    if manifest.of != of.hash:
        raise NotWhole(f"{_of(run)} identity.json is of {of.hash}, and the units are of {manifest.of}")
    held = (
        ("study", run.config.study, of.study),
        ("model's digest", card.digest, of.digest),
        ("model's format", card.format, of.format),
        ("model's precision", card.precision, of.precision),
        ("settings' hash", run.config.protocol(of.version), of.settings),
    )
    for what, said, is_of in held:
        if said != is_of:
            raise NotWhole(f"{_of(run)} the {what} is {said[:64]!r}, and its units are of {is_of[:64]!r}")
    yield f"identity: {of.study} version {of.version} of {card.name} ({of.digest[:SHOWN]}), units of {of.hash}"


def _records(run: Run, manifest: Manifest) -> Iterator[str]:
    """Every unit once, as it was, and no other."""
    if said := run.journal.remarks():
        raise NotWhole(f"{_of(run)} {said[0]}")
    found: dict[str, tuple[str, int, str]] = {}
    for unit in run.journal.every():
        name, where = unit["unit"], _where(unit)
        if unit.get("of") != manifest.of:
            raise NotWhole(f"{_of(run)} the unit {where} is of another run ({unit.get('of')}, this is {manifest.of})")
        if unit["status"] == "ok" and name in found:
            raise NotWhole(f"{_of(run)} the unit {where} ({name[:8]}) is there twice")
        if unit["status"] == "ok":
            found[name] = unit_digest(unit), len(unit["records"]), where
            there = run.journal.recorded(name)
            if there is not None and head(there) != head(unit):
                raise NotWhole(
                    f"{_of(run)} the index of records.parquet says otherwise of {where} than its record does"
                )
    wanted = dict(manifest.units)
    for name, digest in wanted.items():
        if name not in found:
            if (there := run.journal.recorded(name)) is None:
                raise NotWhole(f"{_of(run)} the unit {name} is lost: thinkaloud resume {run.folder}")
            raise NotWhole(
                f"{_of(run)} the unit {_where(there)} failed ({there['error']}): thinkaloud resume {run.folder}"
            )
        now, _, where = found[name]
        if now != digest:
            raise NotWhole(f"{_of(run)} the records of {where} have changed (were {digest[:8]}, now {now[:8]})")
    n = sum(n for name, (_, n, _) in found.items() if name in wanted)
    yield f"records: {len(wanted)} units, each once, with the {n} records that they had"
    if more := [where for name, (_, _, where) in found.items() if name not in wanted]:
        verb, first = ("is", "") if len(more) == 1 else ("are", "the first: ")
        yield (
            f"besides: {len(more)} recorded that the run, once through, did not ask for ({first}{more[0]}), as "
            f"an earlier attempt may have: {verb} in the bill, and in no finding"
        )


def _program(run: Run, manifest: Manifest, tasks: Sequence[Task] | None) -> Iterator[str]:
    """The study asks for exactly these units, and says the same of them."""
    try:
        execution = replayed(run, run, manifest, tasks)
    except ThinkaloudError as error:  # a file of questions that is not here, or another one
        raise NotWhole(f"{_of(run)} its questions cannot be asked again: {error}") from error
    try:
        notes = passed(run, execution)
    except Missing as error:
        raise NotWhole(f"{_of(run)} {error}") from error
    asked = {str(unit["unit"]) for unit in execution.units}
    if more := [name for name, _ in manifest.units if name not in asked]:
        raise NotWhole(f"{_of(run)} the program does not ask for the unit {more[0]}, which is there")
    made = [*(notes or ()), *remarks(run.records)]
    if made != run.notes:
        odd = next((a or b for a, b in _pairs(made, run.notes) if a != b), "")
        raise NotWhole(f"{_of(run)} notes.json says otherwise than the program does now: {odd!r}")
    yield f"program: {run.study.name}, gone through again, asks for these units alone"


def _pairs(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, str]]:
    for i in range(max(len(one), len(other))):
        yield one[i] if i < len(one) else "", other[i] if i < len(other) else ""


def _findings(run: Run, manifest: Manifest) -> Iterator[str]:
    """Estimated again they are equal, but for the last digits, which another machine adds up in another order
    (`CLOSE`); that the file is the one that was written, to the byte, its digest says."""
    made = findings(run.config, run.study, run.card.name, run.identity.tasks, run.units)
    was, now = list(run.findings), json.loads(json.dumps([finding_as_dict(one) for one in made]))
    rows = [json.loads(json.dumps(finding_as_dict(one))) for one in was]
    for a, b in zip(rows, now, strict=False):
        if fields := [name for name in a if not _close(a[name], b.get(name))]:
            other = "" if manifest.code == code() else "; other code made the run"
            raise NotWhole(
                f"{_of(run)} {a['estimate']!r} of {a['task']} is {a[fields[0]]!r} in findings.json ({fields[0]}), and "
                f"{b.get(fields[0])!r} from the records{other}"
            )
    if len(rows) != len(now):
        raise NotWhole(f"{_of(run)} findings.json has {len(rows)} rows, and the records give {len(now)}")
    try:
        bill = json_of((run.folder / "bill.json").read_bytes())
    except (OSError, ValueError) as error:
        raise NotWhole(f"{_of(run)} bill.json cannot be read ({error})") from error
    if bill != run.bill:
        raise NotWhole(f"{_of(run)} bill.json is not the sum of what the units cost: thinkaloud report {run.folder}")
    yield f"findings: {len(rows)} estimates, and the bill, are those that the records give"


def _close(a: Any, b: Any) -> bool:
    """Whether two values of a finding are the same."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_close(a[name], b[name]) for name in a)
    return bool(a == b)


def _of(run: Run) -> str:
    return f"{str(run.folder)!r} is not whole:"


def _where(unit: Mapping[str, Any]) -> str:
    return f"{unit['phase']} {unit['task']} {json.dumps(unit.get('at', {}), sort_keys=True)}"
