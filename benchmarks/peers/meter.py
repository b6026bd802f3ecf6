"""What a stretch of work cost: wall seconds, CPU seconds and most memory of this process and everything below it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType

import psutil

PAUSE = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Cost:
    """`peak` is resident memory in bytes, weights and interpreter included."""

    wall: float
    cpu: float
    peak: int


class Meter:
    """A context manager; `cost` is there afterwards."""

    cost: Cost

    def __enter__(self) -> Meter:
        self._peak, self._over = _memory(), threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        self._cpu, self._wall = _cpu(), time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        wall, cpu = time.perf_counter() - self._wall, _cpu() - self._cpu
        self._over.set()
        self._watch.join()
        self.cost = Cost(wall, cpu, max(self._peak, _memory()))

    def _look(self) -> None:
        while not self._over.wait(PAUSE):
            self._peak = max(self._peak, _memory())


def _tree() -> list[psutil.Process]:
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def _cpu() -> float:
    """Seconds so far, those of children that ended included."""
    total = 0.0
    for process in _tree():
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
    ended = psutil.Process().cpu_times()
    return total + float(ended.children_user + ended.children_system)


def _memory() -> int:
    total = 0
    for process in _tree():
        try:
            total += int(process.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return total
