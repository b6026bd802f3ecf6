"""Who is who: a task is its file and content, an item its whole content, a name tells things apart."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from folder_fixture import Leaning, lines, written
from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task, open_tasks
from thinkaloud.tasks.identity import content, contents, named
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import Item, Key, Step, Transcript

KEY = Key(("tests",))
ITEM = Item("", "t", 1, "Why?", ("a", "b", "c"), "a", Transcript((Step("So."),)), {"source": "x"})


def run(tasks: list[str], out: Path) -> Any:
    return ta.run("channels", Leaning(0.9), tasks, items=8, difficulty=1, out=out, settings={"shots": 2})


def own(found: Any) -> dict[str, tuple[Any, ...]]:
    rows = json.loads((found.folder / "findings.json").read_text())["findings"]
    names = ("value", "low", "high", "n")
    return {r["task"]: tuple(r[name] for name in names) for r in rows if r["estimate"] == "P(gold) own"}


@pytest.mark.slow
def test_files_of_one_stem_have_rows_names_and_numbers_of_their_own(tmp_path: Path) -> None:
    """The numbers of each, to the last digit of its interval, are those that it has when it is run alone."""
    law = written(tmp_path / "law" / "test.jsonl", lines(gold=0))
    anatomy = written(tmp_path / "anatomy" / "test.jsonl", lines(gold=2))
    alone = [own(run([one], tmp_path / f"alone-{i}")) for i, one in enumerate((law, anatomy))]
    assert [list(found) for found in alone] == [["test"], ["test"]]
    both = run([law, anatomy], tmp_path / "both")
    assert own(both) == {"law/test": alone[0]["test"], "anatomy/test": alone[1]["test"]}
    assert own(both)["law/test"][0] == pytest.approx(0.9) and own(both)["anatomy/test"][0] == pytest.approx(0.05)
    page = (both.folder / "report.html").read_text()
    assert "law/test" in page and "anatomy/test" in page and "law/test" in (both.folder / "report.md").read_text()
    assert ta.rescore(both.folder).findings == both.findings


def test_names_go_up_as_far_as_they_must_and_no_farther(tmp_path: Path) -> None:
    paths = [written(tmp_path / place / "test.jsonl", lines(about=place)) for place in ("a/x", "b/x", "y")]
    assert [task.name for task in open_tasks(paths[:1])] == ["test"]
    assert [task.name for task in open_tasks(paths[1:])] == ["x/test", "y/test"]
    assert [task.name for task in open_tasks(paths[:2])] == ["a/x/test", "b/x/test"]
    assert len({task.name for task in open_tasks(paths)}) == 3


def test_another_name_changes_neither_draws_nor_ids(tmp_path: Path) -> None:
    one = open_task(written(tmp_path / "a" / "test.jsonl", lines()))
    other = one.called("a/test")  # type: ignore[attr-defined]
    mine, theirs = one.items(1, 10, KEY), other.items(1, 10, KEY)
    assert [(i.id, i.options) for i in mine] == [(i.id, i.options) for i in theirs]
    assert {i.task for i in theirs} == {other.name} == {"a/test"} and one.name == "test"


def test_the_same_file_is_not_taken_for_two(tmp_path: Path) -> None:
    path = written(tmp_path / "test.jsonl", lines())
    with pytest.raises(UserError, match=r"test.jsonl' is given twice"):
        open_tasks([path, f"{tmp_path}/./test.jsonl"])


def test_a_file_named_like_a_built_in_task_is_not_taken_for_it(tmp_path: Path) -> None:
    """Nor is a task object of that name."""
    path = written(tmp_path / "coin.jsonl", lines())
    assert [task.name for task in open_tasks(["coin", path])] == ["coin", "coin.jsonl"]
    assert open_task(path).items(1, 1, KEY)[0].id.startswith("coin.jsonl/1/")
    with pytest.raises(UserError, match="two tasks are called 'chain_sum'"):
        open_tasks(["chain_sum", ChainSum()])
    mine = ChainSum()
    mine.name = "trees"
    trees = written(tmp_path / "wood" / "trees.jsonl", lines())
    assert [task.name for task in open_tasks([mine, trees])] == ["trees", "wood/trees"]


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Why not?"}, {"options": ("a", "b", "d")}, {"gold": "b"}, {"level": 2}, {"task": "u"},
        {"worked": Transcript((Step("No."),))}, {"meta": {"source": "y"}}, {"meta": {"transcript": "So they say."}},
    ],
)  # fmt: skip
def test_an_id_is_made_of_all_that_an_item_holds(change: dict[str, Any]) -> None:
    from dataclasses import replace

    other = replace(ITEM, **change)
    assert named(other).id != named(ITEM).id
    assert re.fullmatch(r"[tu]/[12]/[0-9a-f]{32}", named(other).id)


def test_shuffled_options_are_the_same_item_and_another_unit() -> None:
    from dataclasses import replace

    other = replace(ITEM, options=("c", "a", "b"))
    assert named(other).id == named(ITEM).id
    assert content(other) != content(ITEM) and contents([other, ITEM]) != contents([ITEM, other])


def test_what_no_text_can_hold_is_left_out_of_the_content() -> None:
    """An object's address would make the same item another one in the next process."""
    from dataclasses import replace

    assert content(replace(ITEM, meta={"source": "x", "how": object()})) == content(ITEM)


@pytest.mark.slow
def test_ids_of_a_hundred_thousand_lines_are_different() -> None:
    """At 32 bits of hash about one pair would collide."""
    ids = {named(Item("", "t", 1, f"Question {i}?", ("a", "b"), "a")).id for i in range(100_000)}
    assert len(ids) == 100_000
