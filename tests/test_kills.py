"""SIGKILL at random moments, of a run, of shards, of what goes on with them and of their merge: nothing is lost or
there twice, and every byte is that of a run that nobody killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from killed import Tally, command, held_against, killed, recorded

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are forked")
EACH = {"run": 5, "shard": 4, "merge": 5}
"""Kills of each kind of command, at the least."""

USED = ["thinkaloud.api", "thinkaloud.report.html", "thinkaloud.report.markdown", "duckdb", "pytest", "killed"]
"""What these commands import, so that no process has to."""


class Killer:
    """Starts commands in processes that have everything imported already, and kills them."""

    def __init__(self, seed: int) -> None:
        self.rng, self.steps = random.Random(seed), 0
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(USED)
        self.count = self.context.Value("i", 0)

    def once(self, name: str, out: Path, given: Any, at: int = 0, after: float | None = None) -> int | None:
        """The exit code of a command that is killed at a step, or after so many seconds, or not at all."""
        self.count.value = 0
        process = self.context.Process(target=killed, args=(name, out, given, at, self.count))
        process.start()
        process.join(after)
        if process.is_alive():
            process.kill()
        process.join()
        return process.exitcode

    def through(self, name: str, out: Path, given: Any, kills: int) -> None:
        """A command, and whatever goes on with it, killed so many times and then left alone. Whether it was through
        before that does not matter: what is done again must change nothing."""
        done = 0
        for _ in range(20 * kills):
            before = recorded(out)
            again = "resume" if name == "run" and before and self.rng.random() < 0.5 else name
            late = self.rng.uniform(0.0, 0.15) if self.rng.random() < 0.25 else None
            code = self.once(again, out, given, 0 if late is not None else self.rng.randrange(1, self.steps), late)
            assert code in (0, -signal.SIGKILL), "a command failed for another reason than a kill"
            done += code == -signal.SIGKILL
            after = recorded(out)
            assert before.keys() <= after.keys(), "a unit that was recorded is gone"
            sealed = (out / "segments" / "records.parquet").exists()  # killed between sealing and clearing away
            assert set(after.values()) <= ({1, 2} if sealed else {1}), "a unit was done twice"
            if done == kills:
                break
        assert done == kills, "it was too fast to be killed"
        assert self.once(name, out, given) == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The run that nobody disturbs, and the steps it takes on the file system."""
    folder, killer = tmp_path_factory.mktemp("whole") / "run", Killer(0)
    assert killer.once("run", folder, None) == 0
    assert killer.count.value > 30, "the steps are not seen: nothing would be killed in the middle of one"
    yield folder, killer.count.value


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_killed_again_and_again_is_the_run_that_nobody_killed(
    seed: int, whole: tuple[Path, int], tmp_path: Path
) -> None:
    killer = Killer(seed)
    killer.steps = whole[1]
    killer.through("run", tmp_path / "run", None, EACH["run"])
    held_against(ta.open_run(tmp_path / "run", Tally()), whole[0], Tally())


@pytest.mark.slow
def test_shards_and_their_merge_killed_again_and_again_are_that_run_too(
    whole: tuple[Path, int], tmp_path: Path
) -> None:
    killer, parts = Killer(3), [tmp_path / f"part-{i}" for i in (1, 2)]
    killer.steps = whole[1]
    for i, part in enumerate(parts, 1):
        killer.through("run", part, f"{i}/2", EACH["shard"])
    killer.through("merge", tmp_path / "merged", parts, EACH["merge"])
    held_against(ta.open_run(tmp_path / "merged", Tally()), whole[0], Tally())


def test_the_kill_is_a_kill_and_a_loss_would_be_seen(whole: tuple[Path, int], tmp_path: Path) -> None:
    """A run stopped in the middle of a write leaves half a line; and a unit that is missing, or there twice, fails."""
    for at in range(5, whole[1]):
        folder = tmp_path / str(at)
        assert Killer(0).once("run", folder, None, at) == -signal.SIGKILL
        segment = folder / "segments" / "0001.jsonl"
        if segment.is_file() and segment.read_bytes()[-1:] not in (b"", b"\n"):
            break
    else:
        pytest.fail("no kill tore a line")
    command("resume", folder)
    found = ta.open_run(folder, Tally())
    held_against(found, whole[0], Tally())
    lines = list(found.journal.every())
    (folder / "segments" / "records.parquet").unlink()
    for damaged in (lines[1:], [*lines, lines[0]]):
        found.journal.folder.mkdir(exist_ok=True)
        (folder / "segments" / "0001.jsonl").unlink(missing_ok=True)
        again = ta.open_run(folder, Tally()).journal
        for line in damaged:
            again.append(line["unit"], {name: value for name, value in line.items() if name != "unit"})
        again.close()
        with pytest.raises(AssertionError, match="lost or doubled"):
            held_against(ta.open_run(folder, Tally()), whole[0], Tally())
