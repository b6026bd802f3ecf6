"""A run folder is of one model, one set of questions, one protocol and one configuration; anything else is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from folder_fixture import Leaning, lines, written
from thinkaloud.api import trend
from thinkaloud.errors import UserError
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.folder import Run
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.tasks.sums import ChainSum

FEW = {"shots": 2}


def measured(model: Any, task: Any, out: Path | None = None, **more: Any) -> Run:
    level = 1 if str(task).endswith(".jsonl") else 2
    return ta.run("channels", model, [task], items=8, difficulty=level, out=out, settings=FEW, **more)


def own(run: Run) -> float:
    found = next(f.estimate for f in run.findings if f.estimate.name == "P(gold) own")
    assert found.n == 8 and found.value is not None
    return found.value


def refused(message: str, model: Any, task: Any, out: Path) -> None:
    """By `run` and by `resume`, and the folder stays as it was."""
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    with pytest.raises(UserError, match=message) as said:
        measured(model, task, out)
    assert "another --out" in str(said.value) and "\n" not in str(said.value)
    with pytest.raises(UserError, match=message):
        ta.resume(out, model=model, tasks=[task])
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before


def test_other_weights_behind_the_same_name_are_refused(tmp_path: Path) -> None:
    """Without it, the units of both would be averaged and reported under one digest."""
    questions = written(tmp_path / "trees.jsonl", lines())
    measured(Leaning(0.9, "sha256:one"), questions, tmp_path / "out")
    refused("digest sha256:one, this one has sha256:two", Leaning(0.2, "sha256:two"), questions, tmp_path / "out")


def test_an_object_of_the_same_class_with_another_parameter_is_another_model(tmp_path: Path) -> None:
    questions = written(tmp_path / "trees.jsonl", lines())
    run = measured(Leaning(0.9), questions, tmp_path / "out")
    assert run.card.digest.startswith("object:")
    refused("made by a model with digest object:", Leaning(0.2), questions, tmp_path / "out")
    assert own(measured(Leaning(0.9), questions, tmp_path / "out")) == pytest.approx(own(run))


def test_an_object_that_cannot_be_hashed_is_told_to_bring_a_digest(tmp_path: Path) -> None:
    model = Leaning(0.9)
    model.connection = (line for line in ())  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"Leaning\.connection is a .*generator.*give Leaning a `digest`"):
        measured(model, written(tmp_path / "trees.jsonl", lines()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"answer": "birch"},
        {"options": ["ash", "birch", "larch"]},
        {"reasoning": ["It is another one."]},
        {"level": 1, "meta": {"source": "elsewhere"}},
        {"transcript": "It is ash, they say."},
    ],
)
@pytest.mark.parametrize("given", [{}, {"id": True}])
def test_an_edited_question_file_is_noticed(changed: dict[str, Any], given: dict[str, Any], tmp_path: Path) -> None:
    """Question, options, answer, reasoning, meta and transcript, with given ids too."""
    rows = [row | ({"id": f"row {i}"} if given else {}) for i, row in enumerate(lines())]
    questions = written(tmp_path / "trees.jsonl", rows)
    measured(Leaning(0.9), questions, tmp_path / "out")
    written(tmp_path / "trees.jsonl", [*rows[:-1], rows[-1] | changed])
    refused("questions 'trees' with digest .* now they have .*have changed", Leaning(0.9), questions, tmp_path / "out")


def test_corrected_answers_are_measured_anew_in_a_folder_of_their_own(tmp_path: Path) -> None:
    questions = written(tmp_path / "trees.jsonl", lines(gold=2))
    wrong = measured(Leaning(0.9), questions, tmp_path / "wrong")
    written(tmp_path / "trees.jsonl", lines(gold=0))
    right = measured(Leaning(0.9), questions, tmp_path / "right")
    assert (own(wrong), own(right)) == (pytest.approx(0.05), pytest.approx(0.9))


def test_a_higher_version_of_the_study_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(scripted("faithful"), "chain_sum", tmp_path / "out")
    was = Channels.version
    monkeypatch.setattr(Channels, "version", was + 1)
    message = f"version {was} of channels, this is version {was + 1}"
    refused(message, scripted("faithful"), "chain_sum", tmp_path / "out")


class Other(ChainSum):
    """Draws other questions under the same name and digest."""

    digest = "mine"
    shift = 0

    def draw(self, rng: Any, level: int) -> Any:
        return tuple(1 + (n + self.shift) % 9 for n in super().draw(rng, level))


@pytest.mark.slow
def test_a_task_object_that_draws_other_questions_is_found_out_unit_by_unit(tmp_path: Path) -> None:
    """Its digest says that nothing has changed."""
    task = Other()
    run = measured(scripted("faithful"), task, tmp_path / "out")
    shutil.rmtree(run.folder / "segments")
    kept = measured(scripted("faithful"), task, tmp_path / "out")
    assert len(kept.units) == 1
    other = Other()
    other.shift = 3
    with pytest.raises(UserError, match="no longer has the content that this run began with"):
        measured(scripted("faithful"), other, tmp_path / "out")


class Shifted(Other):
    digest = ""


@pytest.mark.slow
def test_a_task_object_of_the_same_class_with_another_parameter_is_another_task(tmp_path: Path) -> None:
    measured(scripted("faithful"), Shifted(), tmp_path / "out")
    other = Shifted()
    other.shift = 3
    refused("made of questions 'chain_sum' with digest object:", scripted("faithful"), other, tmp_path / "out")


def test_another_configuration_is_refused_with_what_was_and_what_is(tmp_path: Path) -> None:
    measured(scripted("faithful"), "chain_sum", tmp_path / "out")
    with pytest.raises(UserError, match=r"holds another run \(seed 1, now 2\): give another --out"):
        measured(scripted("faithful"), "chain_sum", tmp_path / "out", seed=2)
    with pytest.raises(UserError, match=r"holds another run \(shots 2, now 3\)"):
        ta.run("channels", scripted("faithful"), ["chain_sum"], items=8, difficulty=2, out=tmp_path / "out",
               settings={"shots": 3})  # fmt: skip


def test_units_that_somebody_copied_in_are_not_counted_and_said(tmp_path: Path) -> None:
    questions = written(tmp_path / "trees.jsonl", lines())
    one = measured(Leaning(0.9), questions, tmp_path / "one")
    two = measured(Leaning(0.2), questions, tmp_path / "two")
    text = json.dumps(two.units[0]) + "\n"
    (one.folder / "segments" / "0001.jsonl").write_text(text)
    again = ta.rescore(one.folder)
    assert own(again) == pytest.approx(0.9) and len(again.units) == 1 and len(again.records) == 8
    assert ["1 units in" in said and "are not counted" in said for said in again.remarks()] == [True]


def test_a_folder_that_does_not_say_what_it_is_of_is_not_guessed_at(tmp_path: Path) -> None:
    """As earlier versions made them: nothing is added, and what was found can still be read."""
    run = measured(scripted("faithful"), "chain_sum", tmp_path / "out")
    rows = [{k: v for k, v in unit.items() if k != "of"} for unit in run.units]
    shutil.rmtree(run.folder / "segments")
    (run.folder / "segments").mkdir()
    (run.folder / "segments" / "0001.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run.folder / "identity.json").unlink()
    for command in (
        lambda: measured(scripted("faithful"), "chain_sum", run.folder),
        lambda: ta.resume(run.folder, model=scripted("faithful")),
        lambda: ta.rescore(run.folder),
        lambda: trend([run.folder], {run.folder: 1e6}, tmp_path / "trend"),
    ):
        with pytest.raises(UserError, match="does not say which model and questions its units are of"):
            command()
    assert ta.open_run(run.folder).findings == run.findings and len(ta.open_run(run.folder).records) == 8


@pytest.mark.slow
def test_default_folders_of_different_models_and_questions_never_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command finds its own folder again; a name that tells everything stays as it is."""
    monkeypatch.chdir(tmp_path)
    for place in ("one", "two"):
        written(tmp_path / place / "trees.jsonl", lines(about=place))
    runs = [measured(Leaning(p), f"{place}/trees.jsonl") for p in (0.9, 0.2) for place in ("one", "two")]
    assert len({run.folder for run in runs}) == 4
    assert measured(Leaning(0.9), "one/trees.jsonl").folder == runs[0].folder
    assert runs[0].folder.name.startswith("channels-object-Leaning-trees-1-8-s1-")
    assert measured("scripted:faithful", "chain_sum").folder == Path("runs/channels-scripted-faithful-chain_sum-2-8-s1")


