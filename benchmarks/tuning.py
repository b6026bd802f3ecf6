"""What tuning is worth: the plain prompt, random search and reflection on the same dev items, tried on fresh ones.

Run with `python benchmarks/tuning.py [MODEL [LEVEL [SEEDS]]]`; prints the tables of `docs/tuning.md`. First comes the
exact part, which needs no model: what choosing by a few dev items does where the true accuracies are known.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from math import comb, prod

import numpy as np

from thinkaloud import open_model, open_task
from thinkaloud.arms.attempt import Stage, Terms, attempt
from thinkaloud.arms.gepa_tuning import tune_by_reflection
from thinkaloud.arms.registry import ARMS
from thinkaloud.arms.tuning import TuningData, room, style_of, tune
from thinkaloud.budget.counter import counter
from thinkaloud.models.loading import Loading
from thinkaloud.stats.bootstrap import Sample, difference, interval, mean
from thinkaloud.vocabulary import Estimate, Item, Key, Model, Record

TRIALS, DEV, TEST, SHOTS, BUDGET = 6, 12, 40, 6, 4000
ARM = "R2"
TUNERS = ("plain", "random", "gepa")


def chosen_on_average(rates: Sequence[float], dev: int) -> float:
    """Exact: the true rate of the candidate with most successes of `dev`, the first of equals."""
    mass = [[comb(dev, k) * p**k * (1 - p) ** (dev - k) for k in range(dev + 1)] for p in rates]
    return sum(
        p * mass[i][k] * prod(sum(m[: k + (j > i)]) for j, m in enumerate(mass) if j != i)
        for i, p in enumerate(rates)
        for k in range(dev + 1)
    )


async def right(model: Model, terms: Terms, items: Sequence[Item], key: Key) -> list[float]:
    """Whether one attempt is right, for each item."""
    task = open_task("chain_sum")
    stages = [Stage.of(model, task, item, key) for item in items]
    return [float(one.right) for one in await asyncio.gather(*(attempt(s, terms, 0, BUDGET) for s in stages))]


async def seeded(model: Model, level: int, seed: int) -> tuple[list[list[float]], list[Record]]:
    """One seed: what each tuner's style gets right on the test items, and the records."""
    task, key = open_task("chain_sum"), Key(("benchmark", "tuning", str(seed)))
    items = task.items(level, 2 * SHOTS + DEV + TEST, key)
    shown, dev, test = items[: 2 * SHOTS], items[2 * SHOTS : 2 * SHOTS + DEV], items[2 * SHOTS + DEV :]
    stub = await tune(
        model,
        task,
        Terms(arm=ARM, solve=ARMS[ARM].solve, style=style_of(PLAIN, task, shown), budgets=(BUDGET,)),
        TuningData(shown, (), 0),
        key,
    )
    terms = Terms(
        arm=ARM,
        solve=ARMS[ARM].solve,
        style=style_of(stub, task, shown),
        budgets=(BUDGET,),
        room=room(task, shown, counter(model)),
    )
    pools = TuningData(shown, dev, TRIALS)
    records = [
        stub,
        await tune(model, task, terms, pools, key),
        await tune_by_reflection(model, task, terms, pools, key),
    ]
    columns = [
        await right(model, replace(terms, style=style_of(record, task, shown)), test, key.child("test"))
        for record in records
    ]
    return columns, records


PLAIN: Record = {"instruction": 0, "examples": [], "thoughts": {}}


def shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def main() -> None:
    for base, other in ((0.5, 0.5), (0.5, 0.4), (0.5, 0.3), (0.5, 0.6), (0.5, 0.7)):
        found = [chosen_on_average([base] + [other] * 5, dev) for dev in (6, 12, 24, 48)]
        print(
            f"plain {base}, five others {other}: chosen by 6, 12, 24, 48 dev items "
            + " ".join(f"{x:.3f}" for x in found)
        )
    name, level, seeds = [*sys.argv[1:], *("smollm2-135m", "3", "6")[len(sys.argv) - 1 :]]
    model = open_model(name, Loading(threads=1))
    rows: list[list[float]] = []
    clusters: list[int] = []
    for seed in range(int(seeds)):
        columns, records = asyncio.run(seeded(model, int(level), seed))
        rows += [list(row) for row in zip(*columns, strict=True)]
        clusters += [seed] * TEST
        for tuner, column, record in zip(TUNERS, columns, records, strict=True):
            spend, calls = record["spend"], record["spend"]["calls"]
            tried = [t["right"] and round(t["right"], 2) for t in record["trials"]]
            print(
                f"seed {seed} {tuner:6} test {np.mean(column):.3f}; dev {tried}; "
                f"{calls} calls, {spend['uncached'] + spend['cached']} prompt tokens, {spend['output']} written; "
                f"reflections {record.get('reflections', 0)}; {record['text']!r}",
                flush=True,
            )
    sample = Sample(np.array(rows), clusters)
    for i, tuner in enumerate(TUNERS):
        print(f"{tuner:6} {shown(interval(tuner, mean(i), sample))}")
    for i in (1, 2):
        print(f"{TUNERS[i]} - plain {shown(interval('difference', difference(i, 0), sample))}")
    print(f"gepa - random {shown(interval('difference', difference(2, 1), sample))}")


if __name__ == "__main__":
    main()
