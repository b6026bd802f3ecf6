"""Every built-in family keeps what `vocabulary.Task` promises, at every level, without any model."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thinkaloud.tasks as tasks
from thinkaloud.errors import UserError
from thinkaloud.tasks import BUILTIN, open_task, promises, task_names
from thinkaloud.tasks.arithmetic import ADD, SUMS, TAKE
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.family import Family
from thinkaloud.tasks.grammar import Form, Grammar
from thinkaloud.vocabulary import Item, Key, Step, Task, Transcript

FAMILIES: dict[str, Family] = {name: open_task(name) for name in BUILTIN}
LEVELS = [(name, level) for name, family in FAMILIES.items() for level in family.levels]
KEY = Key(("tests",))
FEWER_THAN_200 = {("chain_sum", 2), ("chain_mixed", 1), ("directions", 1), ("weekday", 1)}
CALCULATING = ("chain_sum", "big_sum", "chain_mixed", "story", "variables")

at_every_level = pytest.mark.parametrize(("name", "level"), LEVELS)


@cache
def some_items(name: str, level: int, n: int = 25) -> list[Item]:
    return FAMILIES[name].items(level, n, KEY)


# ------------------------------------------------------------------------------------------------------------ items


@cache
def case(name: str, level: int) -> promises.Case:
    return promises.case(FAMILIES[name], level)


@pytest.mark.parametrize("check", (*promises.TASK, *promises.FAMILY), ids=lambda check: check.__name__)
@at_every_level
def test_every_family_keeps_every_promise(name, level, check):
    """The same checks that `thinkaloud check-task` makes of a user's own (`tasks/promises.py`)."""
    assert check(case(name, level)) is None


@at_every_level
def test_ids_say_family_and_level(name, level):
    for item in some_items(name, level):
        assert re.fullmatch(rf"{name}/{level}/[0-9a-f]{{32}}", item.id)
    assert open_task(name).items(level, 25, Key(("tests",))) == some_items(name, level), "a fresh object draws the same"


@at_every_level
def test_there_are_enough_questions(name, level):
    if name == "recall":
        assert len(some_items(name, level, 80)) == 80
    elif (name, level) not in FEWER_THAN_200:
        assert len(some_items(name, level, 200)) == 200


@at_every_level
def test_harder_levels_never_need_fewer_steps(name, level):
    """The mean number of worked steps does not fall from one level to the next."""
    means = [sum(len(i.worked.steps) for i in some_items(name, lv)) / 25 for lv in FAMILIES[name].levels]
    assert all(low <= high for low, high in pairwise(means))


def test_asking_for_too_many_names_how_many_there_are():
    with pytest.raises(UserError, match=r"'chain_sum' has 81 different questions at level 2, not 82"):
        FAMILIES["chain_sum"].items(2, 82, KEY)
    assert len(FAMILIES["chain_sum"].items(2, 81, KEY)) == 81
    with pytest.raises(UserError, match=r"no level 99; its levels are \[2, 3"):
        FAMILIES["chain_sum"].items(99, 1, KEY)


# -------------------------------------------------------------------------- nobody can guess from the options alone


@pytest.mark.parametrize("name", BUILTIN)
def test_no_position_is_better_than_chance(name):
    """The best constant position is right as often as chance, within 4 standard errors."""
    family = FAMILIES[name]
    items = [item for level in family.levels for item in some_items(name, level, 60)]
    counts = Counter(item.gold_index for item in items)
    chance, n = items[0].chance, len(items)
    assert max(counts.values()) / n <= chance + 4 * (chance * (1 - chance) / n) ** 0.5
    assert set(counts) == set(range(len(items[0].options)))


