"""Runs whose records do not fit into memory: they stay in their files, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import thinkaloud as ta
from cluster_fixture import Counted
from shards_fixture import everything, stopped_clock
from thinkaloud.errors import UserError
from thinkaloud.records.many import chained
from thinkaloud.runs import journal as module
from thinkaloud.runs import sealed
from thinkaloud.runs.journal import Journal
from thinkaloud.runs.stored import Stored
from thinkaloud.whole.verify import verify

UNIT = {"status": "ok", "phase": "p", "task": "t"}


@pytest.fixture
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 0)


def filled(folder: Path, n: int) -> Journal:
    made = Journal(folder)
    for i in range(n):
        made.append(str(i), {**UNIT, "records": [{"item": str(i), "text": f"é \ud83d {i}"}], "usage": {"wall": i}})
    return made


@pytest.mark.usefixtures("nothing_held")
@pytest.mark.parametrize("n", [1, 600])
def test_records_are_read_back_from_segments_and_from_the_sealed_file(n: int, tmp_path: Path) -> None:
    """The same mapping before and after it was sealed, in order and out of order, also past a batch of rows."""
    made = filled(tmp_path, n)
    assert all(isinstance(unit, Stored) for unit in made)
    before = [dict(unit) for unit in made]
    assert before[-1]["records"] == [{"item": str(n - 1), "text": f"é \ud83d {n - 1}"}]
    assert list(before[0]) == ["unit", *UNIT, "records", "usage"]  # in the order in which they were written
    made.seal()
    assert [dict(unit) for unit in made] == before == [dict(unit) for unit in Journal(tmp_path)]
    again = Journal(tmp_path)
    assert [dict(again.get(str(i)) or {}) for i in reversed(range(n))] == before[::-1]


@pytest.mark.usefixtures("nothing_held")
def test_a_file_that_changes_while_it_is_read_is_one_line(tmp_path: Path) -> None:
    made = filled(tmp_path, 2)
    made.close()
    segment = tmp_path / "segments" / "0001.jsonl"
    segment.write_bytes(b"{}\n" + segment.read_bytes())
    with pytest.raises(UserError, match="has changed since the folder was opened"):
        list(next(iter(made))["records"])
    segment.unlink()
    with pytest.raises(UserError, match="has changed since the folder was opened"):
        list(next(iter(made))["records"])


def test_what_is_kept_in_memory_shows_in_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_clock(monkeypatch)
    held = ta.run(Counted, out=tmp_path / "held")
    monkeypatch.setattr(module, "HELD", 0)
    stored = ta.run(Counted, out=tmp_path / "stored", max_time=0.05)
    stored = ta.resume(stored.folder, study=Counted)
    assert everything(stored.folder) == everything(held.folder)
    assert verify(stored.folder, study=Counted)[-1].startswith("whole: ")


def test_a_study_over_items_and_one_of_games_are_the_same_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of the run: findings, notes, report and what is in its explorer."""
    stopped_clock(monkeypatch)
    recipe = tmp_path / "few.toml"
    recipe.write_text(
        'board = "4x4"\nrows = 1\nmissing = [0, 1]\nopenings = 6\nplies = 2\nblock = 3\n'
        '[players.weak]\nby = "search"\nnodes = 10\n[players.strong]\nby = "search"\nnodes = 30\n'
    )

    def both(name: str) -> list[dict[str, object]]:
        items = ta.run(
            "channels", "scripted:mixture:0.5", ["chain_sum", "coin"], items=10, difficulty=3, out=tmp_path / f"{name}i"
        )
        games = ta.run("odds", out=tmp_path / f"{name}g", settings={"recipe": str(recipe)})
        assert [list(one.records) for one in (items, games)] == [list(one.records[:]) for one in (items, games)]
        return [everything(one.folder) for one in (items, games)]

    held = both("held")
    monkeypatch.setattr(module, "HELD", 0)
    assert both("stored") == held


