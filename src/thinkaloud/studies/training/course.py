"""One training, which can be taken to any of its stops: what a killed one goes on from is kept beside the records.

Everything is drawn from keys that name the training, the update and the purpose, so a training that went on from a file
has the same weights as one that was never interrupted. This module measures nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from thinkaloud.organisms.fit import Plan, Start, Weights, fit, initial
from thinkaloud.organisms.forward import Gpt, Shape
from thinkaloud.organisms.recipes import POSITIONS, Ints
from thinkaloud.organisms.rollout import Turns, written
from thinkaloud.organisms.tokens import WORDS
from thinkaloud.studies.training import language, readers, rewards
from thinkaloud.studies.training.kept import forget, keep, kept, stored
from thinkaloud.studies.training.policy import Learner
from thinkaloud.studies.training.recipe import Arm
from thinkaloud.study import digest_of
from thinkaloud.vocabulary import Key

QUESTIONS, GROUP = 16, 8
"""Questions of an update, and turns about each."""
ROWS = QUESTIONS * GROUP
BASE_PLAN = Plan(steps=1500, rate=3e-3, warmup=50)
TAUGHT = {"mixed": language.mixed, "words": language.words, "code": language.code, "answers": language.answers}

Tell = Callable[[str], None]


def shape(width: int) -> Shape:
    """The network of a width: two layers, heads of 16."""
    return Shape(vocabulary=len(WORDS), positions=POSITIONS + 2, width=width, layers=2, heads=max(1, width // 16))


@dataclass(frozen=True)
class Seed:
    """What all arms of one training seed begin with: the first checkpoint, and its early reader."""

    seed: int
    width: int
    root: Key
    folder: Path | None
    tell: Tell

    @property
    def shape(self) -> Shape:
        """Of its networks."""
        return shape(self.width)

    @functools.cached_property
    def base(self) -> Weights:
        """Taught to reason in words, with shorter and longer turns (`language.base`)."""

        def make() -> Weights:
            begin = Start(initial(self.shape, self.seed), self.shape, self.seed, self._key("base"))
            return fit(begin, language.base, BASE_PLAN, self._shown)

        return kept(self.folder, f"base-{self.width}-{self.seed}", make)

    @functools.cached_property
    def reader(self) -> Gpt:
        """The early reader."""

        def make() -> Weights:
            turns = lessons(Gpt(self.base, self.shape), Arm(), self._key("early lessons"))
            return readers.trained(turns, self._key("early reader"))

        return Gpt(kept(self.folder, f"reader-{self.width}-{self.seed}", make), readers.SHAPE)

    def _key(self, *names: object) -> Key:
        return self.root.child(self.width, self.seed, *names)

    def _shown(self, step: int, steps: int, loss: float) -> None:
        if step % 300 == 0:
            self.tell(f"first checkpoint, seed {self.seed}: step {step} of {steps}, loss {loss:.3f}")


def lessons(net: Gpt, arm: Arm, key: Key, rows: int = readers.LESSONS) -> Turns:
    """Turns about fresh questions for a reader to learn from."""
    rng = key.rng
    before = language.prompts(language.asked(rng, rows), arm.hints)
    return written(net, before, rng.random((rows, language.ROOM)))


@dataclass(frozen=True)
class Course:
    """The training of one arm from one seed."""

    name: str
    arm: Arm
    start: Seed
    stops: tuple[int, ...]

    def at(self, stop: int) -> Weights:
        """The weights after so many updates."""
        return self._learner(stop).weights

    def finished(self) -> None:
        """Nothing goes on from the last stop."""
        forget(self._folder, self._file(self.stops[-1]))

    def _learner(self, stop: int) -> Learner:
        """Where the training stands at a stop: as it was kept there, or trained from the stop before."""
        if stop == 0:
            return Learner(self.start.base, self.start.shape, self.arm.rate)
        if (state := stored(self._folder, self._file(stop))) is not None:
            return Learner.resumed(state, self.start.shape, self.arm.rate)
        before = self.stops[self.stops.index(stop) - 1]
        learner = self._learner(before)
        while learner.updates < stop:
            self._update(learner)
        keep(self._folder, self._file(stop), learner.state())
        forget(self._folder, self._file(before))  # this one is enough to go on from
        return learner

    def _update(self, learner: Learner) -> None:
        rng = self.start.root.child(self.start.width, self.start.seed, self.name, "update", learner.updates).rng
        if self.arm.by == "teaching":
            learner.taught(*TAUGHT[self.arm.taught](rng, ROWS, self.arm.hints))
            return
        q = language.asked(rng, QUESTIONS)
        before = np.repeat(language.prompts(q, self.arm.hints), GROUP, axis=0)
        gold: Ints = np.repeat(q.hint, GROUP)
        net = learner.net
        turns = written(net, before, rng.random((ROWS, language.ROOM)), self.arm.temperature)
        judged = (
            partial(rewards.outcome, turns, gold)
            if self.arm.judge == "truth"
            else partial(rewards.itself, net, before, turns)
        )
        found = rewards.total(self.arm, turns, judged, partial(readers.told, self.start.reader))
        learner.rewarded(before, turns, rewards.advantages(found, GROUP), self.arm.kl, self.start.base)

    @property
    def _folder(self) -> Path | None:
        return self.start.folder

    def _file(self, stop: int) -> str:
        what = digest_of({"name": self.name, **asdict(self.arm)})[:12]
        return f"{what}-{self.start.width}-{self.start.seed}-{stop}"
