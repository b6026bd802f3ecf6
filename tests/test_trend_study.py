"""The trend as a study over other runs: the numbers of `thinkaloud trend`, in a run folder like all others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import thinkaloud as ta
from command_fixture import thinkaloud
from thinkaloud import api
from thinkaloud.errors import UserError
from thinkaloud.metrics.trend import MEASURES
from thinkaloud.organisms.scripted import scripted

ROOT = Path(__file__).parents[1]
MODELS = ("0.7", "0.3")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs of two models, and an empty one beside it."""
    root = tmp_path_factory.mktemp("trend")
    for share in MODELS:
        model = scripted(f"mixture:{share}")
        ta.run(
            "channels", model, ["chain_sum"], items=8, difficulty=2, out=root / "runs" / share, settings={"shots": 2}
        )
    (root / "elsewhere").mkdir()
    return root


def command(*words: str, at: Path, code: int = 0) -> str:
    done = thinkaloud(*words, cwd=at)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_it_says_what_trend_says_with_the_parts_of_every_estimate(place: Path) -> None:
    """Every slope and rate is that of `ta.trend`, found by what it is about; names are not taken apart."""
    folders = [str(place / "runs" / share) for share in MODELS]
    sizes = dict(zip(folders, (1e8, 1e9), strict=True))
    run = ta.run("trend", settings={"folders": [f"{name}={size:g}" for name, size in sizes.items()]}, out=place / "t")
    known = api.trend(folders, sizes, place / "known")
    assert {finding.task for finding in run.findings} == {"channels"}
    estimates = [finding.estimate for finding in run.findings]

    def the(**about: object) -> object:
        (one,) = [
            e for e in estimates if about.items() <= e.about.items() and ("model" in about) == ("model" in e.about)
        ]
        return one.value, one.low, one.high, one.n, one.reason

    for trend in known.trends:
        for name, line in (("total", trend.total), ("matched", trend.matched), ("same_items", trend.same_items)):
            at = {"measure": trend.measure, "line": name}
            for scale, e in (("probability", line.slope), ("logits", line.logit)):
                assert the(**at, scale=scale) == (e.value, e.low, e.high, e.n, e.reason)
            for model, e in zip(known.models, line.rates, strict=True):
                assert the(**at, model=model.name) == (e.value, e.low, e.high, e.n, e.reason)
    verdicts = {e.about["measure"]: e.about["verdict"] for e in estimates if "verdict" in e.about}
    assert verdicts == {trend.measure: trend.verdict for trend in known.trends} and list(verdicts) == list(MEASURES)


def test_it_is_a_run_like_any_other(place: Path) -> None:
    """A folder, a report with the figure, and resume from elsewhere, which finds the runs and reads them once."""
    out = command("run", "trend", "--folders", "runs/0.7=1e8,runs/0.3=1e9", "--out", "made", at=place)
    assert "early AOC" in out and "not identifiable" in out and "report: " in out
    before = (place / "made" / "findings.json").read_bytes()
    assert "early AOC" in command("resume", "../made", at=place / "elsewhere")
    assert (place / "made" / "findings.json").read_bytes() == before
    page, text = ((place / "made" / name).read_text() for name in ("report.html", "report.md"))
    assert 'id="trend"' in page and "decade" in page and "2 runs; tasks: chain\\_sum, level 2" in text
    assert "thinkaloud run trend --folders runs/0.7=1e8,runs/0.3=1e9" in text
    assert str(place) not in before.decode()
    assert "no run folder was given" in command("run", "trend", at=place, code=2)


def test_runs_that_have_changed_are_refused(place: Path) -> None:
    """Findings of other records must not stand under the old ones."""
    command("run", "trend", "--folders", "runs/0.7=1e8,runs/0.3=1e9", "--out", "kept", at=place)
    model = scripted("mixture:0.5")
    ta.run("channels", model, ["chain_sum"], items=8, difficulty=2, out=place / "runs" / "new", settings={"shots": 2})
    (place / "runs" / "0.3").rename(place / "runs" / "old")
    (place / "runs" / "new").rename(place / "runs" / "0.3")
    said = command("resume", "kept", at=place, code=2)
    assert "no longer has the content that this run began with" in said and "questions" not in said


def test_what_cannot_be_compared_is_said_in_one_line(place: Path, tmp_path: Path) -> None:
    sized = [f"{place / 'runs' / share}={size}" for share, size in zip(MODELS, ("1e8", "1e9"), strict=True)]
    ta.run("trend", settings={"folders": sized}, out=tmp_path / "t")
    with pytest.raises(UserError, match="no number of parameters"):
        ta.run("trend", settings={"folders": [str(place / "runs" / "0.7")]}, out=tmp_path / "a")
    with pytest.raises(UserError, match="is no run folder"):
        ta.run("trend", settings={"folders": [str(tmp_path)]}, out=tmp_path / "b")
    assert json.loads((tmp_path / "t" / "findings.json").read_text())["findings"]
