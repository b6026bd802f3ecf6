"""The gate on one family of reasoning-gym: whether it, and which of its levels, may be asked.

Each family is judged in a separate process, so that an endless one can be killed, and a second process with another
PYTHONHASHSEED generates the items again: some families depend on Python's string hashes and give other questions in
every process. The verdict on a family is that on its default configuration; each level of its curriculum is judged
separately. What could not be judged in time is *not scanned* and not admitted.

The verdict does not depend on items or options. Run as a command, this module is the process of one family.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from thinkaloud.tasks import gym_pool
from thinkaloud.tasks.admission import SECONDS, Admission, Check, admit, also, same_again
from thinkaloud.tasks.seeds import Set, draw_seeds, root

Row = dict[str, Any]

ENOUGH = 40
"""Fewer items say nothing about a family (standard error .08 near the bound of .35)."""
AGAIN = 50
"""Items generated a second time."""
HOPELESS = 8
"""After so many items, a level twice too slow is given up."""
_ORIGIN = root(b"thinkaloud/admission")


def judge(name: str, n: int, budget_seconds: float) -> Row:
    """The row of one family."""
    first, trouble = _in_process(name, n, budget_seconds, "1", range(gym_pool.level_count(name) + 1))
    hopeful = [level for level, found in first.items() if found["checks"] and _verdict(found).admitted]
    second, _ = _in_process(name, 0, budget_seconds, "2", hopeful)
    levels = {}
    for level in range(gym_pool.level_count(name) + 1):
        levels[level] = _row(first.get(level), second.get(level), f"not scanned: {trouble}")
    family = {k: v for k, v in levels.pop(gym_pool.DEFAULT).items() if k != "short"}
    return {**family, "levels": {str(level): row["short"] or None for level, row in levels.items()}}


def _row(found: Row | None, again: Row | None, otherwise: str) -> Row:
    """What is written down about one configuration."""
    if found is None or found["trouble"]:
        why = found["trouble"] if found else otherwise
        return {"admitted": False, "reason": why, "short": why, "n": 0, "measured": {}}
    verdict = _verdict(found)
    if verdict.admitted:
        verdict = also(verdict, same_again(found["marks"], again["marks"] if again else []))
    measured = {c.name: [round(x, 3) for x in (c.value, c.raw) if x is not None] for c in verdict.checks}
    reason = "passed every check" if verdict.admitted else verdict.reason
    return {
        "admitted": verdict.admitted,
        "reason": reason,
        "short": verdict.short,
        "n": verdict.n,
        "measured": measured,
    }


def _verdict(found: Row) -> Admission:
    checks = tuple(Check(**check) for check in found["checks"])
    return Admission(all(check.passed for check in checks), checks, found["n"])


# --------------------------------------------------------------------------------------- the process of one family


def _in_process(
    name: str, n: int, budget_seconds: float, hash_seed: str, levels: Sequence[int]
) -> tuple[dict[int, Row], str]:
    """What another process found for each level (n = 0: only what it generates), and why the rest is missing."""
    if not levels:
        return {}, ""
    what = [name, str(n), str(budget_seconds), json.dumps([*levels])]
    command = [sys.executable, "-m", "thinkaloud.tasks.gym_judge", *what]
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, env=env, capture_output=True, timeout=budget_seconds)
        written, trouble = done.stdout, (done.stderr.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
    except subprocess.TimeoutExpired as late:
        written, trouble = late.stdout or b"", f"not done within {budget_seconds:g} s"
    rows = [json.loads(line) for line in written.decode().splitlines(keepends=True) if line.endswith("\n")]
    return {row["level"]: row for row in rows}, trouble


def _found(name: str, n: int, budget_seconds: float, levels: Sequence[int]) -> Iterator[Row]:
    """In the process: what is found about each level, as soon as it is."""
    every = [Set(name, "admission", level) for level in range(gym_pool.level_count(name) + 1)]
    seeds = draw_seeds(_ORIGIN, every, gym_pool.LARGEST)
    for level in levels:
        row: Row = {"level": level, "n": 0, "marks": [], "checks": [], "trouble": ""}
        try:
            source = gym_pool.dataset(name, level, seeds[every[level]])
            entries, seconds = _generate(source, n or AGAIN, budget_seconds / 2)
            row |= {"n": len(entries), "marks": [_mark(entry) for entry in entries[:AGAIN]]}
            if n:
                row |= _judged(source, entries, seconds, n)
        except Exception as error:
            row["trouble"] = f"cannot be generated: {type(error).__name__}: {str(error)[:80]}"
        yield row


def _generate(source: Any, n: int, patience: float) -> tuple[list[gym_pool.Entry], float]:
    """Up to `n` entries and the mean seconds an entry took; fewer if `patience` seconds are over or it is hopeless."""
    entries = []
    started = time.perf_counter()
    for entry in gym_pool.entries(source):
        entries.append(entry)
        spent = time.perf_counter() - started
        if len(entries) >= n or spent > patience or (len(entries) >= HOPELESS and spent > 2 * SECONDS * len(entries)):
            break
    return entries, spent / len(entries)


def _judged(source: Any, entries: Sequence[gym_pool.Entry], seconds: float, n: int) -> Row:
    answers = [entry["answer"] if isinstance(entry["answer"], str) else None for entry in entries]
    with gym_pool.quiet():
        verdict = admit(
            [entry["question"].strip() for entry in entries],
            answers,
            lambda answer, i: float(source.score_answer(answer, entries[i])),
            seconds,
        )
    if verdict.admitted and len(entries) < min(n, ENOUGH):
        return {"trouble": f"not scanned: {len(entries)} items at {seconds:.2g} s are too few"}
    return {"checks": [asdict(check) for check in verdict.checks]}


def _mark(entry: gym_pool.Entry) -> str:
    return hashlib.sha256(f"{entry['question']}\0{entry['answer']}".encode()).hexdigest()[:8]


def main(arguments: Sequence[str]) -> None:
    """Judge one family in its own process and print the results, one JSON object per line."""
    name, n, budget_seconds, levels = arguments
    for row in _found(name, int(n), float(budget_seconds), json.loads(levels)):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
