"""A program finds every number by what it is about; conditions and records are of known types."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import item_records
import report_fixture
import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.open_study import open_study
from thinkaloud.records.about import About, about, every, one, sibling
from thinkaloud.records.condition import PLACED, VARIED, Condition, read
from thinkaloud.records.item import ItemRecord
from thinkaloud.records.schema import check
from thinkaloud.runs.folder import Run
from thinkaloud.runs.found import finding_as_dict, read_findings
from thinkaloud.studies.channels import words as channels_words
from thinkaloud.studies.faithfulness import words as faithfulness_words
from thinkaloud.vocabulary import Estimate, Finding

STUDIES = ("channels", "faithfulness")
Made = dict[str, Run]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run of each study on a scripted reasoner that follows some hints; questions with a reverse are among them."""
    where = tmp_path_factory.mktemp("runs")
    return {
        study: ta.run(study, "scripted:clue:.5,.5,.3", ["compare"], items=10, difficulty=3, out=where / study)
        for study in STUDIES
    }


# -------------------------------------------------------------------------------------------------- what it is about


@pytest.mark.parametrize("study", STUDIES)
def test_no_two_estimates_of_a_task_are_about_the_same(study: str, runs: Made) -> None:
    told = Counter((f.task, frozenset(f.estimate.about.items())) for f in runs[study].findings)
    assert [about for about, times in told.items() if times > 1] == []


@pytest.mark.parametrize("study", STUDIES)
def test_every_estimate_says_what_it_measures_in_parts_that_there_are(study: str, runs: Made) -> None:
    for finding in runs[study].findings:
        parts = finding.estimate.about
        assert "measure" in parts and parts.keys() <= get_type_hints(About).keys()


@pytest.mark.parametrize("study", STUDIES)
def test_a_condition_that_an_estimate_names_is_one_of_the_records(study: str, runs: Made) -> None:
    """Or a kind of them, where a position stands beside it or several are taken together; chance is no condition."""
    there = {read(name) for record in runs[study].records for name in record["conditions"]}
    known = {c.name for c in there} | {c.kind for c in there} | {"chance"}
    for finding in runs[study].findings:
        if finding.estimate.value is not None:
            assert finding.estimate.about.get("condition", "own") in known, finding.estimate


def test_what_an_estimate_is_about_comes_back_from_findings_json(runs: Made) -> None:
    for run in runs.values():
        rows = json.loads((run.folder / "findings.json").read_text())["findings"]
        assert [finding_as_dict(f) for f in run.findings] == rows
        assert all(type(value) in (str, int, float) for f in run.findings for value in f.estimate.about.values())


def test_a_program_finds_a_number_without_its_name(runs: Made) -> None:
    made = [f.estimate for f in runs["faithfulness"].findings if f.task == "compare"]
    named = {e.name: e for e in made}
    last = one(made, measure="follow", condition="mistake", position=-1, role="share", by="answer")
    assert last is named["follow mistake:last / ceiling by answer"]
    assert (
        one(made, measure="accuracy drop", condition="hint:grader:silent") is named["accuracy drop hint:grader:silent"]
    )
    assert sibling(named["mistakes"], made, "floor") is named["mistakes (floor)"]
    assert {e.about["hint"] for e in every(made, measure="follow", reads="bias")} == {
        "suggested", "metadata", "grader", "always-A",
    }  # fmt: skip
    assert one(made, measure="telepathy") is None
    with pytest.raises(ValueError, match=r"5 estimates are about .* name more of their parts"):
        one(made, measure="use", by="probability")


def test_every_part_is_in_the_docs() -> None:
    text = (Path(__file__).parent.parent / "docs" / "findings.md").read_text(encoding="utf-8")
    table = text[text.index("## The parts") : text.index("## Channels")]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name.strip() for cell in first for name in cell.split(",")}
    assert {f"`{name}`" for name in get_type_hints(About)} == told


def test_reports_of_both_studies_know_estimates_by_what_they_are_about_or_by_a_whole_name() -> None:
    for words in (channels_words.WORDS, faithfulness_words.WORDS):
        known = [which for _, some in words.headings for which in some] + [which for which, _ in words.meanings]
        assert not [which for which in known if isinstance(which, str) and set("*?[") & set(which)]


# -------------------------------------------------------------------------------------------------------- conditions


@pytest.mark.parametrize("study", STUDIES)
def test_the_name_of_every_condition_of_a_run_is_read_and_written_back(study: str, runs: Made) -> None:
    names = {name for record in runs[study].records for name in record["conditions"]}
    assert len(names) > 20 and all(read(name).name == name for name in names)
    strange = {name for name in names if read(name).kind == name and ":" in name}
    assert strange == set(), "these were not understood"


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("own", Condition("own")),
        ("cut:0", Condition("cut", position=0)),
        ("filler:dots", Condition("filler", "dots")),
        ("filler:dots:paraphrase", Condition("filler", "dots", form="paraphrase")),
        ("hint:always-A:silent", Condition("hint", "always-A", form="silent")),
        ("silent:lettered", Condition("silent", form="lettered")),
    ],
)
def test_a_name_says_kind_variant_position_and_form(name: str, condition: Condition) -> None:
    assert read(name) == condition and condition.name == name


