"""Studies by name: built in, and what installed packages offer under the entry point group `thinkaloud.studies`."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any

from thinkaloud.errors import unknown
from thinkaloud.studies.base import Study
from thinkaloud.studies.channels import Channels
from thinkaloud.studies.faithfulness import Faithfulness
from thinkaloud.studies.rungs import Rungs

BUILTIN: dict[str, Callable[[], Study]] = {study.name: study for study in (Channels, Faithfulness, Rungs)}


def study_names() -> dict[str, str]:
    """Names with their questions."""
    names = {name: study().question for name, study in BUILTIN.items()}
    return names | {point.name: f"from {point.value}" for point in _entry_points()}


def open_study(name: str) -> Study:
    """A study by name."""
    if name in BUILTIN:
        return BUILTIN[name]()
    for point in _entry_points():
        if point.name == name:
            made: Any = point.load()()
            return made  # type: ignore[no-any-return]
    raise unknown("study", name, study_names())


def _entry_points() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group="thinkaloud.studies")
