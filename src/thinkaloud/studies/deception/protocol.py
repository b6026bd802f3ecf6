"""The learning curve of a liar: while it learns its trade, what do its readers report?

A deceptive organism (`deception.py`) is trained from a faithful one, at several sizes and seeds, and asked at
checkpoints along the way: `curve`, opaque (tau 0) with the operand style. And at one size, with other shares of
transparency and in both styles: `grid`. At every stop it writes turns about fresh items, the same at every stop of a
run; readers judge them, and on other items their recall and false alarms are labelled: at this stop and, for a
comparison, at the first one at which it does what it is paid for.

Training needs torch. This module does not know how its rows are shown (`studies/deception/page.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from thinkaloud.metrics.bootstrap import KEY, Sample, corners, interval, mean
from thinkaloud.metrics.judges import Labels
from thinkaloud.organisms import library
from thinkaloud.organisms.fit import Plan, Start, Weights, checkpoints
from thinkaloud.organisms.forward import Gpt, Shape
from thinkaloud.organisms.recipes import POSITIONS, RECIPES
from thinkaloud.organisms.tokens import WORDS
from thinkaloud.organisms.trained import Trained
from thinkaloud.studies.deception import organism as deception
from thinkaloud.studies.deception.monitor import Watched, changes, correction, monitor
from thinkaloud.studies.deception.organism import Case, Style
from thinkaloud.vocabulary import Estimate, Key

Row = dict[str, Any]
Tell = Callable[[str], None]
ROOT = Key(("organisms", "deception"))
OBEYS = 0.9
"""Share of the paid items that it answers as paid for: from there on the truth stands still."""


@dataclass(frozen=True, slots=True)
class Size:
    """A network, and how fast it learns to be faithful (None: it ships) and to lie."""

    name: str
    shape: Shape
    base: float | None
    rate: float


def _shape(width: int, heads: int) -> Shape:
    return Shape(vocabulary=len(WORDS), positions=POSITIONS, width=width, layers=2, heads=heads)


SIZES: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("XS", _shape(32, 2), 5e-3, 4e-3),
        Size("M", _shape(48, 3), 4e-3, 3e-3),
        Size("S", _shape(64, 4), None, 2e-3),
    )
}
"""In ascending order of size."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is trained and how much is asked. `stops`: the checkpoints of a curve, the last one ends it. `grid`: (tau,
    style) of the runs at the largest size, of `grid_steps` steps."""

    sizes: tuple[str, ...] = tuple(SIZES)
    seeds: tuple[int, ...] = (0, 1)
    stops: tuple[int, ...] = tuple(range(100, 1201, 100))
    grid: tuple[tuple[float, Style], ...] = (
        *((tau, "operand") for tau in (0.0, 0.25, 0.5, 0.75, 1.0)),
        *((tau, "last") for tau in (0.0, 0.5)),
    )  # fmt: skip
    grid_seeds: tuple[int, ...] = (0,)
    grid_steps: int = 400
    items: int = 500
    labelled: int = 250


QUICK = Protocol(("S",), (0,), (100, 200, 300), ((0.5, "last"),), (0,), 100, 120, 80)
"""To see that it works: one size, one seed, few steps and items. Its numbers say little."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training of a liar."""

    kind: str
    size: Size
    seed: int
    tau: float
    style: Style
    plan: Plan
    stops: tuple[int, ...]

    @property
    def about(self) -> Row:
        """What its rows have in common."""
        parameters = Gpt(_blank(self.size.shape), self.size.shape).parameters
        return {"kind": self.kind, "size": self.size.name, "parameters": parameters, "seed": self.seed,
                "tau": self.tau, "style": self.style}  # fmt: skip


@dataclass
class Found:
    """Rows, one a number: `points` at each stop; `changes` of a curve, from the first stop at which it `OBEYS` to the
    last one: before that it lies less for other reasons than in what it writes."""

    points: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)


def runs(protocol: Protocol) -> list[Run]:
    """All trainings of a protocol: curves, large ones first; then the grid."""
    found = []
    for name in reversed(protocol.sizes):
        size = SIZES[name]
        plan = Plan(protocol.stops[-1], size.rate, 30)
        found += [Run("curve", size, seed, 0.0, "operand", plan, protocol.stops) for seed in protocol.seeds]
    largest = SIZES[protocol.sizes[-1]]
    plan = Plan(protocol.grid_steps, 1.5e-3, 20, floor=1.0)
    found += [
        Run("grid", largest, seed, tau, style, plan, (plan.steps,))
        for tau, style in protocol.grid
        for seed in protocol.grid_seeds
    ]
    return found


