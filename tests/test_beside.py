"""A second model on the questions of a run, and the early stop: the same is asked, and no more than is needed."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import thinkaloud as ta
from thinkaloud.beside import Until, run_beside
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a") / "run"
    ta.run("channels", "scripted:faithful", ["chain_sum"], items=64, difficulty=3, out=folder)
    return folder


def test_a_plain_difference_ends_the_second_run_early_and_is_told(first: Path, tmp_path: Path) -> None:
    until = Until("silent")
    made = run_beside(first, "scripted:posthoc", out=tmp_path / "b", until=until)
    assert 8 <= len(made.records) < 64 and made.stopped is not None and "enough" in made.stopped
    assert until.found["chain_sum"].decided == "different"
    assert "chain_sum: P(gold) silent is different" in until.sentences()[0]


def test_without_an_early_stop_it_asks_what_the_first_one_asked(first: Path, tmp_path: Path) -> None:
    made = run_beside(first, "scripted:faithful", out=tmp_path / "b")
    asked = [[record["item"] for record in run.records] for run in (ta.open_run(first), made)]
    assert asked[0] == asked[1] and made.stopped is None


def test_a_model_beside_itself_is_the_same_in_the_end(first: Path, tmp_path: Path) -> None:
    until = Until("P(gold) own", margin=0.1)
    made = run_beside(first, "scripted:faithful", out=tmp_path / "b", until=until)
    assert until.found["chain_sum"].decided == "the same" and len(made.records) < 64


@pytest.mark.parametrize(
    ("row", "why"), [("content", "chosen from all items"), ("P(gold) owm", "did you mean P\\(gold\\) own")]
)
def test_a_row_that_cannot_be_looked_at_is_refused_before_anything_is_asked(
    first: Path, tmp_path: Path, row: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        run_beside(first, "scripted:faithful", out=tmp_path / "b", until=Until(row))
    assert not (tmp_path / "b").exists()


def called(command: str, *more: str) -> Result:
    return CliRunner().invoke(cli, ["compare", *command.split(), *more])


def test_both_runs_are_made_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = "--a scripted:faithful --b scripted:posthoc --task chain_sum --difficulty 3 --items 16 --seed 2 --shots 4"
    done = called(command, "--fail-if-changed", "silent")
    assert done.exit_code == 6 and "changed: scripted:posthoc, chain_sum: P(gold) silent" in done.output
    (report,) = tmp_path.glob("runs/compare-*/junit.xml")
    cases = {case.attrib["name"]: case for case in ElementTree.parse(report).iter("testcase")}
    assert cases["P(gold) silent"].find("failure") is not None and cases["P(gold) own"].find("failure") is None


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("--a scripted:faithful --task chain_sum", "--a needs --b MODEL"),
        ("--until decided runs/x", "--until needs --b MODEL"),
        ("runs/x --task chain_sum runs/y", "compare has no option --task"),
        ("--a scripted:faithful --b scripted:posthoc --task chain_sum", "give --difficulty LEVEL"),
        ("--a scripted:faithful --b scripted:posthoc --task chain_sum --itmes 3", "No such option"),
        ("runs/x runs/y --b scripted:faithful", "held against one run, and 2 were given"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(command: str, why: str) -> None:
    done = called(command)
    assert done.exit_code != 0 and why in f"{done.output}{done.exception}"
