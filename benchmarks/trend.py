"""How often does `thinkaloud trend` claim a decline that is not there, and find one that is? Tables of docs/trend.md.

    PYTHONPATH=src python benchmarks/trend.py [--times 1000]

Simulated studies with known truth: models over two decades of size, two tasks, items of different difficulty. Larger
models are more confident (and more often right) without reasoning, and whoever is confident changes less: that is the
confound. How much a model changes at equal confidence has a slope of `decline` per decade, the models' own deviations
of standard deviation `models`, and item by item slopes of standard deviation `items`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np

from thinkaloud.metrics.matching import Table
from thinkaloud.metrics.trend import Trend, trend
from thinkaloud.stats.bootstrap import Array

TASKS = 2
SOME = (4, 5, 8)


@dataclass(frozen=True)
class World:
    """What is true. `confound`: how much more able a model is per decade of parameters."""

    decline: float = 0.0
    models: float = 0.0
    items: float = 0.0
    confound: float = 1.0


def study(world: World, models: int, n: int, rng: np.random.Generator) -> tuple[Array, Table]:
    """Sizes, and one measure of `n` items a task."""
    sizes = np.sort(np.linspace(8, 10, models) + rng.uniform(-0.1, 0.1, models))
    x, strata, shape = sizes - sizes.mean(), np.repeat(np.arange(TASKS), n), (TASKS * n, models)
    ability = world.confound * x - rng.normal(0, 1.2, (TASKS * n, 1)) + rng.normal(0, 0.6, shape)
    confidence = 0.25 + 0.75 / (1 + np.exp(-1.5 * ability))
    right = (rng.random(shape) < confidence).astype(np.float64)
    need = ((1 - confidence) / 0.75) ** 1.5  # bent, so that no straight line through confidence is right
    slope = world.decline + world.items * rng.normal(size=(TASKS * n, 1))
    own = world.models * rng.normal(size=(1, models))
    rate = np.clip(0.25 + 0.5 * need * (1 - 0.2 * strata[:, None]) + slope * x + own, 0, 1)
    return sizes, Table(strata, (rng.random(shape) < rate).astype(np.float64), confidence, right, TASKS * n)


def pooled(sizes: Array, table: Table) -> bool:
    """The wrong way: every answer of every model a case of its own; a decline at p < .05, confidence taken out."""
    n, models = table.value.shape
    c, x = table.confidence.ravel(), np.tile(sizes, n)
    task = np.repeat(table.strata, models)
    columns = [x, *(np.where(task == t, c**power, 0.0) for t in range(TASKS) for power in range(4))]
    design, y = np.column_stack(columns), table.value.ravel()
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ y
    off = y - design @ found
    error = np.sqrt(off @ off / (len(y) - design.shape[1]) * inverse[0, 0])
    return bool(found[0] < -1.96 * error)


@dataclass(frozen=True)
class Cell:
    """What happened over many studies, as shares of them."""

    supported: float
    unidentified: float
    coverage: float
    half: float
    total: float
    same: float
    pooled: float


def simulate(world: World, models: int, n: int, times: int, seed: int = 0) -> Cell:
    """Many studies of one world."""
    rng = np.random.default_rng((seed, models, n))
    found, wrong = [], []
    for _ in range(times):
        sizes, table = study(world, models, n, rng)
        found.append(trend("simulated", table, sizes, [f"model {j}" for j in range(models)]))
        wrong.append(pooled(sizes, table))
    matched = [t.matched.slope for t in found if t.matched.slope.low is not None]
    held = [float((e.low or 0) <= world.decline <= (e.high or 0)) for e in matched]
    return Cell(
        supported=float(np.mean([t.verdict == "supported" for t in found])),
        unidentified=float(np.mean([t.verdict == "not identifiable" for t in found])),
        coverage=float(np.mean(held)) if held else float("nan"),
        half=float(np.mean([((e.high or 0) - (e.low or 0)) / 2 for e in matched])) if matched else float("nan"),
        total=_below(found, "total"),
        same=_below(found, "same_items"),
        pooled=float(np.mean(wrong)),
    )


def _below(found: list[Trend], name: str) -> float:
    slopes = [getattr(t, name).slope for t in found]
    return float(np.mean([e.high is not None and e.high < 0 for e in slopes]))


NOTHING = World()
WORLDS = {
    "no decline": NOTHING,
    "no decline, models differ (sd .05)": replace(NOTHING, models=0.05),
    "no decline, models differ (sd .10)": replace(NOTHING, models=0.1),
    "no decline, items differ in slope (sd .30)": replace(NOTHING, items=0.3),
    "decline .05": World(decline=-0.05),
    "decline .10": World(decline=-0.1),
    "decline .10, models differ (sd .05)": World(decline=-0.1, models=0.05),
    "decline .20": World(decline=-0.2),
}


def errors(times: int) -> None:
    """Truth against claims."""
    print("| truth at equal confidence | models | pooled items | total < 0 | same items < 0 | **supported** |", end="")
    print(" coverage of matched | half-width |\n|---|---|---|---|---|---|---|---|")
    for name, world in WORLDS.items():
        for models in SOME:
            c = simulate(world, models, 100, times)
            print(
                f"| {name} | {models} | {c.pooled:.3f} | {c.total:.3f} | {c.same:.3f} | **{c.supported:.3f}** |", end=""
            )
            print(f" {c.coverage:.3f} | {c.half:.3f} |", flush=True)


def overlap(times: int) -> None:
    """What happens when models have little confidence in common."""
    print(
        "| items a task | gain in ability per decade | not identifiable | supported | coverage where there is a slope |"
    )
    print("|---|---|---|---|---|")
    for n in (24, 40, 100, 400):
        for confound in (0.5, 1.0, 2.0):
            c = simulate(World(confound=confound), 5, n, times)
            print(f"| {n} | {confound} | {c.unidentified:.3f} | {c.supported:.3f} | {c.coverage:.3f} |", flush=True)


def more_items(times: int) -> None:
    """More items, the same few models, no decline."""
    print("| items a task | models differ by (sd) | pooled items | same items < 0 | supported |\n|---|---|---|---|---|")
    for n in (25, 100, 400):
        for sd in (0.0, 0.05):
            c = simulate(World(models=sd), 5, n, times)
            print(f"| {n} | {sd} | {c.pooled:.3f} | {c.same:.3f} | {c.supported:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    times, started = parser.parse_args().times, time.perf_counter()
    print(f"{times} studies a cell, 100 items in each of {TASKS} tasks; half as many in the other two tables\n")
    for part, studies in ((errors, times), (overlap, times // 2), (more_items, times // 2)):
        part(studies)
        print()
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
