"""Mistakes of the user are one line, quote the value, name the nearest right one, and exit with 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_fixture import thinkaloud
from thinkaloud.open_study import BUILTIN


def process(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "thinkaloud", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, timeout=120, env={**os.environ, "COLUMNS": "160"}
    )


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("run", "chanels"), "no study named 'chanels'; did you mean channels or challenge?"),
        (("run", "channels", "--model", "smollm2-135"), "no model named 'smollm2-135'; did you mean smollm2-135m?"),
        (("run", "channels", "--model", "nowhere/m.gguf"), "there is no model file 'nowhere/m.gguf'"),
        (("run", "channels", "--model", "scripted:faithfull"), "did you mean faithful or filler?"),
        (("run", "channels", "--task", "chain_sums"), "no task named 'chain_sums'; did you mean chain_sum"),
        (("run", "channels", "--model", "scripted:faithful", "--items", "0"), "--items is 0: at least 1"),
        (("run", "channels", "--model", "scripted:faithful", "--difficulty", "hard"), "--difficulty is 'hard'"),
        (("run", "channels", "--model", "scripted:faithful", "--difficulty", "99"), "has no level 99"),
        (("run", "channels", "--task", "coin,coin"), "a task is given twice in 'coin,coin'"),
        (("run", "--items", "8", "channels"), "the study comes before its options: thinkaloud run channels --items 8"),
        (("run", "channels", "--model", "Qwen/Qwen3-0.6B"), "give 'hf:Qwen/Qwen3-0.6B'"),
        (("run", "channels", "--task", "gsm8k"), "gsm8k is loaded from the hub by a package that is not"),
        (("resume", "nowhere"), "'nowhere' is no run folder"),
        (("report", "nowhere"), "'nowhere' is no run folder"),
    ],
)
def test_user_mistakes(arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # as if it were not installed
    done = thinkaloud(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in process("--debug", "resume", "nowhere", cwd=tmp_path).stderr


@pytest.mark.slow
def test_a_run_prints_its_table_and_where_things_are(tmp_path: Path) -> None:
    """As a process of its own, as people start it."""
    out = tmp_path / "run"
    done = process(
        "run", "channels", "--model", "scripted:faithful", "--task", "chain_sum,recall", "--items", "8",
        "--difficulty", "2", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "chain_sum" in done.stdout and "recall" in done.stdout
    assert str(out) in done.stdout.replace("\n", "")
    again = thinkaloud("report", str(out))
    assert again.returncode == 0, again.stderr


@pytest.mark.slow
def test_a_folder_with_another_run_is_not_overwritten(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    same = ("run", "channels", "--model", "scripted:faithful", "--items", "8", "--difficulty", "2", "--out", out)
    assert thinkaloud(*same).returncode == 0
    other = thinkaloud(*same, "--seed", "2")
    assert other.returncode == 2 and "holds another run" in other.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    third = thinkaloud(*same[:-1], str(tmp_path / "mine"))
    assert third.returncode == 2 and "is not empty and no run folder" in third.stderr


def test_lists() -> None:
    assert "smollm2-135m" in thinkaloud("models").stdout
    assert "chain_sum" in thinkaloud("tasks").stdout
    assert "channels" in thinkaloud("studies").stdout


def test_run_without_a_study_lists_the_studies_in_a_line_each() -> None:
    done = thinkaloud("run")
    said = done.stderr + done.stdout
    assert all(f"\n  {name} " in said for name in ("channels", "faithfulness", "rungs"))
    listed = thinkaloud("studies").stdout.splitlines()
    assert len(listed) == len(BUILTIN) and all(len(line) < 120 for line in listed)
