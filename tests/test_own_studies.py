"""Studies from outside of the package: one without model and items, one over items, and records of any shape."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thinkaloud as ta
from command_fixture import thinkaloud
from thinkaloud.errors import UserError
from thinkaloud.from_file import from_file
from thinkaloud.interop.tables import export_table
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Estimate, Key

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "examples" / "studies"
LENGTHS = f"{STUDIES / 'lengths.py'}:Lengths"
DYING = """
import os, signal, sys
from thinkaloud.runs.journal import Journal
append, done = Journal.append, []
def dying(self, *given):
    append(self, *given)
    done.append(given)
    if len(done) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.append = dying
from thinkaloud.cli.main import main
main()
"""


def command(*words: object, at: Path, code: int = 0) -> str:
    """What the command line prints, run in a folder of its own."""
    done = thinkaloud(*map(str, words), cwd=at)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def killed(*words: object, at: Path) -> None:
    """The command in a process of its own, killed once two units are recorded."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    said = [sys.executable, "-c", DYING, *map(str, words)]
    done = subprocess.run(said, cwd=at, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr + done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Somebody's folder with a study and its data, and an empty one beside it."""
    shutil.copytree(STUDIES, tmp_path / "mine" / "studies")
    (tmp_path / "elsewhere").mkdir()
    return tmp_path


def rows(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found = json.loads((folder / "findings.json").read_text())["findings"]
    return {(row["task"], row["estimate"]): row for row in found}


RUN = ("run", "studies/forecasts.py:Forecasts", "--file", "studies/bets.csv", "--out", "r")

# ------------------------------------------------------------------------------------------- without model and items


def test_a_study_without_items_is_killed_and_gone_on_with_from_elsewhere(place: Path) -> None:
    """Every command works on it, relative paths are found where the run began, and the findings are those of a run
    that was never killed, byte for byte."""
    mine, there = place / "mine", place / "elsewhere"
    killed(*RUN, at=mine)
    assert not (mine / "r" / "findings.json").exists()
    said = command("resume", "../mine/r", at=there)
    assert "anna" in said and "report: " in said
    command(*RUN[:-1], "whole", at=mine)
    assert (mine / "r" / "findings.json").read_bytes() == (mine / "whole" / "findings.json").read_bytes()
    command(*RUN, at=mine)  # the very same run: there is nothing left to do
    assert "score: " in command("report", "../mine/r", at=there)
    assert command("export", "../mine/r", "--csv", at=there).startswith("12 rows")
    assert command("export", "../mine/r", "--csv", "--records", at=there).startswith("120 rows")
    assert "not over questions with options" in command("export", "../mine/r", "--inspect", at=there, code=2)


@pytest.mark.slow
def test_workers_go_on_from_elsewhere_with_a_study_of_a_file(place: Path) -> None:
    """They look for the file, and for those that it names, where the run began."""
    mine, there = place / "mine", place / "elsewhere"
    killed(*RUN, at=mine)
    assert "report: " in command("resume", "../mine/r", "--on", "processes", at=there)
    command(*RUN[:-1], "whole", at=mine)
    assert (mine / "r" / "findings.json").read_bytes() == (mine / "whole" / "findings.json").read_bytes()


def test_it_is_described_planned_and_refused_in_one_line(place: Path) -> None:
    mine, study = place / "mine", "studies/forecasts.py:Forecasts"
    told = command("study", study, at=mine)
    assert "Whose forecasts come true" in told and "--reference" in told and "intervals are over topics" in told
    assert "no tokens are counted here" in command("plan", study, "--file", "studies/bets.csv", at=mine)
    assert "'nothing.csv' cannot be read" in command("run", study, "--file", "nothing.csv", at=mine, code=2)
    assert not (mine / "runs").exists()
    assert "no option --items" in command("run", study, "--items", "3", at=mine, code=2)
    said = command("run", study, "--file", "studies/bets.csv", "--score", "brie", at=mine, code=2)
    assert "brier" in said and "Traceback" not in said


def test_its_default_folder_is_named_after_what_was_set(place: Path) -> None:
    """One run, one folder: other settings are another run, and no name has a slash in it."""
    mine = place / "mine"
    for score in ("brier", "absolute", "brier"):
        command("run", RUN[1], "--file", "studies/bets.csv", "--score", score, at=mine)
    folders = sorted(path.name for path in (mine / "runs").iterdir())
    assert len(folders) == 2 and all(name.startswith("forecasts.py-Forecasts-s1-") for name in folders)


def test_its_numbers_are_those_of_its_file(place: Path) -> None:
    """Scores by hand from the file; intervals over topics; differences are of the same questions."""
    command(*RUN, at=place / "mine")
    found = rows(place / "mine" / "r")
    with (STUDIES / "bets.csv").open() as file:
        lines = list(csv.DictReader(file))
    scores: dict[str, list[float]] = {}
    for line in lines:
        scores.setdefault(line["forecaster"], []).append((float(line["probability"]) - int(line["outcome"])) ** 2)
    for who, errors in scores.items():
        row = found[who, "score"]
        assert row["value"] == pytest.approx(np.mean(errors)) and row["low"] < row["value"] < row["high"]
        assert (row["n"], row["clusters"], row["clustered_by"]) == (40, 20, "topic")
        assert found[who, "skill"]["value"] == pytest.approx(1 - np.mean(errors) / 0.25)
    pair = found["pool", "anna - ben"]
    assert pair["value"] == pytest.approx(np.mean(scores["anna"]) - np.mean(scores["ben"]))
    assert pair["about"] == {"measure": "difference of scores", "forecaster": "anna", "against": "ben"}


def test_its_report_is_its_own_page_and_speaks_of_no_questions(place: Path) -> None:
    command(*RUN, at=place / "mine")
    page, text = ((place / "mine" / "r" / name).read_text() for name in ("report.html", "report.md"))
    for said in (page, text):
        assert "Best score: " in said
        assert "1 minus the score over that of the reference" in said and "always says .5" in said
        assert "number of forecasts it rests on" in said
        for false in ("number of items", "How the questions were chosen", "no model", "no level", "Token bill"):
            assert false not in said
    assert (
        "Forecaster by forecaster" in page
        and "<h2>Forecasts</h2>" in page
        and "Transcript" not in page.split("<script")[0]
        and 'id="scores"' in page
    )
    assert "thinkaloud run studies/forecasts.py:Forecasts --file studies/bets.csv" in text
    data = json.loads(page.split('id="records">')[1].split("</script>")[0])
    first = data["groups"][0]["records"][0]
    assert (data["total"], first["id"], first["fields"][0]) == (120, "football 1", ["topic", "football"])


def test_a_run_does_not_go_on_with_a_changed_file_or_a_changed_study(place: Path) -> None:
    mine = place / "mine"
    killed(*RUN, at=mine)
    bets, study = mine / "studies" / "bets.csv", mine / "studies" / "forecasts.py"
    before = bets.read_text()
    bets.write_text(before.replace("0.", "0.1", 1))
    assert "made with the file 'file'" in command("resume", "r", at=mine, code=2)
    bets.write_text(before)
    study.write_text(study.read_text() + "\n")
    assert "made with the file 'studies/forecasts.py:Forecasts'" in command("resume", "r", at=mine, code=2)


def test_an_object_does_what_its_name_does_and_must_be_passed_again(place: Path) -> None:
    made = from_file(f"{STUDIES / 'forecasts.py'}:Forecasts", "study")
    settings = {"file": str(STUDIES / "bets.csv")}
    run = ta.run(made, settings=settings, out=place / "object")
    command(*RUN, at=place / "mine")
    assert rows(place / "object") == rows(place / "mine" / "r")
    again = ta.open_run(place / "object", study=type(made))
    assert again.findings == run.findings and "forecasts" in repr(again) and " of " not in repr(again)
    assert ta.resume(place / "object", study=made).findings == run.findings
    with pytest.raises(UserError, match="'forecasts' was passed from Python as an object: pass it again"):
        ta.open_run(place / "object")
    assert "pass it again" in command("resume", place / "object", at=place, code=2)


def test_what_its_card_says_is_so(tmp_path: Path) -> None:
    """One who is never wrong scores 0, one who always says one half .25."""
    path = tmp_path / "bets.csv"
    made = [("sure", i, i % 2, i % 2) for i in range(12)] + [("half", i, 0.5, i % 2) for i in range(12)]
    lines = [f"{who},q{i},t{i},{said},{came}" for who, i, said, came in made]
    path.write_text("\n".join(["forecaster,question,topic,probability,outcome", *lines]))
    study = from_file(f"{STUDIES / 'forecasts.py'}:Forecasts", "study")
    run = ta.run(study, settings={"file": str(path)}, out=tmp_path / "r")
    found = rows(run.folder)
    assert (found["sure", "score"]["value"], found["half", "score"]["value"]) == (0, 0.25)
    assert found["sure", "score"]["high"] < 0.3 and study.card.sentences()[0].count("0 from one") == 1


# ------------------------------------------------------------------------------------------------ records of any shape


class Strange(Study):
    """Its records use the words of ours for other things, and its estimates their names."""

    name, question = "strange", "What is strange?"
    kept: tuple[dict[str, Any], ...] = (
        {"heads": 3},
        {"conditions": 3, "failed": 2, "attempts": "two", "thought": "hm", "options": None, "question": 7, "gold": "x"},
        {"conditions": ["a"], "failed": True, "edits": [1], "short": 2, "gold": 9, "options": ["a"], "level": "high"},
        {"conditions": {"a": {"value": 1}}, "attempts": [1, 2], "question": "Why?", "options": ["a"], "gold": 0},
        {"item": "5", "status": "failed"},
        {"item": "6", "status": "unparsed", "thought": 4},
    )

    async def run(self, asked, do):
        async def work(session):
            return self.kept

        await do.unit(Unit(phase=self.name, subject="coins", work=work))
        return []

    def estimate(self, records, key):
        names = ("silent", "content", "sound", "own", "externalised share")
        return [Estimate(name, 0.5, 0.4, 0.6, len(records), len(records)) for name in names]


def test_records_of_any_shape_are_recorded_shown_and_exported(tmp_path: Path) -> None:
    run = ta.run(Strange(), out=tmp_path / "r")
    assert [record["task"] for record in run.records] == ["coins"] * 6
    assert [record["status"] for record in run.records] == ["ok"] * 4 + ["failed", "unparsed"]
    page = (run.folder / "report.html").read_text()
    data = json.loads(page.split('id="records">')[1].split("</script>")[0])
    shown = [record for group in data["groups"] for record in group["records"]]
    assert ["heads", "3"] in shown[0]["fields"] and len(shown) == 6
    path, count = export_table(run, "json", records=True)
    kept = json.loads(path.read_text())
    assert count == len(kept) == 6 and kept[0]["rest"] == {"heads": 3} and kept[3]["rest"]["attempts"] == [1, 2]
    again = ta.resume(run.folder, study=Strange())
    assert again.findings == run.findings


def test_an_estimate_that_is_called_like_one_of_ours_is_not_explained_as_ours(tmp_path: Path) -> None:
    """A stranger's `silent` is no channel: no heading of ours is above it, and nothing is said of how it is made."""
    run = ta.run(Strange(), out=tmp_path / "r")
    for name in ("report.html", "report.md"):
        said = (run.folder / name).read_text().split("</style>")[-1].split("<script")[0]
        assert "silent" in said
        for false in ("Channels", "P(gold)", "chance", "between question and answer", "ability", "What was read under"):
            assert false not in said


def test_a_unit_that_fails_whole_is_named_by_what_it_is(tmp_path: Path) -> None:
    """It has no level, and the report says which unit it was."""

    class Failing(Strange):
        async def run(self, asked, do):
            async def work(session):
                raise ValueError("no coin")

            for toss in range(2):
                await do.unit(Unit(phase=self.name, subject="coins", at={"toss": toss}, work=work))
            return []

    run = ta.run(Failing(), out=tmp_path / "r")
    assert "coins, toss 1: ValueError: no coin" in (run.folder / "report.md").read_text()
    assert [f.estimate.reason for f in run.findings] == []


def test_a_setting_that_every_run_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom thinkaloud.settings import setting\n"
        "from thinkaloud.study import Study\n"
        "@dataclass(frozen=True)\nclass Settings:\n    seed: int = setting(1, 'Mine.')\n"
        "class Own(Study):\n    name, question = 'own', 'Why?'\n    Settings = Settings\n"
    )
    assert "has a setting 'seed', which every run" in command("run", f"{path}:Own", at=tmp_path, code=2)


# ------------------------------------------------------------------------------------------------------ over items


def lengths(study: Any, out: Path) -> ta.Run:
    return ta.run(study, "scripted:graded:.6", ["chain_sum"], items=8, difficulty=3, out=out, settings={"shots": 2})


def test_a_study_over_items_is_a_file_an_object_or_an_installed_package(tmp_path: Path, monkeypatch: Any) -> None:
    """The same findings in each way; what is installed is listed, and needs no path."""
    site = tmp_path / "site"
    (site / "own_studies-1.0.dist-info").mkdir(parents=True)
    shutil.copy(STUDIES / "lengths.py", site / "own_lengths.py")
    (site / "own_studies-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: own-studies\nVersion: 1.0\n"
    )
    (site / "own_studies-1.0.dist-info" / "entry_points.txt").write_text(
        "[thinkaloud.studies]\nlengths = own_lengths:Lengths\n"
    )
    monkeypatch.syspath_prepend(str(site))
    by_file = lengths(LENGTHS, tmp_path / "file")
    by_object = lengths(from_file(LENGTHS, "study"), tmp_path / "object")
    by_name = lengths("lengths", tmp_path / "name")
    assert by_file.findings == by_object.findings == by_name.findings
    assert ta.resume(tmp_path / "name").findings == by_name.findings


def test_its_numbers_are_those_of_its_records_and_its_settings_its_own(tmp_path: Path) -> None:
    run = lengths(LENGTHS, tmp_path / "r")
    words = [record["words"] for record in run.records]
    found = {finding.estimate.name: finding.estimate for finding in run.findings}
    assert found["words"].value == pytest.approx(np.mean(words)) and len(words) == found["words"].n == 8
    assert all(len(record["thought"]["text"].split()) == record["words"] for record in run.records)
    short = ta.run(
        LENGTHS, "scripted:graded:.6", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "s", settings={"longest": 3}
    )
    assert {record["words"] for record in short.records} == {3}
    assert "longest = 3" in (tmp_path / "s" / "config.toml").read_text()
    assert "--longest 3" in (tmp_path / "s" / "report.md").read_text()


def test_long_and_short_reasonings_are_told_apart_by_hand() -> None:
    """Wrong ones of 9 words, as many right ones of 5: a difference of 4."""
    study = from_file(LENGTHS, "study")
    reading = {True: [0.0, -9.0], False: [-9.0, 0.0]}
    records = [
        {"words": 5 if right else 9, "gold": 0, "conditions": {"own": {"logprobs": reading[right]}}}
        for right in (True, False) * 20
    ]
    found = {e.name: e for e in study.estimate(records, Key(("test",)))}
    assert (found["accuracy"].value, found["words"].value, found["words wrong - right"].value) == (0.5, 7, 4)


def test_a_study_over_items_of_ones_own_is_a_task_of_inspect(tmp_path: Path) -> None:
    """By its name or its file, with its own settings, and the numbers of a run of the same items."""
    pytest.importorskip("inspect_ai")
    from inspect_ai import eval as inspect_eval

    import inspect_providers
    from thinkaloud.interop.tasks import estimates, study_task
    from thinkaloud.items.material import Wanted, material
    from thinkaloud.tasks import open_task

    drawn = material(open_task("chain_sum"), 3, 1, Wanted(8, 2))
    inspect_providers.know((*drawn.items, *drawn.examples))
    task = study_task(LENGTHS)("chain_sum", items=8, seed=1, difficulty=3, shots=2, longest=4)
    (log,) = inspect_eval(task, model="fake/honest", log_dir=str(tmp_path / "log"), display="none", log_format="eval")
    run = ta.run(
        LENGTHS, "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "r",
        settings={"shots": 2, "longest": 4},
    )  # fmt: skip
    assert [e.value for e in estimates(log)] == [f.estimate.value for f in run.findings]
    assert log.eval.task == "thinkaloud/lengths"
