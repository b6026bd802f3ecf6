"""Closed and full outputs, no home folder, odd names of files, an interrupt in a notebook: nothing is lost."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.models.llama_cpp.dequantise import cache_folder
from thinkaloud.models.places import expanded
from thinkaloud.names import split_names
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted, scripted
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Completion, Key, Reading

LINE = {"question": "Is snow white?", "options": ["yes", "no"], "answer": "yes"}
RUN = "run channels --model scripted:faithful --task chain_sum --difficulty 3 --items 8 --out run"


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = command.replace("TA ", f"{sys.executable} -m thinkaloud ")
    return subprocess.run(["bash", "-c", line], cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which there is a run."""
    folder = tmp_path_factory.mktemp("done")
    ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=folder / "run")
    return folder


# ------------------------------------------------------------------------------------------------------------ streams


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_output_is_one_line_and_code_2(done: Path) -> None:
    for command in ("report run", "--help", "tasks"):
        found = shell(f"TA {command} > /dev/full", done)
        assert found.returncode == 2
        assert (
            found.stderr.startswith("thinkaloud: standard output cannot be written") and found.stderr.count("\n") == 1
        )


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_changes_nothing_but_what_is_shown(closed: str, done: Path, tmp_path: Path) -> None:
    found = shell(f"TA {RUN} {closed}", tmp_path)
    assert (found.returncode, "Traceback" in found.stderr) == (0, False)
    for name in ("findings.json", "config.toml"):
        assert (tmp_path / "run" / name).read_bytes() == (done / "run" / name).read_bytes()


@pytest.mark.slow
def test_a_reader_that_goes_away_is_quiet(done: Path) -> None:
    found = shell("TA tasks | true; echo ${PIPESTATUS[0]}", done)
    assert found.stderr == "" and found.stdout.strip() in ("0", "141")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_stderr_does_not_end_a_run(tmp_path: Path) -> None:
    assert (
        shell(f"TA {RUN.replace('faithful', 'nan:0.5')} 2>/dev/full; test -f run/findings.json", tmp_path).returncode
        == 0
    )


# ------------------------------------------------------------------------------------------------------------ places


def test_the_cache_folder_asks_for_a_home_only_where_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("THINKALOUD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "thinkaloud"
    for relative in ("", "here"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        with pytest.raises(UserError, match=r"no home folder.*THINKALOUD_CACHE"):
            cache_folder()
    monkeypatch.setattr(Path, "expanduser", lambda path: no_home())
    with pytest.raises(UserError, match=r"'~/m\.gguf' begins at a home folder"):
        expanded("~/m.gguf")


def test_names_are_split_at_commas_that_are_not_in_the_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a,b.jsonl", "a, b.jsonl", "plain.jsonl", " lead.jsonl", "c,d,e.jsonl"):
        Path(name).write_text(json.dumps(LINE))
    expected = {
        "coin,recall": ("coin", "recall"),
        "coin , recall,": ("coin", "recall"),
        "a,b.jsonl": ("a,b.jsonl",),
        "a, b.jsonl": ("a, b.jsonl",),
        "coin, a,b.jsonl ,recall": ("coin", "a,b.jsonl", "recall"),
        "plain.jsonl, coin": ("plain.jsonl", "coin"),
        " lead.jsonl": (" lead.jsonl",),
        "c,d,e.jsonl,plain.jsonl": ("c,d,e.jsonl", "plain.jsonl"),
        "": (),
        ",": (),
        "x" * 5000 + ",coin": ("x" * 5000, "coin"),
    }
    assert {text: split_names(text) for text in expected} == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.JSONL", json.dumps(LINE)),
        ("q.ndjson", json.dumps(LINE)),
        ("q.jsonl ", json.dumps(LINE)),
        ("q.json", json.dumps(LINE)),
        ("list.json", json.dumps([LINE], indent=1)),
        ("q.jsonl.gz", gzip.compress(json.dumps(LINE).encode(), mtime=0)),
        ("list.JSON.gz", gzip.compress(json.dumps([LINE]).encode(), mtime=0)),
    ],
)
def test_files_of_questions_by_their_other_names(name: str, text: str | bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (item,) = open_task(str(tmp_path / name)).items(1, 1, Key(("k",)))
    assert item.question == "Is snow white?"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.xlsx", b"a,b", "is not read as questions: make it one JSON object a line"),
        ("q.csv", b"a,b", "is empty"),
        ("notes", b"a", "is not read as questions"),
        ("q.jsonl.gz", b'{"question"', "is not a whole gzip file"),
        ("q.json", b"[1, 2", "is not JSON"),
        ("gone.yaml", None, "is no kind of file that questions are read from"),
        ("gone.parquet", None, "no such file"),
        ("gone.ndjson", None, "no such file"),
    ],
)
def test_other_files_are_named_as_what_they_are(name: str, text: bytes | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text)
    with pytest.raises(UserError, match=said):
        open_task(str(tmp_path / name))


