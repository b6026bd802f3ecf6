"""Names of run folders, and how a run's files are found when it is resumed from another directory.

The name of a default folder says what is in it. If names alone are ambiguous (a path, a name on a hub, an address, an
object), the beginning of a hash of the model's and the questions' digests is appended: the same command finds its own
folder again, and different models never share one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.models.named import NAMED
from thinkaloud.runs.config import Config
from thinkaloud.runs.folder import Run
from thinkaloud.runs.identity import Identity, directory
from thinkaloud.settings import moved
from thinkaloud.tasks import ORGANISMS, task_names
from thinkaloud.tasks.specs import rebased
from thinkaloud.vocabulary import Model, Task

LONGEST = 60
"""Most characters that tasks take in a folder's name."""
BY_NAME = ("scripted:", "organism:")
BEFORE = ("transformers:", "routed:")
OBJECT = "object:"


def slug(config: Config, of: Identity | None = None) -> str:
    """A folder name that says what is in it. Without `of`, an ambiguous model or task is identified by its path or
    address."""
    tasks = "+".join(short(task) for task in config.tasks)
    asked = [f"{tasks[:LONGEST]}-{config.difficulty}-{config.items}"] if tasks else []
    study, model = short(config.study.removeprefix(OBJECT))[:LONGEST], short(config.model)[:LONGEST]
    name = "-".join([study, *([model] if model else []), *asked, f"s{config.seed}"])
    if _telling(config) and len(tasks) <= LONGEST:
        return name
    said: list[object] = [config.model, *config.tasks]
    said += [] if tasks else [config.study, asdict(config.settings)]
    said += [of.digest, [task.digest for task in of.tasks]] if of is not None else [os.path.abspath(os.curdir)]
    return f"{name}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]}"


def _telling(config: Config) -> bool:
    """Whether study, model and tasks are known by their names alone. Where there are no tasks, settings say what a run
    is of."""
    names = {*task_names(), *ORGANISMS}
    study = re.fullmatch(r"[\w-]+", config.study) is not None
    model = not config.model or config.model in NAMED or config.model.startswith(BY_NAME)
    if not config.tasks:
        return study and model and config.settings == type(config.settings)()
    return study and model and all(task in names or task.startswith(("gym:", "sim:")) for task in config.tasks)


def short(name: str) -> str:
    """The last, most specific part of the name of a model or task, made fit for a file name: `hf:ORG/NAME@REV` is
    `NAME-REV`, a server's model is called by its own name, an unnamed one by its host."""
    address, _, model = name.partition("#")
    last = model or re.sub(r"^https?://|(/v1)?/?(\?.*)?$", "", address)
    if not last.startswith(BY_NAME):
        last = last.removesuffix(".gguf").removesuffix(".jsonl").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+]+", "-", last).strip("-.")


def all_there(folder: Path, config: Config, model: Model | None, tasks: Sequence[Task] | None) -> None:
    """Raise `UserError` if the run was made with objects and they were not passed again."""
    named = [*([] if model is not None else [config.model]), *([] if tasks is not None else config.tasks)]
    objects = [name.removeprefix(OBJECT) for name in named if name.startswith(OBJECT)]
    if objects:
        raise UserError(
            f"{str(folder)!r} is of objects that were passed from Python ({', '.join(objects)}): pass them again, "
            "thinkaloud.resume(folder, model=..., tasks=[...])"
        )


def go_on(run: Run) -> str:
    """How to do the rest of a run: a command, or for objects from Python a call."""
    config, folder = run.config, str(run.folder)
    if any(name.startswith(OBJECT) for name in (config.study, config.model, *config.tasks)):
        return f"thinkaloud.resume({folder!r}, ...) with the same objects"
    return f"thinkaloud resume {shlex.quote(folder)}"


@dataclass(frozen=True, slots=True)
class Named:
    """What a run was given by name, in names that can be opened from here."""

    study: str
    model: str
    tasks: Sequence[str]
    settings: Any
    loading: Loading


@contextmanager
def reopened(run: Run) -> Iterator[Named]:
    """What the run was given, with paths that begin where it began; what cannot be opened inside says so."""
    config, base = run.config, directory(run.folder)
    if base is None:
        base = Path(os.curdir)
    try:
        settings = moved(config.settings, lambda word: from_there(base, word))
        loading = moved(config.loading, lambda word: from_there(base, word))
        tasks = [rebased(_from(base, task), base) for task in config.tasks]
        study = from_there(base, config.study) if ".py" in config.study else config.study
        yield Named(study, _model(base, config.model), tasks, settings, loading)
    except UserError as error:
        if os.path.abspath(base) != os.path.abspath(os.curdir):
            raise UserError(f"{error}; the run was begun in {str(base)!r}") from error
        raise


def _model(base: Path, name: str) -> str:
    if name in NAMED:
        return name
    for prefix in BEFORE:
        if name.startswith(prefix):
            dial, colon, rest = name.removeprefix(prefix).partition(":") if prefix == "routed:" else ("", "", "")
            return prefix + (dial + colon + _model(base, rest) if colon else _from(base, name.removeprefix(prefix)))
    return _from(base, name)


def from_there(base: Path, name: str) -> str:
    """A relative path that begins at `base`, alone or before `:CLASS` or `=NUMBER`; any other name as it is."""
    for end in (len(name), *(mark.start() for mark in reversed([*re.finditer("[:=]", name)]))):
        path = name[:end]
        if path and not os.path.isabs(path) and os.path.exists(base / path):
            return str(base / path) + name[end:]
    return name


def _from(base: Path, name: str) -> str:
    """A relative path as it was meant (`mine.py:Digits` is one of mine.py); any other name as it is."""
    there = base / (name.rpartition(":")[0] if ".py:" in name else name)
    is_path = not name.startswith((*BY_NAME, OBJECT)) and os.path.exists(there) and not os.path.isabs(name)
    return str(base / name) if is_path and name not in {*task_names(), *ORGANISMS} else name
