"""Tasks from files: what is read, and what is said about a file that cannot be."""

from __future__ import annotations

import json
import re

import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Completion, Key, ModelCard, Reading, Task

KEY = Key(("tests",))
GOOD = {"question": "Is snow white?", "options": ["yes", "no"], "answer": "yes"}


def written(tmp_path, *lines):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return str(path)


class Even:
    """A model that finds all options alike."""

    card = ModelCard(
        "even", "test", "even", "completion", "exact", 4096, frozenset({"prefill", "logprobs", "raw_reasoning"})
    )

    async def generate(self, prompt, sampling, key):
        return Completion("I add.", 2, "stop")

    async def score(self, prompt, options, closing="."):
        return Reading(tuple(-1.0 for _ in options))


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
        ({"question": "Q?"}, "line 2: no field 'answer'; the line has 'question'"),
        ({}, "line 2: no field 'question'; the line has none"),
        (GOOD | {"question": 7}, "line 2: 'question' must be a text, not 7"),
        (GOOD | {"options": "yes"}, "line 2: 'options' must be a list of texts, not \"yes\""),
        (GOOD | {"options": [True, None]}, "line 2: 'options' must be a list of texts, not [true, null]"),
        (GOOD | {"answer": {}}, "line 2: 'answer' must be a text, a number or a list of them, not {}"),
        (GOOD | {"answer": True}, "line 2: 'answer' must be a text, a number or a list of them, not true"),
        (GOOD | {"reasonning": ["So."]}, "line 2: no field is called 'reasonning'; did you mean 'reasoning'?"),
        (GOOD | {"transcripts": "So."}, "line 2: no field is called 'transcripts'; did you mean 'transcript'?"),
        (GOOD | {"level": True}, "line 2: 'level' must be a whole number, not true"),
        (GOOD | {"level": "easy"}, "line 2: 'level' must be a whole number, not \"easy\""),
    ],
)
def test_a_line_that_is_no_question_is_named_and_quoted(tmp_path, line, message):
    """The file is not what it is taken for, and nothing of it is used."""
    path = written(tmp_path, GOOD, line)
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        open_task(path)
    assert str(caught.value).startswith(f"{path}, line 2")


UNUSABLE = [
    (GOOD | {"question": " "}, "the question is empty: ' '"),
    (GOOD | {"question": "Q?", "options": ["yes"]}, "has 1 options, it needs at least two: ['yes']"),
    (GOOD | {"question": "Q?", "options": ["yes", "no", "yes"]}, "repeats the option 'yes'"),
    (GOOD | {"question": "Q?", "options": ["yes", "ye\u200bs"]}, "repeats the option 'yes', written 'ye\\u200bs'"),
    (GOOD | {"question": "Q?", "options": ["1,000", "1000"], "answer": "1000"}, "repeats the option '1,000'"),
    (GOOD | {"question": "Q?", "options": ["yes", "\u00a0"]}, "has an empty option ''"),
    (GOOD | {"question": "Q?", "answer": "maybe"}, "the answer 'maybe' is not among the options ['yes', 'no']"),
    (GOOD | {"question": "Q?", "answer": 2}, "the answer '2' is not among the options ['yes', 'no']"),
    (
        GOOD | {"question": "Q?", "options": ["1", "2"], "answer": 1},
        "the answer 1 may be the option '1' or the place of '2'",
    ),
    (
        {"question": "Q?", "choices": ["A", "C", "B"], "answer": "B"},
        "the answer 'B' may be the option 'B' or the place of 'C'",
    ),
    (GOOD | {"choices": ["a", "b"]}, "it has both 'options' and 'choices'"),
    ('{"question": "Q?", "options": ["a", "b"], "answer": "a", "answer": "b"}', "the field 'answer' is there twice"),
    (GOOD, "it is the same as line 1"),
    (GOOD | {"options": ["no", " yes"]}, "it is the same as line 1"),
    (GOOD | {"question": "Q?", "id": "first"}, "the id 'first' is that of line 1 already"),
    (GOOD | {"transcript": " "}, "the transcript is empty: ' '; leave the field out"),
    (GOOD | {"transcript": "So the answer is yes."}, "the transcript is an answer without reasoning"),
]


@pytest.mark.parametrize(("line", "reason"), UNUSABLE)
def test_a_line_that_cannot_be_used_is_left_out_and_named_and_the_others_are_used(tmp_path, line, reason):
    task = open_task(written(tmp_path, GOOD | {"id": "first"}, line, GOOD | {"question": "Is coal?", "answer": "no"}))
    assert [item.gold for item in sorted(task.items(1, 2, KEY), key=lambda item: item.gold)] == ["no", "yes"]
    (note,) = task.notes
    assert note.startswith("mine: 1 of 3 questions of mine.jsonl are left out: line 2: ") and reason in note


def test_all_that_is_left_out_is_one_message_with_the_first_reasons(tmp_path):
    """A run repeats it, and a file of which nothing is left is refused in its words."""
    bad = [GOOD | {"question": f"Q{i}?", "answer": "maybe"} for i in range(8)]
    (note,) = open_task(written(tmp_path, GOOD, *bad)).notes
    assert note.count("line ") == 5 and note.startswith("mine: 8 of 9 ") and note.endswith("; and 3 more")
    with pytest.raises(
        UserError, match=r"mine\.jsonl: no line can be used: line 1: the answer 'maybe' is not .*; and 3 more"
    ):
        open_task(written(tmp_path, *bad))


