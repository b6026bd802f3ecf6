"""What does training do to the words? Small networks are trained under pressure, and measured at every checkpoint.

A unit is one checkpoint of one training. See `docs/training.md` for the protocol in words and what it cannot tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from thinkaloud.organisms.fit import Weights, need_torch
from thinkaloud.organisms.forward import Gpt
from thinkaloud.runs.scratch import scratch
from thinkaloud.studies.training import readers
from thinkaloud.studies.training.course import Course, Seed
from thinkaloud.studies.training.estimates import beyond, estimates
from thinkaloud.studies.training.kept import kept
from thinkaloud.studies.training.languages import LANGUAGES
from thinkaloud.studies.training.measures import Checkpoint, measured
from thinkaloud.studies.training.page import LIMITS, PAGE
from thinkaloud.studies.training.recipe import located, read
from thinkaloud.studies.training.settings import TrainingSettings
from thinkaloud.study import Asked, Do, Study, Unit
from thinkaloud.vocabulary import Estimate, Key, Model, Record

IDLE = 0.2
"""Share of updates by rewards that differed, below which an arm is said to have learned nothing."""
USUAL = 1
"""The run's seed that says nothing: networks have seeds of their own (`TrainingSettings.seeds`)."""


class Training(Study):
    """Ability, channels, use, legibility, readers and length at every checkpoint of every training."""

    name = "training"
    question = "What does training do to the words: does the thinking move inside, or do readable steps stay?"
    short = "what does training do to the words?"
    limits = LIMITS
    Settings = TrainingSettings
    page = PAGE

    def check(self, settings: TrainingSettings) -> None:
        """Training needs torch, and a recipe that can be read."""
        need_torch()
        read(settings.recipe)

    def files(self, settings: TrainingSettings) -> Mapping[str, str]:
        """A run that was begun with another recipe is not gone on with."""
        return {"recipe": hashlib.sha256(located(settings.recipe).read_bytes()).hexdigest()}

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """Every checkpoint of every training, seed by seed."""
        settings: TrainingSettings = asked.settings
        recipe = read(settings.recipe)
        root = Key(("training",)) if asked.seed == USUAL else Key(("training", str(asked.seed)))
        do.expect(len(settings.seeds) * len(recipe.arms) * len(recipe.stops))
        found: list[Record] = []
        for number in settings.seeds:
            seed = Seed(number, settings.width, LANGUAGES[recipe.language], root, scratch(), do.say)
            for name in recipe.arms:
                course = Course(name, recipe.arms[name], seed, recipe.stops)
                for stop in recipe.stops:
                    done = await do.unit(self._unit(course, stop, settings.items, recipe.control))
                    found += done.records
        notes = [f"{settings.items} questions at every checkpoint, the same ones everywhere."]
        notes += [f"The control is {recipe.control!r}."] if recipe.control else []
        return [*notes, *idle(found, recipe.stops[-1]), *diverged(found)]

    def _unit(self, course: Course, stop: int, items: int, control: str | None) -> Unit:
        async def work(session: Model) -> list[Record]:
            return [{**checkpoint(course, stop, items), "control": control}]

        at = {"seed": course.start.seed, "step": stop}
        title = f"{course.name}, seed {course.start.seed}, update {stop}"
        return Unit(phase=self.name, subject=course.name, work=work, at=at, title=title)

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """See `estimates.py`."""
        return estimates(records)

    def together(self, subjects: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """Every arm against the control, which the records name."""
        control = next((r["control"] for records in subjects.values() for r in records), None)
        return beyond(subjects, str(control)) if control in subjects and len(subjects) > 1 else []

    def expected(self, settings: TrainingSettings, tasks: int, items: int) -> int:
        """A unit for each checkpoint."""
        recipe = read(settings.recipe)
        return len(settings.seeds) * len(recipe.arms) * len(recipe.stops)


def idle(records: Sequence[Record], last: int) -> list[str]:
    """Arms that learned nothing, since their rewards hardly ever differed between turns about one question."""
    there = [record for record in records if record["step"] == last and record.get("pushed", 1.0) < IDLE]
    return [
        f"{record['task']}, seed {record['seed']}: in {1 - record['pushed']:.0%} of the updates all turns about a "
        "question had the same reward, which teaches nothing: is it constant, or out of reach?"
        for record in there
    ]


def diverged(records: Sequence[Record]) -> list[str]:
    """Trainings whose networks compute no numbers any more."""
    return [
        f"{record['task']}, seed {record['seed']}: what it computes at update {record['step']} are no finite "
        "numbers, and nothing can be measured there: is its rate too high?"
        for record in records
        if not record["columns"]
    ]


def sane(net: Gpt, seed: Seed) -> bool:
    """Whether a network still says something: its logits after a question are finite."""
    with np.errstate(all="ignore"):
        said = net(seed.language.fresh(seed.root.child("sane").rng, 8).before)
    return bool(np.isfinite(said).all())


def checkpoint(course: Course, stop: int, items: int) -> Record:
    """The record of a training at a stop."""
    seed = course.start
    learner = course.at(stop)
    about = {"item": f"update {stop}", "status": "ok", "seed": seed.seed, "step": stop}
    net = Gpt(learner.weights, seed.shape)
    if not sane(net, seed):
        return {**about, "truth": course.arm.truth, "columns": {}}
    first = Gpt(seed.base, seed.shape)
    key = seed.root.child(seed.width, seed.seed)

    def taught() -> Weights:
        turns = seed.lessons(net, course.arm.hints, key.child("fresh lessons"))
        return readers.trained(turns, seed.language, key.child("fresh reader"))

    # all arms begin with the same checkpoint
    name = f"fresh-{seed.width}-{seed.seed}-{'hints' if course.arm.hints else 'plain'}"
    fresh = taught() if stop else kept(seed.folder, name, taught)
    by = {"early": seed.reader, "fresh": seed.as_reader(fresh)}
    at = Checkpoint(net, first, by, seed.language, seed.write)
    found = measured(at, course.arm.hints, seed.root.child("asked"), items)
    if stop == course.stops[-1]:
        course.finished()
    rewarded = course.arm.by == "reward" and stop > 0
    signal = {"pushed": learner.pushed / learner.updates} if rewarded else {}
    return {**about, **signal, "parameters": net.parameters, "truth": course.arm.truth, **found}