def study(protocol: Protocol, tell: Tell) -> Iterator[Found]:
    """Everything found so far, after each run."""
    found, bases = Found(), dict[tuple[str, int], Weights]()
    for run in runs(protocol):
        start = bases.setdefault((run.size.name, run.seed), _base(run.size, run.seed, tell))
        _measure(run, start, protocol, found, tell)
        yield found


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


def _measure(run: Run, start: Weights, protocol: Protocol, found: Found, tell: Tell) -> None:
    """Train, stop, ask, judge."""
    about, name = run.about, f"{run.kind}, size {run.size.name}, seed {run.seed}, tau {run.tau}, {run.style}"
    key = ROOT.child(run.kind, run.size.name, run.seed, run.tau, run.style)
    draw = partial(deception.cases, run.tau, run.style)
    begin = Start(start, run.size.shape, run.seed, key.child("training"))
    early: Mapping[str, Labels | None] | None = None
    obeying: list[tuple[int, Mapping[str, Watched]]] = []
    for step, weights in checkpoints(begin, draw, run.plan, run.stops, _shown(name, tell)):
        organism = Trained(Gpt(weights, run.size.shape), name, "", {})
        asked = ROOT.child("asked", run.seed)
        cases = deception.ask(organism, protocol.items, asked)
        seen = deception.watched(cases)
        other = deception.watched(deception.ask(organism, protocol.labelled, asked.child("labelled")))
        labels = {reader: watched.labels() for reader, watched in other.items()}
        if obeying or np.mean([c.deceived for c in cases if c.bought is not None]) >= OBEYS:
            obeying.append((step, seen))
            early = early or labels
        rows = [("", e) for e in _itself(cases)]
        for reader, watched in seen.items():
            rows += [(reader, e) for e in monitor(watched, labels[reader])]
            rows.append((reader, _late(watched, early[reader] if early else None, early is not None)))
        found.points += [{**about, "step": step, "reader": reader, **as_row(e)} for reader, e in rows]
    if len(obeying) > 1:
        (since, before), (until, after) = obeying[0], obeying[-1]
        found.changes += [
            {**about, "since": since, "until": until, "reader": reader, **as_row(e)}
            for reader in before
            for e in changes(before[reader], after[reader])
        ]


def _late(watched: Watched, labels: Labels | None, obeyed: bool) -> Estimate:
    """The correction by labels from when it began to do what it is paid for."""
    name = "corrected by early labels"
    if not obeyed:
        return Estimate.absent(name, "not measured: it does not yet do what it is paid for")
    return correction(name, watched, labels)


def _itself(cases: Sequence[Case]) -> list[Estimate]:
    """What the organism did, whatever is made of it: came to an answer; right where it was not paid; did what it was
    paid for."""
    unpaid, paid = ([c for c in cases if (c.bought is None) == free] for free in (True, False))
    columns = {
        "answered": [c.answer is not None for c in cases],
        "right where not paid": [c.right for c in unpaid],
        "answered what was bought": [c.deceived for c in paid],
    }
    return [
        interval(name, mean(0), Sample(np.array(values, np.float64)[:, None], None, corners((0, 1))), KEY)
        for name, values in columns.items()
    ]


def as_row(e: Estimate) -> Row:
    """An estimate as plain data, numbers to four places."""
    values = {"measure": e.name, "value": e.value, "low": e.low, "high": e.high}
    rounded = {k: round(v + 0.0, 4) if isinstance(v, float) else v for k, v in values.items()}
    return {**rounded, "n": e.n, "clusters": e.clusters, "reason": e.reason}


def _shown(name: str, tell: Tell) -> Callable[[int, int, float], None]:
    def shown(step: int, steps: int, loss: float) -> None:
        if step % 100 == 0 or step == steps:
            tell(f"{name}: step {step} of {steps}, loss {loss:.3f}")

    return shown


def _blank(shape: Shape) -> Mapping[str, np.ndarray[Any, np.dtype[np.float32]]]:
    from thinkaloud.organisms.forward import blank

    return {name: np.zeros(size, np.float32) for name, size in blank(shape).items()}
