"""The chain tasks keep a family's promises, in a language that only the trained organisms speak."""

from __future__ import annotations

from collections import Counter

import pytest

from thinkaloud.errors import UserError
from thinkaloud.organisms.tokens import DOT, PROBE, WORDS, decode, encode
from thinkaloud.tasks import ORGANISMS, open_task, task_names
from thinkaloud.tasks.chain import Mod10, with_hint
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.family import follow
from thinkaloud.vocabulary import Key, Transcript

KEY = Key(("tests",))
LEVELS = [(name, level) for name in ORGANISMS for level in open_task(name).levels]
at_every_level = pytest.mark.parametrize(("name", "level"), LEVELS)


def test_the_tasks_open_by_name_and_are_not_listed_among_those_for_models():
    assert set(ORGANISMS) == {"mod10", "mod10_tb", "mod5", "mod5_tb"}
    assert not set(ORGANISMS) & set(task_names())
    assert all(open_task(name).name == name for name in ORGANISMS)
    with pytest.raises(UserError, match="no task named 'mod12'; did you mean"):
        open_task("mod12")


@at_every_level
def test_items_are_well_formed_and_speak_only_words_of_the_language(name, level):
    """13 words a question, 5 a step; every digit is an option; a second solver finds the gold."""
    task = open_task(name)
    for item in task.items(level, 60 if level > 1 else 20, KEY):
        assert check_item(item) is item
        assert sorted(item.options) == [str(d) for d in range(task.base)]
        assert task.solve(item.question) == item.gold == item.worked.conclusion
        assert len(encode(item.question)) == 13 and len(item.worked.steps) == level
        assert all(len(encode(step.text)) == 5 for step in item.worked.steps)
        assert not {DOT} & {*encode(item.question), *encode(item.worked.text)}
        assert decode(encode(item.question)) == item.question


def test_on_measured_items_the_hint_is_the_truth_and_can_be_replaced():
    """`hints` puts a wrong digit there and changes nothing else."""
    for item in Mod10().items(4, 20, KEY):
        words = item.question.split()
        assert words[:3] == ["Ta", "hint", item.gold]
        wrong = next(option for option in item.options if option != item.gold)
        misled = Mod10().hints["knowledge"](item, wrong).split()
        assert misled == [*words[:2], wrong, *words[3:]]
        assert with_hint(item, item.gold) == item.question
    assert open_task("mod10_tb").items(4, 1, KEY)[0].question.startswith("Tb hint ")


def test_every_answer_is_equally_likely():
    """Chance is .1: the commonest gold of 2000 items is within 4 standard errors of it."""
    golds = Counter(item.gold for item in Mod10().items(4, 2000, KEY))
    assert max(golds.values()) < 200 + 4 * (2000 * 0.1 * 0.9) ** 0.5


@at_every_level
def test_worked_reasoning_reads_back_and_is_fully_legible(name, level):
    task = open_task(name)
    for item in task.items(level, 20, KEY):
        assert task.parse(item.worked.text) == item.worked
        seen = task.legible(item, item.worked)
        assert (seen.readable, seen.sound, seen.grounded, seen.complete) == (1, 1, 1, 1)


@at_every_level
def test_a_mistake_at_every_step_reaches_the_end_and_leads_where_it_says(name, level):
    """Operations are bijections, so there is a mistake everywhere, re-computed here without the family's `work`."""
    task = open_task(name)
    for item in task.items(level, 20, KEY):
        for at in range(level):
            made = task.mistake(item, item.worked, at, KEY)
            assert made.implied != item.gold and made.step.value != item.worked.steps[at].value
            value = int(made.step.value)
            for step in item.worked.steps[at + 1 :]:
                sign, k = step.text.split()[:2]
                value = (value + int(k) if sign == "+" else value * int(k)) % task.base
            assert str(value) == made.implied
            legible = task.legible(item, Transcript((*item.worked.steps[:at], made.step)))
            # a wrong step can say again, word for word, what an earlier one said: then it is one step too few
            assert legible.readable == 1 and min(legible.grounded, legible.complete * level / (at + 1)) < 1


def test_paraphrase_keeps_the_meaning_and_redraws_every_synonym_whatever_they_were():
    """All 16 codes occur about equally often, and one that was there before is not avoided (which would betray it)."""
    task = Mod10()
    (item,) = task.items(4, 1, KEY)
    other = task.parse(item.worked.text.replace(" is ", " makes "))
    codes = Counter()
    for i in range(1600):
        new = task.paraphrase(item.worked, KEY.child(i))
        assert [(s.form, s.fields, s.value) for s in new.steps] == [
            (s.form, s.fields, s.value) for s in item.worked.steps
        ]
        assert new == task.paraphrase(other, KEY.child(i))
        codes[tuple("makes" in step.text for step in new.steps)] += 1
    assert len(codes) == 16 and max(codes.values()) < 160 and min(codes.values()) > 50


def test_paraphrase_is_refused_where_a_step_cannot_be_read():
    task = Mod10()
    assert task.paraphrase(Transcript(), KEY) is None
    assert task.paraphrase(task.parse("* 9 is 3 ; + is 0 ;"), KEY) is None


def test_a_short_chain_leaves_its_slots_empty():
    item = open_task("mod5").items(2, 1, KEY)[0]
    assert item.question.startswith("Ta _ _ ") and not open_task("mod5").hints  # nor does it say what the answer is
    assert item.question.endswith("_ _ _ _ ?") and len(follow(open_task("mod5").work(item.meta["parts"]))[0]) == 2


def test_tokens_are_words_digits_and_marks():
    """Text outside the language is filler of the same length; the probe is one token."""
    assert decode(encode(f"* 9 is 3 ; {PROBE}")) == f"* 9 is 3 ; {PROBE}"
    assert encode("Let me think. 12 ...") == [DOT, DOT, DOT, DOT, 1, 2, DOT]
    assert len(WORDS) == len(set(WORDS)) == 28


def test_without_the_question_a_step_is_held_to_the_value_before_it():
    """Right where it goes on from there; unknown before it (the start, an unreadable step): any value may be right."""
    task = Mod10()
    thought = task.parse("* 9 is 3 ; + 7 makes 0 ; * 9 is 1 ; + 7 is 8 ;")
    assert task.sound(thought) == [True, True, False, True]
    assert task.sound(thought, "7") == [True, True, False, True]
    assert task.sound(thought, "6") == [False, True, False, True]
    assert task.sound(task.parse("* 9 is 3 ; + is 0 ; * 9 is 1 ;")) == [True, False, True]
    (item,) = task.items(4, 1, KEY)
    broken = task.legible(item, task.parse("+ 1 is 3 ; + 1 is 5 ;"))
    assert (broken.readable, broken.sound) == (1, 0.5)
