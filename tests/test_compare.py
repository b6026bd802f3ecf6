"""The claims of tasks.compare beyond those of every family (`test_tasks.py`): reversed pairs, no answer for free."""

from __future__ import annotations

from collections import Counter

import pytest

from thinkaloud.tasks.compare import Compare
from thinkaloud.vocabulary import Item, Key

FAMILY = Compare()
KEY = Key(("tests",))
at_every_level = pytest.mark.parametrize("level", FAMILY.levels)


def sides(item: Item) -> tuple[tuple[int, ...], tuple[int, ...]]:
    left, right = item.question.removeprefix("Is ").removesuffix("?").split(" larger than ")
    return tuple(map(int, left.split(" + "))), tuple(map(int, right.split(" + ")))


@at_every_level
def test_the_reverse_swaps_the_sides_and_the_answer_and_nothing_else(level: int) -> None:
    for item in FAMILY.items(level, 60, KEY):
        other = FAMILY.reverse(item)
        assert sides(other) == sides(item)[::-1]
        assert other.options == item.options and {item.gold, other.gold} == {"yes", "no"}
        assert other.id != item.id and (other.task, other.level) == (item.task, item.level)
        assert FAMILY.solve(other.question) == other.gold == other.worked.conclusion
        assert FAMILY.legible(other, other.worked).complete == 1
        assert FAMILY.reverse(other) == item


@at_every_level
def test_a_question_and_its_reverse_are_never_both_drawn(level: int) -> None:
    items = FAMILY.items(level, 400, KEY)
    assert not {i.question for i in items} & {FAMILY.reverse(i).question for i in items}


@at_every_level
def test_sums_are_close_and_never_equal(level: int) -> None:
    for item in FAMILY.items(level, 300, KEY):
        left, right = sides(item)
        assert len(left) == len(right) == level and {*left, *right} <= set(range(1, 10))
        assert 0 < abs(sum(left) - sum(right)) < 18


@at_every_level
def test_neither_a_constant_answer_nor_a_place_is_better_than_chance(level: int) -> None:
    """Of 800 items, yes and the first option are right within 4 standard errors of half."""
    items = FAMILY.items(level, 800, KEY)
    for right in (sum(i.gold == "yes" for i in items), sum(i.gold_index == 0 for i in items)):
        assert abs(right / 800 - 0.5) < 4 * (0.25 / 800) ** 0.5


def test_a_slip_in_a_sum_turns_the_verdict_and_equal_sums_are_not_larger() -> None:
    item = FAMILY.items(2, 1, KEY)[0]
    left, right = map(sum, sides(item))
    low, high = min(left, right), max(left, right)
    for at, step in enumerate(item.worked.steps):
        made = FAMILY.mistake(item, item.worked, at, KEY)
        assert made is not None and made.implied != item.gold and made.step.value != step.value
    assert FAMILY.grammar.sound(FAMILY.parse(f"{low} is larger than {high}: no.").steps[0])
    assert FAMILY.grammar.sound(FAMILY.parse(f"{low} is larger than {low}: no.").steps[0])
    assert not FAMILY.grammar.sound(FAMILY.parse(f"{low} exceeds {high}: yes;").steps[0])


def test_wrong_answers_are_led_to_both_ways() -> None:
    """Over many items, mistakes imply yes about as often as no."""
    implied = Counter(
        made.implied
        for item in FAMILY.items(3, 60, KEY)
        if (made := FAMILY.mistake(item, item.worked, 0, KEY)) is not None
    )
    assert sum(implied.values()) == 60 and min(implied.values()) >= 15
