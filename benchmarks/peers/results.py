"""What was measured: lines in a file, medians with least and most over repeats, and agreement with the naive loop.

Knows nothing of how it is shown.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Key = tuple[str, int, str]
"""A workload's name, its size, and the digest of its text."""
REFERENCE = "naive"


@dataclass(frozen=True, slots=True)
class Line:
    """One peer, one workload, one repeat. Where `error` is not None nothing was measured."""

    peer: str
    workload: str
    size: int
    digest: str
    repeat: int
    threads: int
    error: str | None
    cost: dict[str, Any]
    tokens: dict[str, Any]
    answers: dict[str, Any]
    facts: dict[str, Any]

    @property
    def key(self) -> Key:
        return self.workload, self.size, self.digest

    @staticmethod
    def measured(peer: str, key: Key, repeat: int, threads: int, found: dict[str, Any]) -> Line:
        """What a worker sent."""
        return Line(peer, *key, repeat, threads, None, *(found[x] for x in ("cost", "tokens", "answers", "facts")))

    @staticmethod
    def failed(peer: str, key: Key, repeat: int, threads: int, why: str) -> Line:
        """What did not run."""
        return Line(peer, *key, repeat, threads, why, {}, {}, {}, {})


class Results:
    """A file of lines; the last one about the same thing counts. Failures of an earlier run do not keep a later one
    from trying again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[tuple[Any, ...], Line] = {}
        self._fresh: set[tuple[Any, ...]] = set()
        for text in path.read_text().splitlines() if path.is_file() else []:
            try:
                line = Line(**json.loads(text))
            except (json.JSONDecodeError, TypeError):  # cut off when the run was stopped
                continue
            self._lines[_name(line)] = line

    @property
    def lines(self) -> list[Line]:
        return list(self._lines.values())

    def of(self, peer: str, key: Key, threads: int) -> list[Line]:
        """What this run need not measure again."""
        mine = [line for line in self.lines if (line.peer, line.key, line.threads) == (peer, key, threads)]
        return [line for line in mine if line.error is None or _name(line) in self._fresh]

    def add(self, line: Line) -> None:
        """Keep a line, on disk before anything else happens."""
        self._lines[_name(line)] = line
        self._fresh.add(_name(line))
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(line)) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _name(line: Line) -> tuple[Any, ...]:
    return line.peer, line.key, line.repeat, line.threads


# --------------------------------------------------------------------------------------------------- summaries


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and most over `n` repeats."""

    median: float
    low: float
    high: float
    n: int

    @staticmethod
    def of(values: Iterable[float]) -> Spread:
        """Of at least one value."""
        known = list(values)
        return Spread(statistics.median(known), min(known), max(known), len(known))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Against the naive loop, on readings whose prompt was the same: the largest difference of a probability (among
    the options), the share of readings with the same best option, of how many, and how many were not read."""

    largest: float
    same: float
    n: int
    unread: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A peer on a workload. `error` says why there is nothing else. `computed` and `unique` are of the last repeat."""

    peer: str
    workload: str
    size: int
    error: str | None = None
    cpu: Spread | None = None
    wall: Spread | None = None
    peak: float = 0.0
    asked: int = 0
    unique: int = 0
    computed: int | None = None
    agreement: Agreement | None = None


def summaries(lines: Sequence[Line]) -> list[Summary]:
    """One for each peer and workload, in order of appearance."""
    groups: dict[tuple[str, Key], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.peer, line.key), []).append(line)
    reference = {key: _good(group)[0] for (peer, key), group in groups.items() if peer == REFERENCE and _good(group)}
    return [_summary(peer, key, group, reference.get(key)) for (peer, key), group in groups.items()]


def _good(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.error is None]


def _summary(peer: str, key: Key, lines: Sequence[Line], reference: Line | None) -> Summary:
    good = _good(lines)
    if not good:
        return Summary(peer, key[0], key[1], lines[-1].error)
    agreement = agree(reference.answers, good[-1].answers) if reference is not None and peer != REFERENCE else None
    spread: Callable[[str], Spread] = lambda name: Spread.of(float(line.cost[name]) for line in good)  # noqa: E731
    return Summary(
        peer,
        key[0],
        key[1],
        None,
        spread("cpu"),
        spread("wall"),
        spread("peak").high,
        **{name: good[-1].tokens[name] for name in ("asked", "unique", "computed")},
        agreement=agreement,
    )


def agree(reference: dict[str, Any], answers: dict[str, Any]) -> Agreement | None:
    """None where no prompt was the same (what was written differed)."""
    largest, same, n, unread = 0.0, 0, 0, 0
    for name, theirs in reference["logprobs"].items():
        if reference["asked"][name] != answers["asked"].get(name):
            continue
        mine = answers["logprobs"].get(name)
        if mine is None or any(x is None for x in mine):
            unread += 1
            continue
        p, q = _normalised(theirs), _normalised(mine)
        largest = max(largest, *(abs(a - b) for a, b in zip(p, q, strict=True)))
        same += p.index(max(p)) == q.index(max(q))
        n += 1
    return Agreement(largest, same / n if n else math.nan, n, unread) if n or unread else None


def _normalised(logprobs: Sequence[float]) -> list[float]:
    top = max(logprobs)
    weights = [math.exp(x - top) for x in logprobs]
    return [w / sum(weights) for w in weights]


def machine(threads: int) -> dict[str, str]:
    """Where it was measured: processor, cores, threads, date, Python."""
    processor = platform.processor() or platform.machine()
    vectors = ""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        text = info.read_text()
        names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
        processor = names[0] if names else processor
        vectors = ", AVX-512" if " avx512f" in text else ", AVX2 and no AVX-512" if " avx2" in text else ""
    return {
        "processor": f"{processor}, {os.cpu_count()} cores{vectors}",
        "threads": f"{threads} for every peer",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
    }
