"""The study of the rungs from one end to the other, on a simulated model."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from arm_records import SOMETIMES, arm_attempt, arm_edit, arm_record
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.settings import checked
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings

TASKS = ["sim:chain_01", "sim:map_01"]


def settings(**changed):
    spending = {"budgets": (150, 600), "arms": ("R2", "F1", "F2"), "attempts": 2, "trials": 1, "dev": 0}
    return RungsSettings(shots=2, **(spending | changed))


def ran(folder, tasks=TASKS, model="scripted:sim:.1,0,0", **changed):
    return ta.run("rungs", model, tasks, items=8, difficulty=4, out=folder, settings=settings(**changed))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return ran(tmp_path_factory.mktemp("rungs") / "run")


def test_every_arm_of_every_item_is_a_record_with_its_attempts_and_its_ledger(run):
    found = {(r["task"], r["item"], r["arm"]) for r in run.records}
    assert len(found) == len(run.records) == 2 * 8 * 3
    for record in run.records:
        assert len(record["attempts"]) == 2
        for made in record["attempts"]:
            spent = [node["spend"]["uncached"] + node["spend"]["output"] for node in made["trace"]]
            assert sum(spent) == made["spend"]["uncached"] + made["spend"]["output"] <= 600


def test_the_records_that_tests_make_up_have_the_fields_of_true_ones(run):
    """Attempts may know sub-answers (`steps`) or not; everything else is always there."""
    made = arm_record("R2", "a", [arm_attempt("A")], edits={"cut": arm_edit("A")})
    for record in run.records:
        assert record.keys() - SOMETIMES == made.keys()
        for one in (*record["attempts"], *record["short"].values()):
            assert one.keys() - {"steps"} == made["attempts"][0].keys()
            assert one["spend"].keys() == made["attempts"][0]["spend"].keys()
        assert all(edit.keys() == made["edits"]["cut"].keys() for edit in record["edits"].values())
    with pytest.raises(AssertionError, match="records of arms have no opitons"):
        arm_record("R2", "a", [], opitons=["A", "B"])


def test_f1_and_f2_have_the_same_plan(run):
    """Information parity: the text that F2 splits is the text that F1 has in its context."""
    plans = {}
    for record in run.records:
        for k, made in enumerate(record["attempts"]):
            call = next((n for n in made["trace"] if n["title"] in ("plan", "aloud") and n["parent"] == 0), None)
            if record["arm"] in ("F1", "F2"):
                plans.setdefault((record["item"], k), {})[record["arm"]] = call["text"].partition("Answers:")[0].strip()
    assert len(plans) == 2 * 8 * 2
    assert all(plan["F1"] == plan["F2"] != "" for plan in plans.values())


def test_what_does_not_fit_a_budget_is_run_again_within_it(run):
    short = [(r, made) for r in run.records for made in r["short"].values()]
    assert short, "the smaller budget must bind somewhere, or this protects nothing"
    for record, made in short:
        spent = made["spend"]["uncached"] + made["spend"]["output"]
        first = record["attempts"][0]["spend"]
        assert spent <= 150 < first["uncached"] + first["output"]


def test_findings_speak_of_every_task_and_of_the_pool(run):
    names = {(f.task, f.estimate.name) for f in run.findings}
    for task in (*TASKS, "pool"):
        assert {(task, "F2 - F1"), (task, "R2k at 600"), (task, "naive gain F2 at 600")} <= names
    pooled = next(f.estimate for f in run.findings if f.task == "pool" and f.estimate.name == "F2 - F1 equivalence")
    assert pooled.value is not None or pooled.reason


def test_a_resumed_run_has_the_same_findings_byte_for_byte(run, tmp_path):
    cut = tmp_path / "cut"
    shutil.copytree(run.folder, cut)
    for made in ("findings.json", "report.html", "report.md"):
        (cut / made).unlink()
    shutil.rmtree(cut / "segments")
    (cut / "segments").mkdir()
    lines = [json.dumps(unit) for unit in run.units[: len(run.units) // 2]]
    (cut / "segments" / "0001.jsonl").write_text("\n".join(lines) + '\n{"torn')
    ta.resume(cut)
    assert (cut / "findings.json").read_bytes() == (run.folder / "findings.json").read_bytes()


def test_interventions_hit_what_comes_back_and_the_way_up_to_them_is_charged_again(run):
    edited = [r for r in run.records if r["arm"] == "F2" and "corrupt" in r["edits"]]
    assert edited
    for record in edited:
        trace = record["edits"]["corrupt"]["trace"]
        marks = [node["edited"] for node in trace if node["edited"]]
        assert marks == ["corrupt"]
        before = {n["id"]: n["spend"]["output"] for n in record["attempts"][0]["trace"]}
        first = next(n for n in trace if n["kind"] == "call")
        assert first["spend"]["output"] == before[first["id"]] > 0
    cut = [r["edits"]["cut"]["right"] for r in edited]
    own = [r["attempts"][0]["right"] for r in edited]
    assert sum(cut) < sum(own)


def test_a_wrong_last_sub_answer_is_followed_by_a_model_that_puts_them_together(run):
    followed = [
        record["edits"]["corrupt"]["followed"]
        for record in run.records
        if record["arm"] == "F2" and record["task"] == "sim:chain_01" and "corrupt" in record["edits"]
    ]
    known = [one for one in followed if one is not None]
    assert len(known) >= 4 and sum(known) / len(known) > 0.7


def test_an_arm_that_a_task_cannot_have_is_absent_and_not_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(type(ta.open_task("sim:chain_01")), "algorithm", None)
    made = ran(tmp_path / "run", ["sim:chain_01"], arms=("R2", "A"))
    absent = [r for r in made.records if r["arm"] == "A"]
    assert {r["status"] for r in absent} == {"absent"} and "algorithm" in absent[0]["error"]
    assert not any(f.estimate.name.startswith("A ") for f in made.findings)


def test_an_edited_arm_is_not_answered_from_what_its_old_code_did(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text('async def solve(item, ask):\n    """Mine."""\n    return await ask.snap(item.question)\n')
    first = ran(tmp_path / "run", ["sim:chain_01"], arms=(str(mine),))
    assert len(first.units) == 2
    mine.write_text('async def solve(item, ask):\n    """Mine."""\n    return "seven"\n')
    with pytest.raises(
        UserError, match=r"made with the file .*mine.py' of digest [0-9a-f]+, now it has .*another --out"
    ):
        ran(tmp_path / "run", ["sim:chain_01"], arms=(str(mine),))
    again = ran(tmp_path / "other", ["sim:chain_01"], arms=(str(mine),))
    assert not {unit["unit"] for unit in first.units} & {unit["unit"] for unit in again.units}


def test_a_family_that_no_probed_arm_answers_is_left_out_and_said_to_be():
    assert Rungs().left_out(0.0) is not None
    assert Rungs().left_out(0.125) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"budgets": (4000, 1000)}, "ascending"),
        ({"meter": "B5"}, "did you mean"),
        ({"margin": 0.0}, "margin"),
        ({"plan": "mine"}, "no plan named 'mine'"),
        ({"attempts": 0}, "attempts 0"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_value(wrong, says):
    with pytest.raises(UserError, match=says):
        checked(RungsSettings(**wrong))


def test_a_configuration_comes_back_from_its_file_and_is_no_other_studys():
    config = Config("rungs", "m", ("chain_sum",), settings=settings())
    assert Config.loads(config.dumps(), "config.toml", open_study) == config
    with pytest.raises(UserError, match=r"channels has settings of its own .*ConditionSettings.*, not .*RungsSettings"):
        Config("channels", "m", ("chain_sum",), settings=settings()).fits(open_study("channels"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--budgets", "4q"], "'4q' is no budget"),
        (["--arms", "R9"], "no arm named 'R9'"),
        (["--arms", "nowhere.py"], "no arm file 'nowhere.py'"),
        (["--pool", "everything"], "no pool and no file named 'everything'"),
    ],
)
def test_the_command_line_names_what_is_wrong(arguments, says, tmp_path):
    command = ["run", "rungs", "--model", "scripted:sim:.1,0,0", "--task", "sim:chain_01", "--difficulty", "3"]
    done = CliRunner().invoke(cli, [*command, *arguments, "--out", str(tmp_path / "run")])
    assert isinstance(done.exception, UserError) and says in str(done.exception)
    assert not (tmp_path / "run" / "findings.json").exists()


def test_the_report_leads_down_to_a_trace(run):
    page = Path(run.folder / "report.html").read_text(encoding="utf-8")
    assert "part 1" in page and '"trace' in page
