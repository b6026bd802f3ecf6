"""The library as people call it: `run`, `resume`, `open_run`, `open_model`, `open_task`.

    import thinkaloud as ta
    run = ta.run("channels", model="smollm2-135m", tasks=["chain_sum"], items=40, seed=1)
    run.findings        # typed estimates, each with its interval, n and cluster
    run.report()        # writes report.html and report.md, returns the path

A model or a task may be a name or an object of your own; there is nothing to register.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from thinkaloud.errors import NotMeasurable, UserError
from thinkaloud.models.llama_cpp import LlamaOptions
from thinkaloud.models.open import open_model
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import Execution, Progress, Silence, findings
from thinkaloud.runs.folder import Run
from thinkaloud.studies.base import Settings
from thinkaloud.studies.registry import open_study
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Model, Task

__all__ = ["Run", "open_model", "open_run", "open_task", "rescore", "resume", "run", "slug"]

T = TypeVar("T")


def run(  # noqa: PLR0913  (everything a user may say, by name)
    study: str,
    model: str | Model,
    tasks: Sequence[str | Task],
    *,
    items: int = 40,
    difficulty: str | int = "edge",
    seed: int = 1,
    out: str | Path | None = None,
    settings: Settings | None = None,
    loading: LlamaOptions | None = None,
    progress: Progress | None = None,
    concurrency: int = 1,
) -> Run:
    """Run a study and return it finished. A folder that holds this very run already is completed, not done again."""
    config = Config(
        study, _name(model), tuple(_name(task) for task in tasks), items, difficulty, seed,
        settings or Settings(), loading or LlamaOptions(),
    )  # fmt: skip
    folder = Path(out) if out is not None else Path("runs") / slug(config)
    asked = open_study(study)
    opened = [open_task(task) for task in tasks]
    answering = open_model(model, config.loading)
    lacking = asked.needs - answering.card.capabilities
    if lacking:  # before there is a folder; a run that has one was measurable when it began
        why = f"it lacks {', '.join(sorted(lacking))}"
        raise NotMeasurable(f"{study} is not measurable on {answering.card.name}: {why}")
    return _finish(Run.create(folder, config, answering.card), answering, opened, progress, concurrency)


def resume(
    folder: str | Path,
    *,
    model: Model | None = None,
    tasks: Sequence[Task] | None = None,
    progress: Progress | None = None,
    concurrency: int = 1,
) -> Run:
    """Do what is missing or failed in a run folder. Objects that were passed to `run` must be passed again."""
    found = Run(folder)
    opened = [open_task(task) for task in (tasks or found.config.tasks)]
    answering = open_model(model or found.config.model, found.config.loading)
    if answering.card.digest != found.card["digest"]:
        raise UserError(
            f"{str(folder)!r} was made by a model with digest {found.card['digest'][:23]}, "
            f"this one has {answering.card.digest[:23]}"
        )
    return _finish(found, answering, opened, progress, concurrency)


def open_run(folder: str | Path) -> Run:
    """A run folder, finished or not."""
    return Run(folder)


def rescore(folder: str | Path, tasks: Sequence[Task] | None = None) -> Run:
    """Make the findings again from what is recorded, and the report. Never asks a model."""
    found = Run(folder)
    opened = [open_task(task) for task in (tasks or found.config.tasks)]
    _conclude(found, opened)
    return found


def slug(config: Config) -> str:
    """A folder name that says what is in it."""
    model = Path(config.model).stem.replace(":", "-")
    tasks = "+".join(Path(task).stem.replace(":", "-") for task in config.tasks)
    return f"{config.study}-{model}-{tasks[:60]}-{config.difficulty}-{config.items}-s{config.seed}"


def _name(thing: str | object) -> str:
    if isinstance(thing, str):
        return thing
    return f"object:{getattr(thing, 'name', None) or getattr(thing, '__name__', type(thing).__name__)}"


def _finish(found: Run, model: Model, tasks: Sequence[Task], progress: Progress | None, concurrency: int) -> Run:
    study = open_study(found.config.study)
    execution = Execution(found.config, study, model, tasks, found.journal, progress or Silence(), concurrency)
    try:
        notes = _run(execution.run)
    finally:
        found.journal.close()
    found.note(notes)
    if all(unit["status"] == "ok" for unit in found.journal):
        found.journal.seal()
    _conclude(found, tasks)
    return found


def _conclude(found: Run, tasks: Sequence[Task]) -> None:
    study = open_study(found.config.study)
    found.write_results(findings(found.config, study, found.card["name"], tasks, found.journal))
    found.report()


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end, also where an event loop is running already (a notebook): then in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    box: list[Any] = []

    def inside() -> None:
        try:
            box.append((asyncio.run(work()), None))
        except BaseException as error:
            box.append((None, error))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    result, error = box[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]
