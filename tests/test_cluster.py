"""Units done by workers in other processes: the folder of one process, whatever happens to the workers."""

from __future__ import annotations

import asyncio
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from cluster_fixture import TROUBLE, Counted, told
from shards_fixture import everything, stopped_clock
from thinkaloud.cluster.free import Free
from thinkaloud.cluster.on_processes import processes
from thinkaloud.cluster.place import place_of
from thinkaloud.cluster.pool import ATTEMPTS, Pool
from thinkaloud.cluster.protocol import About, Answer, Lost, Program, Start, Worker, sent
from thinkaloud.cluster.replica import Replica, sendable
from thinkaloud.errors import ContextTooSmall, FatalError, ModelError, UserError
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.folder import Run
from thinkaloud.study import Unit
from thinkaloud.whole.verify import verify


def counted(out: Path, **more: Any) -> Run:
    return ta.run(Counted, out=out, **more)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that one process makes."""
    stopped_clock(monkeypatch)
    return counted(tmp_path / "alone").folder


@pytest.mark.slow
def test_workers_make_the_folder_of_one_process_though_two_are_killed(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, nothing is there twice, and nothing shows in any file."""
    monkeypatch.setenv(TROUBLE, f"{tmp_path} kill-once=2 kill-once=9")
    progress = told()
    made = counted(tmp_path / "elsewhere", on=ta.place("processes", workers=2), progress=progress)
    assert everything(made.folder) == everything(alone)
    assert sum("was lost; unit" in line for line in progress.said) == 2
    assert verify(made.folder, study=Counted())[-1].startswith("whole: ")