@pytest.mark.slow
def test_runs_of_different_protocols_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = measured(scripted("faithful"), "chain_sum", tmp_path / "one")
    monkeypatch.setattr(Channels, "version", Channels.version + 1)
    two = measured(scripted("posthoc"), "chain_sum", tmp_path / "two")
    sizes = {one.folder: 1e6, two.folder: 2e6}
    with pytest.raises(UserError, match=r"by version .*: run the older one again"):
        trend([one.folder, two.folder], sizes, tmp_path / "trend")


def test_one_id_that_stands_for_two_questions_is_not_compared(tmp_path: Path) -> None:
    named = [row | {"id": f"row {i}"} for i, row in enumerate(lines())]
    questions = written(tmp_path / "trees.jsonl", named)
    one = measured(Leaning(0.9), questions, tmp_path / "one")
    written(tmp_path / "trees.jsonl", [row | {"answer": "birch"} for row in named])
    two = measured(Leaning(0.2), questions, tmp_path / "two")
    with pytest.raises(UserError, match=r"has the answer 'ash' in .* and 'birch' in"):
        trend([one.folder, two.folder], {one.folder: 1e6, two.folder: 2e6}, tmp_path / "trend")


def test_resume_finds_its_files_from_anywhere_or_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "here" / "trees.jsonl", lines())
    run = measured(Leaning(0.9), "here/trees.jsonl", tmp_path / "out")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert ta.resume(run.folder, model=Leaning(0.9)).findings == run.findings
    shutil.rmtree(tmp_path / "here")
    with pytest.raises(UserError, match=r"no such file: 'here/trees.jsonl'.*the run was begun in '.*'"):
        ta.resume(run.folder, model=Leaning(0.9))
    with pytest.raises(UserError, match=r"objects that were passed from Python \(Leaning\): pass them again"):
        ta.resume(run.folder, tasks=[ChainSum()])


