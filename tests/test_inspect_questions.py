"""The questions of a task of Inspect, read from its dataset alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task
from thinkaloud.tasks.specs import rebased
from thinkaloud.vocabulary import Key

pytest.importorskip("inspect_ai")
KEY = Key(("inspect",))
MINE = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser

@task
def mixed():
    return Task(dataset=[
        Sample(input="6 threes?", target="18", metadata={"reasoning": "3 * 6 is 18."}),
        Sample(input="Which?", choices=["iron", "cork"], target="B"),
        Sample(input="Which letter?", choices=["B", "A", "C"], target="A"),
        Sample(input=[ChatMessageSystem(content="Be brief."), ChatMessageUser(content="Colour?")],
               target=["colour", "color"]),
        Sample(input="All?", choices=["a", "b", "c"], target=["A", "B"]),
        Sample(input="Say why.", target="It depends. Some say so. Others do not. I could not tell."),
    ])

@task
def other():
    return Task(dataset=[Sample(input="1?", target="1")])
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return "inspect-task:mine.py@mixed"


def test_choices_targets_and_reasoning_are_read_and_the_rest_is_left_out(spec):
    task = open_task(spec)
    items = {item.question: item for item in task.items(1, 4, KEY)}
    assert {question: item.gold for question, item in items.items()} == {
        "6 threes?": "18", "Which?": "cork", "Which letter?": "B", "Colour?": "colour",
    }  # fmt: skip
    assert items["6 threes?"].worked.text == "3 * 6 is 18." and task.verify(items["Colour?"], "Color.")
    assert items["Which?"].shown and items["6 threes?"].options == ()
    said = "\n".join(task.notes)
    assert "its own prompts, solvers and scorers are not used" in said and "2 of 6 questions" in said
    assert "2 answers are given beside options" in said and "states no answer" in said


def test_a_task_that_is_not_there_is_one_line(spec, tmp_path, monkeypatch):
    for wrong, said in (
        ("inspect-task:mine.py", "'mine.py' is 2 tasks of Inspect, and one is asked"),
        ("inspect-task:mine.py@nothing", "nothing"),
        ("inspect-task:no_such_package/gsm8k", "Inspect knows no task 'no_such_package/gsm8k'"),
    ):
        with pytest.raises(UserError) as caught:
            open_task(wrong)
        assert said in str(caught.value) and "\n" not in str(caught.value)
    monkeypatch.chdir("/")
    assert open_task(rebased(spec, tmp_path)).levels == (1,)
