"""Questions without options: they load, are asked without any, and a verifier reads what is answered."""

from __future__ import annotations

import json

import pytest

from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.free import Free, Unreadable, free_answer
from thinkaloud.tasks.inside import inside, texts
from thinkaloud.tasks.options import lettered, lists, sentence, shown
from thinkaloud.tasks.promises import check_task
from thinkaloud.vocabulary import Item, Key

KEY = Key(("free",))
EGGS = "He has 3 * 6 = <<3*6=18>>18 eggs.\nHe eats none.\n#### 18"


def opened(tmp_path, *lines):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return open_task(str(path))


def only(tmp_path, **line):
    (item,) = (task := opened(tmp_path, {"question": "Q?"} | line)).items(1, 1, KEY)
    return task, item


@pytest.mark.parametrize(
    ("answer", "gold", "right", "wrong"),
    [
        ("18,000", "18,000", ("18000", "$18,000.00", "The answer is 18000 dollars.", "\\boxed{18000}"), ("1800", "18")),
        (18000, "18000", ("18,000", "#### 18000"), ("18001",)),
        (2.5, "2.5", ("2.50", "**2.5**"), ("25",)),
        ("B", "B", ("b", "(B)", "Answer: B"), ("A", "BB")),
        ("Ada Lovelace", "Ada Lovelace", ("ada lovelace", "So the answer is Ada Lovelace."), ("Ada",)),
        ("2024-05-03", "2024-05-03", ("May 3rd, 2024", "3 May 2024"), ("2024-05-04",)),
        (["colour", "color"], "colour", ("Color", "The answer is colour."), ("colours", "")),
        ([7], "7", ("7.0",), ("70",)),
        ("barn damp dot", "barn damp dot", ("barn, damp, dot", "['barn', 'damp', 'dot']"), ("damp, barn, dot", "barn")),
    ],
)
def test_the_simplest_line_is_a_question_whose_answer_is_verified(tmp_path, answer, gold, right, wrong):
    """{"question", "answer"}: a text, a number, or a list of which every entry is right."""
    task, item = only(tmp_path, answer=answer)
    assert (item.gold, item.options, item.shown, item.asked, item.chance) == (gold, (), False, "Q?", 0.0)
    assert all(task.verify(item, text) for text in right) and not any(task.verify(item, text) for text in wrong)
    assert task.notes == ()


def test_a_task_without_options_keeps_what_tasks_promise(tmp_path):
    task = opened(tmp_path, *({"question": f"{i} + 4?", "answer": i + 4} for i in range(30)))
    assert [verdict for verdict in check_task(task) if verdict.wrong] == []


def test_a_worked_solution_as_answer_is_reasoning_and_what_it_states(tmp_path):
    """As GSM8K and MATH write it; the marks of a calculator are no words of anybody."""
    task, item = only(tmp_path, answer=EGGS)
    assert item.gold == "18" and item.worked.text == "He has 3 * 6 = 18 eggs.\nHe eats none."
    assert task.notes == (
        "mine: 1 of 1 answers were worked solutions: what they state is the answer, what leads to it the reasoning",
    )
    assert free_answer("Half of it is $x = \\boxed{\\frac{1}{2}}$.").gold == "\\frac{1}{2}"
    _, own = only(tmp_path, answer=EGGS, reasoning="Three sixes.")
    assert own.worked.text == "Three sixes." and own.gold == "18"


def test_an_answer_that_no_verifier_reads_is_left_out_with_its_reason(tmp_path):
    long = "It depends. Some say so. Others do not. I could not tell."
    task = opened(tmp_path, {"question": "Q?", "answer": 1}, {"question": "Why?", "answer": long})
    assert len(task.items(1, 1, KEY)) == 1
    assert task.notes[0].startswith(
        "mine: 1 of 2 questions of mine.jsonl are left out: line 2: the answer is a text of 57 characters that states "
        "no answer"
    )
    for empty in ("", " ", [], ["", " "]):
        with pytest.raises(Unreadable, match="the answer is empty"):
            free_answer(empty)
    assert free_answer("barn damp delmarva dot drumhead " * 9) == Free(("barn damp delmarva dot drumhead " * 9).strip())


def test_several_answers_beside_options_are_refused(tmp_path):
    line = {"question": "Q?", "options": ["a", "b", "c"], "answer": ["a", "b"]}
    with pytest.raises(UserError, match="2 answers are given beside options, and one can be right"):
        opened(tmp_path, line)
    (item,) = opened(tmp_path, line | {"answer": ["b"]}).items(1, 1, KEY)
    assert item.gold == "b"


def test_items_without_options_are_checked_and_never_listed():
    item = Item("i", "t", 1, "Q?", (), "7")
    assert check_item(item) is item and not lists("Q?", ())
    assert shown([item], "always") == shown([item], "never") == [item]
    with pytest.raises(UserError, match="has no options and an empty answer"):
        check_item(Item("i", "t", 1, "Q?", (), " "))


LISTED = "Which is heavier?\nOptions:\n(A) iron\n(B) cork"
DASHED = "Valid?\nOptions:\n- valid \n- invalid"


def test_a_question_that_lists_its_options_is_answered_by_letter_in_its_own_order(tmp_path):
    """What stands behind the letter is right as well, alone or beside it, and never against it."""
    for answer in ("(B)", "b", "B.", "cork"):
        task, item = only(tmp_path, question=LISTED, answer=answer)
        assert (item.options, item.gold, item.shown) == (("(A)", "(B)"), "(B)", False) and lettered(item)
    right = ("B", "(B)", "(B) cork", "cork", "The answer is (B).", "\\boxed{B}", "the correct option is B", "Cork.")
    assert all(task.verify(item, text) for text in right)
    assert not any(task.verify(item, text) for text in ("A", "(A) cork", "(B) iron", "iron", "", "C", "neither"))
    task, item = only(tmp_path, question=DASHED, answer="invalid")
    assert (item.options, item.gold) == (("valid", "invalid"), "invalid") and not lettered(item)
    assert {task.items(1, 1, KEY.child(i))[0].options for i in range(9)} == {("valid", "invalid")}


def test_only_a_whole_list_with_the_answer_in_it_is_a_list():
    assert texts("(A) one\n(B) two\nIs it\n(A) iron\n(B) cork") == ("iron", "cork")
    assert texts("(B) two\n(C) three") == texts("Plan A. go\nthen stop") == ()
    assert inside(LISTED, "C") is inside(DASHED, "maybe") is inside("Q?\n- a\n- b", "a") is None
    assert inside("Q?\n(A) same\n(B) same", "same") is None and inside("Q?\n(A) same\n(B) same", "B")


def test_the_report_says_how_they_were_asked():
    free = Item("i", "t", 1, "Q?", (), "7")
    letters = Item("j", "t", 1, LISTED, ("(A)", "(B)"), "(B)")
    made = Item("k", "t", 1, "Q?", ("7", "8"), "7", meta={"space": "candidates"})
    assert sentence([free, free]) == "t: the questions have no options: they are answered freely."
    assert sentence([letters]).endswith("in the question itself in 1 of 1 questions (answered by letter in 1).")
    assert "candidates for the answer are read, which the model is not shown" in sentence([made])
    assert sentence([letters, free, made]).count("1 of 3 questions have no options") == 2
