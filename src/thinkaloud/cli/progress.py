"""Progress on the terminal: a bar with the time left, or plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from thinkaloud.runs.progress import Progress


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress for the length of a run, on stderr."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        yield _Bar(bars)


def seen(shown: Progress) -> list[str]:
    """The sentences of a progress that still stand on the terminal which the results go to; none where these go
    somewhere else."""
    return shown.said if isinstance(shown, _Bar) and sys.stdout.isatty() else []


class _Bar:
    def __init__(self, bars: object) -> None:
        from rich.progress import Progress as Bars

        assert isinstance(bars, Bars)
        self.said: list[str] = []
        self._bars = bars
        self._what = "starting"
        self._task = bars.add_task("loading", total=None)

    def expect(self, units: float) -> None:
        self._bars.reset(self._task, total=units, description="starting")  # several runs may follow each other

    def advance(self, units: float, what: str) -> None:
        self._what = what
        self._bars.update(self._task, advance=units, description=what)

    def alive(self, text: str) -> None:
        self._bars.update(self._task, description=f"{self._what}: {text}")

    def say(self, text: str) -> None:
        self.said.append(text)
        self._bars.console.print(text, markup=False, highlight=False)


class _Lines:
    """A line every few seconds, with the time left."""

    EVERY = 10.0

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()
        self._total, self._done = 0.0, 0.0

    def expect(self, units: float) -> None:
        self._total, self._done, self._started = units, 0.0, time.monotonic()  # several runs may follow each other

    def advance(self, units: float, what: str) -> None:
        self._done += units
        now = time.monotonic()
        if now - self._shown < self.EVERY:
            return
        self._shown = now
        left = ""
        if self._share:  # else nobody said how many there are
            left = f", about {(now - self._started) * (1 - self._share) / self._share:.0f} s left"
        self.say(f"{self._share:4.0%}  {what}{left}")

    @property
    def _share(self) -> float:
        return min(1.0, self._done / self._total) if self._total else 0.0

    def alive(self, text: str) -> None:
        self.say(f"{self._share:4.0%}  {text}")

    def say(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a full or closed stderr must not end a run
            print(text, file=sys.stderr, flush=True)
