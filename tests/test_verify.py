"""A folder is whole or the first thing that is not is named; a copy on a read-only disk can be checked."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from folder_fixture import Leaning, lines, written
from shards_fixture import channels
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.open_study import open_run
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs import manifest
from thinkaloud.runs.folder import Run
from thinkaloud.runs.journal import Journal
from thinkaloud.whole.verify import NotWhole, verify


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, which nobody changes."""
    return channels(items=8, difficulty=3)(out=tmp_path_factory.mktemp("kept") / "run").folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "run")


def opened(folder: Path) -> list[dict[str, Any]]:
    """The units of a folder, which are then taken out of their sealed file so that they can be written anew. The last
    one is measured."""
    units = sorted((dict(unit) for unit in open_run(folder).journal), key=lambda unit: unit["phase"] == "channels")
    (folder / "segments" / "records.parquet").unlink()
    return units


def put(folder: Path, units: list[dict[str, Any]]) -> None:
    lines = [json.dumps(unit) for unit in units]
    (folder / "segments" / "0001.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_a_whole_folder_says_what_holds_and_one_number_to_publish(kept: Path) -> None:
    said = verify(kept)
    assert [line.partition(":")[0] for line in said] == [
        "files", "code", "identity", "records", "program", "findings", "whole",
    ]  # fmt: skip
    units = len(open_run(kept).units)
    assert f"records: {units} units, each once, with the " in said[3]
    assert re.fullmatch(r"whole: sha256:[0-9a-f]{64}", said[-1])


def a_record(units: list[dict[str, Any]]) -> None:
    units[-1]["records"][0]["gold"] = "999"


def a_number(units: list[dict[str, Any]]) -> None:
    own = units[-1]["records"][0]["conditions"]["own"]
    own["logprobs"] = [value - 0.001 for value in own["logprobs"]]


def lost(units: list[dict[str, Any]]) -> None:
    units.pop()


def twice(units: list[dict[str, Any]]) -> None:
    units.append({**units[-1], "usage": {**units[-1]["usage"], "wall": 9.0}})


def foreign(units: list[dict[str, Any]]) -> None:
    units.append({**units[-1], "unit": "f" * 32, "of": "0" * 32})


def more(units: list[dict[str, Any]]) -> None:
    units.append({**units[-1], "unit": "f" * 32, "at": {"level": 3, "first": 800}})


def failed(units: list[dict[str, Any]]) -> None:
    units[-1] |= {"status": "failed", "error": "gone", "records": []}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_record, r"the records of channels coin .* have changed \(were [0-9a-f]{8}, now [0-9a-f]{8}\)"),
        (a_number, "the records of channels coin .* have changed"),
        (lost, r"the unit [0-9a-f]{32} is lost: thinkaloud resume"),
        (twice, "the unit channels coin .* is there twice"),
        (foreign, r"is of another run \(0{32}, this is [0-9a-f]{32}\)"),
        (more, "bill.json is not the sum of what the units cost"),
        (failed, r"the unit channels coin .* failed \(gone\): thinkaloud resume"),
    ],
)
def test_any_change_of_a_unit_is_found_and_named(
    change: Callable[[list[dict[str, Any]]], None], said: str, folder: Path
) -> None:
    units = opened(folder)
    change(units)
    put(folder, units)
    with pytest.raises(NotWhole, match=said) as error:
        verify(folder)
    assert str(error.value).startswith(f"{str(folder)!r} is not whole: ") and "\n" not in str(error.value)


def test_units_that_only_an_earlier_attempt_asked_for_are_named_and_the_folder_is_whole(folder: Path) -> None:
    """They are in the bill, which counts what was spent, and in no finding."""
    units = opened(folder)
    more(units)
    put(folder, units)
    before = (folder / "findings.json").read_bytes()
    ta.rescore(folder)
    said = verify(folder)
    (line,) = (one for one in said if one.startswith("besides: "))
    assert '(channels coin {"first": 800, "level": 3}), as an earlier attempt may have: is in the bill' in line
    assert said[-1].startswith("whole: ") and (folder / "findings.json").read_bytes() == before


def test_units_in_segments_are_as_whole_as_sealed_ones_and_a_failure_before_is_no_second_one(folder: Path) -> None:
    units = opened(folder)
    put(folder, [{**units[0], "status": "failed", "error": "gone", "records": []}])
    (folder / "segments" / "0001.jsonl").rename(folder / "segments" / "0000.jsonl")
    put(folder, units)
    assert verify(folder)[-1].startswith("whole: ")


def _other(text: str) -> str:
    """With another last digit."""
    return re.sub(r"\d(?=\D*$)", lambda found: str((int(found[0]) + 1) % 10), text, count=1)


@pytest.mark.parametrize("name", ["config.toml", "notes.json", "findings.json", "bill.json"])
def test_a_file_that_was_edited_is_named(name: str, folder: Path) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("chain_sum", "coin") if name == "notes.json" else _other(text))
    assert (folder / name).read_text() != text
    with pytest.raises(UserError, match=f"is not whole: {name} (has changed since the run ended|is not the sum)"):
        verify(folder)


@pytest.mark.parametrize(
    "name", ["config.toml", "model.json", "notes.json", "findings.json", "manifest.json", "segments"]
)
def test_a_file_that_is_gone_is_named_with_the_way_out(name: str, folder: Path) -> None:
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError, match=rf"{name}|thinkaloud resume"):
        verify(folder)


