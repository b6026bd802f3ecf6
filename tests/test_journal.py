"""A journal counts units and nothing else, loses none, and creates nothing where it only reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from thinkaloud.errors import UserError
from thinkaloud.runs.journal import Journal

UNIT = {"status": "ok", "phase": "p", "task": "t", "level": 1}


def journal(folder: Path, *names: str) -> Journal:
    made = Journal(folder)
    for name in names:
        made.append(name, UNIT)
    made.close()
    return made


def names(folder: Path) -> set[str]:
    return {unit["unit"] for unit in Journal(folder)}


def test_reading_creates_nothing(tmp_path: Path) -> None:
    assert len(Journal(tmp_path)) == 0 and list(tmp_path.iterdir()) == []


STRAY = (
    "._0001.jsonl",
    "0001 (conflicted copy).jsonl",
    "0001 2.jsonl",
    ".DS_Store",
    "0001.jsonl~",
    "x.jsonl",
    "1.jsonl",
)


@pytest.mark.parametrize("stray", STRAY)
def test_files_of_programs_that_synchronise_are_passed_over(stray: str, tmp_path: Path) -> None:
    """And left where they are, also when the segments are sealed."""
    journal(tmp_path, "a")
    (tmp_path / "segments" / stray).write_bytes(b"\0\5\26\7\0\2\0\0Mac OS X        ")
    again = journal(tmp_path, "b")
    assert names(tmp_path) == {"a", "b"} and again.remarks() == []
    again.seal()
    assert names(tmp_path) == {"a", "b"}
    assert sorted(p.name for p in (tmp_path / "segments").iterdir()) == sorted(["records.parquet", stray])


def test_a_copy_that_holds_units_of_its_own_is_named_with_the_way_out(tmp_path: Path) -> None:
    journal(tmp_path, "a")
    copy = tmp_path / "segments" / "0001 (conflicted copy).jsonl"
    copy.write_text("".join(json.dumps({"unit": name, **UNIT}) + "\n" for name in ("a", "b")))
    (said,) = Journal(tmp_path).remarks()
    assert "holds 1 units that no segment has: rename it to 0002.jsonl" in said
    copy.rename(tmp_path / "segments" / "0002.jsonl")
    assert names(tmp_path) == {"a", "b"} and Journal(tmp_path).remarks() == []


FOREIGN: list[bytes] = [
    b'{"note": "mine"}', b"5", b"null", b'["unit"]', b'{"unit": 1}', b'{"unit": "x", "status": "ok"}', b"caf\xe9",
    b"not json", b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("line", FOREIGN)
def test_a_line_that_is_no_unit_is_passed_over_said_and_kept(line: bytes, tmp_path: Path) -> None:
    journal(tmp_path, "a")
    segment = tmp_path / "segments" / "0001.jsonl"
    text = line + b"\n" + segment.read_bytes()
    segment.write_bytes(text)
    again = journal(tmp_path, "b")
    assert names(tmp_path) == {"a", "b"}
    (said,) = again.remarks()
    assert "1 lines in" in said and "0001.jsonl line 1" in said
    again.seal()
    assert names(tmp_path) == {"a", "b"}
    assert (tmp_path / "segments" / "0001.jsonl.kept").read_bytes() == text
    journal(tmp_path, "c")  # in a segment that does not take the place of the kept one
    assert (tmp_path / "segments" / "0002.jsonl").exists()


def test_half_a_character_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    made = Journal(tmp_path)
    made.append("a", {**UNIT, "wrote": "half \ud83d of it"})
    made.close()
    assert next(iter(Journal(tmp_path)))["wrote"] == "half \ud83d of it"
    made.seal()
    assert next(iter(Journal(tmp_path)))["wrote"] == "half \ud83d of it"


def test_a_level_may_be_a_time_stamp(tmp_path: Path) -> None:
    made = Journal(tmp_path)
    made.append("a", {**UNIT, "level": 1_764_345_600_000})
    made.seal()
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize("broken", [b"", b"PAR1", b"not a parquet file at all"])
def test_a_torn_sealed_file_is_one_line_with_the_way_out(broken: bytes, tmp_path: Path) -> None:
    journal(tmp_path, "a").seal()
    sealed = tmp_path / "segments" / "records.parquet"
    sealed.write_bytes(sealed.read_bytes()[:-20] if broken == b"PAR1" else broken)
    with pytest.raises(UserError, match=r"records.parquet' cannot be read .*move it away and resume") as said:
        Journal(tmp_path)
    assert "\n" not in str(said.value)
    sealed.rename(tmp_path / "away")
    assert len(Journal(tmp_path)) == 0


def test_somebody_elses_parquet_is_one_line(tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "segments").mkdir()
    duckdb.sql("select 1 as x").write_parquet(str(tmp_path / "segments" / "records.parquet"))
    with pytest.raises(UserError, match="cannot be read"):
        Journal(tmp_path)


class Full:
    """A disk that takes so many more bytes and then none, until there is room again."""

    def __init__(self, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self._write = room, os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, content: Any) -> int:
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        done = self._write(file, bytes(content)[: self.room])
        self.room -= done
        return done


@pytest.mark.parametrize("room", [0, 1, 40, 100])
def test_a_line_for_which_there_was_no_room_spoils_no_other(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, the rest of a torn line and the next unit become one line that is neither."""
    made = journal(tmp_path, "a")
    disk = Full(room, monkeypatch)
    with pytest.raises(UserError, match="No space left on device; finished units are safe, make room and resume"):
        made.append("b", {**UNIT, "long": "x" * 200})
    disk.room = 1 << 20
    made.append("c", UNIT)
    made.close()
    assert names(tmp_path) == {"a", "c"} and Journal(tmp_path).remarks() == []


def test_no_error_comes_out_of_closing_but_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Journal(tmp_path)
    made.append("a", UNIT)
    real = os.close

    def full(file: int) -> None:
        real(file)
        raise OSError(122, "Disk quota exceeded")

    with monkeypatch.context() as patched:
        patched.setattr(os, "close", full)
        with pytest.raises(UserError, match="Disk quota exceeded; finished units are safe"):
            made.close()
    made.close()
    assert names(tmp_path) == {"a"}


def test_no_room_to_seal_is_one_line_and_leaves_the_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = journal(tmp_path, "a")

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match=r"cannot seal .*No space left on device; finished units are safe"):
        made.seal()
    assert [p.name for p in (tmp_path / "segments").iterdir()] == ["0001.jsonl"]
