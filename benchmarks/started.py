"""A run as the library starts it, without its report: what benchmarks of the runner time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from thinkaloud.api import asked
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import Execution
from thinkaloud.runs.folder import Run
from thinkaloud.runs.identity import identify, known
from thinkaloud.runs.progress import NullProgress
from thinkaloud.study import Study
from thinkaloud.vocabulary import Model, Task


def started(config: Config, study: Study, model: Model, tasks: Sequence[Task], folder: Path) -> tuple[Run, Execution]:
    """The run's folder, and what does its units."""
    card = known(model)
    of = identify(config, study, card, tasks)
    run = Run.create(folder, config, study, card, of)
    return run, Execution(study, asked(config, model, tasks), of, run.journal, NullProgress())
