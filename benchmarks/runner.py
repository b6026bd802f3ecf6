"""The runner's own cost: CPU time a simulated call, from the question to the journal, and where it goes.

    PYTHONPATH=src python benchmarks/runner.py [--calls 100000] [--profile 10000]

Counted is everything of an ordinary run of R2, F1 and F2 (four attempts, no tuning, no edits): drawing items, prompts,
ledger, the simulated model itself, trace, records and the journal, synced to disk. Estimates are made once a run and
are not in it. The breakdown is by file, from a profile of a smaller run; profiling makes small functions look larger.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from started import started
from thinkaloud.organisms.simulated import simulated
from thinkaloud.runs.config import Config
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task

LEVEL, ATTEMPTS, FAMILIES, SHOTS = 4, 4, 4, 4
CALLS = ATTEMPTS * (1 + 1 + LEVEL + 2)
"""An item's calls: R2 and F1 one an attempt, F2 a plan, its parts and the last question."""
TARGET = 0.3


def once(calls: int, folder: Path) -> tuple[int, float]:
    """Calls that were made, and CPU seconds."""
    items = max(1, round(calls / CALLS / FAMILIES))
    model, names = simulated(".05,.2,.05"), tuple(f"sim:chain_{i}" for i in range(FAMILIES))
    settings = RungsSettings(
        shots=SHOTS, budgets=(16000,), arms=("R2", "F1", "F2"), trials=1, attempts=ATTEMPTS, edits=False
    )
    config = Config("rungs", "object:sim", names, items, LEVEL, 1, settings)
    run, execution = started(config, Rungs(), model, [open_task(name) for name in names], folder)
    began = time.process_time()
    asyncio.run(execution.run())
    run.journal.close()
    spent = time.process_time() - began
    records = [r for unit in run.journal if unit["phase"] == "rungs" for r in unit["records"]]
    return sum(a["spend"]["calls"] for record in records for a in record["attempts"]), spent


def breakdown(calls: int, folder: Path) -> list[tuple[str, float]]:
    """Share of the CPU time by file, largest first; the interpreter's own code stands under what it is for."""
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    once(calls, folder)
    profile.disable()
    shares: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "thinkaloud/" in file:
            shares[file.rsplit("thinkaloud/", 1)[1]] += own
            continue
        for (caller, _, _), (_, _, part, _) in callers.items():  # built-ins belong to whoever called them
            ours = "thinkaloud/" in caller
            shares[caller.rsplit("thinkaloud/", 1)[1] if ours else _library(file, name)] += part
    total = sum(shares.values())
    return sorted(((name, own / total) for name, own in shares.items()), key=lambda x: -x[1])


def _library(file: str, name: str) -> str:
    for known in ("asyncio", "json", "re", "numpy"):
        if f"/{known}/" in file:
            return f"({known})"
    return "(json)" if "json" in name.lower() or "encode" in name else "(other)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--profile", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calls, spent = once(args.calls, Path(folder) / "run")
        size = sum(path.stat().st_size for path in (Path(folder) / "run").rglob("*") if path.is_file())
    each = 1000 * spent / calls
    word = "met" if each <= TARGET else "missed"
    print(
        f"{calls} calls, {spent:.1f} s of CPU: {each:.3f} ms a call (target {TARGET}: {word}); "
        f"{size / calls:.0f} bytes a call"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, share in breakdown(args.profile, Path(folder) / "run")[:14]:
            print(f"  {share:6.1%}  {name}")


if __name__ == "__main__":
    main()
