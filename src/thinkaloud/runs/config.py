"""What a run was asked to do: resolved, saved beside its results, and enough to do it again."""

from __future__ import annotations

import hashlib
import json
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.models.loading import Loading
from thinkaloud.reading import toml_of
from thinkaloud.settings import NoSettings, arguments, checked, load, options, plain, setting
from thinkaloud.study import EDGE, Study

FORMAT = 2
"""Version of the run folder. A folder of another version is refused, not guessed at."""
NAMES = ("study", "model", "tasks", "items", "difficulty", "seed")
"""What stands at the head of the file."""


@dataclass(frozen=True, slots=True)
class Config:
    """A run's whole configuration. `difficulty` is `edge` or a level; `model` and `tasks` are names (or `object:NAME`
    for objects passed from Python, which must be passed again to resume), and empty where the study takes none;
    `settings` are the study's own."""

    study: str
    model: str = setting("smollm2-135m", "A name, file, folder or address: see `models`.")
    tasks: tuple[str, ...] = setting(("chain_sum",), "One or more, separated by commas: see `tasks`.")
    items: int = setting(40, "Items of each task.")
    difficulty: str | int = setting(EDGE, "edge (where the model is neither perfect nor lost), or a level.")
    seed: int = setting(1, "What all draws follow from.")
    settings: Any = field(default_factory=NoSettings)
    loading: Loading = field(default_factory=Loading)

    def __post_init__(self) -> None:
        if isinstance(self.difficulty, str) and self.difficulty != EDGE:
            raise UserError(f"--difficulty is {self.difficulty!r}: give 'edge' or a level (a whole number)")
        if self.items < 1:
            raise UserError(f"--items is {self.items}: at least 1 item is needed")
        if len(set(self.tasks)) < len(self.tasks):
            raise UserError(f"a task is given twice in {','.join(self.tasks)!r}")
        checked(self.settings)
        checked(self.loading)
        words = [word for value in asdict(self.settings).values() if isinstance(value, tuple) for word in value]
        for name in (self.model, *self.tasks, *(word for word in words if isinstance(word, str))):
            if name.encode("utf-8", "replace").decode() != name:  # bytes of a file name that are no text
                raise UserError(f"the name {name!r} is not UTF-8 text and cannot be written down: rename the file")

    def fits(self, study: Study) -> Config:
        """The same for this study: its usual settings where none are given, and nothing of what it does not take.
        `UserError` where settings are of another study, or tasks are wanted and there is none."""
        settings: Any = study.Settings() if isinstance(self.settings, NoSettings) else self.settings
        if not isinstance(settings, study.Settings):
            raise UserError(
                f"{study.name} has settings of its own ({_name(study.Settings)}), not {_name(type(self.settings))}"
            )
        if "tasks" in study.takes and not self.tasks:
            raise UserError("no task was given")
        model, tasks = self.model if "model" in study.takes else "", self.tasks if "tasks" in study.takes else ()
        usual = Config(self.study)
        items, difficulty = (self.items, self.difficulty) if tasks else (usual.items, usual.difficulty)
        loading = self.loading if model else usual.loading
        return Config(self.study, model, tasks, items, difficulty, self.seed, settings, loading)

    def command(self, study: Study) -> str:
        """The command that does this run again. Threads are the machine's and not said."""
        said = ["thinkaloud", "run", self.study]
        usual = asdict(Config(self.study))
        for option in options(Config):
            value = getattr(self, option.name)
            if takes(study, option.name) and (value != usual[option.name] or option.name in ("model", "tasks")):
                said += [f"--{FLAGS.get(option.name, option.flag)}", option.text(value)]
        said += arguments(self.settings)
        said += [] if "model" not in study.takes else arguments(Loading(**{**asdict(self.loading), "threads": None}))
        return shlex.join(said)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, without None and without what the study does not take."""
        lacking = {*([] if self.model else ["model"]), *([] if self.tasks else ["tasks", "items", "difficulty"])}
        head = {name: getattr(self, name) for name in NAMES if name not in lacking}
        head |= {"tasks": list(self.tasks)} if self.tasks else {}
        tables = {"settings": plain(self.settings)} | ({"loading": plain(self.loading)} if self.model else {})
        return {"format": FORMAT, **head, **tables}

    def dumps(self) -> str:
        """As TOML."""
        import tomli_w

        return tomli_w.dumps(self.as_dict())

    @staticmethod
    def loads(text: str, where: str, opening: Opening) -> Config:
        """From TOML; `where` is named in errors; `opening` opens the study, whose settings these are."""
        try:
            data = toml_of(text)
        except tomllib.TOMLDecodeError as error:
            raise UserError(
                f"{where} is not TOML: {error}; if it is damaged, give the run's command again or restore it"
            ) from error
        return Config.from_dict(data, where, opening)

    @staticmethod
    def from_dict(data: Mapping[str, Any], where: str, opening: Opening) -> Config:
        """From plain data, strictly: a name or a type that does not fit is an error of one line."""
        if data.get("format") != FORMAT:
            raise UserError(f"{where} is of format {data.get('format')!r}, this version reads format {FORMAT}")
        for name in data:
            if name not in (*NAMES, "format", "settings", "loading"):
                raise unknown(f"setting in {where}", name, NAMES)
        if not isinstance(data.get("study"), str):
            raise UserError(f"{where} does not say which study it is of")
        head = load(_Head, {name: value for name, value in data.items() if name in NAMES}, where)
        tables = {name: data.get(name, {}) for name in ("settings", "loading")}
        for name, table in tables.items():
            if not isinstance(table, Mapping):
                raise UserError(f"{where}: {name} is {table!r}, and not a table")
        study = opening(head.study)
        settings: Any = load(study.Settings, tables["settings"], f"{where}, [settings]")
        loading = load(Loading, tables["loading"], f"{where}, [loading]")
        return Config(**asdict(head), settings=settings, loading=loading).fits(study)

    @staticmethod
    def load(folder: Path, opening: Opening) -> Config:
        """The configuration of a run folder; raises `UserError` where there is none."""
        path = folder / "config.toml"
        if not isfile(path):
            begun = isfile(folder / "config.toml.part") or (isdir(folder) and not any(folder.iterdir()))
            hint = "; it was stopped before it began: give the run's command again" if begun else ""
            raise UserError(f"{str(folder)!r} is no run folder: it has no config.toml{hint}")
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{path!s} is not TOML: byte {error.start} is not UTF-8") from error
        return Config.loads(text, str(path), opening)

    def changes(self, other: Config) -> list[str]:
        """What `other` has otherwise, each as `what was, now what is`."""
        mine, theirs = self._flat(), other._flat()
        names = sorted({*mine, *theirs})
        return [f"{n} {mine.get(n)!r}, now {theirs.get(n)!r}" for n in names if mine.get(n) != theirs.get(n)]

    def _flat(self) -> dict[str, Any]:
        """All settings by their own names."""
        head = {name: getattr(self, name) for name in NAMES}
        return {**head, "tasks": list(self.tasks), **plain(self.loading), **plain(self.settings)}

    def protocol(self, version: int) -> str:
        """A hash of everything that a unit's numbers depend on, besides model and items; `version` is the study's. A
        setting that is None is left out, so that an option which a later version adds changes no run without it."""
        said = {name: value for name, value in asdict(self.settings).items() if value is not None}
        loading = {name: value for name, value in asdict(self.loading).items() if name != "threads"}
        parts = [self.study, version, self.seed, said, loading]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


Opening = Callable[[str], Study]
"""Opens a study by its name."""
FLAGS = {"tasks": "task"}
"""Options whose name on the command line is not that of their field."""
NEEDS = {"model": "model", "tasks": "tasks", "items": "tasks", "difficulty": "tasks"}
"""Option -> what a study must take to have it."""


def takes(study: Study, option: str) -> bool:
    """Whether a run of this study has this option of `Config`."""
    needed = NEEDS.get(option)
    return needed is None or needed in study.takes


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of the file, each value of the type it has in `Config`."""

    study: str
    model: str = ""
    tasks: tuple[str, ...] = ()
    items: int = 40
    difficulty: str | int = EDGE
    seed: int = 1


def _name(cls: type) -> str:
    return f"{cls.__module__.removeprefix('thinkaloud.')}.{cls.__qualname__}"
