"""What a run was asked to do: resolved, saved beside its results, and enough to do it again."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.studies.base import Settings, Spending

FORMAT = 1
"""Version of the run folder. A folder of another version is refused, not guessed at."""


@dataclass(frozen=True, slots=True)
class Config:
    """A run's whole configuration. `difficulty` is `edge` or a level; `model` and `tasks` are names (or `object:NAME`
    for objects passed from Python, which must be passed again to resume)."""

    study: str
    model: str
    tasks: tuple[str, ...]
    items: int = 40
    difficulty: str | int = "edge"
    seed: int = 1
    settings: Settings = field(default_factory=Settings)
    loading: Loading = field(default_factory=Loading)

    def __post_init__(self) -> None:
        if self.items < 1:
            raise UserError(f"--items is {self.items}: at least 1 item is needed")
        if isinstance(self.difficulty, str) and self.difficulty != "edge":
            raise UserError(f"--difficulty is {self.difficulty!r}: give 'edge' or a level (a whole number)")
        if not self.tasks:
            raise UserError("no task was given")
        if len(set(self.tasks)) < len(self.tasks):
            raise UserError(f"a task is given twice in {','.join(self.tasks)!r}")
        for name in (self.model, *self.tasks, *self.settings.spending.arms):
            if name.encode("utf-8", "replace").decode() != name:  # bytes of a file name that are no text
                raise UserError(f"the name {name!r} is not UTF-8 text and cannot be written down: rename the file")

    def dumps(self) -> str:
        """As TOML."""
        import tomli_w

        return tomli_w.dumps({"format": FORMAT, **_plain(asdict(self))})

    @staticmethod
    def loads(text: str, where: str) -> Config:
        """From TOML; `where` is named in errors."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UserError(
                f"{where} is not TOML: {error}; if it is damaged, give the run's command again or restore it"
            ) from error
        if data.get("format") != FORMAT:
            raise UserError(f"{where} is of format {data.get('format')!r}, this version reads format {FORMAT}")
        known = {f.name for f in fields(Config)}
        strange = set(data) - known - {"format"}
        if strange:
            raise UserError(f"{where} has settings this version does not know: {', '.join(sorted(strange))}")
        loaded = {name: value for name, value in data.items() if name in known}
        loaded["tasks"] = tuple(loaded.get("tasks", ()))
        try:
            given = dict(loaded.get("settings", {}))
            spending: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v for k, v in given.pop("spending", {}).items()
            }
            loaded["settings"] = Settings(**given, spending=Spending(**spending))
            loaded["loading"] = Loading(**loaded.get("loading", {}))
            return Config(**loaded)
        except KeyError as error:
            raise UserError(f"{where} lacks {error}") from error
        except (TypeError, AttributeError, ValueError) as error:
            raise UserError(f"{where} has a setting this version does not know: {error}") from error

    @staticmethod
    def load(folder: Path) -> Config:
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
        return Config.loads(text, str(path))

    def changes(self, other: Config) -> list[str]:
        """What `other` has otherwise, each as `what was, now what is`."""
        mine, theirs = (_flat(_plain(asdict(config))) for config in (self, other))
        names = sorted({*mine, *theirs})
        return [f"{n} {mine.get(n)!r}, now {theirs.get(n)!r}" for n in names if mine.get(n) != theirs.get(n)]

    def protocol(self, study_version: int, model_digest: str) -> str:
        """A hash of everything that a unit's numbers depend on, besides its items."""
        loading = {k: v for k, v in asdict(self.loading).items() if k != "threads"}
        if self.loading.device == Loading().device:  # as below
            del loading["device"]
        settings = asdict(self.settings)
        if self.settings.spending == Spending():  # where it says nothing, it changes nothing
            del settings["spending"]
        parts = [self.study, study_version, model_digest, self.seed, settings, loading]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings by their own names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value) if isinstance(value, dict) else {name: value}
    return found


def _plain(value: Any) -> Any:
    """TOML has no None and no tuples: the one is left out, the other is a list."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value
