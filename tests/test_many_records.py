"""Claims: what a study takes out of very many records is the same from memory and from files, whole or in part, and
costs no record; games are told from their copies wherever they lie."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from thinkaloud.records.many import chained, picked, structs
from thinkaloud.runs import journal as module
from thinkaloud.runs.journal import Journal
from thinkaloud.runs.order import canonical
from thinkaloud.runs.stored import Stored
from thinkaloud.studies.odds.gathered import gathered
from thinkaloud.vocabulary import Record

UNIT = {"status": "ok", "phase": "p", "task": "t"}


def game(opening: int, first: str = "giver", **more: Any) -> dict[str, Any]:
    return {
        "item": f"opening {opening}", "status": "ok", "kind": "game", "giver": "weak", "taker": "strong",
        "odds": "2 missing", "material": 2, "sums": [["a", "b"]], "by lot": False, "opening": opening, "first": first,
        "score": 1.0, "ended": "over", "board": "TT/GG", "moves": [f"a{opening}"], **more,
    }  # fmt: skip


def from_files(
    folder: Path, units: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sequence[Record]]:
    """The records in segments, then in the sealed file, by who sealed it and by who opens it."""
    monkeypatch.setattr(module, "HELD", 0)
    made = Journal(folder)
    for i, records in enumerate(units):
        made.append(str(i), {**UNIT, "records": records})
    yield chained(unit["records"] for unit in made)
    made.seal()
    yield chained(unit["records"] for unit in made)
    yield chained(unit["records"] for unit in Journal(folder))


def test_games_are_gathered_alike_from_memory_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening 0, games that failed, a model's words, what is no game, and copies in two units of one cell."""
    said = {"models": {"weak": {"reasoning": "own", "ask": "a", "reads": "p"}}, "said": [{"text": "x", "mass": 0.5}]}
    units = [
        [game(0), game(0, "taker", score=0.5), {"kind": "solution", "status": "ok", "values": [1]}],
        [game(1, **said), game(2, status="failed"), game(3, taker="weak", ended="illegal", exact=0.25)],
        [game(0, moves=["a0"]), game(4, odds="even", material=0, sums=[], **{"by lot": True}, replaced=2)],
    ]
    plain = [record for unit in units for record in unit]
    for records in (plain, *from_files(tmp_path, units, monkeypatch)):
        found = gathered(records)
        assert list(found.cells) == [
            ("weak", "strong", "2 missing"), ("weak", "weak", "2 missing"), ("weak", "strong", "even"),
        ]  # fmt: skip
        first, illegal, even = found.cells.values()
        assert first.opening.tolist() == [0, 0, 1, 0] and first.first.tolist() == [1, 0, 1, 1]
        assert first.score.tolist() == [1.0, 0.5, 1.0, 1.0] and first.copies == 1 and first.exact is None
        assert illegal.illegal == 1 and illegal.exact is not None and illegal.exact.tolist() == [0.25]
        assert even.replaced == 2 and even.copies == 0
        assert found.odds == ("even", "2 missing") and found.material == (0.0, 2.0)
        assert found.sums["2 missing"] == [["a", "b"]] and found.others == [2]
        assert found.openings == {"2 missing": 3, "even": 1}
        assert list(found.sound) == list(found.cells)[1:] and found.said == []
        (kept,) = found.spoken["weak", "strong", "2 missing"]
        assert {name: kept[name] for name in ("opening", "first", "odds", "said", "models")} == {
            "opening": 1, "first": "giver", "odds": "2 missing", **said,
        }  # fmt: skip


def test_copies_are_seen_between_games_in_memory_and_games_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python and msgspec put other blanks between moves; the first units of a run are in memory, the others are not."""
    made = Journal(tmp_path)
    for i in range(4):
        monkeypatch.setattr(module, "HELD", 0 if i > 1 else 1 << 20)
        made.append(str(i), {**UNIT, "records": [game(0, moves=["a0", "b1"])]})
    assert [isinstance(unit, Stored) for unit in made] == [False, False, True, True]
    (cell,) = gathered(chained(unit["records"] for unit in made)).cells.values()
    assert cell.copies == 3


class Small(msgspec.Struct):
    item: str
    n: float = 0.0


@pytest.mark.parametrize("odd", ["é \ud83d", math.nan, "\x00</script>"])
def test_what_one_field_holds_is_nothing_to_those_who_read_another(
    odd: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a character or a NaN beside it: only Python's own reader can read such a unit, and it is read by that."""
    units: list[list[dict[str, Any]]] = [[{"item": "a", "n": 1.5, "text": odd}, {"item": "b"}], [{"item": "c", "n": 2}]]
    for records in (units[0] + units[1], *from_files(tmp_path, units, monkeypatch)):
        assert [(one.item, one.n) for some in structs(records, Small) for one in some] == [
            ("a", 1.5), ("b", 0.0), ("c", 2.0),
        ]  # fmt: skip


def test_some_of_many_records_are_those_at_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units: list[list[dict[str, Any]]] = [[{"item": f"{i}-{j}"} for j in range(3)] for i in range(5)]
    plain: list[Record] = [record for unit in units for record in unit]
    for records in from_files(tmp_path, units, monkeypatch):
        for places in ([], [0], [2, 3, 14], list(range(15))):
            some = picked(records, places)
            assert list(some) == [plain[i] for i in places] == picked(plain, places)
            assert [some[i] for i in range(len(some))] == list(some)


def test_openings_lie_in_the_order_of_their_numbers() -> None:
    """And not in that of their digits: a cell's units are read one after the other, not here and there."""
    ranked = [canonical("odds", "b", {"cell": 0, "openings": [n, n + 1]}) for n in (2, 9, 10, 100, 1000)]
    assert ranked == sorted(ranked)
    mixed = [canonical("p", "s", {"x": value}) for value in (1, 2.5, [3], [20], "text", None, [], {"a": 1}, True)]
    assert len(sorted(mixed)) == len(set(mixed))
