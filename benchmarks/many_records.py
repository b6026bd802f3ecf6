"""Run folders of very many records: how fast they are written, opened, estimated and reported, and in how much memory.

    python benchmarks/many_records.py [--form channels|odds] [--records 100000] [--stages append,seal,open,...] [--keep]

A small real run is made first; its units are then written again and again under other places, with other items and
other numbers, through the journal of a run, a line a unit and each synced to disk. Every stage is a process of its own,
so that its memory is its own: the most that it ever held (`ru_maxrss`), and while the run grows the memory at a tenth
of it and at its end. Seconds are of the wall and of the process; the load of the machine is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import thinkaloud as ta
from thinkaloud.runs import manifest
from thinkaloud.runs.execute import Execution, findings
from thinkaloud.runs.folder import Run
from thinkaloud.runs.journal import unit_key
from thinkaloud.runs.progress import NullProgress
from thinkaloud.runs.replay import StandIn
from thinkaloud.whole.finish import asked

RECIPE = """
board = "5x5"
missing = [0, 2]
openings = 24
plies = 4
block = 24
[players.weak]
by = "search"
nodes = 13
[players.strong]
by = "search"
nodes = 60
"""
OPENINGS = 1000
"""Of a cell of games; more of them would make the cells larger, not the clusters more."""


def begun(form: str, folder: Path) -> None:
    """A small real run, whose units are the pattern of all others."""
    if form == "channels":
        ta.run("channels", "scripted:mixture:0.5", ["chain_sum"], items=64, difficulty=4, out=folder)
    else:
        recipe = folder.with_suffix(".toml")
        recipe.write_text(RECIPE)
        ta.run("odds", out=folder, settings={"recipe": str(recipe)})
    (folder / manifest.FILE).unlink()  # so that all units count


def more(run: Run, records: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Units like those of the run until there are so many records, each with items and numbers of its own."""
    patterns = [dict(unit) for unit in run.journal if unit["phase"] == run.study.name]
    there, lots, turn = sum(len(one["records"]) for one in patterns), random.Random(1), 0
    while there < records:
        turn += 1
        for pattern in patterns[: records - there]:
            unit = json.loads(json.dumps(pattern))
            del unit["unit"]
            at = unit["at"]
            if "first" in at:
                at["first"] += turn * 64
            else:
                at["openings"] = [turn * 1000 + number for number in at["openings"]]
            for i, record in enumerate(unit["records"]):
                changed(record, turn, i, lots)
            there += len(unit["records"])
            yield unit_key(of=unit["of"], at=at, phase=unit["phase"], subject=unit["task"]), unit


def changed(record: dict[str, Any], turn: int, i: int, lots: random.Random) -> None:
    """Another item, with other readings or another score."""
    if "conditions" in record:
        record["item"] = f"{record['item']}/{turn}"
        for reading in record["conditions"].values():
            reading["logprobs"] = [min(-1e-6, x - 0.2 * lots.random()) for x in reading["logprobs"]]
        return
    record["opening"] = (turn * 24 + i // 2) % OPENINGS
    record["item"] = f"opening {record['opening']}, {record['first']} first, {turn}"
    record["before"] = [*record["before"], str(turn)]
    record["board"] = f"{record['board']}{turn}"
    record["score"] = float(lots.random() < 0.5)


# ------------------------------------------------------------------------------------------------------------- stages


def append(folder: Path, records: int) -> dict[str, Any]:
    """Write the run."""
    run = opened(folder)
    began, n, first, writing = time.perf_counter(), 0, 0.0, 0.0
    for key, unit in more(run, records):
        cpu = time.process_time()
        run.journal.append(key, unit)
        writing += time.process_time() - cpu
        n += len(unit["records"])
        if not first and n >= records / 10:
            first = megabytes()
    took = time.perf_counter() - began
    run.journal.close()
    size = sum(path.stat().st_size for path in (folder / "segments").iterdir())
    return {
        "records/s": n / took, "records/s of CPU of the journal": n / writing, "MB at a tenth": first,
        "MB at the end": megabytes(), "MB on disk": size / 1e6, "bytes a record": size / max(1, n),
    }  # fmt: skip


def seal(folder: Path, records: int) -> dict[str, Any]:
    """Seal it."""
    run = opened(folder)
    began = time.perf_counter()
    run.journal.seal()
    took = time.perf_counter() - began
    return {"s to seal": took, "MB sealed": (folder / "segments" / "records.parquet").stat().st_size / 1e6}


def resume(folder: Path, records: int) -> dict[str, Any]:
    """All that is done before the first unit of a resumed run."""
    run = opened(folder)
    request = asked(run.config, StandIn(run.card, None), [])
    execution = Execution(run.study, request, run.identity, run.journal, NullProgress())
    return {"units": len(execution._places)}


def estimate(folder: Path, records: int) -> dict[str, Any]:
    """The findings."""
    run = opened(folder)
    began = time.perf_counter()
    units = run.units
    took = time.perf_counter() - began
    made = findings(run.config, run.study, run.card.name, run.identity.tasks, units)
    return {"s to check types": took, "s to estimate": time.perf_counter() - began - took, "estimates": len(made)}


def report(folder: Path, records: int) -> dict[str, Any]:
    """The two pages."""
    run = opened(folder)
    began = time.perf_counter()
    (folder / "page").mkdir(exist_ok=True)
    page = run.report(folder / "page")
    return {"s to report": time.perf_counter() - began, "MB of the page": page.stat().st_size / 1e6}


STAGES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "append": append, "resume": resume, "seal": seal, "open sealed": resume, "findings": estimate, "report": report,
}  # fmt: skip


def opened(folder: Path) -> Run:
    return Run(folder, ta.open_study)


def megabytes() -> float:
    """That this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=("channels", "odds"), default="channels")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--folder", type=Path, help="Made before; else a new one, which is removed.")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        began = time.perf_counter()
        found = STAGES[args.inside](args.folder, args.records)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        spent = {"s": time.perf_counter() - began, "s of CPU": time.process_time()}
        print(json.dumps({**spent, **found, "MB at most": most}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch) / "run"
        if not folder.exists():
            begun(args.form, folder)
        print(f"{args.form}, {args.records:,} records, load {os.getloadavg()[0]:.1f}")
        for stage in args.stages.split(","):
            more_ = ["--records", str(args.records), "--folder", str(folder), "--inside", stage]
            done = subprocess.run([sys.executable, __file__, *more_], capture_output=True, text=True)
            if done.returncode:
                print(f"  {stage}: {done.stderr.strip().splitlines()[-1:]} (code {done.returncode})", flush=True)
                continue
            said = json.loads(done.stdout.splitlines()[-1])
            print(f"  {stage}: {', '.join(f'{name} {value:,.6g}' for name, value in said.items())}", flush=True)


if __name__ == "__main__":
    main()
