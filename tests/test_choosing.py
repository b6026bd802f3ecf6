"""The simplest file is measured, and where nothing can be measured that is said first, with the way out."""

from __future__ import annotations

import json

import pytest

import thinkaloud as ta
from reader import Reader, sums
from thinkaloud.cli.show import show
from thinkaloud.conditions.group import Group
from thinkaloud.errors import UserError
from thinkaloud.items.choosing import about_examples, apart
from thinkaloud.runs.unmeasured import tallies, unfinished, unmeasured
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Completion, Item, Key, Step, Transcript


def bare(tmp_path, n: int, between: str | None = None, **more: object) -> tuple[Reader, str]:
    path = tmp_path / "q.jsonl"
    return sums(path, n, between, **more), str(path)


@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_a_file_without_reasoning_is_measured_without_examples(tmp_path, study: str) -> None:
    """Silently as aloud, so that they differ in the reasoning alone; the report says so and what to do."""
    model, path = bare(tmp_path, 8)
    settings = {"paraphraser": "rules", "ask": "few-shot"}  # an editor is shown examples of editing
    run = ta.run(study, model, [path], items=8, out=tmp_path / "run", settings=settings)
    assert not any(prompt.shots for prompt in model.prompts)
    found = {f.estimate.name: f.estimate for f in run.findings}
    name = "P(gold) own" if study == "channels" else "accuracy own"
    assert found[name].value > 0.9 and found[name].n == 8
    (said,) = [note for note in run.notes if "no question has worked reasoning" in note]
    assert "asked without examples, silently as aloud" in said and "`reasoning`" in said
    assert said.partition(". Give")[0] in (run.folder / "report.md").read_text()


def test_only_questions_with_worked_reasoning_become_examples() -> None:
    worked = Transcript((Step("So."),))
    items = [Item(f"i{k}", "t", 1, f"Q{k}?", ("a", "b"), "a", worked if k % 2 else Transcript()) for k in range(6)]
    examples, rest = apart(items, 2)
    assert [item.id for item in examples] == ["i1", "i3"] and [item.id for item in rest] == ["i0", "i2", "i4", "i5"]
    examples, rest = apart(items, 4)
    assert len(examples) == 3 and about_examples("t", examples, 4)[0].startswith("t: 3 examples, not 4")
    assert about_examples("t", examples, 3) == [] and apart(items, 0) == ([], items)


def test_there_is_room_for_a_reasoning_of_unknown_length() -> None:
    """Where nobody wrote one; a transcript that came with an item says how long it may be."""
    item = Item("i", "t", 1, "Q?", ("a", "b"), "a")
    came = Item("j", "t", 1, "Q?", ("a", "b"), "a", meta={"transcript": "word " * 500})
    assert Group(open_task("chain_sum"), 1, 0, (item,), (), ()).room == 256
    assert Group(open_task("chain_sum"), 1, 0, (item, came), (), ()).room == 1500


def test_a_file_with_one_level_is_not_searched_for_its_edge(tmp_path) -> None:
    """No item is spent on it, and no model call."""
    model, path = bare(tmp_path, 10, " ")
    run = ta.run("channels", model, [path], items=7, out=tmp_path / "run", settings={"shots": 3})
    assert {unit["phase"] for unit in run.units} == {"channels"}
    assert len(run.records) == 7


def test_a_file_with_several_levels_is_still_searched(tmp_path) -> None:
    model, path = bare(tmp_path, 30, " ")
    with open(path) as lines:
        both = [json.loads(line) for line in lines]
    with open(path, "w") as lines:
        for i, line in enumerate(both):
            lines.write(json.dumps(line | {"level": 1 + i % 2}) + "\n")
    with pytest.raises(UserError, match="16 find the edge"):
        ta.run("channels", model, [path], items=4, out=tmp_path / "run", settings={"shots": 3})


def test_too_few_questions_name_how_many_fit(tmp_path) -> None:
    """And a file without reasoning needs none for examples."""
    model, path = bare(tmp_path, 40, " ")
    with pytest.raises(UserError) as failed:
        ta.run("channels", model, [path], items=40, out=tmp_path / "run")
    said = "task 'q' has 40 questions at level 1: 6 are examples and 34 are left to measure; --items 34 fits"
    assert str(failed.value) == said
    with pytest.raises(UserError, match="give fewer --shots"):
        ta.run("channels", model, [path], items=1, out=tmp_path / "run2", settings={"shots": 40})
    model, path = bare(tmp_path, 9)
    assert len(ta.run("channels", model, [path], items=9, out=tmp_path / "run3").records) == 9


class Mute(Reader):
    """Writes nothing, or without an end."""

    finish = "stop"

    async def generate(self, prompt, sampling, key):
        return Completion("" if self.finish == "stop" else "word", 1, self.finish)


@pytest.mark.parametrize(
    "finish, cause", [("stop", "wrote no reasoning before its answer"), ("length", "until there was no room left")]
)
def test_where_nothing_was_measured_that_comes_first_with_the_way_out(tmp_path, capsys, finish, cause) -> None:
    """In the terminal, the notes and the reports; the exit code says it, too."""
    _, path = bare(tmp_path, 8, " ")
    model = Mute({})
    model.finish = finish
    run = ta.run("channels", model, [path], items=4, out=tmp_path / "run", settings={"shots": 2, "ask": "few-shot"})
    first = run.notes[0]
    assert first.startswith("q: nothing was measured. In 4 of 4 items the model") and cause in first
    assert "`reasoning` in the file" in first
    with pytest.raises(SystemExit) as ended:
        show(run)
    assert ended.value.code == 4
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == first and printed.count(first) == 1
    assert first.partition(" (")[0] in (run.folder / "report.md").read_text()


def test_a_run_that_measured_something_ends_well(tmp_path, capsys) -> None:
    model, path = bare(tmp_path, 6, " ")
    run = ta.run("channels", model, [path], items=4, out=tmp_path / "run", settings={"shots": 2})
    show(run)
    assert unmeasured(tallies("channels", run.units)) == [] and capsys.readouterr().out.startswith("q, level 1")
    assert unmeasured(tallies("channels", [])) == [] and Key(("k",)).path == ("k",)


def test_items_whose_reasoning_came_to_nothing_are_counted_with_the_cause() -> None:
    """They are in no number, and a row's n alone does not say why."""

    def record(status: str, finish: str = "stop") -> dict[str, object]:
        return {"status": status, "conditions": {}, "thought": {"finish": finish}}

    records = [record("ok"), record("unparsed", "length"), record("unparsed", "length"), record("unparsed")]
    (said,) = unfinished(tallies("s", [{"phase": "s", "status": "ok", "task": "q", "records": records}]))
    assert said.startswith("q: 3 of 4 items are unparsed and in no number: in 2 the model went on writing")
    assert "; in 1 the model wrote no reasoning" in said
    assert unfinished(tallies("s", [{"phase": "s", "status": "ok", "task": "q", "records": records[:1]}])) == []
    assert unfinished(tallies("s", [{"phase": "s", "status": "ok", "task": "q", "records": records[1:]}])) == []
