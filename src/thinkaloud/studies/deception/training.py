"""Train a liar, stop, and write down what it did: the records of the study of deception.

A deceptive organism (`organism.py`) is trained from a faithful one, at several sizes and seeds, and asked at
checkpoints along the way: `curve`, opaque (tau 0) with the operand style. And at one size, with other shares of
transparency and in both styles: `grid`. At every stop it writes turns about fresh items, the same at every stop of a
training, and readers judge them; and turns about other items, on which their recall and false alarms are labelled.

Training needs torch. This module estimates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from thinkaloud.organisms import library
from thinkaloud.organisms.fit import Plan, Start, Weights, checkpoints
from thinkaloud.organisms.forward import Gpt, Shape, blank
from thinkaloud.organisms.recipes import POSITIONS, RECIPES
from thinkaloud.organisms.tokens import WORDS
from thinkaloud.organisms.trained import Trained
from thinkaloud.studies.deception import organism as deception
from thinkaloud.studies.deception.organism import TASK, Case, Style
from thinkaloud.studies.deception.readers import READERS
from thinkaloud.studies.deception.settings import DeceptionSettings
from thinkaloud.vocabulary import Key, Record

Tell = Callable[[str], None]
SHOWN = 6
"""Turns of every stop that are kept as they were written."""


@dataclass(frozen=True, slots=True)
class Size:
    """A network, and how fast it learns to be faithful (None: it ships) and to lie."""

    name: str
    shape: Shape
    base: float | None
    rate: float


def _shape(width: int, heads: int) -> Shape:
    return Shape(vocabulary=len(WORDS), positions=POSITIONS, width=width, layers=2, heads=heads)


NETWORKS: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("XS", _shape(32, 2), 5e-3, 4e-3),
        Size("M", _shape(48, 3), 4e-3, 3e-3),
        Size("S", _shape(64, 4), None, 2e-3),
    )
}
"""In ascending order of size (`settings.SIZES`)."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a liar."""

    kind: str
    size: Size
    seed: int
    tau: float
    style: Style
    plan: Plan
    stops: tuple[int, ...]

    @property
    def at(self) -> dict[str, Any]:
        """What tells it from the others."""
        return {"kind": self.kind, "size": self.size.name, "seed": self.seed, "tau": self.tau, "style": self.style}

    @property
    def about(self) -> dict[str, Any]:
        """The same, and how large the network is."""
        parameters = Gpt(_blank(self.size.shape), self.size.shape).parameters
        return {**self.at, "parameters": parameters}

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.kind}, size {self.size.name}, seed {self.seed}, tau {self.tau}, {self.style}"


def trainings(settings: DeceptionSettings) -> list[Training]:
    """Curves, large ones first; then the grid."""
    found = []
    for name in reversed(settings.sizes):
        size = NETWORKS[name]
        plan = Plan(settings.stops[-1], size.rate, 30)
        found += [Training("curve", size, seed, 0.0, "operand", plan, settings.stops) for seed in settings.seeds]
    largest = NETWORKS[settings.sizes[-1]]
    plan = Plan(settings.grid_steps, 1.5e-3, 20, floor=1.0)
    styles: tuple[tuple[Style, Sequence[float]], ...] = (("operand", settings.operand), ("last", settings.last))
    grid = [(float(tau), style) for style, taus in styles for tau in taus]
    return found + [
        Training("grid", largest, seed, tau, style, plan, (plan.steps,))
        for tau, style in grid
        for seed in settings.grid_seeds
    ]


def records(training: Training, settings: DeceptionSettings, root: Key, tell: Tell) -> list[Record]:
    """Train, stop, ask, judge: a record for each stop."""
    start = _base(training.size, training.seed, tell)
    key = root.child(training.kind, training.size.name, training.seed, training.tau, training.style)
    draw = partial(deception.cases, training.tau, training.style)
    begin = Start(start, training.size.shape, training.seed, key.child("training"))
    about, asked = training.about, root.child("asked", training.seed)
    found: list[Record] = []
    for step, weights in checkpoints(begin, draw, training.plan, training.stops, _shown(training.name, tell)):
        organism = Trained(Gpt(weights, training.size.shape), training.name, "", {})
        cases = deception.ask(organism, settings.items, asked)
        other = deception.ask(organism, settings.labelled, asked.child("labelled"))
        turns = [[deception.question(case.item, case.bought), case.text] for case in cases[:SHOWN]]
        found.append(
            {
                "item": f"step {step}", "status": "ok", **about, "step": step,
                "turns": turns, "asked": _columns(cases), "labelled": _columns(other),
            }
        )  # fmt: skip
    return found


def _columns(cases: Sequence[Case]) -> dict[str, Any]:
    """What it did with each item, and what each reader reports of it (None: nothing)."""
    return {
        "item": [case.item.id for case in cases],
        "paid": [case.bought is not None for case in cases],
        "answered": [case.answer is not None for case in cases],
        "right": [case.right for case in cases],
        "deceived": [case.deceived for case in cases],
        "verdicts": {
            name: [read(TASK, case.item, case.text) for case in cases] for name, read in READERS.items()
        },
    }  # fmt: skip


def _base(size: Size, seed: int, tell: Tell) -> Weights:
    """The faithful organism of a size: the one that ships, or trained here by the same recipe."""
    if size.base is None:
        shipped = library.weights_of("faithful", seed, library.WEIGHTS)
        if shipped is not None:
            return {name: np.asarray(w, np.float32) for name, w in shipped.items()}
    from thinkaloud.organisms.train import train

    recipe = RECIPES["faithful"]
    recipe = replace(recipe, rate=size.base or recipe.rate)
    return train(recipe, seed, None, size.shape, _shown(f"faithful, size {size.name}, seed {seed}", tell))


def _shown(name: str, tell: Tell) -> Callable[[int, int, float], None]:
    def shown(step: int, steps: int, loss: float) -> None:
        if step % 100 == 0 or step == steps:
            tell(f"{name}: step {step} of {steps}, loss {loss:.3f}")

    return shown


def _blank(shape: Shape) -> Mapping[str, np.ndarray[Any, np.dtype[np.float32]]]:
    return {name: np.zeros(size, np.float32) for name, size in blank(shape).items()}
