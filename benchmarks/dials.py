"""How often does the interval of a test hold the true dial? Prints the table of docs/ruler.md.

    PYTHONPATH=src python benchmarks/dials.py [--seeds 200] [--pool 400]

A faithful and a post-hoc scripted reasoner, or one trained network behind open and closed gates, answer a pool of
items once. Each study then draws n of them and new gates; a cell is a dial, and counts the studies whose interval holds
it. A network's answers are certain only up to .01, which is let pass.
"""

from __future__ import annotations

import argparse

import numpy as np

from thinkaloud.metrics.channels import table
from thinkaloud.metrics.dial import DIALS, Ends, measurable, mixed
from thinkaloud.metrics.faithfulness import of_ceiling, sample_of
from thinkaloud.open_model import open_model
from thinkaloud.organisms.routing import is_open
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.stats.bootstrap import interval
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key, Record

SIZES = (12, 24, 48, 96)
SOFT = 0.01
FEWEST = 50
"""A share of fewer studies than this is not printed."""
POOLS = {
    "scripted": ("chain_sum", "scripted:faithful", "scripted:posthoc"),
    "trained, gated": ("mod10", "routed:1:organism:capable/0", "routed:0:organism:capable/0"),
}


def records(model: str, task: str, items: int) -> list[Record]:
    config = Config("faithfulness", model, (task,), items, 4, 7)
    return records_of(Faithfulness(), open_model(model), open_task(task), config)


def holds(row: Estimate, truth: float) -> bool:
    return row.low is not None and row.high is not None and row.low - SOFT <= truth <= row.high + SOFT


def draw(pool: Ends, n: int, seed: int, dial: float) -> list[Record]:
    """`n` items of the pool at a dial, folds alternating."""
    chosen = np.random.default_rng(seed).permutation(len(pool.opened))[:n]
    opened, closed = ([{**r[i], "fold": k % 2} for k, i in enumerate(chosen)] for r in (pool.opened, pool.closed))
    return mixed(Ends((), opened, closed), dial, lambda item, p: is_open(item, p, seed + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--pool", type=int, default=400)
    args = parser.parse_args()
    print("| reasoner | test | " + " | ".join(f"n={n}" for n in SIZES) + " |\n|---|---|" + "---|" * len(SIZES))
    for name, (task, one, other) in POOLS.items():
        pool = Ends((), records(one, task, args.pool), records(other, task, args.pool))
        held: dict[str, dict[int, list[float]]] = {}
        for n in SIZES:
            for dial in DIALS:
                for seed in range(args.seeds):
                    here, key = draw(pool, n, seed, dial), Key((str(seed),))
                    for test in measurable():
                        row = interval(test.name, of_ceiling, sample_of(test, here, "probability"), key, 1000)
                        if row.value is not None:  # too few items had it: no number is no miss
                            held.setdefault(test.name, {}).setdefault(n, []).append(holds(row, dial))
                    share = next(r for r in table(here, key=key) if r.name == "externalised share")
                    held.setdefault("externalised share", {}).setdefault(n, []).append(holds(share, dial))
        for test_name, by_n in held.items():
            cells = " | ".join(f"{np.mean(by_n[n]):.3f}" if len(by_n.get(n, [])) >= FEWEST else "-" for n in SIZES)
            print(f"| {name} | {test_name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