def test_a_level_may_be_a_time_stamp_and_a_larger_one_is_refused_when_the_file_is_read(tmp_path: Path) -> None:
    path, level = tmp_path / "q.jsonl", 1_764_350_000_000_000_000
    rows = [{**LINE, "question": f"Is snow {i} white?", "level": level} for i in range(8)]
    path.write_text("\n".join(map(json.dumps, rows)))
    run = ta.run("channels", Sure("faithful", faithful), [str(path)], items=8, difficulty=level, out=tmp_path / "run",
                 settings={"shots": 0})  # fmt: skip
    assert (run.folder / "segments" / "records.parquet").is_file()
    assert ta.open_run(run.folder).records[0]["level"] == level
    path.write_text(json.dumps({**LINE, "level": 10**30}))
    with pytest.raises(UserError, match=r"line 1: the level 1000.* is not below 2 to the 63rd"):
        open_task(str(path))


class Sure(Scripted):
    """Says one sentence and prefers the first option."""

    async def generate(self, *asked: Any) -> Completion:
        return Completion("Snow is white.", 3, "stop")

    async def score(self, prompt: Any, options: Any, closing: str = ".") -> Reading:
        return Reading((-0.1, *[-3.0] * (len(options) - 1)))


# ------------------------------------------------------------------------------------------------------------ notebook


class Slow(Scripted):
    """Takes its time, and counts what it is asked."""

    asked = 0

    async def score(self, prompt: Any, options: Any, closing: str = ".") -> Reading:
        Slow.asked += 1
        await asyncio.sleep(0.002)
        return await super().score(prompt, options, closing)


@pytest.mark.slow
def test_an_interrupt_in_a_notebook_stops_the_work_and_the_next_cell_goes_on(tmp_path: Path) -> None:
    """After KeyboardInterrupt nothing is asked, finished units are kept, no thread is left, and a second cell runs."""
    Slow.asked, folder = 0, tmp_path / "run"
    before = set(threading.enumerate())

    def interrupt() -> None:
        while not (folder / "segments" / "0001.jsonl").is_file():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    async def cell() -> str:
        threading.Thread(target=interrupt).start()
        try:
            ta.run("channels", Slow("faithful", faithful), ["chain_sum"], items=64, difficulty=3, out=folder)
        except KeyboardInterrupt:
            return "interrupted"
        return "finished"

    async def next_cell() -> Any:
        return ta.resume(folder, model=scripted("faithful"))

    was = signal.signal(signal.SIGINT, signal.default_int_handler)
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(cell()) == "interrupted"
        count = Slow.asked
        time.sleep(0.3)
        assert Slow.asked == count > 0
        assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "thinkaloud-run"]
        kept = len(ta.open_run(folder).units)
        resumed = loop.run_until_complete(next_cell())
    finally:
        signal.signal(signal.SIGINT, was)
        loop.close()
    assert 0 < kept < 8 == len(resumed.units)


def test_a_result_and_an_error_come_back_from_a_running_loop(tmp_path: Path) -> None:
    async def cell(difficulty: int) -> Any:
        out = tmp_path / str(difficulty)
        return ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, out=out, difficulty=difficulty)

    assert asyncio.run(cell(difficulty=3)).records
    with pytest.raises(UserError, match="has no level 99"):
        asyncio.run(cell(difficulty=99))
