"""How questions fall into parts: following the parts gives the gold, and lists that models write are read."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.errors import UserError
from thinkaloud.tasks import BUILTIN, RECORDS, open_task
from thinkaloud.tasks.family import follow
from thinkaloud.tasks.kinds import KINDS, control_of, kind_of
from thinkaloud.tasks.parts import Decomposition, Part, decompose, fill, numbered, read_parts, references
from thinkaloud.tasks.pools import pool
from thinkaloud.vocabulary import Key

KEY = Key(("tests", "parts"))
FAMILIES = {name: open_task(name) for name in BUILTIN}
WITH_PARTS = [(name, level) for name, family in FAMILIES.items() for level in family.levels if name != "recall"]
CHAINS = ("chain_sum", "big_sum", "chain_mixed", "variables", "coin", "swaps", "directions", "weekday")


def solved(family, question: str) -> str:
    """A second opinion on a sub-question: the family's own solver of texts, or adding up what is written."""
    if "in all?" in question:
        return str(sum(map(int, re.findall(r"\d+", question))))
    if re.fullmatch(r"What is \d+( [+-] \d+)*\?", question):
        return str(sum(int(n.replace(" ", "")) for n in re.findall(r"(?:- )?\d+", question)))
    return family.solve(question)


@pytest.mark.parametrize(("name", "level"), WITH_PARTS)
def test_following_the_parts_leads_to_the_gold(name, level):
    """Each part, filled with the answers found before it, has the answer it states; the final question has the gold."""
    family = FAMILIES[name]
    for item in family.items(level, 15, KEY):
        made = decompose(family, item)
        found: list[str] = []
        for k, part in enumerate(made.parts, 1):
            assert all(need < k for need in made.needs(k))
            found.append(solved(family, fill(part.question, found)))
            assert found[-1] == part.answer
        assert solved(family, fill(made.final, found)) == item.gold
        assert made.needs(len(made.parts) + 1) == references(made.final)


@pytest.mark.parametrize(("name", "level"), WITH_PARTS)
def test_the_written_list_is_read_back(name, level):
    family = FAMILIES[name]
    for item in family.items(level, 10, KEY):
        made = decompose(family, item)
        assert read_parts(made.text()) == tuple(part.question for part in made.parts)


def goes_on(steps: list, at: int, question: str) -> bool:
    """Whether the step after this one is about the people in the question."""
    return len(steps) > at + 1 and {steps[at + 1].fields[x] for x in "xy"} <= set(re.findall(r"\w+", question))


@pytest.mark.parametrize("name", CHAINS)
def test_a_wrong_answer_is_handed_on_as_the_family_hands_it_on(name):
    """References are the true ones: after another answer to part k, part k + 1 asks just what `work` says next."""
    family = FAMILIES[name]
    for item in family.items(family.levels[-1], 15, KEY):
        made = decompose(family, item)
        for at in range(len(made.parts) - 1):
            value = made.parts[at].answer
            form = family.grammar.forms[item.worked.steps[at].form]
            for other in form.kind(form.value).others(value)[:6]:
                steps, _ = follow(family.work(item.meta["parts"]), {at: other})
                if name == "swaps" and not goes_on(steps, at, made.parts[at + 1].question):
                    continue  # somebody else has the ball, so another swap comes next, or none
                asked = fill(made.parts[at + 1].question, [*made.answers[:at], other])
                assert solved(family, asked) == steps[at + 1].value


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("chain_sum", 7),
        ("big_sum", 2),
        ("coin", 8),
        ("weekday", 5),
        ("swaps", 6),
        ("compare", 5),
        ("count_items", 1),
        ("story", 1),
    ],
)
def test_the_longest_path_at_the_highest_level(name, chain):
    """Chains depend all the way; the two sides of a comparison, chunks of a list, and gains and losses do not."""
    family = FAMILIES[name]
    for item in family.items(family.levels[-1], 5, KEY):
        assert decompose(family, item).chain == chain


def test_a_number_of_the_question_is_no_reference_though_it_equals_one():
    """4 + 5 is 9, and the other side begins with a 9 of its own."""
    family = FAMILIES["compare"]
    item = replace(family.items(3, 1, KEY)[0], meta={"parts": ((4, 5, 1), (9, 9, 2))})
    made = family.decompose(item)
    assert made.text() == "1. What is 4 + 5?\n2. What is #1 + 1?\n3. What is 9 + 9?\n4. What is #3 + 2?"
    assert made.final == "Is #2 larger than #4?"


def test_where_there_is_nothing_to_split_there_are_no_parts():
    recall, mod = FAMILIES["recall"], open_task("mod10")
    assert decompose(recall, recall.items(1, 1, KEY)[0]) is None
    assert decompose(mod, mod.items(4, 1, KEY)[0]) is None
    assert recall.algorithm is None
    assert all(family.algorithm for name, family in FAMILIES.items() if name != "recall")


@pytest.mark.parametrize("questions", [("What is #1?",), ("What is #2?", "x"), ("x", "What is #0?"), ("x", "#7")])
def test_a_reference_must_stand_before(questions):
    with pytest.raises(ValueError, match="which does not stand before it"):
        Decomposition(tuple(Part(question, "1") for question in questions), "y")


