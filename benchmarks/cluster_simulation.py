"""A cluster that is simulated around the real coordinator: how well it keeps workers busy, and how fast it records.

    python benchmarks/cluster_simulation.py [--workers 100] [--units 10000] [--form channels|odds] [--quiet-cluster]

Everything on the coordinator's side is what a run uses: the pass over the program, the pool that hands out units and
replaces what is lost, the caps, and the journal, which syncs every unit to disk. Only the workers are simulated, and
the clock: it jumps to the next event whenever nobody has anything to do. So a simulated day passes in a minute, and the
time that the coordinator itself needs is measured apart, in seconds of its process.

A unit takes as long as a lognormal says, some are stragglers; messages take some milliseconds; workers start late, and
are lost at random moments with what they were doing. Efficiency is useful work (each unit once) by the time of all
workers until the last unit is recorded; the ideal is what the same units would take if they could be cut at will.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import selectors
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from many_records import begun
from thinkaloud import open_run
from thinkaloud.cluster.pool import Pool
from thinkaloud.cluster.protocol import About, Answer, Lost, Tell, Wanted, Worker
from thinkaloud.runs.caps import Caps
from thinkaloud.runs.following import Following
from thinkaloud.runs.identity import Identity
from thinkaloud.runs.journal import Journal
from thinkaloud.runs.progress import NullProgress
from thinkaloud.study import Asked, Do, NoModel, Study, Unit
from thinkaloud.vocabulary import Estimate, Key, Model, Record, Usage

OF = Identity("simulated", 1, "", "none", "none", (), {}, "")


@dataclass(frozen=True)
class World:
    """Seconds: of a unit (median), how much they vary, how many are stragglers and how much longer those take; of a
    message; until a worker has started; between losses of a worker (mean)."""

    unit: float = 20.0
    spread: float = 0.3
    stragglers: float = 0.01
    slower: float = 5.0
    message: float = 0.005
    start: float = 90.0
    lost_every: float = 6 * 3600.0


QUIET = World(stragglers=0.0, start=0.001, lost_every=1e12)


class Clock(selectors.DefaultSelector):
    """A selector that does not wait: it moves the time of its loop on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout:
            self.now += timeout
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own."""

    def __init__(self) -> None:
        self._clock = Clock()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


@dataclass
class Cluster:
    """All simulated workers."""

    world: World
    records: Sequence[Record]
    lots: random.Random
    useful: float = 0.0
    started: list[Simulated] = field(default_factory=list)

    async def start(self) -> Worker:
        await asyncio.sleep(self.world.start * (0.5 + self.lots.random()))
        self.started.append(Simulated(self))
        return self.started[-1]


class Simulated:
    """A worker that is lost at a moment which is drawn when it starts."""

    about = About("nowhere", 0, NoModel.card, None, False, True, OF)

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._until = cluster.lots.expovariate(1 / cluster.world.lost_every)
        self._began: float | None = None

    async def do(self, wanted: Wanted, heard: Tell) -> Answer:
        world, lots = self._cluster.world, self._cluster.lots
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        takes = world.unit * lots.lognormvariate(0, world.spread)
        takes *= world.slower if lots.random() < world.stragglers else 1
        left = self._began + self._until - now
        await asyncio.sleep(2 * world.message + min(takes, max(0.0, left)))
        if left < takes:
            raise Lost("a simulated worker was lost")
        self._cluster.useful += takes
        return Answer(self._cluster.records, Usage(computed=1000, generated=500, requests=100))

    def end(self) -> None: ...


class Units(Study):
    """So many units, each at a place of its own."""

    name, question = "simulated", "How many?"

    def __init__(self, units: int) -> None:
        self.units = units

    async def run(self, asked: Asked, do: Do) -> list[str]:
        async def work(session: Model) -> list[Record]:
            raise AssertionError("nothing is done here")

        units = (Unit(phase=self.name, subject="units", at={"first": i}, work=work) for i in range(self.units))
        await do.each([partial(do.unit, unit) for unit in units])
        return []

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        return []


async def stopped() -> None:
    """Workers that are still starting are not waited for."""
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def simulated(world: World, workers: int, units: int, records: Sequence[Record], folder: Path) -> dict[str, float]:
    """One run of a simulated cluster."""
    cluster, loop = Cluster(world, records, random.Random(1)), Loop()
    pool = Pool(cluster.start, Simulated(cluster), workers)
    journal = Journal(folder)
    execution = Following(
        Units(units), Asked(settings=None), OF, journal, NullProgress(), pool.slots, Caps(), None, pool
    )  # fmt: skip
    began, cpu = time.perf_counter(), time.process_time()
    try:
        loop.run_until_complete(execution.run())
        took, cpu, end = time.perf_counter() - began, time.process_time() - cpu, loop.time()
        loop.run_until_complete(stopped())
    finally:
        loop.close()
        journal.close()
    assert len(journal) == units == len({unit["unit"] for unit in Journal(folder)})  # nothing lost, nothing twice
    n = units * len(records)
    return {
        "simulated hours": end / 3600, "efficiency": cluster.useful / (workers * end), "workers lost": pool.lost,
        "records": n, "records/s of CPU": n / cpu, "records/s of the wall": n / took,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--form", choices=("channels", "odds"), default="channels")
    parser.add_argument("--quiet-cluster", action="store_true", help="Nothing is lost, nothing is late.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        begun(args.form, Path(scratch) / "pattern")
        pattern = open_run(Path(scratch) / "pattern")
        records = next(u["records"] for u in pattern.journal if u["phase"] == pattern.study.name)
        world = QUIET if args.quiet_cluster else World()
        found = simulated(world, args.workers, args.units, records, Path(scratch) / "run")
    print(f"{args.workers} workers, {args.units:,} units of {len(records)} records ({args.form}), {world}")
    print(f"  {', '.join(f'{name} {value:,.6g}' for name, value in found.items())}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