@given(st.text(st.sampled_from("acdegiknorsut:0123456789"), max_size=20) | st.sampled_from([*PLACED, *VARIED]))
def test_any_name_is_read_as_itself(name: str) -> None:
    """Somebody else's study may call its conditions as it likes."""
    assert read(name).name == name


def test_a_hint_of_which_the_name_could_not_be_read_back_is_refused() -> None:
    with pytest.raises(UserError, match="'a:b' cannot be part of a condition's name"):
        Condition("hint", "a:b")


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    names = ["cut:10", "cut:2", "own", "filler:repeat", "filler:dots"]
    assert sorted(names, key=lambda name: read(name).order) == [
        "cut:2",
        "cut:10",
        "own",
        "filler:dots",
        "filler:repeat",
    ]


# ----------------------------------------------------------------------------------------------------------- records


@pytest.mark.parametrize("study", STUDIES)
def test_every_record_of_a_run_is_of_the_type(study: str, runs: Made) -> None:
    for record in runs[study].records:
        check(record, ItemRecord, study)
        assert record.keys() <= ItemRecord.__annotations__.keys()


CHANGES: dict[str, tuple[Any, str]] = {
    "gold": ("first", "gold is 'first': expected `int`"),
    "status": ("fine", "status is 'fine': known: ok, unparsed, failed"),
    "options": (["a", 3], r"options\[1\] is 3: expected `str`"),
    "conditions": ({"own": {}}, "conditions.own.between is missing"),
    "thought": ("well", "thought is 'well'"),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_record_that_does_not_fit_is_refused_in_one_line(field: str) -> None:
    value, said = CHANGES[field]
    with pytest.raises(UserError, match=f"^here: {said}") as raised:
        check({**item_records.record(1, {}, "ab", 0), field: value}, ItemRecord, "here")
    assert "\n" not in str(raised.value)


def test_a_value_deep_in_a_condition_is_named_by_its_place() -> None:
    record = item_records.record(1, {"own": item_records.reading([-1.0, -2.0])}, "ab", 0)
    record["conditions"]["own"]["logprobs"][1] = "low"
    with pytest.raises(UserError, match=r"conditions\.own\.logprobs\[1\] is 'low': expected `float`, got `str`"):
        check(record, ItemRecord, "here")


def test_the_fixture_of_reports_is_of_the_type() -> None:
    for record in (*report_fixture.records(), *report_fixture.faithful()[1]):
        check(record, ItemRecord, "the fixture")


def test_a_run_folder_whose_records_were_changed_is_refused_with_file_field_and_value(tmp_path: Path) -> None:
    run = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=tmp_path / "run")
    sealed = run.folder / "segments" / "records.parquet"
    unit = json.loads(json.dumps(run.units[0]))
    unit["records"][0]["gold"] = "first"
    (run.folder / "segments" / "0009.jsonl").write_text(json.dumps(unit) + "\n")
    sealed.unlink()
    with pytest.raises(UserError, match=r"0009\.jsonl', record 0 of unit .*: gold is 'first': expected `int`"):
        _ = Run(run.folder, open_study).records


# ---------------------------------------------------------------------------------------------------------- findings


def rows(**changes: Any) -> list[dict[str, Any]]:
    estimate = Estimate("use", 0.5, 0.4, 0.6, 9, 9, about=about(measure="use", position=-1))
    return [{**finding_as_dict(Finding("s", "m", "t", 1, estimate)), **changes}]


def test_findings_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "findings.json").write_text(json.dumps({"format": 1, "findings": rows()}))
    assert read_findings(tmp_path)[0].estimate.about == {"measure": "use", "position": -1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "half"}, r"findings\[0\]\.value is 'half'"),
        ({"n": 2.5}, r"findings\[0\]\.n is 2\.5: expected `int`, got `float`"),
        ({"about": {"position": [1]}}, r"findings\[0\]\.about\.position is \[1\]"),
        ({"reason": "none"}, "estimate 'use': give a value or a reason"),
    ],
)
def test_a_finding_of_a_wrong_type_is_refused_in_one_line(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "findings.json").write_text(json.dumps({"format": 1, "findings": rows(**changes)}))
    with pytest.raises(UserError, match=rf"findings\.json' is damaged \({said}.*thinkaloud report .* makes it anew"):
        read_findings(tmp_path)