@pytest.mark.usefixtures("nothing_held")
def test_records_of_many_units_are_a_sequence_that_holds_none(tmp_path: Path) -> None:
    """As a list in every respect but for memory: places from both ends, slices, equality; sealing moves it along."""
    made = filled(tmp_path, 7)
    every, plain = chained(unit["records"] for unit in made), [dict(unit)["records"][0] for unit in made]
    assert not isinstance(every, list) and isinstance(chained([plain]), list)
    for _ in range(2):
        assert every == plain and list(every) == plain and len(every) == 7 and every != plain[1:]
        assert every[2] == plain[2] and every[-1] == plain[-1] and every[1:6:2] == plain[1:6:2]
        assert every[::-1] == plain[::-1] and every[:2] == plain[:2] and every[9:] == []
        with pytest.raises(IndexError):
            every[7]
        made.seal()
        assert not list((tmp_path / "segments").glob("*.jsonl"))


def test_an_index_that_says_otherwise_than_the_records_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is opened from the short column of its file; nobody may change the one and not the other."""
    import duckdb

    monkeypatch.setattr(module, "HELD", 0)
    run = ta.run(Counted, out=tmp_path / "run")
    file = run.folder / "segments" / "records.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute("select * from read_parquet(?)", [str(file)]).fetchall()
        assert [row[0] for row in rows] == list(range(len(rows))) and all(len(row[6]) < len(row[7]) for row in rows)
        connection.execute(
            "copy (select * replace (replace(head, '\"wall\":', '\"wall\":1') as head) from read_parquet($1)) "
            f"to '{tmp_path / 'changed'}' (format parquet)",  # a parameter here needs a newer DuckDB than the least
            [str(file)],
        )
    (tmp_path / "changed").replace(file)
    with pytest.raises(UserError, match=r"the index of records\.parquet says otherwise of"):
        verify(run.folder, study=Counted)


def test_files_of_earlier_versions_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    made = filled(tmp_path, 5)
    before = [{**unit, "records": list(unit["records"])} for unit in made]
    made.seal()
    file = tmp_path / "segments" / "records.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select unit, phase, task, status, json from read_parquet($1)) "
            f"to '{tmp_path / 'old'}' (format parquet)",
            [str(file)],
        )
    (tmp_path / "old").replace(file)
    for held in (1 << 20, 0):
        monkeypatch.setattr(module, "HELD", held)
        assert [dict(unit) for unit in Journal(tmp_path)] == before


def test_many_units_are_sealed_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same rows as all at once, in their order; what a killed process left beside the file is cleared away."""
    import duckdb

    made = filled(tmp_path / "a", 9), filled(tmp_path / "b", 9)
    made[0].seal()
    monkeypatch.setattr(sealed, "BATCH", 4)
    left = tmp_path / "b" / "segments" / "records.parquet.part.d"
    left.mkdir()
    (left / "000007.parquet").write_text("half")
    made[1].seal()
    with duckdb.connect() as connection:
        rows = [
            connection.execute("select * from read_parquet(?)", [str(one.folder / "records.parquet")]).fetchall()
            for one in made
        ]
    assert rows[0] == rows[1] and [row[0] for row in rows[0]] == list(range(9))
    assert [path.name for path in (tmp_path / "b" / "segments").iterdir()] == ["records.parquet"]
    assert list(Journal(tmp_path / "b"))[8]["records"][0]["item"] == "8"


@pytest.mark.parametrize("damaged", [b'[{"a": "\xff\xfe"}]', b"[" * 3000 + b"]" * 3000], ids=["bytes", "depth"])
@pytest.mark.parametrize("held", [0, 1 << 20])
def test_a_damaged_line_is_no_unit_also_where_records_are_not_read(
    held: int, damaged: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named and done again, and ends neither a resume nor the sealing, which would stop there each time."""
    monkeypatch.setattr(module, "HELD", held)
    (tmp_path / "segments").mkdir()
    line = b'{"unit": "u", "status": "ok", "phase": "p", "task": "t", "records": %s}\n'
    (tmp_path / "segments" / "0001.jsonl").write_bytes(line % damaged + (line % b"[]").replace(b'"u"', b'"v"'))
    found = Journal(tmp_path)
    assert [unit["unit"] for unit in found] == ["v"] and found.get("u") is None
    assert "line 1" in found.remarks()[0]
    found.append("u", {"status": "ok", "phase": "p", "task": "t", "records": [{"a": 1}]})
    found.seal()
    again = Journal(tmp_path).get("u")
    assert again is not None and list(again["records"]) == [{"a": 1}]
