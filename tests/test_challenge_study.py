"""A challenge as a study: the numbers of the command, one folder, and the same bytes after a kill."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from test_challenge import BEACON, TASKS, fake, held
from test_challenge import wanted as asked_of
from thinkaloud.errors import UserError

RIGHT = """
async def solve(item, ask):
    '''Says the word.'''
    return (await ask.aloud(item.question + ' abracadabra')).answer
"""


def settings(path: Path, **more: Any) -> dict[str, Any]:
    return {
        "arm": str(path), "against": ("R1", "R2"), "shots": 2, "budgets": (400, 3000), "margin": 0.2, "trials": 2,
        "dev": 4, "attempts": 2, "beacon": BEACON, **more,
    }  # fmt: skip


def ran(tmp_path: Path, out: str, **more: Any) -> Any:
    path = asked_of(tmp_path, RIGHT).arm
    return ta.run(
        "challenge", fake(), TASKS, items=24, difficulty=4, settings=settings(path, **more), out=tmp_path / out
    )


@pytest.mark.slow
def test_the_study_gives_the_numbers_of_the_command(tmp_path: Path) -> None:
    """The same protocol and beacon make the same questions, choose the same baseline and end in the same intervals."""
    done, run = held(tmp_path, RIGHT, "command"), ran(tmp_path, "study")
    told = run.records[0]["challenge"]
    assert told["protocol"] == done.registered.protocol and told["others"][0] == done.baseline
    lines = {line.family or "pool": line for line in (*done.outcome.families, done.outcome.pool)}
    for task, line in lines.items():
        area = run.estimate(task=task, role="area")
        assert (area.value, area.low, area.high, area.n) == (
            line.area.value, line.area.low, line.area.high, line.area.n
        )  # fmt: skip
        assert area.about["verdict"] == line.word
    assert done.outcome.pool.word in run.report().with_suffix(".md").read_text()


@pytest.mark.slow
def test_a_challenge_that_was_killed_keeps_its_beacon_and_ends_with_the_same_findings(tmp_path: Path) -> None:
    """The drawn beacon is a unit: what was half done goes on with the same questions."""
    whole = ran(tmp_path, "whole", beacon="")
    half = tmp_path / "half"
    shutil.copytree(whole.folder, half)
    (half / "findings.json").unlink()
    (half / "notes.json").unlink()
    lines = [unit for unit in whole.journal if unit["phase"].startswith("screen") or unit["phase"] == "beacon"]
    shutil.rmtree(half / "segments")
    journal = ta.open_run(half).journal
    for unit in lines:
        journal.append(unit["unit"], {name: value for name, value in unit.items() if name != "unit"})
    journal.close()
    again = ta.resume(half, model=fake())
    assert (again.folder / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()
    assert again.records[0]["challenge"]["beacon"] == whole.records[0]["challenge"]["beacon"]


def test_a_challenge_without_an_arm_is_one_line() -> None:
    with pytest.raises(UserError, match=r"no arm was given: --arm mine\.py"):
        ta.run("challenge", "scripted:sim:.1,0,0", ["sim:chain_01"], items=8)