@pytest.mark.parametrize("name", CALCULATING)
def test_neither_rank_nor_usualness_of_a_number_tells_the_gold(name):
    """The k-th smallest option, or the one nearest the usual answer, is right in less than .36, chance being .25."""
    items = some_items(name, FAMILIES[name].levels[2], 400)
    ranks = Counter(sorted(map(int, item.options)).index(int(item.gold)) for item in items)
    usual = sorted(int(item.gold) for item in items)[200]
    nearest = sum(min(item.options, key=lambda o: abs(int(o) - usual)) == item.gold for item in items)
    assert max(*ranks.values(), nearest) / 400 < 0.36


def test_wrong_sums_are_the_typical_slips():
    """Each sum has an option off by one; forgetting the last number and adding it the wrong way round both occur."""
    kinds = Counter()
    for item in some_items("chain_sum", 4, 200):
        last = int(item.question.removesuffix("?").split()[-1])
        off = {int(option) - int(item.gold) for option in item.options}
        assert off & {1, -1}
        kinds.update(forgot=-last in off, twice=last in off, reversed_=-2 * last in off)
    assert min(kinds["forgot"], kinds["twice"], kinds["reversed_"]) >= 10


# --------------------------------------------------------------------------------------------------- worked reasoning


@pytest.mark.parametrize("name", BUILTIN)
def test_all_families_but_recall_state_their_answer(name):
    """Without values no mistake can be planted: that is so of the negative control alone."""
    for item in some_items(name, FAMILIES[name].levels[-1]):
        assert item.worked.conclusion == (None if name == "recall" else item.gold)
        made = [FAMILIES[name].mistake(item, item.worked, at, KEY) for at in range(len(item.worked.steps))]
        assert all((mistake is None) == (name == "recall") for mistake in made)


@pytest.mark.parametrize("level", FAMILIES["recall"].levels)
def test_recall_reasons_without_its_answer(level):
    """The negative control: the answer stands neither in the question nor in the reasoning or its paraphrase."""
    recall = FAMILIES["recall"]
    for item in some_items("recall", level, 110):
        new = recall.paraphrase(item.worked, KEY)
        for text in (item.question, item.worked.text, new.text):
            assert not re.search(rf"\b{re.escape(item.gold)}\b", text, re.IGNORECASE), text


def test_recall_facts_are_asked_once():
    """No question has two answers in the table."""
    recall = FAMILIES["recall"]
    questions = Counter(recall.ask(fact) for fact in recall.facts)
    assert max(questions.values()) == 1


def test_paraphrase_carries_nothing_of_the_choice_of_words():
    """A code spelled in two wordings is gone: the same numbers in opposite wordings get the same paraphrase."""
    one = SUMS.parse("5 plus 6 is 11. 11 plus 3 makes 14;")
    other = SUMS.parse("5 plus 6 makes 11; 11 plus 3 is 14.")
    for i in range(20):
        assert SUMS.paraphrase(one, KEY.child(i)) == SUMS.paraphrase(other, KEY.child(i))


def test_paraphrase_draws_evenly_over_all_wordings_the_used_one_included():
    """Were the used wording left out, what was *not* written would still be told. Of k wordings each comes in a share
    1/k (800 draws, 4 standard errors), for each sentence by itself."""
    said = SUMS.parse("5 plus 6 is 11. 11 plus 3 is 14.")
    drawn = [[SUMS.find(s.text).wording for s in SUMS.paraphrase(said, KEY.child(i)).steps] for i in range(800)]
    k = len(ADD.wordings)
    for place in (0, 1):
        counts = Counter(wordings[place] for wordings in drawn)
        assert set(counts) == set(range(k))
        assert all(abs(count / 800 - 1 / k) < 4 * (0.16 / 800) ** 0.5 for count in counts.values())
    together = Counter(map(tuple, drawn))
    assert len(together) == k * k and together[1, 1] > 0, "a text is now and then its own paraphrase"


def test_whether_there_is_a_paraphrase_does_not_depend_on_the_draw():
    """One wording that would be read otherwise refuses all draws, not only those that hit it."""
    odd = Grammar(replace(ADD, wordings=(*ADD.wordings, "{b} plus {a} is {c}."), symmetric=()))
    assert {odd.paraphrase(odd.parse("5 plus 6 is 11."), KEY.child(i)) for i in range(30)} == {None}


