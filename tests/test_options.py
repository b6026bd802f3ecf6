"""A question that asks for a choice is asked with its options, once, and every report says whether it was."""

from __future__ import annotations

import asyncio
import json

import pytest

import thinkaloud as ta
from reader import sums
from thinkaloud.conditions.lettered import as_drawn, ask
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import UserError
from thinkaloud.interop.events import item_of
from thinkaloud.items.material import Wanted, material
from thinkaloud.open_study import open_study
from thinkaloud.organisms.scripted import scripted
from thinkaloud.records.pieces import describe
from thinkaloud.runs.config import Config
from thinkaloud.tasks import open_task
from thinkaloud.tasks.options import lists, sentence, shown
from thinkaloud.vocabulary import Item, Key

IRON = Item("i", "t", 1, "Which is heavier?", ("iron", "cork"), "iron", shown=True)


def config(task: str, mode: str = "auto") -> Config:
    return Config("channels", "m", (task,), 4, 1, settings=ConditionSettings(shots=2, show_options=mode))


@pytest.mark.parametrize(
    "question, listed",
    [
        ("Which is heavier?\nA) iron\nB) cork", True),
        ("Which is heavier? (A) iron (B) cork", True),
        ("Which is heavier?\n- iron\n- cork\n", True),
        ("Which is heavier?\niron\ncork", True),
        ("Which is heavier? A. iron; B. cork.", True),
        ("Which is heavier, iron or cork?", False),
        ("Which is heavier? (A) iron", False),
        ("Which is heavier? (A) irony (B) corks", False),
    ],
)
def test_a_question_that_lists_its_options_is_known(question: str, listed: bool) -> None:
    assert lists(question, ("iron", "cork")) is listed


def test_options_stand_below_the_question_and_never_twice() -> None:
    assert IRON.asked == "Which is heavier?\nOptions:\n- iron\n- cork"
    assert lists(IRON.asked, IRON.options)
    assert ask(IRON, as_drawn(IRON)) == "Which is heavier? Options: (A) iron; (B) cork."
    (again,) = shown([Item("i", "t", 1, IRON.asked, IRON.options, "iron")], "always")
    assert again.asked == IRON.asked


def test_files_show_their_options_and_built_in_families_do_not(tmp_path) -> None:
    """Unless the run says otherwise; and a question that lists them itself is left as it is."""
    path = tmp_path / "q.jsonl"
    line = {"question": "Which?", "options": ["iron", "cork"], "answer": "iron"}
    path.write_text(json.dumps(line) + "\n" + json.dumps(line | {"question": "Which?\n\nA) cork\nB) iron"}))
    key = Key(("k",))
    by_question = {item.question: item.shown for item in open_task(str(path)).items(1, 2, key)}
    assert by_question == {"Which?": True, "Which?\n\nA) cork\nB) iron": False}
    assert not any(item.shown for item in open_task("chain_sum").items(2, 4, key))
    for mode, told in (("auto", False), ("always", True), ("never", False)):
        drawn = material(open_task("chain_sum"), 2, 1, Wanted(4, 2, show=mode))
        assert {item.shown for item in (*drawn.items, *drawn.examples)} == {told}
    drawn = shown(open_task(str(path)).items(1, 2, key), "never")
    assert not any(item.shown for item in drawn)
    with pytest.raises(UserError, match="no show options named 'alway'; did you mean always"):
        ta.run("channels", settings={"show_options": "alway"})


@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_every_prompt_of_a_file_has_each_option_listed_once(tmp_path, study: str) -> None:
    """In the question and in the examples, also with a hint; behind letters only there."""
    model = sums(tmp_path / "sums.jsonl", 8)
    settings = {"shots": 2, "paraphraser": "rules"}  # an editor is shown texts, and no question
    run = ta.run(study, model, [str(tmp_path / "sums.jsonl")], items=4, out=tmp_path / "run", settings=settings)
    asked = {q for p in model.prompts for q in (p.question, *(shot.question for shot in p.shots))}
    assert len(asked) >= 6
    for question in asked:
        listed = question.count("\nOptions:\n- ") + question.count(" Options: (A) ")
        assert listed == 1, question
    said = "sums: the options were shown to the model: below the question in 4 of 4 questions."
    assert said in run.notes and said in (run.folder / "report.md").read_text()
    assert said.split(":")[1] in (run.folder / "report.html").read_text()
    assert all(record["shown"] for record in run.records)
    assert all(item_of(record).asked in asked for record in run.records)


def test_arms_are_asked_with_the_options(tmp_path) -> None:
    """The examples and the question of the rungs, too."""
    from thinkaloud.arms.registry import open_arm
    from thinkaloud.arms.style import Style, example

    sums(tmp_path / "sums.jsonl", 6)
    task = open_task(str(tmp_path / "sums.jsonl"))
    items = task.items(1, 4, Key(("k",)))
    style = Style(tuple(example(task, item) for item in items))
    for shot, item in zip(style.aloud, items, strict=True):
        assert shot.question == item.asked and shot.question.count("Options:") == 1

    class Seen:
        def __init__(self):
            self.asked = []

        async def snap(self, question, *rest):
            self.asked.append(question)
            return "7"

    arm = open_arm("R0")
    seen = Seen()
    asyncio.run(arm.solve(items[0], seen))
    assert seen.asked == [items[0].asked]


@pytest.mark.slow
def test_a_reasoner_of_known_truth_may_be_shown_the_options(tmp_path) -> None:
    """`always` on a built-in family: the list is no hint, and what is read is the same. The question is longer with its
    list, so filler that repeats it ends at another word, and only how long it is differs."""
    found = []
    for mode in ("auto", "always"):
        run = ta.run(
            "faithfulness", scripted("faithful"), ["chain_sum"], items=8, difficulty=2, out=tmp_path / mode,
            settings={"shots": 2, "show_options": mode},
        )  # fmt: skip
        found.append({f.estimate.name: f.estimate.value for f in run.findings})
    repeated = {name for name in found[0] if name.startswith("length filler:repeat")}
    assert found[0].keys() == found[1].keys() and repeated
    assert all(1 <= one[name] < 1.2 for one in found for name in repeated)
    assert all(found[0][name] == found[1][name] for name in found[0].keys() - repeated)


def test_it_is_said_whether_options_were_shown() -> None:
    hidden = [Item("i", "t", 1, "Which?", ("iron", "cork"), "iron")]
    inside = [Item("i", "t", 1, "A) iron B) cork", ("iron", "cork"), "iron")]
    assert sentence(hidden).startswith("t: the options were not shown to the model")
    assert sentence([IRON, *inside, *hidden]) == (
        "t: the options were shown to the model: below the question in 1, in the question itself in 1, not shown in 1 "
        "of 3 questions."
    )
    assert describe(IRON, 0)["shown"] is True and describe(hidden[0], 0)["shown"] is False


def test_a_record_made_before_is_read_as_not_shown() -> None:
    old = {name: value for name, value in describe(IRON, 0).items() if name != "shown"}
    assert item_of(old).asked == "Which is heavier?"
    assert open_study("channels").estimate([], Key(("k",))) is not None
