"""Candidates for questions that are answered freely: one is right, the others are not and look like it."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from thinkaloud.tasks.answers import same_option
from thinkaloud.tasks.candidates import candidates, opposite_of, with_candidates
from thinkaloud.tasks.check import check_item, is_gold
from thinkaloud.tasks.quantities import quantity
from thinkaloud.tasks.spelled import style, written
from thinkaloud.vocabulary import Item, Key

KEY = Key(("candidates",))
REFUSED = ("I do not know", "it cannot be determined", "", "...", "a number\nof lines", "long " * 20)


def free(gold: str, **more: object) -> Item:
    return Item("i", "t", 1, "How many are there?", (), gold, **more)  # type: ignore[arg-type]


def shape(text: str) -> str:
    """A number's form without its digits: `$#.##` for $1,250.00."""
    return re.sub(r"\d", "#", re.sub(r"\d[\d,]*(?=\D|\Z)", "#", text, count=1))


numbers = st.builds(
    lambda n, form: form(n),
    st.integers(-(10**7), 10**7),
    st.sampled_from(
        [
            str, "{:,}".format, lambda n: f"${abs(n):,}.00", lambda n: f"{n / 100:.2f}", lambda n: f"{abs(n)}%",
            lambda n: f"€{abs(n)}", lambda n: f"{n} apples", lambda n: f"{abs(n)} km", lambda n: f"{abs(n) / 10}",
            lambda n: f"{abs(n)} thousand", lambda n: f"-{abs(n):,}.5", lambda n: f"${n}$", lambda n: f"{n:,} dollars",
        ]
    ),
)  # fmt: skip
said = st.lists(st.one_of(numbers, st.sampled_from(REFUSED)), max_size=6)


@settings(max_examples=300, deadline=None)
@example(gold="0 thousand", said=[], k=2, seed=0)
@example(gold="0.01", said=["0"], k=3, seed=0)
@given(gold=numbers, said=said, k=st.integers(2, 6), seed=st.integers(0, 9))
def test_one_candidate_is_right_and_all_differ_however_numbers_are_spelled(gold, said, k, seed):
    """By the verifier that grades written answers; nothing is drawn but from the key."""
    item = free(gold)
    made = candidates(item, said, KEY.child(seed), k)
    assert made == candidates(item, list(said), KEY.child(seed), k) and len(made) == k
    assert sum(is_gold(item, one) for one in made) == 1
    for i, one in enumerate(made):
        assert not any(same_option(one, other) for other in made[:i])
    whole = with_candidates(item, said, KEY.child(seed), k)
    assert check_item(whole).options == made and not whole.shown and whole.meta["space"] == "candidates"
    for one in made:
        assert is_gold(whole, one) == (one == whole.gold)
    assert is_gold(whole, gold)


@settings(max_examples=200, deadline=None)
@given(gold=numbers, seed=st.integers(0, 9))
def test_near_misses_of_a_number_are_spelled_like_it(gold, seed):
    """Currency, decimals, groups of digits, percent and units: no candidate is told by its form."""
    bare = gold.strip("$") if gold.endswith("$") else gold
    made = candidates(free(bare), (), KEY.child(seed))
    if style(bare) is not None:
        assert len({shape(one.lstrip("-")) for one in made}) == 1, made


@pytest.mark.parametrize(
    ("text", "value"),
    [("$1,250.00", 1250), ("18 thousand", 18000), ("-7", -7), ("0.05", Fraction(1, 20)), ("50%", 50), ("1,5", None)],
)
def test_a_style_writes_its_own_number_back(text, value):
    how = style(text)
    assert (how is None) == (value is None)
    assert how is None or (written(Fraction(value), how) == text and quantity(text).value == value)


def test_what_the_model_answered_comes_first_in_the_form_in_which_it_answers():
    """The most frequent first; refusals and what is right are no wrong answers; the right one takes that form too."""
    item = free("18000")
    said = ["$17,000.00", "$18,000.00", "$90.00", "$17,000.00", *REFUSED, "18000"]
    made = with_candidates(item, said, KEY, 3)
    assert set(made.options) == {"$18,000.00", "$17,000.00", "$90.00"} and made.gold == "$18,000.00"
    assert set(candidates(item, said, KEY, 2)) == {"$18,000.00", "$17,000.00"}
    assert is_gold(made, "18000") and is_gold(made, "18,000 dollars") and not is_gold(made, "17000")
    assert "0.5" not in candidates(free("50%"), ["0.5"], KEY, 2) and "50%" in candidates(free("50%"), ["0.5"], KEY)


@pytest.mark.parametrize(("gold", "other"), [("Yes", "No"), ("FALSE", "TRUE"), ("invalid", "valid"), ("True", "False")])
def test_of_two_opposites_there_is_no_third(gold, other):
    assert opposite_of(gold) == other
    assert sorted(candidates(free(gold), ["maybe", "7", other.lower()], KEY, 4)) == sorted([gold, other])


def test_letters_stand_beside_letters_and_words_beside_words():
    assert sorted(candidates(free("(B)"), ["the second", "(c)"], KEY, 3))[1:] and all(
        re.fullmatch(r"\([A-E]\)", one) for one in candidates(free("(B)"), ["the second", "(c)"], KEY, 3)
    )
    assert "(C)" in candidates(free("(B)"), ["the second", "c"], KEY, 2)
    words = candidates(free("Paris"), ["London", "paris", "London"], KEY, 4, ("Rome", "PARIS", "a list of many words"))
    assert sorted(words) in (["London", "Rome", "paris"],)
    assert all(re.fullmatch(r"\d+\\sqrt\{\d\}", one) for one in candidates(free("3\\sqrt{2}"), (), KEY))


def test_a_list_of_words_of_the_question_stands_beside_the_same_words_in_another_order():
    item = Item("i", "t", 1, "Sort: dot, barn, damp", (), "barn damp dot")
    assert sorted(candidates(item, (), KEY, 3)) == ["barn damp dot", "barn dot damp", "damp barn dot"]


def test_without_a_wrong_answer_the_item_stays_free_and_options_stay_as_they_are():
    item = free("Paris")
    assert candidates(item, ["I am not sure"], KEY) == ("Paris",) and with_candidates(item, (), KEY) is item
    chosen = Item("i", "t", 1, "Q?", ("a", "b"), "a", shown=True)
    assert candidates(chosen, ["c"], KEY) == ("a", "b") and with_candidates(chosen, ["c"], KEY) is chosen


def test_every_accepted_answer_is_right_and_none_of_them_a_wrong_candidate():
    item = free("colour", meta={"accepted": ["color"]})
    made = with_candidates(item, ["color", "hue"], KEY, 3)
    assert set(made.options) == {"color", "hue"} and made.gold == "color" and is_gold(made, "colour")


def test_the_right_one_has_no_place_of_its_own():
    placed = [Item(str(n), "t", 1, "Q?", (), "7") for n in range(300)]
    drawn = [candidates(item, (), KEY).index("7") for item in placed]
    assert all(45 <= drawn.count(i) <= 105 for i in range(4))
