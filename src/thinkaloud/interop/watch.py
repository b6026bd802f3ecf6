"""A training measured while it goes on: a callback for trainers of transformers and TRL (GRPO, SFT, DPO).

    from thinkaloud.interop.watch import watch
    trainer = GRPOTrainer(..., callbacks=[watch("channels", ["gsm8k"], every=100, items=24, out="runs/mine")])

Before the first step, after every `every` steps and at the end the network in memory is asked the same questions (the
study's own settings apply), each time into a run folder of its own, `OUT/step-000100`; at the end every checkpoint is
held against the first (`OUT/compare/report.html`). Measuring is bounded by `most`, the share of the training's wall
time that it may take: a measurement that would go beyond is skipped, and `skipped` says so. The first and the last are
always made. A failure in a measurement never ends a training: it is told, and counted in `failed`.

What is trained is not changed: the network is put back into training mode, and torch's and Python's generators are
as they were. This module does not know what is rewarded.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thinkaloud import api
from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.open_study import open_study
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Task

FIRST_STEP = 0


@dataclass
class Watch:
    """What to measure and what came of it. `measured`: the run folders by step; `seconds` in measuring, of `training`
    seconds in all."""

    study: str
    tasks: Sequence[str]
    every: int
    out: Path
    items: int
    difficulty: str | int
    settings: dict[str, Any]
    loading: Loading
    most: float
    say: Callable[[str], None]
    measured: dict[int, Path] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    _began: float = 0.0
    _longest: float = 0.0

    def begin(self, network: Any, tokenizer: Any) -> None:
        """Before the first step."""
        self._began = time.perf_counter()
        self.measure(network, tokenizer, FIRST_STEP)

    def after(self, network: Any, tokenizer: Any, step: int) -> None:
        """After a step: measure if it is time to, and there is time for it."""
        if step % self.every or step in self.measured:
            return
        if self.seconds + self._longest > self.most * (self.training + self._longest):
            self.skipped.append(step)
            return
        self.measure(network, tokenizer, step)

    def end(self, network: Any, tokenizer: Any, step: int) -> None:
        """After the last step: measure it, and hold every checkpoint against the first."""
        if step not in self.measured:
            self.skipped = [other for other in self.skipped if other != step]
            self.measure(network, tokenizer, step)
        if len(self.measured) > 1:
            api.compare([self.measured[at] for at in sorted(self.measured)], out=self.out / "compare")
            self.say(f"thinkaloud: {self.out / 'compare' / 'report.html'}")
        self.say(f"thinkaloud: {self.overhead:.0%} of the training's time, {len(self.skipped)} measurements skipped")

    def measure(self, network: Any, tokenizer: Any, step: int) -> None:
        """Ask the network as it is now."""
        from thinkaloud.models.transformers.model import live

        started, folder = time.perf_counter(), self.out / f"step-{step:06d}"
        try:
            with undisturbed(network):
                model = live(network, tokenizer, f"step {step}", self.loading)
                api.run(
                    self.study, model, list(self.tasks), items=self.items, difficulty=self.difficulty, out=folder,
                    settings=self.settings, loading=self.loading,
                )  # fmt: skip
            self.measured[step] = folder
        except Exception as error:  # whatever it is: a training of days must not end here
            self.failed[step] = f"{type(error).__name__}: {error}"
            self.say(f"thinkaloud: step {step} was not measured: {self.failed[step]}")
        took = time.perf_counter() - started
        self.seconds += took
        self._longest = max(self._longest, took)

    @property
    def training(self) -> float:
        """Seconds since the training began, with those of measuring."""
        return time.perf_counter() - self._began

    @property
    def overhead(self) -> float:
        """Share of the training's time that measuring took."""
        return self.seconds / max(self.training, 1e-9)


def watch(  # noqa: PLR0913  (everything a user may say, by name)
    study: str = "channels",
    tasks: Sequence[str] = ("chain_sum",),
    *,
    every: int,
    out: str | Path,
    items: int = 24,
    difficulty: str | int | None = None,
    settings: dict[str, Any] | None = None,
    loading: Loading | None = None,
    most: float = 0.2,
    say: Callable[[str], None] = print,
) -> Any:
    """A `TrainerCallback` that measures what is being trained; its `watch` holds what came of it. `difficulty`: a
    level, since every checkpoint must be asked the same questions; None: the least one that all tasks have."""
    from transformers import TrainerCallback

    if every < 1:
        raise UserError(f"every is {every}: at least 1 step")
    if not 0 < most <= 1:
        raise UserError(f"most is {most}: a share of the training's time, above 0 and at most 1")
    if difficulty == "edge":
        raise UserError("at difficulty 'edge' every checkpoint would be asked at a level of its own: give a level")
    opened_tasks = open_tasks(tuple(tasks))  # what is wrong in the question is said before a training of days begins
    difficulty = _least(opened_tasks) if difficulty is None else difficulty
    for task in opened_tasks:
        if difficulty not in task.levels:
            raise UserError(f"task {task.name!r} has no level {difficulty!r}; its levels are {list(task.levels)}")
    opened = open_study(study)
    api.configured(
        study, opened, "object:in memory", list(tasks), items=items, difficulty=difficulty, settings=settings
    )
    made = Watch(study, tasks, every, Path(out), items, difficulty, settings or {}, loading or Loading(), most, say)

    class Measuring(TrainerCallback):
        """Calls the watch where it is time."""

        watch = made

        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            """The first checkpoint."""
            if state.is_world_process_zero:
                made.begin(given["model"], given.get("processing_class") or given.get("tokenizer"))

        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            """A step was taken."""
            if state.is_world_process_zero:
                made.after(given["model"], given.get("processing_class") or given.get("tokenizer"), state.global_step)

        def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            """The last checkpoint."""
            if state.is_world_process_zero:
                made.end(given["model"], given.get("processing_class") or given.get("tokenizer"), state.global_step)

    return Measuring()


def _least(tasks: Sequence[Task]) -> int:
    """The least level that all of these have; `UserError` where there is none."""
    every = [set(task.levels) for task in tasks]
    if not every or not (shared := set.intersection(*every)):
        named = ", ".join(task.name for task in tasks)
        raise UserError(f"no level is in all of the tasks {named!r}: give a difficulty, or watch one of them")
    return min(shared)


@contextmanager
def undisturbed(network: Any) -> Iterator[None]:
    """Evaluation mode within this block; afterwards modes, generators and threads are as before."""
    import numpy as np
    import torch

    modes = {module: module.training for module in network.modules()}
    draws, plain, arrays, threads = (
        torch.get_rng_state(),
        random.getstate(),
        np.random.get_state(),
        torch.get_num_threads(),
    )
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
        torch.set_rng_state(draws)
        random.setstate(plain)
        np.random.set_state(arrays)
        torch.set_num_threads(threads)
