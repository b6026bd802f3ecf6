"""What a run folder is of: one model, one set of questions, one version of the study's protocol, one configuration.

`identity.json` is written before the first unit, and every unit names its hash. If the model, the questions or the
study have changed, the run is refused in one line that quotes the old and the new. Units with another hash (copied from
elsewhere) are not counted.

What identifies a model is its card's `digest`; an object whose card has none is identified by its class and its
parameters (`digests.py`), and so is a task that is an object without a `digest`. Questions that a built-in family draws
are checked unit by unit (`Unit.content`). A server is known by what it says of itself: its card says how far that goes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from thinkaloud._version import __version__
from thinkaloud.digests import Digested, digest
from thinkaloud.errors import UserError
from thinkaloud.from_file import source_of
from thinkaloud.reading import json_of
from thinkaloud.runs.config import Config
from thinkaloud.study import Study
from thinkaloud.tasks.identity import stream
from thinkaloud.vocabulary import Model, ModelCard, Task

FILE = "identity.json"
MADE = "object:"
"""Prefix of digests that were computed from an object's class and parameters."""
SHOWN = 23
"""How many characters of a digest a message shows: its kind and 16 hex digits."""


@dataclass(frozen=True, slots=True)
class Questions:
    """A task as a run knows it: its `name` in tables, the name from which its random draws follow, and its digest."""

    name: str
    stream: str
    digest: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the units of a folder are of. `parts` has the digest of every file that the study names (`Study.files`);
    `settings` is the hash of everything else that a unit's numbers depend on."""

    study: str
    version: int
    digest: str
    format: str
    precision: str
    tasks: tuple[Questions, ...]
    parts: Mapping[str, str]
    settings: str

    @property
    def hash(self) -> str:
        """32 hex digits, which every unit carries as `of`."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def identify(
    config: Config, study: Study, card: ModelCard, tasks: Sequence[Task], settings: Any | None = None
) -> Identity:
    """The identity of a run. `card`: as returned by `known`; `settings`: those of `config` with paths as they are seen
    from here, where it was begun somewhere else."""
    files = dict(study.files(config.settings if settings is None else settings))
    if not type(study).__module__.startswith("thinkaloud."):
        files[config.study] = source_of(study)
    return Identity(
        config.study, study.version, card.digest, card.format, card.precision,
        tuple(map(questions, tasks, config.tasks)), files, config.protocol(study.version),
    )  # fmt: skip


def known(model: Model) -> ModelCard:
    """The model's card with a digest: the card's own, or one made from the object's class and parameters."""
    if model.card.digest:
        return model.card
    return replace(model.card, digest=f"{MADE}{digest(model, type(model).__name__)}")


def questions(task: Task, given: str) -> Questions:
    """A task as a run knows it; `given` is what the user called it."""
    declared = task.digest if isinstance(task, Digested) else ""
    if not declared and given.startswith(MADE):
        declared = f"{MADE}{digest(task, type(task).__name__)}"
    if not declared and ".py:" in given:
        declared = f"file:{source_of(task)}"
    return Questions(task.name, stream(task), declared or f"name:{given}")


def differences(old: Identity, new: Identity) -> list[str]:
    """The differences, each in a few words that quote the old and the new."""
    found = []
    if old.study != new.study:
        found.append(f"a run of {old.study!r}, and this is one of {new.study!r}")
    if old.version != new.version:
        found.append(f"made by version {old.version} of {old.study}, this is version {new.version}")
    if old.digest != new.digest:
        found.append(f"made by a model with digest {old.digest[:SHOWN]}, this one has {_apart(new.digest, old.digest)}")
    for what in ("format", "precision"):
        if (was := getattr(old, what)) != (now := getattr(new, what)):
            found.append(f"made with {what} {was!r}, now it is {now!r}")
    found += _asked(old.tasks, new.tasks)
    for part in sorted({*old.parts, *new.parts}):
        if (was := old.parts.get(part)) != (now := new.parts.get(part)):
            found.append(f"made with the file {part!r} of digest {was}, now it has {now}")
    if old.settings != new.settings and not found:
        found.append(f"made with other settings (hash {old.settings}, now {new.settings})")
    return found


def _asked(old: Sequence[Questions], new: Sequence[Questions]) -> list[str]:
    """Which tasks ask other questions than before."""
    was, now = ({one.name: one for one in some} for some in (old, new))
    if list(was) != list(now):
        return [f"made of the tasks {', '.join(was)}, now they are {', '.join(now)}"]
    return [
        f"made of questions {name!r} with digest {was[name].digest[:SHOWN]}, now they have "
        f"{_apart(now[name].digest, was[name].digest)}: questions, options, answers or reasoning have changed"
        for name in was
        if was[name] != now[name]
    ]


def _apart(one: str, other: str) -> str:
    """The beginning of a digest, or all of it if the other begins in the same way; for an object, with what it was
    computed from."""
    shown = one[:SHOWN] if one[:SHOWN] != other[:SHOWN] else one
    if one.startswith(MADE) and other.startswith(MADE):
        return f"{shown} (made of its class and parameters: give it a `digest` if those that changed change no answer)"
    return shown


def load(folder: Path) -> Identity | None:
    """The identity in the folder's file; None if there is no file; raises `UserError` if it is damaged."""
    path = folder / FILE
    if not os.path.isfile(path):
        return None
    try:
        return msgspec.convert(json_of(path.read_text(encoding="utf-8"))["of"], Identity)
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{str(path)!r} is damaged ({type(error).__name__}: {error}): restore it, or give the run's "
            "command again, which makes it anew where the units are of this model and these questions"
        ) from error


def claim(folder: Path, new: Identity, units: Iterable[Mapping[str, Any]]) -> str | None:
    """Check that a folder's units can be continued. Returns the text of `identity.json` if it must be written, else
    None."""
    units = list(units)
    try:
        old = load(folder)
    except UserError:
        if any(unit.get("of") != new.hash for unit in units):
            raise
        old = None
    if old is None:
        if any("of" not in unit for unit in units):
            raise unsaid(folder)
        if others := [unit["of"] for unit in units if unit["of"] != new.hash]:
            raise UserError(
                f"{str(folder)!r} has lost its {FILE}, and its units are of another model, other questions or another "
                f"protocol ({others[0]}, this is {new.hash}): give another --out"
            )
        return as_text(new)
    if said := differences(old, new):
        raise UserError(f"{str(folder)!r} was {'; it was '.join(said)}: give another --out")
    return None


def unsaid(folder: Path) -> UserError:
    """The error for a folder that has units but no identity."""
    return UserError(
        f"{str(folder)!r} does not say which model and questions its units are of (it has no {FILE}: an earlier "
        "version made it): its report.html is as it was, and a run with another --out measures it anew"
    )


def as_text(identity: Identity) -> str:
    """The text of the file: the identity, the version that wrote it, and the directory from which relative paths
    start."""
    about = {"thinkaloud": __version__, "directory": os.path.abspath(os.curdir), "of": asdict(identity)}
    return json.dumps(about, indent=1) + "\n"


def directory(folder: Path) -> Path | None:
    """The directory in which the run was started, so that relative paths can be resolved later; None if not known."""
    try:
        return Path(json_of((folder / FILE).read_text(encoding="utf-8"))["directory"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