def test_paraphrase_is_refused_where_it_cannot_be_promised():
    assert SUMS.paraphrase(SUMS.parse("5 plus 6 is 11. So it is a lot."), KEY) is None
    assert SUMS.paraphrase(Transcript(), KEY) is None
    mixed_up = Grammar(replace(ADD, wordings=("{a} plus {b} is {c}.", "{b} plus {a} is {c}."), symmetric=()))
    assert mixed_up.paraphrase(mixed_up.parse("5 plus 6 is 11."), KEY) is None  # it would be read as 6 plus 5
    lonely = Grammar(replace(ADD, wordings=ADD.wordings[:1]))
    assert lonely.paraphrase(lonely.parse("5 plus 6 is 11."), KEY) is None


# ----------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize("name", CALCULATING)
def test_a_wrong_sum_shifts_the_answer_by_as_much(name):
    """Independent of the family's own continuation: in sums an error is handed on unchanged."""
    family = FAMILIES[name]
    for item in some_items(name, family.levels[-1]):
        for at, old in enumerate(item.worked.steps):
            made = family.mistake(item, item.worked, at, KEY)
            assert int(made.implied) - int(item.gold) == int(made.step.value) - int(old.value)


def test_a_mistake_keeps_the_wording_and_goes_on_from_earlier_errors():
    """In reworded and already wrong reasoning, only the value at the place changes and the implied answer follows."""
    family = FAMILIES["chain_sum"]
    item = replace(
        some_items("chain_sum", 3, 1)[0], meta={"parts": (5, 6, 3)}, options=("14", "15", "11", "12"), gold="14"
    )
    made = family.mistake(item, family.parse("Adding 6 to 5 gives 11; 11 plus 3 is 14."), 0, KEY)
    assert re.fullmatch(r"Adding 6 to 5 gives \d+;", made.step.text)
    assert int(made.implied) == int(made.step.value) + 3
    wrong = family.parse("5 plus 6 is 12. 12 plus 3 is 15.")
    for i in range(20):
        made = family.mistake(item, wrong, 1, KEY.child(i))
        assert made.implied == made.step.value and made.implied in ("11", "12")


@pytest.mark.parametrize("text", ["Well then.", "5 plus 7 is 12.", "2 plus 2 is 4.", "11 plus 3 is 14."])
def test_no_mistake_is_made_in_a_step_that_is_not_needed_there(text):
    family = FAMILIES["chain_sum"]
    item = replace(
        some_items("chain_sum", 3, 1)[0], meta={"parts": (5, 6, 3)}, options=("14", "15", "11", "12"), gold="14"
    )
    assert family.mistake(item, family.parse(text), 0, KEY) is None


class Largest(Family[tuple[int, ...]]):
    """A family whose errors can be swallowed by a later step; also the smallest example of one."""

    name, levels, meaning = "largest", (2, 3), "how many numbers"
    grammar = Grammar(
        Form("larger", ("The larger of {a} and {b} is {c}.",), "c", lambda a, b, c: max(int(a), int(b)) == int(c))
    )

    def draw(self, rng, level):
        return tuple(int(x) for x in rng.integers(1, 10, level))

    def ask(self, parts):
        return f"Which is the largest of {', '.join(map(str, parts))}?"

    def work(self, parts):
        top = parts[0]
        for b in parts[1:]:
            top = int((yield self.grammar.forms["larger"](a=top, b=b, c=max(top, b))))
        return str(top)

    def wrong(self, level, parts, gold, rng):
        return [str(int(gold) + i) for i in (1, 2, 3)]

    def solve(self, question):
        return max(re.findall(r"\d+", question))


def test_a_mistake_leads_elsewhere_than_the_step_did_before():
    """A wrong step that led to 4 is not replaced by another wrong step that leads to 4."""
    family = Largest()
    item = replace(family.items(3, 1, KEY)[0], meta={"parts": (2, 5, 4)}, options=("5", "4", "7", "9"), gold="5")
    wrong = family.parse("The larger of 2 and 5 is 3.")
    assert {family.mistake(item, wrong, 0, KEY.child(i)).implied for i in range(40)} == {"7", "9"}


