"""One training, which can be taken to any of its stops: what a killed one goes on from is kept beside the records.

Everything is drawn from keys that name the training, the update and the purpose, so a training that went on from a file
has the same weights as one that was never interrupted. This module measures nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from thinkaloud.organisms.fit import Plan, Start, Weights, fit, initial
from thinkaloud.organisms.forward import Gpt, Shape
from thinkaloud.organisms.recipes import Floats, Ints
from thinkaloud.organisms.rollout import Environment, Turns, written
from thinkaloud.studies.training import readers, rewards
from thinkaloud.studies.training.kept import forget, keep, kept, stored
from thinkaloud.studies.training.languages.contract import Asked, Language
from thinkaloud.studies.training.languages.monitors import alarms, as_items
from thinkaloud.studies.training.policy import Learner, Push
from thinkaloud.studies.training.recipe import Arm
from thinkaloud.study import digest_of
from thinkaloud.vocabulary import Key

QUESTIONS, GROUP = 16, 8
"""Questions of an update, and turns about each."""
ROWS = QUESTIONS * GROUP
BASE_PLAN = Plan(steps=1500, rate=3e-3, warmup=50)
Tell = Callable[[str], None]


def shape(width: int, language: Language) -> Shape:
    """The network of a width: two layers, heads of 16."""
    words, positions = len(language.words), language.positions
    return Shape(vocabulary=words, positions=positions, width=width, layers=2, heads=max(1, width // 16))


@dataclass(frozen=True)
class Seed:
    """What all arms of one training seed begin with: the first checkpoint, and its early reader."""

    seed: int
    width: int
    language: Language
    root: Key
    folder: Path | None
    tell: Tell

    @property
    def shape(self) -> Shape:
        """Of its networks."""
        return shape(self.width, self.language)

    @functools.cached_property
    def base(self) -> Weights:
        """Taught to reason as the language says."""

        def make() -> Weights:
            begin = Start(initial(self.shape, self.seed), self.shape, self.seed, self._key("base"))
            return fit(begin, self.language.base, BASE_PLAN, self._shown)

        return kept(self.folder, f"base-{self.width}-{self.seed}", make)

    @functools.cached_property
    def reader(self) -> Gpt:
        """The early reader."""

        def make() -> Weights:
            turns = self.lessons(Gpt(self.base, self.shape), False, self._key("early lessons"))
            return readers.trained(turns, self.language, self._key("early reader"))

        return self.as_reader(kept(self.folder, f"reader-{self.width}-{self.seed}", make))

    @functools.cached_property
    def environment(self) -> Environment | None:
        """Who answers calls."""
        made = self.language.environment
        return None if made is None else made(Gpt(self.base, self.shape))

    def as_reader(self, weights: Weights) -> Gpt:
        """The reader with these weights."""
        return Gpt(weights, readers.shape(self.language))

    def write(self, net: Gpt, asked: Asked, uniforms: Floats, temperature: float = 1.0) -> Turns:
        """A turn about each question."""
        return written(net, asked.before, uniforms, temperature, self.environment)

    def lessons(self, net: Gpt, hints: bool, key: Key) -> Turns:
        """Turns about fresh questions for a reader to learn from."""
        rng, rows = key.rng, readers.LESSONS
        asked = self.language.fresh(rng, rows, hints)
        return self.write(net, asked, rng.random((rows, self.language.room)))

    def _key(self, *names: object) -> Key:
        return self.root.child(self.width, self.seed, *names)

    def _shown(self, step: int, steps: int, loss: float) -> None:
        if step % 300 == 0:
            self.tell(f"first checkpoint, seed {self.seed}: step {step} of {steps}, loss {loss:.3f}")


@dataclass(frozen=True)
class Course:
    """The training of one arm from one seed."""

    name: str
    arm: Arm
    start: Seed
    stops: tuple[int, ...]

    def finished(self) -> None:
        """Nothing goes on from the last stop."""
        forget(self._folder, self._file(self.stops[-1]))

    def at(self, stop: int) -> Learner:
        """Where the training stands after so many updates: as it was kept there, or trained from the stop before."""
        if stop == 0:
            return Learner(self.start.base, self.start.shape, self.arm.rate)
        if (state := stored(self._folder, self._file(stop))) is not None:
            return Learner.resumed(state, self.start.shape, self.arm.rate)
        before = self.stops[self.stops.index(stop) - 1]
        learner = self.at(before)
        while learner.updates < stop:
            self._update(learner)
        keep(self._folder, self._file(stop), learner.state())
        forget(self._folder, self._file(before))  # this one is enough to go on from
        return learner

    def _update(self, learner: Learner) -> None:
        rng = self.start.root.child(self.start.width, self.start.seed, self.name, "update", learner.updates).rng
        language = self.start.language
        if self.arm.by == "teaching":
            learner.taught(*language.taught[self.arm.taught](rng, ROWS, self.arm.hints))
            return
        asked = language.fresh(rng, QUESTIONS, self.arm.hints).each(GROUP)
        net = learner.net
        turns = self.start.write(net, asked, rng.random((ROWS, language.room)), self.arm.temperature)
        found = rewards.total(self.arm, self._seen(net, asked, turns, rng))
        push = Push(self.arm.kl, self.arm.temperature)
        learner.rewarded(asked.before, turns, rewards.advantages(found, GROUP), push, self.start.base)

    def _seen(self, net: Gpt, asked: Asked, turns: Turns, rng: np.random.Generator) -> rewards.Seen:
        def likeliest() -> Turns:
            return self.start.write(net, asked, np.zeros(turns.tokens.shape), 0)

        items = functools.cache(lambda: as_items(asked.q))

        def alarmed(monitor: str) -> rewards.Marks:
            return alarms(monitor, items(), asked, turns, self.start.language)

        def told(turns: Turns) -> Ints:
            return readers.told(self.start.reader, turns)

        return rewards.Seen(asked, turns, likeliest, told, alarmed, lambda: rng.random(ROWS) < self.arm.graded)

    @property
    def _folder(self) -> Path | None:
        return self.start.folder

    def _file(self, stop: int) -> str:
        what = digest_of({"name": self.name, **asdict(self.arm)})[:12]
        return f"{what}-{self.start.width}-{self.start.seed}-{stop}"
