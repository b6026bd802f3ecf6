"""What a program in the sandbox costs: time per program and per call of the host, and memory of workers and pauses.

Run with `python benchmarks/tools.py`; prints the table that `docs/tools.md` holds. Linux only (memory from /proc).
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path

from thinkaloud.tools import sandbox
from thinkaloud.tools.calculator import calculate
from thinkaloud.tools.python import LIMITS, PythonSession, run_python

REPEATS = 200


async def ask(text: str) -> str:
    return text


async def microseconds(action: Callable[[], Awaitable[object]], repeats: int = REPEATS) -> str:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        await action()
        times.append((time.perf_counter() - started) * 1e6)
    times.sort()
    return f"{statistics.median(times):8.0f} us (9 of 10 below {times[int(0.9 * len(times))]:.0f})"


def private(pid: int) -> float:
    """Memory of a process that it shares with no other, in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024


def memory() -> None:
    with sandbox._pool().checkout() as one, sandbox._pool().checkout() as two:
        for session in (one, two):
            session.feed_run("1 + 1")
        assert one.worker_pid is not None
        print(f"memory of an idle worker, not shared with another   {private(one.worker_pid):.1f} MiB")
    for size in (0, 10**5, 10**6):
        program = sandbox.Program("ask(question)", {"question": "q", "context": "x" * size}, frozenset({"ask"}), LIMITS)
        sandbox.turn(program)
        print(f"a paused program with {size} characters of input   {len(program.paused or b''):,} bytes")


async def main() -> None:
    print(f"Python {sys.version.split()[0]}, pydantic-monty {version('pydantic-monty')}")
    started = time.perf_counter()
    await run_python("1 + 1")
    print(f"the first program of a process   {(time.perf_counter() - started) * 1e3:.0f} ms")
    functions, context = {"ask": ask}, {"context": "x" * 10**5}
    plain = "x = 0\nfor i in range(10):\n    x += i\nprint(x)"
    print("a small program                 ", await microseconds(lambda: run_python(plain)))
    print("the same, 100k characters input ", await microseconds(lambda: run_python(plain, inputs=context)))
    ten = "for i in range(10):\n    ask('q')"
    print("ten calls of the host           ", await microseconds(lambda: run_python(ten, functions=functions), 50))
    large = await microseconds(lambda: run_python(ten, functions=functions, inputs=context), 20)
    print("the same, 100k characters input ", large)
    session = PythonSession()
    print("a program in a session          ", await microseconds(lambda: session.run("x = 1")))
    print("a calculation                   ", await microseconds(lambda: calculate("(12.5 + 7) * 3 / 4")))
    memory()


asyncio.run(main())