@pytest.mark.slow
def test_a_first_worker_of_ray_that_is_lost_on_its_way_is_tried_again(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node was killed while the run began there: the soak ended so, though another node was left. It is not tried
    for ever. Processes stand in for Ray's actors."""
    tried = 0

    @contextmanager
    def actors(address: str, program: Program, workers: int, share: Any) -> Iterator[Start]:
        with processes(sent(program, pickle.dumps), 1) as begun:

            async def start() -> Worker:
                nonlocal tried
                tried += 1
                if tried < ATTEMPTS or lost:
                    raise Lost("a worker on its way to a node was lost")
                return await begun()

            yield start

    monkeypatch.setattr("thinkaloud.cluster.place.actors", actors)
    lost = False
    made = counted(tmp_path / "run", on=ta.place("ray", workers=1))
    assert everything(made.folder) == everything(alone) and tried == ATTEMPTS
    tried, lost = 0, True
    with pytest.raises(UserError, match="no worker could be started: a worker on its way to a node was lost"):
        counted(tmp_path / "none", on="ray")
    assert tried == ATTEMPTS


@pytest.mark.slow
def test_what_goes_wrong_in_a_worker_is_recorded_as_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that cannot even be sent reads as in one process; a unit that kills every worker is recorded as failed
    and the others are measured; one that takes too long costs its worker; resume does all three."""
    stopped_clock(monkeypatch)
    monkeypatch.setenv(TROUBLE, f"{tmp_path} odd=4")
    here = counted(tmp_path / "here")
    monkeypatch.setenv(TROUBLE, f"{tmp_path} odd=4 kill=7 hang=10")
    made = counted(tmp_path / "run", on=ta.place("processes", workers=2), unit_time=6.0)
    failed = {unit["at"]["i"]: unit["error"] for unit in made.units if unit["status"] != "ok"}
    assert set(failed) == {4, 7, 10} and len(made.units) == 13
    assert failed[4] == next(unit["error"] for unit in here.units if unit["status"] != "ok")
    assert failed[7].startswith(f"{ATTEMPTS} workers were lost while it was done")
    assert failed[10] == "took more than 6 s (--unit-time)"
    monkeypatch.delenv(TROUBLE)
    ta.resume(made.folder, study=Counted, on="processes")
    assert everything(made.folder) == everything(counted(tmp_path / "alone").folder)


@pytest.mark.slow
def test_a_killed_coordinator_leaves_no_worker_and_is_gone_on_with(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    command = [sys.executable, "-m", "thinkaloud", "run", "channels", "--model", "scripted:faithful"]
    asked = ["--task", "chain_sum", "--items", "160", "--difficulty", "3", "--out", "run", "--on", "processes"]
    running = subprocess.Popen([*command, *asked], cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    segment = tmp_path / "run" / "segments" / "0001.jsonl"
    until = time.monotonic() + 120
    while not (segment.exists() and segment.stat().st_size) and time.monotonic() < until:
        time.sleep(0.1)
    workers = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert len(workers) >= 2
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    done = len(Run(tmp_path / "run", ta.open_study).journal)
    assert 0 < done < 20
    made = ta.resume(tmp_path / "run", on="processes")
    assert len(made.units) == 20 and made.unfinished is None


# --------------------------------------------------------------------------------------------------- without processes


def program(**more: Any) -> Program:
    from thinkaloud.api import configured

    config = configured("channels", ta.open_study("channels"), "scripted:faithful", ["chain_sum"], items=8)
    said = {"study": "channels", "model": "scripted:faithful", "tasks": ["chain_sum"], "config": config}
    return Program(**{**said, "settings": config.settings, "loading": config.loading, **more})


def test_a_worker_that_hangs_is_said_with_its_process_and_how_to_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit a run would wait for it for ever without a word. Nothing is said of what is done soon, nor where
    units before took as long."""
    about = About("a host", 77, Scripted("faithful", faithful).card, None, False, True, None)  # type: ignore[arg-type]

    class Hanging:
        """Answers once so much was said."""

        def __init__(self, words: int) -> None:
            self.about, self.words, self.said, self.enough = about, words, list[str](), asyncio.Event()

        def say(self, text: str) -> None:
            self.said.append(text)
            if len(self.said) == self.words:
                self.enough.set()

        async def do(self, wanted: Any, heard: Any) -> Answer:
            await (self.enough.wait() if self.words else asyncio.sleep(0.05))
            return Answer()

        def end(self) -> None: ...

    async def story(words: int, longest: float) -> list[str]:
        worker = Hanging(words)
        pool = Pool(None, worker)  # type: ignore[arg-type]
        pool._longest = longest
        unit = Unit(phase="p", subject="s", work=pool._asked, title="unit 4")  # type: ignore[arg-type]
        await pool.there(unit, worker.say).work(Scripted("faithful", faithful))
        return worker.said

    assert asyncio.run(story(0, 0.0)) == []
    monkeypatch.setattr("thinkaloud.cluster.pool.SLOW", 0.001)
    said = asyncio.run(story(2, 0.0))
    assert said[0].startswith("unit 4 has been with process 77 on a host for 0 min") and "--unit-time" in said[0]
    assert len(said) == 2, "and again"
    assert asyncio.run(story(0, 100.0)) == []


def test_a_worker_of_other_code_is_refused() -> None:
    with pytest.raises(UserError, match="install the same on every machine"):
        Replica(program(code="sha256:other"))


def test_an_error_comes_back_with_its_effect_and_its_words() -> None:
    """Its type ends as much as before, also where it cannot be sent."""
    assert type(sendable(FatalError("rejected key"))) is FatalError
    lone = sendable(ContextTooSmall(10, 5, "a prompt"))  # final: of this unit alone
    assert type(lone) is ModelError and str(lone) == str(ContextTooSmall(10, 5, "a prompt"))
    try:
        raise KeyError("x")
    except KeyError as error:
        assert "KeyError: 'x' (test_cluster.py, line" in str(sendable(error))


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("rey", "did you mean ray"),
        ("processes:8", "have no address"),
    ],
)
def test_a_place_that_is_none_is_refused_in_one_line(on: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        place_of(on)


def test_addresses_of_ray_are_kept_as_they_are_written() -> None:
    assert [place_of(on).address for on in ("ray", "ray:auto", "ray:h:6379", "ray://h:10001")] == [
        "", "auto", "h:6379", "ray://h:10001"
    ]  # fmt: skip


def test_whoever_waits_for_a_worker_is_woken_once_and_told_when_there_is_none() -> None:
    """A unit that is given up while it waits does not take the next one's turn."""

    class Nobody:
        about: Any = None

        async def do(self, wanted: Any) -> Any: ...

        def end(self) -> None: ...

    async def story() -> list[str]:
        free, worker, came = Free(patience=0.2), Nobody(), list[str]()

        async def one(name: str) -> None:
            await free.take()
            came.append(name)

        first, second = asyncio.create_task(one("first")), asyncio.create_task(one("second"))
        await asyncio.sleep(0.01)
        free.join(worker, 1)
        first.cancel()  # woken already
        await asyncio.sleep(0.01)
        assert came == ["second"] and second.done()
        free.leave(worker)
        free.give(worker)  # one that has left does not come back
        with pytest.raises(FatalError, match="has the cluster room"):
            await free.take()
        free.fail(UserError("no such model"))
        with pytest.raises(UserError, match="no such model"):
            await free.take()
        return came

    assert asyncio.run(story()) == ["second"]
