"""Tasks from files: what is read, and what is said about a file that cannot be."""

from __future__ import annotations

import json
import re

import pytest

from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key, Task

KEY = Key(("tests",))
GOOD = {"question": "Is snow white?", "options": ["yes", "no"], "answer": "yes"}


def written(tmp_path, *lines):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return str(path)


def many(n):
    return [{"question": f"Q{i}?", "options": ["a", "b", "c"], "answer": "a", "level": 1 + i % 2} for i in range(n)]


def test_a_file_is_a_task(tmp_path):
    """Levels, reasoning and ids come from the file; what the file leaves out has a default."""
    full = GOOD | {"question": "Is coal white?", "reasoning": ["Coal is black.", "So no."], "level": 3, "id": "coal"}
    task = open_task(written(tmp_path, GOOD, "", full | {"answer": "no"}))
    assert isinstance(task, Task)
    assert (task.name, task.levels, task.reads_steps) == ("mine", (1, 3), False)
    (plain,), (worked,) = task.items(1, 1, KEY), task.items(3, 1, KEY)
    assert plain.worked.steps == () and re.fullmatch(r"mine/1/[0-9a-f]{32}", plain.id)
    assert worked.id == "coal" and worked.worked.text == "Coal is black. So no." and worked.gold == "no"
    assert task.verify(worked, "No.") and not task.verify(worked, "yes")


def test_steps_are_cut_but_not_understood(tmp_path):
    task = open_task(written(tmp_path, GOOD))
    item = task.items(1, 1, KEY)[0]
    cut = task.parse("Snow is white; so yes. Sure!\nDone")
    assert [step.text for step in cut.steps] == ["Snow is white;", "so yes.", "Sure!", "\nDone"]
    assert all(step.form is None and step.value is None for step in cut.steps)
    assert task.paraphrase(cut, KEY) is task.mistake(item, cut, 0, KEY) is task.legible(item, cut) is None


def test_order_depends_on_the_key_alone(tmp_path):
    """Equal keys give equal items, fewer are the first of more; another key gives another order; gold moves."""
    task = open_task(written(tmp_path, *many(80)))
    items = task.items(1, 40, KEY)
    assert task.items(1, 40, KEY) == items and task.items(1, 7, KEY) == items[:7]
    other = task.items(1, 40, KEY.child("other"))
    assert [i.id for i in other] != [i.id for i in items] and {i.id for i in other} == {i.id for i in items}
    assert {item.gold_index for item in items} == {0, 1, 2}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{'question'",
            "line 2: not JSON (Expecting property name enclosed in double quotes at column 2): {'question'",
        ),
        ("[1, 2]", "line 2: not a JSON object: [1, 2]"),
        ({"question": "Q?", "answer": "a"}, "line 2: no field 'options'; the line has 'question', 'answer'"),
        ({}, "line 2: no field 'question'; the line has none"),
        (GOOD | {"question": " "}, "line 2: the question is empty: ' '"),
        (GOOD | {"question": 7}, "line 2: 'question' must be a text, not 7"),
        (GOOD | {"options": "yes"}, "line 2: 'options' must be a list of texts, not \"yes\""),
        (GOOD | {"options": [1, 2]}, "line 2: 'options' must be a list of texts, not [1, 2]"),
        (GOOD | {"level": True}, "line 2: 'level' must be a whole number, not true"),
        (GOOD | {"level": "easy"}, "line 2: 'level' must be a whole number, not \"easy\""),
        (GOOD | {"question": "Q?", "options": ["yes"]}, "has 1 options, it needs at least two: ['yes']"),
        (GOOD | {"question": "Q?", "options": ["yes", "no", "yes"]}, "repeats the option 'yes'"),
        (GOOD | {"question": "Q?", "answer": "maybe"}, "the answer 'maybe' is not among the options ['yes', 'no']"),
        (GOOD, "line 2: the question 'Is snow white?' is that of line 1 already"),
    ],
)
def test_a_bad_line_is_named_and_quoted(tmp_path, line, message):
    path = written(tmp_path, GOOD, line)
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        open_task(path)
    assert str(caught.value).startswith(f"{path}, line 2")


def test_an_id_may_not_repeat(tmp_path):
    path = written(tmp_path, GOOD | {"id": "one"}, GOOD | {"id": "one", "question": "Q?"})
    with pytest.raises(UserError, match=r"line 2: the id 'one' is that of line 1 already"):
        open_task(path)


def test_an_empty_file_and_a_binary_file_are_named(tmp_path):
    with pytest.raises(UserError, match=r"mine\.jsonl is empty: it needs one JSON object a line"):
        open_task(written(tmp_path, "", " "))
    (tmp_path / "bytes.jsonl").write_bytes(b'{"question": "\xff"}')
    with pytest.raises(UserError, match=r"bytes\.jsonl is not UTF-8 text: byte 14 is 0xff"):
        open_task(str(tmp_path / "bytes.jsonl"))


def test_a_missing_file_is_answered_with_what_is_there(tmp_path):
    written(tmp_path, GOOD)
    with pytest.raises(UserError, match=r"no such file: '.*main\.jsonl'; did you mean mine\.jsonl\?"):
        open_task(str(tmp_path / "main.jsonl"))
    with pytest.raises(UserError, match=r"the folder has mine\.jsonl"):
        open_task(str(tmp_path / "questions_of_last_year.jsonl"))
    with pytest.raises(UserError, match=r"there is no folder '.*nowhere' either"):
        open_task(str(tmp_path / "nowhere" / "mine.jsonl"))


def test_too_many_or_an_absent_level_is_refused(tmp_path):
    task = open_task(written(tmp_path, *many(4)))
    with pytest.raises(UserError, match=r"has 2 questions at level 2, not 3"):
        task.items(2, 3, KEY)
    with pytest.raises(UserError, match=r"no level 5; its levels are \[1, 2\]"):
        task.items(5, 1, KEY)