def remade(folder: Path) -> None:
    """The manifest that somebody would write who changed the records and wanted nobody to notice."""
    run = open_run(folder)
    made = manifest.manifest_of(folder, run.identity.hash, None, list(run.journal))
    (folder / manifest.FILE).write_text(made.dumps())


def test_records_that_were_changed_with_their_manifest_do_not_give_the_findings(folder: Path) -> None:
    units = opened(folder)
    for unit in units:
        for record in unit["records"] if unit["phase"] == "channels" else ():
            record["conditions"]["silent"]["logprobs"] = record["conditions"]["own"]["logprobs"]
    put(folder, units)
    remade(folder)
    with pytest.raises(NotWhole, match=r"in findings\.json \(value\), and .* from the records$"):
        verify(folder)


def test_only_the_last_digits_of_a_finding_may_hang_on_who_adds_up(folder: Path) -> None:
    """Another machine, or another release, sums in another order; a change that anybody could see is still one."""
    path = folder / "findings.json"
    real = json.loads(path.read_text())
    for change, fits in ((1e-12, True), (1e-6, False)):
        told = json.loads(json.dumps(real))
        row = next(row for row in told["findings"] if row["value"])
        row["value"] += change
        path.write_text(json.dumps(told))
        remade(folder)
        if fits:
            assert verify(folder)[-1].startswith("whole: ")
        else:
            with pytest.raises(NotWhole, match=r"in findings\.json \(value\), and .* from the records$"):
                verify(folder)


def test_questions_that_are_drawn_otherwise_now_are_found_by_the_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code of another release that asks something else under the same names: the records do not show it."""
    from thinkaloud.tasks.family import Family

    real = Family.items
    monkeypatch.setattr(Family, "items", lambda self, level, n, key: real(self, level, n, key.child("new")))
    with pytest.raises(NotWhole, match="is of other content than is asked for now"):
        verify(folder)


def test_a_unit_that_the_program_never_asked_for_is_found_though_the_manifest_lists_it(folder: Path) -> None:
    units = opened(folder)
    more(units)
    put(folder, units)
    remade(folder)
    with pytest.raises(NotWhole, match=r"the program does not ask for the unit f{32}, which is there"):
        verify(folder)


def test_other_code_is_said_and_what_it_estimates_is_compared(folder: Path) -> None:
    path = folder / manifest.FILE
    path.write_text(path.read_text().replace(manifest.code(), "sha256:" + "0" * 64))
    said = verify(folder)
    assert "code: made by thinkaloud" in said[1] and "what is estimated again is estimated by" in said[1]


def test_a_file_of_questions_that_was_edited_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    questions = written(tmp_path / "trees.jsonl", lines())
    run = ta.run("channels", Leaning(0.9), [questions], items=8, settings={"shots": 2}, out="run")
    assert verify(run.folder)
    written(tmp_path / "trees.jsonl", [*lines()[:-1], {**lines()[-1], "answer": "birch"}])
    with pytest.raises(NotWhole, match=r"its questions cannot be asked again: .*made of questions 'trees' with digest"):
        verify(run.folder)


def test_a_run_that_is_not_through_and_an_older_one_are_told_what_to_do(folder: Path) -> None:
    (folder / manifest.FILE).unlink()
    with pytest.raises(NotWhole, match=r"it has no manifest\.json .*: thinkaloud resume"):
        verify(folder)
    assert verify(ta.resume(folder).folder)
    (folder / "notes.json").unlink()
    with pytest.raises(NotWhole, match=r"it is not finished \(2 of 2 units\): thinkaloud resume"):
        verify(folder)


def test_a_report_made_again_leaves_a_whole_folder(folder: Path) -> None:
    ta.rescore(folder)
    assert verify(folder)


def test_nothing_is_written_and_no_model_is_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy on a disk that can only be read, on a machine without the model."""
    from test_folder_faults import ReadOnly

    for name in ("thinkaloud.api.open_model", "thinkaloud.whole.finish.open_model"):
        monkeypatch.setattr(name, lambda *given: pytest.fail("a model was opened"))
    monkeypatch.setattr(Journal, "append", lambda *a, **k: pytest.fail("a unit was recorded"))
    with monkeypatch.context() as patch:
        disk = ReadOnly(folder, patch)
        assert verify(folder)
        assert disk.tried == 0


def test_the_command_line_ends_with_the_users_code(folder: Path) -> None:
    done = CliRunner().invoke(cli, ["verify", str(folder)])
    assert done.exit_code == 0 and done.output.splitlines()[-1].startswith("whole: sha256:")
    (folder / "notes.json").write_text("[]")
    broken = CliRunner().invoke(cli, ["verify", str(folder)])
    assert isinstance(broken.exception, NotWhole) and "notes.json has changed" in str(broken.exception)


def test_objects_from_python_are_passed_again(tmp_path: Path) -> None:
    from thinkaloud.tasks import open_task

    coin = open_task("coin")
    run: Run = ta.run("channels", scripted("faithful"), [coin], items=8, difficulty=3, out=tmp_path / "run")
    with pytest.raises(UserError, match=r"is of objects that were passed from Python \(coin\): pass them again"):
        verify(run.folder)
    assert verify(run.folder, tasks=[coin])
