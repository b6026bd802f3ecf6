"""Kills runs at random moments for as long as it is told to, and looks whether anything was lost, doubled or mixed.

    python benchmarks/soak.py --minutes 60

Each round makes a run in one to three parts side by side, in processes that are killed with SIGKILL again and again
until they come through; then the parts are merged, the folder is verified, and findings, notes and manifest are held
against those of a run that nobody disturbed, byte for byte. Every round has another seed, study and kind of fault: a
kill alone, a torn line at the end of a segment, a disk that is full for a moment (a limit on the size of files), or a
second process in the same folder, which must be refused. The seed of a round that fails is printed and makes it again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import thinkaloud as ta
from killed import held_against
from thinkaloud.runs.lock import NAME

RUN = """
import asyncio, sys
from thinkaloud import api
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
class Slow(Scripted):
    async def score(self, prompt, options, closing="."):
        await asyncio.sleep(0.0005)
        return await super().score(prompt, options, closing)
out, shard, study, seed, concurrency = sys.argv[1:]
api.run(study, Slow("faithful", faithful), ["chain_sum", "coin"], items=24, seed=int(seed), out=out,
        shard=shard or None, concurrency=int(concurrency))
"""
FAULTS = ("kill", "torn", "full", "second")
SMALL = 20_000
"""Bytes that a file may have while the disk plays full: a unit does not fit."""


def started(script: Path, out: Path, shard: str, rest: list[str], full: bool = False) -> subprocess.Popen[bytes]:
    """A process that does a part; `full`: no file may grow beyond `SMALL`."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

    return subprocess.Popen(
        [sys.executable, str(script), str(out), shard, *rest], start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, preexec_fn=limited if full else None,
    )  # fmt: skip


def torn(folder: Path) -> None:
    """Half a line at the end of the newest segment, as a power cut leaves it."""
    segments = sorted((folder / "segments").glob("*.jsonl")) if (folder / "segments").is_dir() else []
    if segments:
        with segments[-1].open("ab") as file:
            file.write(b'{"unit": "' + b"a" * 20)


def refused(first: subprocess.Popen[bytes], script: Path, out: Path, shard: str, rest: list[str]) -> None:
    """A second process in a folder that the first works in ends at once with one line."""
    for _ in range(500):
        if _holds(first, out) or first.poll() is not None:
            break
        time.sleep(0.01)
    held = _holds(first, out)
    second = started(script, out, shard, rest)
    _, said = second.communicate()
    if held and _holds(first, out) and (second.returncode == 0 or b"works in" not in said):
        raise AssertionError(f"a second process was let in: {said[-200:]!r}")


def _holds(process: subprocess.Popen[bytes], out: Path) -> bool:
    """Whether a process is alive and works in a folder."""
    try:
        holder = json.loads((out / NAME).read_text())["pid"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(process.poll() is None and holder == process.pid)


def through(script: Path, out: Path, shard: str, rest: list[str], rng: random.Random, seen: Counter[str]) -> None:
    """Start a part and kill it at random moments until it comes through."""
    for _ in range(200):
        fault = rng.choice(FAULTS)
        process = started(script, out, shard, rest, fault == "full")
        if fault == "second":
            refused(process, script, out, shard, rest)
        try:
            process.wait(rng.uniform(0.6, 2.2))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            seen["kills"] += 1
            if fault == "torn":
                torn(out)
        seen[fault] += 1
        if process.returncode == 0:
            return
    raise AssertionError("a part never came through: resuming makes no progress")


def round_of(seed: int, where: Path, seen: Counter[str]) -> None:
    """One run, undisturbed and disturbed; `AssertionError` where they differ."""
    rng = random.Random(seed)
    script = where / "run.py"
    script.write_text(RUN)
    study, parts = rng.choice(("channels", "faithfulness")), rng.choice((1, 2, 3))
    rest = [study, str(rng.randrange(1, 1000)), str(rng.choice((1, 3)))]
    whole = where / "whole"
    subprocess.run([sys.executable, script, whole, "", *rest], check=True, capture_output=True)
    folders = []
    for i in range(1, parts + 1):
        shard = "" if parts == 1 else f"{i}/{parts}"
        through(script, where / f"part-{i}", shard, rest, rng, seen)
        folders.append(where / f"part-{i}")
    found = folders[0] if parts == 1 else ta.merge(folders, where / "merged").folder
    held_against(ta.open_run(found), whole)


def main() -> None:
    """Rounds until the time is over."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--seed", type=int, default=None, help="make one round again")
    given = asked.parse_args()
    seen: Counter[str] = Counter()
    first, rounds, end = given.seed or int(time.time()), 0, time.monotonic() + 60 * given.minutes
    while rounds == 0 or (given.seed is None and time.monotonic() < end):
        where = Path(tempfile.mkdtemp(prefix="soak-"))
        try:
            round_of(first + rounds, where, seen)
        except AssertionError as error:
            sys.exit(f"round with --seed {first + rounds}: {error} ({where} is kept)")
        shutil.rmtree(where)
        rounds += 1
        print(f"round {rounds}: {dict(seen)}", flush=True)
    print(f"{rounds} rounds, {seen['kills']} kills: nothing was lost, doubled or mixed")


if __name__ == "__main__":
    main()