def test_the_records_of_one_item_have_its_whole_id(tmp_path: Path) -> None:
    run = measured(Leaning(0.9), written(tmp_path / "trees.jsonl", lines()), tmp_path / "out")
    ids = {record["item"] for record in run.records}
    assert len(ids) == 8 and all(len(one.rpartition("/")[2]) == 32 for one in ids)


def test_the_identity_is_written_before_any_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Looking(Leaning):
        async def score(self, *given: Any, **more: Any) -> Any:
            seen.append({path.name for path in (tmp_path / "out").iterdir()})
            return await super().score(*given, **more)

    measured(Looking(0.9, "d"), written(tmp_path / "trees.jsonl", lines()), tmp_path / "out")
    assert {"config.toml", "identity.json", "model.json", "run.lock"} <= seen[0]
    assert not (tmp_path / "out" / "run.lock").exists()


def test_a_card_without_a_digest_keeps_it_also_behind_gates() -> None:
    from thinkaloud.organisms.routing import routed
    from thinkaloud.runs.identity import known

    digests = {known(routed(Leaning(p), share)).digest for p in (0.2, 0.9) for share in (0.0, 1.0)}
    assert len(digests) == 4 and known(Leaning(0.2)).digest == known(Leaning(0.2)).digest
    assert known(Leaning(0.2, "said")).digest == "said"
