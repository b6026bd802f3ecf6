"""Kills runs at random moments for as long as it is told to, and looks whether anything was lost, doubled or mixed.

    python benchmarks/soak.py --minutes 60
    python benchmarks/soak.py --seed 17 --round ray      one round again

Each round makes a run, and makes it again in processes that are disturbed and killed with SIGKILL again and again until
they come through; then the folder is verified, and findings, notes and manifest are held against those of the run that
nobody disturbed, byte for byte. What a process that was not killed says must be one line: a traceback is a fault.

Rounds (`ROUNDS`): a run, or one to three shards and their merge; the same of a model that writes and reads odd things;
workers in processes; workers of Ray on nodes of this machine, of which workers, nodes and the coordinator are killed;
a real llama-server that is killed and comes back, with other weights at times. What happens to a process beside the
kill is in `FAULTS`. What cannot be tried here, for want of Ray, an engine or the right to mount a disk, is said.

A round that fails is told with its seed, its folder is kept, and the others go on; the exit code is then 1. How many
kills there are, and where they fall, hangs on the clock: the seed makes the same round, and not the same moments.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import thinkaloud as ta
from killed import held_against
from soak_child import Asked
from soak_disk import Disk
from soak_places import TRIED, kinds_missing, nodes, served
from soak_process import Part, calm, through

ROUNDS = {"shards": 10, "strange": 3, "processes": 2, "ray": 1, "server": 2}
"""Kind of round -> how often it is drawn."""
MOST = 5
"""Rounds that may fail before the rest is not tried any more."""


def asked_of(kind: str, rng: random.Random) -> Asked:
    """What a round runs."""
    study, seed, concurrency = rng.choice(("channels", "faithfulness")), rng.randrange(1, 1000), rng.choice((1, 3))
    whole = Asked(study=study, seed=seed, concurrency=concurrency, difficulty=rng.choice((0, 2, 3)))
    if kind == "strange":
        return Asked(study=study, seed=seed, concurrency=concurrency, items=10, difficulty=3, strange=True)
    if kind == "server":
        return Asked(tasks=("recall",), seed=10, items=12, difficulty=2)
    return whole


def disturbed(asked: Asked, where: Path, rng: random.Random, seen: Counter[str]) -> Path:
    """A run or its shards and their merge, disturbed; the folder that comes of it."""
    parts, folders, disks = rng.choice((1, 1, 2, 3)), [], []
    try:
        for i in range(1, parts + 1):
            disks.append(Disk(where / f"disk-{i}"))
            part = Part(asked, disks[-1].where / "run", "" if parts == 1 else f"{i}/{parts}", disks[-1])
            through(part, rng, seen)
            folders.append(shutil.copytree(part.out, where / f"part-{i}"))
        if parts == 1:
            return folders[0]
        merged = Asked(merged=tuple(map(str, folders)))
        disks.append(Disk(where / "disk-merge"))
        part = Part(merged, disks[-1].where / "run", "", disks[-1])
        through(part, rng, seen)
        return shutil.copytree(part.out, where / "merged")
    finally:
        for disk in disks:
            disk.gone()


def in_processes(asked: Asked, where: Path, rng: random.Random, seen: Counter[str]) -> Path:
    """Workers that are processes: they and their coordinator are killed."""
    part = Part(Asked(**{**vars(asked), "on": "processes"}), where / "run", "", None)
    through(part, rng, seen)
    return part.out


HOW: dict[str, Callable[[Asked, Path, random.Random, Counter[str]], Path]] = {
    "shards": disturbed, "strange": disturbed, "processes": in_processes, "ray": nodes, "server": served,
}  # fmt: skip


def round_of(kind: str, seed: int, where: Path, seen: Counter[str]) -> None:
    """One run, undisturbed and disturbed; `AssertionError` where they differ."""
    rng = random.Random(seed)
    asked = asked_of(kind, rng)
    if kind != "server":
        calm(asked, where / "whole")
    found = HOW[kind](asked, where, rng, seen)
    held_against(ta.open_run(found), where / "whole")
    seen["units compared"] += len(ta.open_run(found).journal)


def told(seen: Counter[str], rounds: Counter[str]) -> str:
    """What was tried, by kind, in lines."""
    lines = ["rounds: " + ", ".join(f"{n} {kind}" for kind, n in rounds.items())]
    for kind, n in sorted((+seen).items()):
        lines.append(f"{kind}: {n}" + (f" ({TRIED[kind]})" if kind in TRIED else ""))
    return "\n".join(lines)


def main() -> None:
    """Rounds until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="make one round again")
    parser.add_argument("--round", choices=ROUNDS, default=None, help="of this kind alone")
    given = parser.parse_args()
    missing = kinds_missing()
    for kind, why in missing.items():
        print(f"not tried: {kind}: {why}", flush=True)
    kinds = {kind: n for kind, n in ROUNDS.items() if kind not in missing and given.round in (None, kind)}
    if not kinds:
        sys.exit(f"nothing of {given.round} can be tried here")
    seen, rounds, failed = Counter[str](), Counter[str](), list[str]()
    first, end = given.seed or int(time.time()), time.monotonic() + 60 * given.minutes
    while not rounds or (given.seed is None and time.monotonic() < end and len(failed) < MOST):
        seed, where = first + rounds.total(), Path(tempfile.mkdtemp(prefix="soak-"))
        (kind,) = random.Random(seed).choices(list(kinds), list(kinds.values()))
        rounds[kind] += 1
        try:
            round_of(kind, seed, where, seen)
            shutil.rmtree(where)
        except Exception as error:
            if not isinstance(error, AssertionError):
                traceback.print_exc()
            failed.append(f"--seed {seed} --round {kind}: {error} ({where} is kept)")
            print(f"FAILED {failed[-1]}", flush=True)
        print(f"round {rounds.total()}, {kind}: {seen['kills']} kills so far", flush=True)
    print(told(seen, rounds))
    print(f"{rounds.total()} rounds, {seen['kills']} kills, {len(failed)} failed")
    sys.exit("\n".join(failed) if failed else 0)


if __name__ == "__main__":
    main()
