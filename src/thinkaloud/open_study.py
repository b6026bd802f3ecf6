"""From a name to a study: built in, of an installed package (entry points `thinkaloud.studies`), or of a file.

    channels            a built-in study
    mine.py:Lengths     the class `Lengths` of a file of your own

This is the one place that knows studies by name.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path

from thinkaloud.errors import UserError, unknown
from thinkaloud.from_file import from_file
from thinkaloud.runs.folder import Run
from thinkaloud.runs.identity import directory
from thinkaloud.runs.names import OBJECT, from_there
from thinkaloud.study import Study

BUILTIN = {
    "channels": "thinkaloud.studies.channels.protocol:Channels",
    "faithfulness": "thinkaloud.studies.faithfulness.protocol:Faithfulness",
    "controllability": "thinkaloud.studies.controllability.protocol:Controllability",
    "deception": "thinkaloud.studies.deception.protocol:Deception",
    "training": "thinkaloud.studies.training.protocol:Training",
    "odds": "thinkaloud.studies.odds.protocol:Odds",
    "givers": "thinkaloud.studies.givers.protocol:Givers",
    "rungs": "thinkaloud.studies.rungs.protocol:Rungs",
    "challenge": "thinkaloud.studies.challenge.study:Challenge",
    "trend": "thinkaloud.studies.trend.study:Trends",
}
"""Name -> where its class is: one line for each study."""


def study_names() -> dict[str, str]:
    """Names with their questions, in a few words where a study has them."""
    opened = {name: open_study(name) for name in BUILTIN}
    names = {name: study.short or study.question for name, study in opened.items()}
    return names | {point.name: f"from {point.value}" for point in _entry_points()}


def open_study(study: str | Study | type[Study]) -> Study:
    """A study from a name (see above), or an object that is one already."""
    if not isinstance(study, str):
        return _checked(study() if isinstance(study, type) else study, repr(study))
    if study in BUILTIN:
        module, _, name = BUILTIN[study].partition(":")
        made: Study = getattr(importlib.import_module(module), name)()
        return made
    for point in _entry_points():
        if point.name == study:
            found = point.load()
            return _checked(found() if isinstance(found, type) else found, point.value)
    if ".py" in study:
        return _checked(from_file(study, "study"), study)
    if study.startswith(OBJECT):
        name = study.removeprefix(OBJECT)
        raise UserError(f"the study {name!r} was passed from Python as an object: pass it again, with study=...")
    raise unknown("study", study, [*BUILTIN, *(point.name for point in _entry_points())])


def open_run(folder: str | Path, study: Study | None = None) -> Run:
    """A run folder, finished or not. `study`: the object it was made with, where it was made with one. A file with a
    study is looked for where the run began."""
    base = directory(Path(folder)) or Path()

    def opening(name: str) -> Study:
        return study or open_study(from_there(base, name) if ".py" in name else name)

    return Run(folder, opening)


def _checked(found: object, where: str) -> Study:
    """The study, if it is one."""
    if not isinstance(found, Study):
        raise UserError(f"{where} is no study: derive its class from thinkaloud.study.Study")
    for name in ("name", "question"):
        if not isinstance(getattr(found, name, None), str):
            raise UserError(f"{where} is no study: it has no {name!r}")
    return found


def _entry_points() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group="thinkaloud.studies")
