"""One process works in a run folder; what a dead one left behind is taken over; readers need no lock."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.runs import lock
from thinkaloud.runs.lock import NAME, Holder, holding

HOLDS = """
import sys, time
from pathlib import Path
from thinkaloud.runs.lock import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def held(folder: Path) -> subprocess.Popen[str]:
    """Another process that works in the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


@pytest.mark.slow
def test_the_second_process_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "run")
    process = held(run.folder)
    try:
        who = rf"process {process.pid} on host '{re.escape(socket.gethostname())}' works in '.*' since"
        again = lambda: ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=run.folder)  # noqa: E731
        for command in (again, lambda: ta.resume(run.folder)):
            with pytest.raises(UserError, match=who) as said:
                command()
            assert "\n" not in str(said.value) and "another --out" in str(said.value)
        assert ta.open_run(run.folder).findings == run.findings == ta.rescore(run.folder).findings  # readers
    finally:
        process.kill()
        process.wait()
    assert (run.folder / NAME).exists()  # left behind by a process that is dead, and taken over
    assert ta.resume(run.folder).findings == run.findings
    assert not (run.folder / NAME).exists()


@pytest.mark.slow
def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "run")
    process = held(run.folder)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "thinkaloud", "resume", str(run.folder)], capture_output=True, text=True
        )
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
        assert f"process {process.pid}" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_two_threads_are_two(tmp_path: Path) -> None:
    said: list[str] = []

    def second() -> None:
        with pytest.raises(UserError) as error, holding(tmp_path):
            pass
        said.append(str(error.value))

    with holding(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert said and f"process {os.getpid()}" in said[0]
    with holding(tmp_path):
        pass


@pytest.mark.parametrize("flock", [True, None])
def test_a_lock_of_another_host_is_refused_with_the_way_out(
    flock: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the file system knows no locks."""
    monkeypatch.setattr(lock, "_flock", lambda file: flock)
    there = replace(Holder.here(), host="elsewhere", boot="another")
    (tmp_path / NAME).write_text(json.dumps(asdict(there)))
    with (
        pytest.raises(UserError, match=r"on host 'elsewhere'.*if it is no longer running, delete '.*run.lock'"),
        holding(tmp_path),
    ):
        pass
    (tmp_path / NAME).unlink()
    with holding(tmp_path):
        pass


@pytest.mark.parametrize("flock", [True, None])
@pytest.mark.parametrize("torn", ["", "{", '{"pid": 1}', "[]"])
def test_a_torn_lock_is_taken_over(
    torn: str, flock: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_flock", lambda file: flock)
    (tmp_path / NAME).write_text(torn)
    with holding(tmp_path):
        assert json.loads((tmp_path / NAME).read_text())["pid"] == os.getpid()


def test_without_the_systems_locks_a_dead_process_is_known_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_flock", lambda file: None)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / NAME).write_text(json.dumps(asdict(replace(Holder.here(), pid=dead.pid))))
    with holding(tmp_path):
        pass
    (tmp_path / NAME).write_text(json.dumps(asdict(replace(Holder.here(), pid=os.getppid()))))
    with pytest.raises(UserError, match=f"process {os.getppid()}"), holding(tmp_path):
        pass


def test_a_machine_that_was_started_anew_has_none_of_its_old_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Holder.here().boot:
        pytest.skip("this system does not name its start")
    before = replace(Holder.here(), boot="the start before", pid=os.getppid())
    (tmp_path / NAME).write_text(json.dumps(asdict(before)))
    with holding(tmp_path):
        pass


def test_a_lock_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError), holding(tmp_path):
        raise ValueError
    assert not (tmp_path / NAME).exists()