def test_what_a_file_leaves_out_is_in_the_notes_of_a_run(tmp_path):
    path = written(tmp_path, *many(40), GOOD | {"options": ["yes", "yes"]})
    run = ta.run("channels", Even(), [path], items=4, difficulty=1, out=tmp_path / "run", settings={"shots": 0})
    assert any(
        "1 of 41 questions of mine.jsonl are left out: line 41: repeats the option" in note for note in run.notes
    )


@pytest.mark.parametrize(
    ("options", "answer", "asked", "gold"),
    [
        ([" Paris", "Lyon\t", "\u00a0Nice\n"], "Paris ", ("Paris", "Lyon", "Nice"), "Paris"),
        (["AA", "Aa", "aa"], "Aa", ("AA", "Aa", "aa"), "Aa"),
        (["C", "C++", "C#"], "C", ("C", "C++", "C#"), "C"),
        (["5", "5.5", "50%", "50"], "50%", ("5", "5.5", "50%", "50"), "50%"),
        (["No", "No. 1"], "No", ("No", "No. 1"), "No"),
        (["?", "!", "."], ".", ("?", "!", "."), "."),
        (["x = 1", "x = 1;"], "x = 1;", ("x = 1", "x = 1;"), "x = 1;"),
        (["It rises.", "It falls.", "Both"], "It falls.", ("It rises", "It falls", "Both"), "It falls"),
        (["No", "No.", "Yes."], "No.", ("No", "No.", "Yes."), "No."),
        (["Wait...", "Go."], "Go.", ("Wait...", "Go"), "Go"),
        ([1, 2.5, 3], 2.5, ("1", "2.5", "3"), "2.5"),
        (["iron", "cork"], "B", ("iron", "cork"), "cork"),
        (["iron", "cork"], "(a)", ("iron", "cork"), "iron"),
        (["iron", "cork"], 1, ("iron", "cork"), "cork"),
        (["A", "C", "B"], "B", ("A", "C", "B"), "B"),
        ([f"intent_{i}" for i in range(77)], "intent_3", tuple(f"intent_{i}" for i in range(77)), "intent_3"),
    ],
)
def test_options_are_read_as_people_write_them(tmp_path, options, answer, asked, gold):
    """Spaces around them and the full stop that the answer's sentence has anyway are no part of them; a letter or a
    place is an answer where no option has that text."""
    if isinstance(answer, float):
        answer = str(answer)
    task = open_task(written(tmp_path, {"question": "Q?", "options": options, "answer": answer}))
    (item,) = task.items(1, 1, KEY)
    assert sorted(item.options) == sorted(asked) and item.gold == gold and not any("left out" in n for n in task.notes)
    assert task.verify(item, gold)


def test_choices_with_a_place_are_read_as_the_hub_writes_them(tmp_path):
    """A whole number beside `choices` is a place counted from 0, also where the choices are numbers themselves."""
    lines = [{"question": f"{i}?", "choices": ["1", "2", "3"], "answer": i, "subject": "sums"} for i in range(3)]
    task = open_task(written(tmp_path, *lines))
    assert {item.question: item.gold for item in task.items(1, 3, KEY)} == {"0?": "1", "1?": "2", "2?": "3"}
    said = "\n".join(task.notes)
    assert "3 of 3 answers were read as the letter or place of an option" in said
    assert "fields that are not read here: 'subject'" in said


def test_one_stem_with_other_options_is_another_item(tmp_path):
    """Many benchmarks ask `Which of these is true?` again and again."""
    stem = {"question": "Which of these is true?"}
    lines = [stem | {"options": [f"{i}+1={i + 1}", f"{i}+1={i}"], "answer": f"{i}+1={i + 1}"} for i in range(3)]
    task = open_task(written(tmp_path, *lines))
    items = task.items(1, 3, KEY)
    assert len({item.id for item in items}) == 3 and {item.question for item in items} == {stem["question"]}
    assert task.notes == ()


def test_reasoning_and_transcripts_are_a_text_or_a_list_and_end_before_the_answer(tmp_path):
    """As imported ones do; what is missing or null is not there, 1.0 is a level, a number is an id."""
    said = "Iron sinks. Cork floats. So the answer is iron."
    base = {"question": "Q?", "options": ["iron", "cork"], "answer": "iron", "level": 1.0, "id": 7}
    for field in (said, said.split(". "), ["Iron sinks.", "Cork floats.", "**Answer:** iron"]):
        task = open_task(written(tmp_path, base | {"reasoning": field, "transcript": field}))
        (item,) = task.items(1, 1, KEY)
        assert item.worked.text.replace("..", ".").startswith("Iron sinks") and "answer" not in item.worked.text.lower()
        assert "nswer" not in given(item) and given(item).startswith("Iron sinks") and item.meta["stated"] == "iron"
        assert any("1 of 1 transcripts were cut" in note for note in task.notes) and item.id == "7"
    bare = open_task(written(tmp_path, base | {"reasoning": None, "transcript": "Iron sinks."}))
    (item,) = bare.items(1, 1, KEY)
    assert item.worked.steps == () and given(item) == "Iron sinks." and "stated" not in item.meta
    assert any("1 of 1 transcripts state no answer" in note for note in bare.notes)
    imported = base | {"transcript": ["So the answer is cork."], "meta": {"answered": "iron"}}
    assert given(open_task(written(tmp_path, imported)).items(1, 1, KEY)[0]) == "So the answer is cork."


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
