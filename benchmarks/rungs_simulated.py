"""The whole pipeline of the rungs where the truth is known: error rates, power and verdicts. Writes the rungs' card.

    PYTHONPATH=src python benchmarks/rungs_simulated.py [--scale 1.0] [--write]

Simulated families (`tasks/simulated.py`, two steps each, chains and maps by turns) are asked by the real runner under
F1, F2 and R2 (one attempt, the tasks' own parts, no tuning, no edits); the pool's findings and the verdict are those of
a report. Families are new in every study. A study of 40 families is also two studies of 20.

The truth comes from formulas (`ruler/simulated_truth.py`): G and C make an effect of a given size, TAU a spread of
a given size (a dial is the size over the share of answers that are not guessed). `--scale` multiplies the studies.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist, fmean
from typing import Any

from thinkaloud.calibration.closure import code_digest
from thinkaloud.organisms.simulated import Dials, Simulated
from thinkaloud.ruler.simulated_truth import Setting, accuracy
from thinkaloud.runs.records import Forgetting
from thinkaloud.stats.distributions import halving
from thinkaloud.stats.equivalence import verdict
from thinkaloud.stats.power import standard_error
from thinkaloud.studies.rungs import card as rungs_card
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.study import Asked
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key

EFFECT, ARMS, LEVEL, SHOTS, BUDGET, MARGIN = "F2 - F1", ("F1", "F2", "R2"), 2, 2, 4000, 0.05
ERROR = 0.1
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """What is simulated: `studies` of 40 families. `true` is the mean effect over families by formula, `tau` its
    spread."""

    name: str
    about: str
    dials: Dials
    studies: int
    kinds: tuple[str, ...] = ("chain", "map")
    items: int = 10
    tau: float = 0.0
    level: int = LEVEL

    @property
    def true(self) -> float:
        """The mean effect of families without a u of their own."""
        return fmean(accuracy("F2", s) - accuracy("F1", s) for s in self.settings)

    @property
    def settings(self) -> list[Setting]:
        """A kind each, without a spread."""
        return [Setting(replace(self.dials, tau=0.0), kind, self.level, shots=SHOTS, given=True) for kind in self.kinds]

    def power(self, families: int) -> float:
        """How often `stats/power.py` expects the effect to be seen (normal theory; one attempt an arm)."""
        pairs = [(accuracy("F2", s), accuracy("F1", s)) for s in self.settings]
        discordance = fmean(p * (1 - q) + q * (1 - p) for p, q in pairs)
        size = self.true / standard_error(families, self.items, self.tau, discordance)
        normal = NormalDist()
        return normal.cdf(size - normal.inv_cdf(0.975)) + normal.cdf(-size - normal.inv_cdf(0.975))


def cells(scale: float) -> list[Cell]:
    """No effect, effects of a given size, and controls."""
    plain = Dials(ERROR, 0.0, 0.0)
    share = (accuracy("F1", Setting(plain, "chain", LEVEL, shots=SHOTS, given=True)) - 0.1) / 0.9

    def noisy(size: float) -> float:  # the context noise that gives an effect of this size
        def off(c: float) -> float:
            return Cell("", "", replace(plain, context=c), 0).true - size

        return halving(off, 0.0, 2.0)

    def n(studies: int) -> int:
        return max(1, round(scale * studies))

    found = [
        Cell("no effect", f"no noise, tau {tau:g}", replace(plain, tau=tau / share), n(240), tau=tau)
        for tau in (0.0, 0.05, 0.10)
    ]
    spread = 0.05
    found += [
        Cell("power", "context noise", replace(plain, context=noisy(0.08), tau=spread / share), n(70), tau=spread),
        Cell(
            "power", "aggregator noise", replace(plain, aggregator=0.08 / share, tau=spread / share), n(70), tau=spread
        ),
        Cell("positive control", "context noise on chains and maps", Dials(0.02, 0.3, 0.0), n(25), level=5),
        Cell("negative control", "aggregator noise", replace(plain, aggregator=0.2 / share), n(25)),
        Cell("negative control", "search: useless parts", plain, n(25), ("search",)),
        Cell("negative control", "recall: useless parts", replace(plain, error=0.02), n(25), ("recall",), 25),
        Cell("equivalence", "no noise, nearly no errors", replace(plain, error=0.01), n(25), items=25),
    ]
    return found


def simulate(cell: Cell, number: int) -> list[tuple[int, bool, str, float]]:
    """One study of 40 families and two of 20: families, whether 0 is outside of the interval, the verdict, the mean."""
    names = [f"sim:{cell.kinds[f % len(cell.kinds)]}_{number}{f:02d}" for f in range(40)]
    settings = RungsSettings(
        shots=SHOTS, budgets=(BUDGET,), arms=ARMS, margin=MARGIN, plan="given", trials=1, attempts=1, edits=False
    )
    study, model = Rungs(), Simulated(cell.dials)
    tasks = [open_task(name) for name in names]
    do = Forgetting(study, model)
    asked = Asked(settings=settings, seed=number, model=model, tasks=tasks, items=cell.items, difficulty=cell.level)
    asyncio.run(study.run(asked, do))
    by_task = do.records(settings)
    found = []
    for part in (names, names[:20], names[20:]):
        rows = {row.name: row for row in study.together({name: by_task[name] for name in part}, Key((str(number),)))}
        mean = rows[f"{EFFECT} pooled mean"]
        assert mean.value is not None and mean.low is not None and mean.high is not None
        outside = not mean.low <= 0 <= mean.high
        found.append((len(part), outside, verdict(EFFECT, rows, "families like these").word, mean.value))
    return found


def batch(cell: Cell, numbers: range) -> list[tuple[int, bool, str, float]]:
    return [row for number in numbers for row in simulate(cell, number)]


def row(cell: Cell, families: int, made: list[tuple[int, bool, str, float]]) -> dict[str, Any]:
    """A cell of the card."""
    here = [x for x in made if x[0] == families]
    words = Counter(x[2] for x in here)
    return {
        "cell": cell.name,
        "about": cell.about,
        "families": families,
        "items": cell.items,
        "tau": cell.tau,
        "true": round(cell.true, 4),
        "mean": round(fmean(x[3] for x in here), 4),
        "studies": len(here),
        "seen": rungs_card.rate(sum(x[1] for x in here), len(here)),
        "power": round(cell.power(families), 3) if cell.name == "power" else None,
        "verdicts": {word: rungs_card.rate(count, len(here)) for word, count in sorted(words.items())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--write", action="store_true", help="keep the result as the card that reports print")
    args = parser.parse_args()
    started, rows = time.perf_counter(), []
    made = {  # before: files may change while this runs
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"benchmarks/rungs_simulated.py --scale {args.scale:g} --write",
        "code": rungs_card.CODE.digests(),
        "script": code_digest(Path(__file__)),
    }
    with ProcessPoolExecutor(WORKERS) as workers:
        jobs = []
        for cell in cells(args.scale):
            first = 1000 * (len(jobs) + 1)
            size = -(-cell.studies // (2 * WORKERS))
            ranges = [range(first + i, first + min(i + size, cell.studies)) for i in range(0, cell.studies, size)]
            jobs.append((cell, [workers.submit(batch, cell, numbers) for numbers in ranges]))
        for cell, waiting in jobs:
            found = [x for job in waiting for x in job.result()]
            for families in (20, 40):
                rows.append(row(cell, families, found))
                print(rungs_card.cell_line(rows[-1]), flush=True)
    print(f"{sum(c.studies for c, _ in jobs)} studies of 40 families in {time.perf_counter() - started:.0f} s")
    if args.write:
        rungs_card.write(rows, made)


if __name__ == "__main__":
    main()
