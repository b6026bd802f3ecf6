"""A run folder is complete, resumable after any kill, and the same byte for byte however it came about."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from thinkaloud.errors import ModelError, UserError
from thinkaloud.open_study import open_run, open_study
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.config import Config
from thinkaloud.runs.journal import Journal, unit_key
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Completion, Estimate, Key, Prompt, Reading, Sampling

TASKS = ["chain_sum", "coin"]


def findings(folder: Path) -> bytes:
    return (folder / "findings.json").read_bytes()


@pytest.mark.slow
def test_the_folder_holds_everything_that_was_promised(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", TASKS, items=16, difficulty=3, out=tmp_path / "run")
    names = {p.name for p in run.folder.iterdir()}
    expected = {"config.toml", "model.json", "findings.json", "bill.json", "report.html", "report.md", "segments"}
    assert expected <= names
    rows = json.loads(findings(run.folder))["findings"]
    assert {
        "study",
        "model",
        "task",
        "difficulty",
        "estimate",
        "value",
        "low",
        "high",
        "n",
        "clusters",
        "reason",
    } <= set(rows[0])
    assert [p.name for p in (run.folder / "segments").iterdir()] == ["records.parquet"]
    assert len(run.records) == 32


@pytest.mark.slow
def test_order_and_concurrency_change_nothing(tmp_path: Path) -> None:
    one = ta.run("channels", "scripted:mixture:0.5", TASKS, items=16, out=tmp_path / "one")
    many = ta.run("channels", "scripted:mixture:0.5", TASKS, items=16, out=tmp_path / "many", concurrency=5)
    assert findings(one.folder) == findings(many.folder)
    assert one.records == many.records


def test_another_seed_asks_other_items(tmp_path: Path) -> None:
    one = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, seed=1, out=tmp_path / "1")
    two = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, seed=2, out=tmp_path / "2")
    assert {r["item"] for r in one.records} != {r["item"] for r in two.records}


@pytest.mark.slow
def test_more_items_keep_the_units_already_measured(tmp_path: Path) -> None:
    few = ta.run("channels", "scripted:faithful", ["chain_sum"], items=16, difficulty=3, out=tmp_path / "few")
    more = ta.run("channels", "scripted:faithful", ["chain_sum"], items=32, difficulty=3, out=tmp_path / "more")
    assert {u["unit"] for u in few.units} < {u["unit"] for u in more.units}


@pytest.mark.slow
def test_rescoring_asks_no_model_and_changes_nothing(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", TASKS, items=16, difficulty=3, out=tmp_path / "run")
    before = findings(run.folder)
    (run.folder / "findings.json").unlink()
    config = (run.folder / "config.toml").read_text().replace("scripted:faithful", "a-model-that-does-not-exist")
    (run.folder / "config.toml").write_text(config)
    again = ta.rescore(run.folder)
    assert findings(again.folder) == before


class Flaky:
    """Fails on its n-th generation, as a server does."""

    def __init__(self, fail_at: int) -> None:
        self._inner, self._left = scripted("faithful"), fail_at
        self.card, self.know = self._inner.card, self._inner.know
        self.tokens = self._inner.tokens

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self._left -= 1
        if self._left == 0:
            raise ModelError("the server closed the connection")
        return await self._inner.generate(prompt, sampling, key)

    async def score(self, prompt: Prompt, options: tuple[str, ...], closing: str = ".") -> Reading:
        return await self._inner.score(prompt, options, closing)


@pytest.mark.slow
def test_a_failed_unit_is_recorded_counted_and_done_again_on_resume(tmp_path: Path) -> None:
    whole = ta.run("channels", scripted("faithful"), TASKS, items=9, difficulty=3, out=tmp_path / "whole")
    broken = ta.run("channels", Flaky(20), TASKS, items=9, difficulty=3, out=tmp_path / "broken")
    failed = [u for u in broken.units if u["status"] == "failed"]
    assert [u["error"] for u in failed] == ["the server closed the connection"]
    resumed = ta.resume(broken.folder, model=scripted("faithful"))
    assert all(u["status"] == "ok" for u in resumed.units)
    assert resumed.records == whole.records


SCRIPT = """
import sys, time, asyncio
from thinkaloud import api
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
class Slow(Scripted):
    async def score(self, prompt, options, closing="."):
        await asyncio.sleep(0.0005)
        return await super().score(prompt, options, closing)
