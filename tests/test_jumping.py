"""Protects: what is measured hangs on no clock. A whole run under clocks that jump backwards and far forwards, or stand
still, has the findings of a calm one; its progress speaks on; and `--max-time` ends it sanely, or not at all."""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from thinkaloud.cli import progress
from thinkaloud.runs.caps import Caps
from thinkaloud.runs.folder import Run

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from jumping import away, jumping
from killed import Echo, Tally, held_against


class Ticks:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Moves(Echo):
    """Moves a clock by so much with every answer, as if the machine had slept meanwhile."""

    def __init__(self, clock: Ticks, by: float) -> None:
        super().__init__()
        self.clock, self.by = clock, by

    async def generate(self, *given: Any) -> Any:
        self.clock.now += self.by
        return await super().generate(*given)


def tally(out: Path, model: Echo | None = None, **more: Any) -> Run:
    return ta.run(Tally, model or Echo(), out=out, **more)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    """The clock of caps, which they take when they are defined."""
    clock = Ticks()
    monkeypatch.setattr(Caps.__init__, "__defaults__", (None, None, clock))
    return clock


def test_the_clock_does_jump_and_keeps_what_python_promises() -> None:
    """Else the tests below would show nothing."""
    was = (time.time, time.monotonic)
    with jumping(random.Random(1)):
        day = [time.time() for _ in range(400)]
        grows = [time.monotonic() for _ in range(400)]
    assert (time.time, time.monotonic) == was
    steps = [b - a for a, b in itertools.pairwise(day)]
    assert min(steps) < -1e8 and max(steps) > 1e8, "years back, and years forward"
    steps = [b - a for a, b in itertools.pairwise(grows)]
    assert min(steps) == 0.0 and max(steps) >= 90, "it stands still and leaps, and never goes back"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_under_jumping_clocks_has_the_findings_of_a_calm_one(
    seed: int, tmp_path: Path, faithful_run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """A study with readings and intervals, with progress in lines; gone on with, and verified, by a right clock."""
    calm = faithful_run("channels")
    with jumping(random.Random(seed)):
        with progress.progress() as told:
            made = ta.run(
                "channels", "scripted:faithful", ["chain_sum"], items=9, difficulty=3, out=tmp_path / "run",
                progress=told,
            )  # fmt: skip
        assert ta.rescore(made.folder).findings == calm.findings
    assert (made.folder / "findings.json").read_bytes() == (calm.folder / "findings.json").read_bytes()
    assert json.dumps(made.records) == json.dumps(calm.records)
    assert ta.resume(made.folder).findings == calm.findings
    assert ta.verify(made.folder)[-1].startswith("whole: ")
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
def test_clocks_that_jump_between_units_lose_and_double_none(tmp_path: Path) -> None:
    whole = tally(tmp_path / "whole")
    for seed in range(3):
        with jumping(random.Random(seed)):
            made = tally(tmp_path / str(seed))
        held_against(ta.open_run(made.folder, Tally()), whole.folder, Tally())


def test_clocks_that_stand_still_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No rate can be told, and the lines of progress divide by nothing; where nobody said how many units there are, no
    time left is said, and no NaN."""
    whole = tally(tmp_path / "whole")
    for name in ("monotonic", "perf_counter", "time"):
        monkeypatch.setattr(time, name, lambda: 5.0)
    monkeypatch.setattr(progress._Lines, "EVERY", 0.0)
    with progress.progress() as told:
        made = tally(tmp_path / "still", progress=told)
        told.expect(10)
        tally(tmp_path / "again", progress=told)
    monkeypatch.undo()
    held_against(ta.open_run(made.folder, Tally()), whole.folder, Tally())
    said = capsys.readouterr().err.splitlines()
    assert said[:10] == ["  0%  all"] * 10
    assert said[10:] == [f"{n:4.0%}  all, about 0 s left" for n in (i / 10 for i in range(1, 11))]
    assert made.bill["wall_seconds"] == 0.0


def test_max_time_is_not_of_the_time_of_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sets the clock by years, in both directions: ten minutes are not over, and do not become endless."""
    monkeypatch.setattr(time, "time", away(time.time, random.Random(3)))
    made = tally(tmp_path / "run", max_time=600.0)
    assert made.stopped is None and len(made.journal) == 10


def test_max_time_is_over_where_the_machine_slept(tmp_path: Path, ticks: Ticks) -> None:
    """A leap of a day: no further unit begins, the line says what was used, and resume ends with the calm folder."""
    whole = tally(tmp_path / "whole")
    made = tally(tmp_path / "run", Moves(ticks, 86_400.0), max_time=60.0)
    assert len(made.journal) == 1 and made.stopped is not None
    assert made.stopped.startswith("stopped by --max-time 60 s: 86,400.0 s used (86,340 s more than the cap: ")
    (made.folder / "config.toml").write_text((whole.folder / "config.toml").read_text())  # of the other class
    done = ta.resume(made.folder, study=Tally(), model=Echo(), max_time=60.0)
    assert done.stopped is None
    held_against(ta.open_run(done.folder, Tally()), whole.folder, Tally())


def test_max_time_is_never_over_on_a_clock_that_stands_still(tmp_path: Path, ticks: Ticks) -> None:
    made = tally(tmp_path / "run", Moves(ticks, 0.0), max_time=1.0)
    assert made.stopped is None and len(made.journal) == 10
