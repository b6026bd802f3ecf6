"""Whatever lies in a run folder, or on its disk: one line with the way out, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from command_fixture import thinkaloud
from thinkaloud.api import trend
from thinkaloud.cli.main import main
from thinkaloud.errors import ModelError, UserError
from thinkaloud.interop.tables import export_table
from thinkaloud.open_study import open_run
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.folder import Run, write

LONG = "x" * 300


def measured(out: Path, items: int = 9, model: Any = "scripted:faithful") -> Run:
    return ta.run("channels", model, ["chain_sum"], items=items, difficulty=3, out=out)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, which nobody changes: tests that do copy its folder."""
    return measured(tmp_path_factory.mktemp("kept") / "run")


class Stops:
    """A model that is stopped at its n-th answer, as if the process had been killed."""

    class Killed(BaseException):
        pass

    def __init__(self, left: int) -> None:
        self._inner, self._left = scripted("faithful"), left
        self.card, self.know, self.generate = self._inner.card, self._inner.know, self._inner.generate

    async def score(self, *given: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise self.Killed
        return await self._inner.score(*given, **more)


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A folder with 1 of 2 units."""
    with pytest.raises(Stops.Killed):
        measured(tmp_path / "half", model=Stops(150))
    folder = tmp_path / "half"
    shutil.copy(folder / "config.toml", tmp_path / "config")
    text = (folder / "config.toml").read_text().replace("object:Stops", "scripted:faithful")
    (folder / "config.toml").write_text(text)
    return folder


@pytest.mark.slow
def test_a_report_on_part_of_a_run_says_so_everywhere(half: Path) -> None:
    """In the file of findings, on both pages and in the terminal; and a comparison refuses it."""
    run = ta.rescore(half)
    assert run.unfinished == "1 of 2 units"
    assert json.loads((half / "findings.json").read_text())["unfinished"] == "1 of 2 units"
    said = "This run is not finished: 1 of 2 units were done. The numbers are of the rest alone."
    assert said in (half / "report.html").read_text() and said in (half / "report.md").read_text()
    done = thinkaloud("report", str(half))
    assert done.returncode == 0 and done.stdout.startswith("NOT FINISHED: 1 of 2 units are done"), done.stderr
    with pytest.raises(UserError, match=r"is not finished \(1 of 2 units\): thinkaloud resume"):
        trend([half], {half: 1e6})
    whole = ta.resume(half)
    assert whole.unfinished is None and "unfinished" not in (half / "findings.json").read_text()
    assert "not finished" not in (half / "report.html").read_text() + (half / "report.md").read_text()


def test_a_report_on_a_run_without_any_unit_says_that(tmp_path: Path) -> None:
    with pytest.raises(Stops.Killed):
        measured(tmp_path / "none", model=Stops(1))
    run = ta.rescore(tmp_path / "none")
    assert run.unfinished == "0 of 2 units" and all(f.estimate.value is None for f in run.findings)


def test_a_report_says_how_many_units_failed(tmp_path: Path) -> None:
    class Failing(Stops):
        Killed = ModelError  # type: ignore[assignment]

    run = measured(tmp_path / "run", model=Failing(1))
    assert "1 unit failed. The numbers are of the rest alone." in (run.folder / "report.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("left", [(), ("config.toml",), ("config.toml", "identity.json"), ("config.toml.part",)])
def test_a_folder_that_was_killed_between_its_first_files_is_made_anew(
    left: tuple[str, ...], kept: Run, tmp_path: Path
) -> None:
    """By `run`, and, as soon as it has its configuration, by `resume`."""
    for again in (measured, ta.resume):
        folder = tmp_path / again.__name__
        folder.mkdir()
        for name in left:
            shutil.copy(kept.folder / name.removesuffix(".part"), folder / name)
        if again is ta.resume and "config.toml" not in left:
            with pytest.raises(UserError, match=r"is no run folder: it has no config.toml") as said:
                ta.resume(folder)
            assert "it was stopped before it began: give the run's command again" in str(said.value)
        else:
            assert again(folder).findings == kept.findings  # type: ignore[operator]


WHOLE = (b"", b"[1]")
"""Texts with which everything is tried; estimating again takes a second each time."""
TORN = ("config.toml", "identity.json", "model.json", "findings.json", "notes.json")


@pytest.mark.slow
@pytest.mark.parametrize("name", TORN)
@pytest.mark.parametrize("text", [b"", b'{"x": ', b"\xff\xfe", b"[1]"])
def test_a_torn_file_is_one_line_and_the_same_command_mends_it(
    name: str, text: bytes, kept: Run, tmp_path: Path
) -> None:
    """What cannot be read is named, with the way out; units are neither lost nor measured twice."""
    run = open_run(shutil.copytree(kept.folder, tmp_path / "run"))
    before, units = run.findings, [unit["unit"] for unit in run.units]
    (run.folder / name).write_bytes(text)
    looks: list[Callable[[], Any]] = [
        lambda: open_run(run.folder).findings, lambda: open_run(run.folder).card,
        lambda: open_run(run.folder).notes, lambda: open_run(run.folder).unfinished,
    ]  # fmt: skip
    if text in WHOLE:
        looks += [lambda: ta.rescore(run.folder), lambda: ta.resume(run.folder)]
    for look in looks:
        try:
            look()
        except UserError as error:
            assert "\n" not in str(error) and name in str(error)
        (run.folder / name).write_bytes(text)
    if text not in WHOLE:
        return
    again = measured(run.folder)
    assert again.findings == before and [unit["unit"] for unit in again.units] == units
    assert ta.open_run(run.folder).findings == before


def test_lines_that_are_no_units_of_a_run_end_nothing(half: Path) -> None:
    segment = half / "segments" / "0001.jsonl"
    bare = json.dumps({"unit": "x", "status": "ok", "phase": "channels", "task": "chain_sum", "level": 3})
    segment.write_text(f"{bare}\n" + segment.read_text())
    run = ta.rescore(half)
    assert ["are no units and are passed over" in said for said in run.remarks()] == [True]
    assert ta.resume(half).unfinished is None and (half / "segments" / "0001.jsonl.kept").exists()


class ReadOnly:
    """A disk that can be read only: whatever would write says so."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, number: int = errno.EROFS) -> None:
        self.folder, self.number, self.tried = folder, number, 0
        for owner, name in ((os, "open"), (os, "mkdir"), (os, "unlink"), (os, "replace")):
            patch.setattr(owner, name, self.guarded(getattr(owner, name)))
        real = Path.open
        patch.setattr(Path, "open", lambda path, mode="r", *a, **k: self.opened(real, path, mode, *a, **k))
        patch.setattr(Path, "write_text", lambda path, *a, **k: self.refused(path))
        patch.setattr(Path, "mkdir", self.guarded(Path.mkdir))
        patch.setattr(Path, "unlink", self.guarded(Path.unlink))

    def refused(self, path: Any) -> Any:
        self.tried += 1
        raise OSError(self.number, os.strerror(self.number), str(path))

    def guarded(self, real: Any) -> Any:
        def call(path: Any, *given: Any, **more: Any) -> Any:
            inside = not isinstance(path, int) and str(path).startswith(str(self.folder))
            reads = real.__name__ == "open" and given and given[0] & (os.O_RDWR | os.O_WRONLY | os.O_CREAT) == 0
            exists = real.__name__ == "mkdir" and os.path.isdir(path)
            return real(path, *given, **more) if not inside or reads or exists else self.refused(path)

        return call

    def opened(self, real: Any, path: Path, mode: str, *given: Any, **more: Any) -> Any:
        inside = str(path).startswith(str(self.folder)) and set(mode) & set("wax+")
        return self.refused(path) if inside else real(path, mode, *given, **more)


def test_a_read_only_folder_can_be_read_and_reported_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ro").mkdir()
    run = measured(tmp_path / "ro" / "run")
    bare = tmp_path / "ro" / "bare"
    shutil.copytree(run.folder, bare)
    shutil.rmtree(bare / "segments")
    with monkeypatch.context() as patch:
        disk = ReadOnly(tmp_path / "ro", patch)
        again = ta.open_run(run.folder)
        assert again.findings == run.findings and len(again.records) == 9
        assert len(ta.open_run(bare).units) == 0 and ta.open_run(bare).findings == run.findings
        assert disk.tried == 0
        for command, way in (
            (lambda: ta.rescore(run.folder), "Read-only file system; .* --out"),
            (lambda: ta.resume(run.folder), "Read-only file system"),
            (lambda: measured(run.folder), "Read-only file system"),
            (lambda: export_table(run, "json"), "Read-only file system"),
            (lambda: export_table(run, "csv"), "cannot write"),
        ):
            with pytest.raises(UserError, match=way) as said:
                command()
            assert "\n" not in str(said.value)
    moved = ta.rescore(run.folder, tmp_path / "elsewhere")
    assert {p.name for p in (tmp_path / "elsewhere").iterdir()} == {
        "findings.json", "bill.json", "report.md", "report.html",
    }  # fmt: skip
    assert moved.findings == run.findings


def test_where_nothing_can_be_written_clearing_away_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ReadOnly(tmp_path, monkeypatch)
    with pytest.raises(UserError, match=r"cannot write .*Read-only file system; recorded units are safe"):
        write(tmp_path / "x.json", "{}")


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 1, 2, 3, 4, 5, 6, 7])
def test_a_full_disk_at_any_file_is_one_line_and_resuming_goes_on(
    room: int, kept: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The n-th file that is written does not fit: the configuration, the identity, the card, notes, findings, pages."""
    left = [room]
    real = Path.write_text

    def full(path: Path, text: str, *given: Any, **more: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            real(path, text[: len(text) // 2], *given, **more)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, text, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(UserError, match="No space left on device"):
            measured(tmp_path / "run")
    assert not list((tmp_path / "run").glob("*.part"))
    again = ta.resume(tmp_path / "run") if room else measured(tmp_path / "run")
    assert again.findings == kept.findings and {p.name for p in again.folder.iterdir()} == {
        p.name for p in kept.folder.iterdir()
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "channels", "--model", "scripted:faithful", "--items", "8", "--out", f"out/{LONG}"),
        ("run", "channels", "--model", "scripted:faithful", "--task", f"{LONG}.jsonl", "--items", "1"),
        ("run", "channels", "--model", f"{LONG}.gguf"),
        ("run", "channels", "--model", f"transformers:{LONG}.gguf"),
        ("check", f"{LONG}.gguf"),
        ("check", LONG),
        ("report", LONG),
        ("resume", LONG),
        ("export", LONG, "--csv"),
        ("trend", f"{LONG}=1e6"),
        ("import", f"{LONG}.eval"),
        ("run", "rungs", "--model", "scripted:sim:0,0,0", "--task", "sim:chain_1", "--arms", f"{LONG}.py"),
        ("run", "rungs", "--model", "scripted:sim:0,0,0", "--pool", LONG),
        ("run", "channels", "--model", "scripted:faithful", "--items", "8", "--out", "/proc/x"),
        ("run", "channels", "--model", "scripted:faithful", "--items", "8", "--out", __file__),
        ("report", os.fsdecode(b"caf\xe9")),
        ("run", "channels", "--model", "scripted:faithful", "--task", os.fsdecode(b"caf\xe9.jsonl")),
        ("run", "channels", "--model", "scripted:faithful", "--items", "8", "--out", os.fsdecode(b"caf\xe9")),
    ],
)
def test_names_that_no_file_can_have_are_one_line(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["thinkaloud", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and len(said.strip().splitlines()) == 1, said
