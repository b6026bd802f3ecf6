"""How often does `thinkaloud trend` say that a gap between rungs widens when it does not, and when it does? A table of
docs/trend.md.

    PYTHONPATH=src python benchmarks/gap_trend.py [--times 1000]

Simulated studies with known truth: models over two decades of size, two arms, families and items of different
difficulty. The gap is one of accuracies (`raw`) or of logits, its slope per decade is `widen`, from which families have
deviations of standard deviation `families`; a model has its own deviation of the gap (`models`), the same in all
families. Items are the same for all models, or (as when each model has its own level) its own.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from thinkaloud.metrics.gap_trend import Cell, GapTrend, gap_trend
from thinkaloud.metrics.trend import Sized
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Estimate

FAMILIES, ITEMS, ATTEMPTS = 10, 20, 4
SOME = (4, 5, 8)


@dataclass(frozen=True)
class World:
    """What is true. `base`: log-odds of the lower arm in the middle, `rise`: what they gain per decade, `spread`: their
    standard deviation over items."""

    widen: float = 0.0
    gap: float = 0.15
    scale: str = "raw"
    base: float = -0.5
    rise: float = 0.0
    models: float = 0.0
    families: float = 0.0
    spread: float = 0.8
    shared: bool = True


def study(world: World, models: int, rng: np.random.Generator) -> tuple[GapTrend, float]:
    """What is said of one study, and the true slope of its families."""
    sizes = np.sort(np.linspace(8, 10, models) + rng.uniform(-0.1, 0.1, models))
    x, own = sizes - sizes.mean(), world.models * rng.normal(size=models)
    slopes, cells = world.widen + world.families * rng.normal(size=FAMILIES), []
    for f, slope in enumerate(slopes):
        hard, items = rng.normal(0, 0.5), rng.normal(0, world.spread, (models, ITEMS))
        row = []
        for j in range(models):
            ability = world.base + world.rise * x[j] - hard - items[0 if world.shared else j]
            wider = world.gap + slope * x[j] + own[j]
            low = _odds(ability)
            high = np.clip(low + wider, 0, 1) if world.scale == "raw" else _odds(ability + wider)
            scores = [rng.binomial(ATTEMPTS, p) / ATTEMPTS for p in (high, low)]
            names = tuple((1 if world.shared else j, f"{f}/{i}") for i in range(ITEMS))
            row.append(Cell(names, np.stack(scores, axis=1)))
        cells.append(row)
    known = [Sized(f"m{j}", 10 ** float(size), ()) for j, size in enumerate(sizes)]
    found = gap_trend("X - Y", [f"f{f}" for f in range(FAMILIES)], cells, known)
    return found, float(slopes.mean())


def _odds(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


@dataclass(frozen=True)
class Cells:
    """What happened over many studies, as shares of them; `beyond`: of families like these."""

    widens: float
    narrows: float
    depends: float
    unidentified: float
    widens_beyond: float
    narrows_beyond: float
    coverage: float
    slope: float


def simulate(world: World, models: int, times: int, seed: int = 0) -> Cells:
    """Many studies of one world. `coverage`: intervals of this pool's slope, on the world's scale, that hold it."""
    rng = np.random.default_rng((seed, models))
    found, truths = zip(*(study(world, models, rng) for _ in range(times)), strict=True)
    lines = [t.raw.slope if world.scale == "raw" else t.logit.slope for t in found]

    def share(of: str, word: str) -> float:
        return sum(getattr(t, of) == word for t in found) / times

    return Cells(
        share("verdict", "widens"),
        share("verdict", "narrows"),
        share("verdict", "depends on the scale"),
        share("verdict", "not identifiable"),
        share("beyond", "widens"),
        share("beyond", "narrows"),
        sum(_holds(e, truth) for e, truth in zip(lines, truths, strict=True)) / times,
        float(np.mean([e.value for e in lines if e.value is not None])),
    )


def _holds(e: Estimate, truth: float) -> bool:
    return e.low is not None and e.high is not None and e.low <= truth <= e.high


WORLDS = {
    "no trend": World(),
    "no trend, each model its own items": World(shared=False),
    "no gap, ability rises": World(gap=0.0, rise=1.0),
    "no trend, models differ (sd .05)": World(models=0.05),
    "no trend on average, families differ (sd .10)": World(families=0.1),
    "same logits, ability rises": World(scale="logit", gap=0.8, rise=0.7),
    "same difference, ability rises": World(rise=1.0),
    "same logits, smallest models seldom right": World(scale="logit", gap=0.8, base=-2.0, rise=1.0),
    "same logits, smallest models never right": World(scale="logit", gap=0.8, base=-3.5, rise=2.0),
    "widens .05": World(widen=0.05),
    "widens .10": World(widen=0.1),
    "widens .10, models differ (sd .05)": World(widen=0.1, models=0.05),
    "widens .10, families differ (sd .10)": World(widen=0.1, families=0.1),
    "narrows .10": World(widen=-0.1),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1000)
    times, began = parser.parse_args().times, time.monotonic()
    heads = ("truth", "models", "widens", "narrows", "depends on the scale", "not identifiable")
    heads += ("widens, families like these", "narrows, families like these", "coverage")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name, world in WORLDS.items():
        for models in SOME:
            c = simulate(world, models, times)
            cells = (c.widens, c.narrows, c.depends, c.unidentified, c.widens_beyond, c.narrows_beyond, c.coverage)
            print(f"| {name} | {models} | {' | '.join(f'{cell:.3f}' for cell in cells)} |", flush=True)
    print(f"\n{times} studies a row, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
