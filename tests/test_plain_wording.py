"""Rules for any text keep its meaning, draw evenly, and leave alone what they do not know."""

from __future__ import annotations

from collections import Counter

import pytest

from thinkaloud.conditions.checks import astray, numbers
from thinkaloud.conditions.plain_wording import reworded, ways
from thinkaloud.vocabulary import Key


def said(text: str, draws: int = 60) -> set[str]:
    return {reworded(text, Key((str(i),))) for i in range(draws)}


@pytest.mark.parametrize(
    ("text", "all_of_it"),
    [
        ("3 + 4 = 7.", {"3 + 4 = 7.", "3 plus 4 is 7.", "3 plus 4 equals 7."}),
        ("3 plus 4 is 7.", {"3 + 4 = 7.", "3 plus 4 is 7.", "3 plus 4 equals 7."}),
        ("It is 48/2=24.", {"It is 48/2=24.", "It is 48 divided by 2 is 24.", "It is 48 divided by 2 equals 24."}),
        ("So it is red.", {f"{word} it is red." for word in ("So", "Therefore", "Thus", "Hence")}),
        ("It isn't red.", {"It isn't red.", "It is not red."}),
        ("He has 3 eggs.", {"He has 3 eggs.", "He has three eggs."}),
        ("He has three eggs.", {"He has 3 eggs.", "He has three eggs."}),
    ],
)
def test_every_way_is_drawn_the_one_that_stood_there_included(text: str, all_of_it: set[str]) -> None:
    assert said(text) == all_of_it and ways(text) == len(all_of_it)


@pytest.mark.parametrize(
    "text",
    ["So far it is red.", "So that we see it.", "\\(3 + 4 = 7\\)", "`3 + 4 = 7`", "x = 3 + 4 = 7 - y",
     "He was 3.5 tall.", "It is 1/2 of it.", "twenty-one eggs", "There were 3-4 eggs.", "2 hundred",
     "All swans are white.",
     "On 12/5 he left.", "3 + 4 = 7%"],
)  # fmt: skip
def test_what_could_be_another_meaning_stays(text: str) -> None:
    assert said(text) == {text} and ways(text) == 1


def test_numbers_negations_and_relations_come_through_every_rule() -> None:
    text = (
        "So she can't have 3 eggs, therefore 16 - 3 = 13 aren't all of it. We need to calculate 13 * 2 in total. "
        "Hence, let's say $5 + $6 = $11, and it won't be twelve apples, for example."
    )
    for new in said(text, 200) - {text}:
        assert numbers(new) == numbers(text) and astray(text, new) is None, new


def test_a_code_in_the_choice_of_words_is_gone() -> None:
    """Whichever of its ways a sentence was written in, each comes out equally often: of 400 within 5 deviations."""
    for start in ("So", "Therefore", "Thus", "Hence"):
        drawn = Counter(reworded(f"{start} it is red.", Key((str(i),))).split()[0] for i in range(400))
        assert all(
            abs(drawn[word] - 100) < 5 * (400 * 0.25 * 0.75) ** 0.5 for word in ("So", "Therefore", "Thus", "Hence")
        )