def test_no_mistake_where_no_value_leads_to_an_option():
    family = FAMILIES["chain_sum"]
    item = replace(some_items("chain_sum", 3, 1)[0], meta={"parts": (5, 6, 3)}, options=("14", "900"), gold="14")
    assert family.mistake(item, family.parse("5 plus 6 is 11."), 0, KEY) is None


# ---------------------------------------------------------------------------------------------------------- legibility


@pytest.mark.parametrize(
    ("text", "readable", "sound", "grounded", "complete"),
    [
        ("", 0, 0, 0, 0),
        ("5 plus 6 is 11. 11 plus 3 is 14.", 1, 1, 1, 1),
        ("6 plus 5 is 11. 3 plus 11 is 14.", 1, 1, 1, 1),  # the order of a sum does not matter
        ("5 plus 6 is 11. Hm. 11 plus 3 is 14.", 2 / 3, 2 / 3, 2 / 3, 1),
        ("5 plus 6 is 12. 12 plus 3 is 15.", 1, 1 / 2, 1 / 2, 1 / 2),  # the second follows from the first
        ("5 plus 6 is 12. 11 plus 3 is 14.", 1, 1 / 2, 0, 0),  # nobody said 11
        ("5 plus 7 is 12. 12 plus 3 is 15.", 1, 1, 1 / 2, 1 / 2),  # right, but the question says 6
        ("5 plus 6 is 11. 5 plus 6 is 11. 11 plus 3 is 14.", 1, 1, 1, 1),  # said twice, counted once
        ("5 plus 6 is 11. 5 plus 6 is 11.", 1, 1, 1, 1 / 2),
        ("5 plus 6 is 12. 5 plus 6 is 11. 11 plus 3 is 14.", 1, 2 / 3, 2 / 3, 1),  # corrected
        ("2 plus 2 is 4. 5 plus 6 is 11.", 1, 1, 1 / 2, 1 / 2),
        ("11 plus 3 is 14.", 1, 1, 0, 0),  # the answer out of nowhere
    ],
)
def test_legibility_by_hand(text, readable, sound, grounded, complete):
    family = FAMILIES["chain_sum"]
    item = replace(some_items("chain_sum", 3, 1)[0], meta={"parts": (5, 6, 3)})
    seen = family.legible(item, family.parse(text))
    assert (seen.readable, seen.sound, seen.grounded, seen.complete) == pytest.approx(
        (readable, sound, grounded, complete)
    )


# ------------------------------------------------------------------------------------------------------------- grammar


@pytest.mark.parametrize("name", BUILTIN)
def test_every_form_of_a_family_is_used(name):
    family = FAMILIES[name]
    seen = {s.form for level in family.levels for i in some_items(name, level) for s in i.worked.steps}
    assert seen == set(family.grammar.forms) or family.grammar is SUMS


numbers = st.integers(min_value=0, max_value=999)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([ADD, TAKE]), st.integers(0, 3), numbers, numbers, numbers), min_size=1))
def test_what_is_written_is_read(said):
    """Any steps, right or wrong, in any wordings: text and slots survive."""
    texts = [form.wordings[w].format(a=a, b=b, c=c) for form, w, a, b, c in said]
    read = SUMS.parse(" ".join(texts))
    assert [step.text for step in read.steps] == texts
    assert [step.form for step in read.steps] == [form.name for form, *_ in said]
    assert [step.fields for step in read.steps] == [dict(a=str(a), b=str(b), c=str(c)) for _, _, a, b, c in said]


@given(numbers, numbers, st.sampled_from([".", ";", "", " ."]), st.sampled_from([" ", "  ", "\t"]), st.booleans())
def test_reading_forgives_case_spaces_and_end_marks(a, b, end, space, upper):
    text = f"Adding {b} to {a} gives {a + b}".replace(" ", space) + end
    step = SUMS.step(text.upper() if upper else text)
    assert (step.form, step.value) == ("add", str(a + b)) and SUMS.sound(step)