model = Slow("faithful", faithful)
api.run("channels", model, ["chain_sum", "coin"], items=16, out=sys.argv[1])
"""


def recorded(folder: Path) -> int:
    """Bytes in the segments so far; a segment that is sealed between looking and counting counts no more."""
    sizes = []
    for path in (folder / "segments").glob("*.jsonl"):
        with suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    return sum(sizes)


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed_it_ends_with_the_same_findings(tmp_path: Path) -> None:
    """SIGKILL, again and again; no unit is done twice and findings.json is the same byte for byte."""
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([sys.executable, script, whole], check=True, timeout=120)
    rng, kills = random.Random(5), 0
    for _ in range(40):
        before = recorded(killed)
        process = subprocess.Popen([sys.executable, script, killed], start_new_session=True)
        while process.poll() is None and recorded(killed) == before:
            time.sleep(0.005)
        try:
            assert process.wait(timeout=rng.uniform(0.0, 0.15)) == 0
            break
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    else:
        pytest.fail("never finished: resuming makes no progress")
    assert kills > 2, "the run was too fast to be killed"
    assert findings(killed) == findings(whole)
    lines = [unit["unit"] for unit in open_run(killed).units]
    assert len(lines) == len(set(lines)) == len(open_run(whole).units)


def test_a_torn_line_is_not_a_done_unit_and_no_segment_is_written_twice(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("a", {"status": "ok", "phase": "p", "task": "t", "level": 1, "n": 1})
    journal.append("b", {"status": "ok", "phase": "p", "task": "t", "level": 1, "n": 2})
    journal.close()
    segment = tmp_path / "segments" / "0001.jsonl"
    segment.write_bytes(segment.read_bytes()[:-9])
    again = Journal(tmp_path)
    assert again.get("a") is not None and again.get("b") is None
    again.append("b", {"status": "ok", "phase": "p", "task": "t", "level": 1, "n": 2})
    again.seal()
    sealed = Journal(tmp_path)
    assert {u["unit"]: u["n"] for u in sealed} == {"a": 1, "b": 2}


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, writes = os.fsync, []

    def full(descriptor: int) -> None:
        writes.append(descriptor)
        if len(writes) > 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; finished units are safe"):
        ta.run("channels", "scripted:faithful", TASKS, items=9, difficulty=3, out=tmp_path / "run")
    monkeypatch.setattr(os, "fsync", real)
    resumed = ta.resume(tmp_path / "run")
    whole = ta.run("channels", "scripted:faithful", TASKS, items=9, difficulty=3, out=tmp_path / "whole")
    assert findings(resumed.folder) == findings(whole.folder)


def test_unit_keys_depend_on_every_part() -> None:
    assert len({unit_key(a=1), unit_key(a=2), unit_key(b=1), unit_key(a=1, b=1)}) == 4


def test_config_survives_a_round_trip() -> None:
    config = Config("channels", "smollm2-135m", ("coin", "recall"), 12, 3, 7)
    assert Config.loads(config.dumps(), "here", open_study) == config.fits(open_study("channels"))


@pytest.mark.parametrize(
    "text, message",
    [
        ("format = 99", "is of format 99, this version reads format 2"),
        ("format = 1", "is of format 1, this version reads format 2"),
        ("format = ", "is not TOML"),
        ("format = 2\nfrobnicate = 2", "frobnicate"),
    ],
)
def test_a_folder_of_another_version_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Config.loads(text, "config.toml", open_study)


def test_a_model_with_other_weights_may_not_resume(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "run")
    with pytest.raises(UserError, match="was made by a model with digest rule:faithful"):
        ta.resume(run.folder, model=scripted("posthoc"))


def test_import_is_light() -> None:
    """Nothing heavy is loaded by `import thinkaloud`."""
    code = (
        "import sys, thinkaloud; print([m for m in ('numpy', 'duckdb', 'torch', 'rich', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_time_is_not_in_the_findings(tmp_path: Path) -> None:
    one = ta.run("channels", "scripted:filler", ["coin"], items=8, difficulty=3, out=tmp_path / "a")
    time.sleep(0.01)
    two = ta.run("channels", "scripted:filler", ["coin"], items=8, difficulty=3, out=tmp_path / "b")
    assert findings(one.folder) == findings(two.folder)


class Second(Study):
    """Measures a second thing only where the first could not be measured."""

    name, question = "second", "?"
    takes = frozenset()
    fails = True

    async def run(self, asked: Any, do: Any) -> list[str]:
        def unit(i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                if self.fails and not i:
                    raise ModelError("no luck")
                return [{"item": str(i), "status": "ok"}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        if (await do.unit(unit(0))).error is not None:
            await do.unit(unit(1))
        return []

    def estimate(self, records: Any, key: Any) -> list[Estimate]:
        return [Estimate("n", len(records), 0, len(records), len(records), len(records))]


def test_what_only_an_earlier_attempt_asked_for_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in findings, records or failures, also when they are made again; the bill has what was spent."""
    folder = tmp_path / "run"
    first = ta.run(Second, out=folder)
    assert [unit["status"] for unit in first.units] == ["failed", "ok"] and len(open_run(folder, Second()).units) == 2
    monkeypatch.setattr(Second, "fails", False)
    again = ta.run(Second, out=folder)
    made = ta.run(Second, out=tmp_path / "at once")
    assert findings(folder) == findings(made.folder)
    for run in (again, open_run(folder, Second()), ta.rescore(folder, study=Second)):
        assert [record["item"] for record in run.records] == ["0"] and run.bill["units"] == 2
        assert findings(folder) == findings(made.folder) and not run.remarks()
