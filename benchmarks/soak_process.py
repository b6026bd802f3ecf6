"""A part of a disturbed run: its process, started again and again, and what happens to each of them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from soak_child import Asked
from soak_disk import SMALL, Disk
from thinkaloud.runs.lock import NAME

FAULTS = ("kill", "kill", "kill", "torn", "full", "read-only", "second", "clock", "raises", "hangs")
TROUBLE = ("raises", "hangs")
AGAIN = ("kill", "torn", "clock", "worker")
"""Of workers, and of a merge: what the others would need of a folder or a model is not theirs."""
LONG = 240.0
"""Seconds after which a process that nobody killed counts as one that hangs."""
STARTS = 200
BETWEEN = 2.5
"""Seconds after the beginning of its work within which most processes are killed."""


@dataclass
class Part:
    """A run, a shard or a merge, and where it is made. `disk`: None where it is an ordinary one."""

    asked: Asked
    out: Path
    shard: str
    disk: Disk | None
    more: dict[str, Any] = field(default_factory=dict)
    """What a process is asked besides."""

    def start(self, rng: random.Random, fault: str) -> subprocess.Popen[bytes]:
        """A process that does it, in a group of its own."""
        clock = rng.randrange(1, 1 << 30) if fault == "clock" else 0
        trouble = fault if fault in TROUBLE else ""
        words = self.asked.words(
            out=str(self.out), shard=self.shard, clock=clock, trouble=trouble, again=rng.random() < 0.5, **self.more
        )
        limit = fault == "full" and not (self.disk is not None and self.disk.real)
        with (self.refusal if fault == "beside" else self.said).open("wb") as said:
            return subprocess.Popen(
                words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=said,
                preexec_fn=_limited if limit else None,
            )  # fmt: skip

    @property
    def said(self) -> Path:
        """What its last process said on stderr, beside its folder or its disk."""
        return (self.out if self.disk is None else self.disk.where).parent / "said.txt"

    @property
    def refusal(self) -> Path:
        """The same of a second process in the folder."""
        return self.said.with_name("refusal.txt")

    @property
    def faults(self) -> tuple[str, ...]:
        """What may happen to it."""
        if self.asked.on or self.asked.merged:
            return AGAIN if self.asked.on else AGAIN[:3]
        if self.asked.strange or not self.asked.difficulty:  # what fails while a level is looked for may move it
            return tuple(one for one in FAULTS if one not in TROUBLE)
        return FAULTS


def _limited() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


def calm(asked: Asked, out: Path) -> None:
    """A run that nobody disturbs."""
    done = subprocess.run(asked.words(out=str(out)), capture_output=True, text=True)
    assert done.returncode in (0, 3), f"an undisturbed run ended with {done.returncode}: {done.stderr[-2000:]}"


def through(part: Part, rng: random.Random, seen: Counter[str]) -> None:
    """Start a part and disturb it at random moments until it comes through by itself."""
    for n in range(STARTS):
        fault = rng.choice(part.faults)
        before = contents(part.out) if fault == "read-only" else {}
        fault = _prepared(part, fault, rng)
        process = part.start(rng, fault)
        seen["starts"] += 1
        seen[fault] += 1
        if fault == "second":
            refused(process, part, rng)
        killed = _killed(process, part, rng, fault, seen)
        assert fault != "read-only" or killed or before == contents(part.out), "a read-only folder was changed"
        _mended(part, fault, killed, rng)
        if killed:
            continue
        settled(process.returncode, part, fault)
        seen[f"{fault}: ended with one line"] += process.returncode == 2
        if process.returncode in (0, 3) and not (fault in TROUBLE and process.returncode) and n:
            return
    raise AssertionError("a part never came through: resuming makes no progress")


def settled(code: int, part: Part, fault: str) -> None:
    """`AssertionError` where a process ended in another way than it may."""
    said = part.said.read_text(errors="replace")
    may = {"full": (0, 2, 3), "read-only": (2,)}.get(fault, (0, 3))
    if fault == "worker" and "no worker could be started" in said:  # the first one was lost before it began
        may = (2,)
    if part.asked.strange is False and fault not in (*TROUBLE, "full"):
        may = tuple(one for one in may if one != 3)
    assert code in may, f"after {fault!r} a process ended with {code}: {said[-3000:]}"
    assert code != 2 or len(said.strip().splitlines()) == 1, f"after {fault!r} it said more than a line: {said[-3000:]}"


def _prepared(part: Part, fault: str, rng: random.Random) -> str:
    """Disturb the folder before a process starts; the fault that it came to."""
    if fault == "full" and part.disk is not None:
        part.disk.room(rng.randrange(0, 600_000))
    if fault == "read-only" and not (part.disk is not None and part.out.is_dir() and part.disk.writable(False)):
        return "kill"
    if fault == "clock" and part.out.is_dir():  # and the files are of any time
        for path in part.out.rglob("*"):
            when = rng.uniform(1e6, 4e9)
            os.utime(path, (when, when))
    return fault


def _mended(part: Part, fault: str, killed: bool, rng: random.Random) -> None:
    """Undo what was done to the folder, and tear a line where a process was killed."""
    if part.disk is not None and fault in ("full", "read-only"):
        for _ in range(100):  # the last files of a killed process may be open for a moment
            if part.disk.writable(True) or not part.disk.real:
                break
            time.sleep(0.05)
        part.disk.room(None)
    if fault == "torn" and killed:
        segments = sorted((part.out / "segments").glob("*.jsonl")) if (part.out / "segments").is_dir() else []
        for segment in segments[-1:]:
            with segment.open("ab") as file:
                file.write(rng.choice((b'{"unit": "' + b"a" * 20, b"\xff\xfe", b'{"unit": "\xe2\x82', b"\0" * 512)))


def _killed(process: subprocess.Popen[bytes], part: Part, rng: random.Random, fault: str, seen: Counter[str]) -> bool:
    """Wait for a process, or kill it at a random moment of its work, with its children; whether it was killed."""
    alone = rng.random() < 0.25 and fault != "hangs"
    if not alone:
        begun(process, part)
    try:
        if fault == "worker":
            _worker_killed(process, rng, seen)
        process.wait(LONG if alone else rng.uniform(0.0, BETWEEN) * (4 if part.asked.on else 1))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not alone, f"after {fault!r} a process hangs: {LONG:g} s"
        seen["kills"] += 1
        seen["kills within its work"] += _holder(part.out) == process.pid
        return True
    return False


def _worker_killed(process: subprocess.Popen[bytes], rng: random.Random, seen: Counter[str]) -> None:
    """Kill one of the workers of a coordinator."""
    time.sleep(rng.uniform(0.0, 2 * BETWEEN))
    try:
        children = [
            one for one in psutil.Process(process.pid).children(True) if "spawn_main" in " ".join(one.cmdline())
        ]
        if children:
            rng.choice(children).kill()
            seen["kills"] += 1
            seen["workers killed"] += 1
    except psutil.Error:
        pass  # it is through


def begun(process: subprocess.Popen[bytes], part: Part) -> None:
    """Wait until a process works in its folder, or has ended."""
    for _ in range(3000):
        if process.poll() is not None or _holder(part.out) == process.pid:
            return
        time.sleep(0.01)


def refused(first: subprocess.Popen[bytes], part: Part, rng: random.Random) -> None:
    """A second process in a folder that the first works in ends at once with one line."""
    begun(first, part)
    held = _holder(part.out) == first.pid
    second = part.start(rng, "beside")
    second.wait(LONG)
    said = part.refusal.read_text(errors="replace")
    if held and first.poll() is None and _holder(part.out) == first.pid:
        assert second.returncode == 2 and "works in" in said, f"a second process was let in: {said[-2000:]!r}"


def _holder(out: Path) -> int | None:
    """The process that a folder names as the one that works in it."""
    try:
        found = json.loads((out / NAME).read_text())["pid"]
    except (OSError, ValueError, KeyError):
        return None
    return found if isinstance(found, int) else None


def contents(out: Path) -> dict[str, str]:
    """A digest of every file."""
    if not out.is_dir():
        return {}
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*")) if path.is_file()
    }  # fmt: skip
