"""The families of models that think in a block, each a TOML file of this folder, and files of a user's own.

A file has the fields of `Family`: how the block is written (as in `Profile`), by what a model of this family is
recognised, and how the family wants to be sampled. `docs/profiles.md` explains each. Where a model's own chat template
shows something else, the template counts (`models/detect.py`). This module knows no model and no template.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from os.path import isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.models.profile import Recommended, Silence
from thinkaloud.reading import toml_of
from thinkaloud.settings import load

SWITCHES = ("enable_thinking", "thinking")
"""Variables of chat templates that switch reasoning on and off."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family as its file says.

    `family`, `opens`, `closes`, `mark`, `given`, `silence`, `instruction`, `direct`, `sampling`, `notes`: as in
    `Profile`. `switches`: variables that the template may know. A model belongs to the family if its template mentions
    every text of `template`, its vocabulary has every text of `tokens` as one token, and a switch was found or not as
    `switched` says (left out: either). Of several families that fit, the one that asks for most is taken.
    """

    family: str
    opens: str
    closes: str
    mark: str
    given: bool = False
    silence: tuple[Silence, ...] = ("empty",)
    switches: tuple[str, ...] = SWITCHES
    instruction: str = ""
    direct: str = ""
    template: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    switched: bool | None = None
    sampling: Recommended | None = None
    notes: tuple[str, ...] = ()

    @property
    def asks(self) -> int:
        """How much must fit for a model to belong to the family."""
        return len(self.template) + len(self.tokens) + (self.switched is not None)


NAMES = tuple(field.name for field in fields(Family))
NEEDED = tuple(field.name for field in fields(Family) if field.default is MISSING)


@functools.cache
def families() -> tuple[Family, ...]:
    """The families that are known, the one that asks for most first."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".toml"))
    found = [read(file.read_text(encoding="utf-8"), file.name) for file in files]
    return tuple(sorted(found, key=lambda family: (-family.asks, family.family)))


def family_of(path: str) -> Family:
    """The family that a user's file describes. Raises `UserError` for anything that is none."""
    if not isfile(path):
        known = ", ".join(family.family for family in families())
        raise UserError(
            f"--profile is {path!r}: give auto, none or a FILE.toml (the families that auto knows: {known})"
        )
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"--profile {path!r} is not UTF-8 text: byte {error.start} is none") from error
    return read(text, path)


def read(text: str, where: str) -> Family:
    """A family from TOML; `where` is named in errors."""
    try:
        data: Mapping[str, Any] = toml_of(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where} is not TOML: {error}") from error
    for name in data:
        if name not in NAMES:
            raise unknown(f"field of a profile in {where}", name, NAMES)
    if missing := [name for name in NEEDED if name not in data]:
        raise UserError(f"{where} does not say {', '.join(missing)}: a profile needs {', '.join(NEEDED)}")
    found = load(Family, data, where)
    if found.mark not in found.closes:
        raise UserError(f"{where}: closes is {found.closes!r}, which does not hold the mark {found.mark!r}")
    return found