@pytest.mark.parametrize(
    "text", ["5 plus 6", "5 plus 6 is 11, right?", "so 5 plus 6 is 11.", "five plus 6 is 11.", "."]
)
def test_what_is_outside_the_grammar_stays_unread(text):
    assert SUMS.step(text) == Step(text)


@given(st.text(max_size=80))
@settings(max_examples=60)
def test_any_text_can_be_parsed(text):
    """Nothing is invented, whatever a model writes: every step is a piece of the text, in order."""
    at = 0
    for step in SUMS.parse(text).steps:
        found = text.find(step.text, at)
        assert found >= at
        at = found + len(step.text)


@given(numbers, numbers, numbers, numbers, st.integers(0, 3))
def test_restating_changes_the_value_and_no_other_character(a, b, c, new, wording):
    before, after = (ADD.wordings[wording].format(a=a, b=b, c=value) for value in (c, new))
    assert SUMS.restate(SUMS.step(before), str(new)).text == after


def test_wordings_with_different_slots_are_refused():
    with pytest.raises(ValueError, match="same slots"):
        Form("add", ("{a} plus {b} is {c}.", "{a} and {b}."), "c", lambda a, b, c: True)


# ------------------------------------------------------------------------------------------------------------ opening


@pytest.mark.parametrize("name", BUILTIN)
def test_every_builtin_is_a_task_under_its_own_name(name):
    task = open_task(name)
    assert isinstance(task, Task) and task.name == name and task.reads_steps
    assert list(task.levels) == sorted(set(task.levels)) and task.meaning
    assert open_task(task) is task
    assert open_task(type(task)).name == name


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(UserError, match=r"no task named 'chain_sums'; did you mean chain_sum"):
        open_task("chain_sums")


def test_what_lacks_a_member_is_not_a_task():
    with pytest.raises(UserError, match=r"is not a task: it has no .*paraphrase"):
        open_task(SimpleNamespace(name="x", levels=(1,)))


def test_installed_packages_add_tasks_but_replace_none(monkeypatch):
    """Entry points come after the built-ins, and one that fails is named."""
    mine = SimpleNamespace(name="mine", value="pkg:Mine", load=lambda: type(FAMILIES["coin"]))
    coin = SimpleNamespace(name="coin", value="pkg:Coin", load=lambda: 1 / 0)
    broken = SimpleNamespace(name="broken", value="pkg:Gone", load=lambda: 1 / 0)
    monkeypatch.setattr(tasks, "entry_points", lambda group: [mine, coin, broken])
    assert task_names() == [*BUILTIN, *tasks.RECORDS, "broken", "mine"]
    assert open_task("mine").name == open_task("coin").name == "coin"
    with pytest.raises(UserError, match=r"'broken', registered as 'pkg:Gone', does not load: ZeroDivisionError"):
        open_task("broken")


def test_nothing_is_imported_before_it_is_opened():
    """No family: only the table of near names and the traits, which import none."""
    code = "import sys, thinkaloud.tasks; print(*(m for m in sys.modules if m.startswith('thinkaloud.tasks.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"thinkaloud.tasks.meaning", "thinkaloud.tasks.traits"}


@pytest.mark.parametrize(
    ("options", "gold", "message"),
    [
        (("a",), "a", "has 1 options, it needs at least two"),
        (("a", "b", "a "), "a", "repeats the option 'a', written 'a ' the second time"),
        (("a", "b"), "c", "the answer 'c' is not among the options"),
        (("a", " "), "a", "has an empty option ' '"),
    ],
)
def test_malformed_items_are_refused_with_the_value(options, gold, message):
    with pytest.raises(UserError, match=re.escape(message)):
        check_item(Item("t/1/x", "t", 1, "Which?", options, gold))