def test_a_final_question_refers_to_parts_only():
    with pytest.raises(ValueError, match="part 2 refers to #2"):
        Decomposition((Part("x", "1"),), "What is #2?")
    with pytest.raises(ValueError, match="at least one part"):
        Decomposition((), "What is 5?")


# ------------------------------------------------------------------------------------------------- lists of a model


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1. What is 5 + 6?\n2. What is #1 + 3?", ("What is 5 + 6?", "What is #1 + 3?")),
        ("Sure!\n\n1) What is 5?\n\n2) And #1?\nThat is all.", ("What is 5?", "And #1?")),
        ("**1.** Five?\n**2.** Six?", ("Five?", "Six?")),
        ("1. **Five?**\n- 2: Six?", ("Five?", "Six?")),
        ("Step 1: Five?\nQuestion 2: Six?\nQ3. Seven?", ("Five?", "Six?", "Seven?")),
        ("#1: Five?\n#2: And #1?", ("Five?", "And #1?")),
        ("1. Read\n   Ann: food\n   Bob: sport\n2. Count", ("Read\nAnn: food\nBob: sport", "Count")),
        ("1. Five?\nThe rest is easy.\n   Really.", ("Five?",)),  # only right below a part
        ("2. Five?\n5. And #2?", ("Five?", "And #1?")),  # numbered anew
        (
            "1. And #2?\n2. Five?\n3. What is #2 + #1?\n4. What is #2?",
            ("Five?", "What is #1?"),
        ),  # forward, and after it
        ("1. What is #1?\n2. Six?", ("Six?",)),  # itself
        ("1. Five?\n2. What is #9?", ("Five?",)),  # not there
        ("1. Five?\n2. Six?\n1. 5\n2. 6", ("Five?", "Six?")),  # the answers after them are no parts
        ("It costs 3.5 dollars.\n12 eggs", ()),
        ("1.\n2. \n3. **", ()),
        ("", ()),
    ],
)
def test_what_models_write_is_read(text, parts):
    assert read_parts(text) == parts


@given(st.text(alphabet="#1239.):*-_ab \t\n", max_size=80) | st.text(max_size=60))
def test_any_text_gives_parts_that_can_be_asked(text):
    """Never an error, every reference backwards, and reading is final: what was read is read the same again."""
    parts = read_parts(text)
    for k, question in enumerate(parts, 1):
        assert question and all(1 <= need < k for need in references(question))


@given(st.text(alphabet="#1239.):*-_ab \t\n", max_size=80))
def test_what_was_read_is_read_the_same_again(text):
    assert read_parts(numbered(read_parts(text))) == read_parts(text)


def test_filling_in_leaves_what_is_missing():
    assert fill("#1 and #12, #3, #0", ["a", "b", None]) == "a and #12, #3, #0"
    assert fill("#1#2 #1", ["#2", "x"]) == "#2x #2"  # an answer is not filled in again


# ------------------------------------------------------------------------------------------------- kinds and pools


def test_simulated_tasks_have_their_kind_in_their_name():
    assert [kind_of(f"sim:{kind}_01") for kind in ("chain", "map", "search", "recall")] == [
        "chain",
        "map",
        "search",
        "recall",
    ]
    assert kind_of("sim:other_01") == "other"


def test_every_builtin_family_has_a_kind_and_controls_are_as_written():
    assert all(kind_of(name) != "other" for name in [*BUILTIN, *RECORDS])
    assert kind_of("gym:countdown!") == kind_of("gym:sudoku") == "search" and kind_of("my.jsonl") == "other"
    assert control_of("records_count") == "positive" and control_of("recall") == control_of("gym:sudoku") == "negative"
    assert control_of("chain_sum") is None and control_of("count_items") is None


def test_chains_are_those_whose_parts_depend():
    """The tags of the built-in families agree with their decompositions."""
    for name, family in FAMILIES.items():
        made = decompose(family, family.items(family.levels[-1], 1, KEY)[0])
        if made is None:
            assert kind_of(name) == "recall"
        else:
            assert (kind_of(name) == "chain") == (made.chain == len(made.parts))


def test_tagged_families_are_there():
    """No tag is for a misspelled family of reasoning-gym; an admitted pool is in order and can be opened."""
    pytest.importorskip("reasoning_gym")
    from thinkaloud.tasks.gym import gym_names

    assert {name.removeprefix("gym:") for name in KINDS if name.startswith("gym:")} <= set(gym_names())
    names = pool("reasoning-gym")
    assert names == sorted(names) and "gym:chain_sum" in names and "gym:coin_flip" not in names


def test_a_pool_is_a_name_or_a_file(tmp_path):
    assert pool("builtin") == [*BUILTIN, *RECORDS]
    path = tmp_path / "mine.txt"
    path.write_text("# my tasks\nchain_sum\n\nrecall  # the control\n")
    assert pool(str(path)) == ["chain_sum", "recall"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chain_sums\n", r"mine.txt, line 1: no task named 'chain_sums'; did you mean chain_sum"),
        ("coin\n\ncoin\n", r"mine.txt, line 3: the task 'coin' is that of line 1 already"),
        ("# nothing\n", r"mine.txt names no task"),
    ],
)
def test_a_wrong_pool_file_names_the_line(tmp_path, content, message):
    path = tmp_path / "mine.txt"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        pool(str(path))
    with pytest.raises(UserError, match=r"no pool and no file named 'builtins'; pools: builtin, reasoning-gym"):
        pool("builtins")
