"""The claims of thinkaloud.conditions.lettered: letters stand for options and are read back as options."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.lettered import as_drawn, ask, label, labels, lettered_shots, listed, snap_lettered
from thinkaloud.conditions.snap import nothing
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Item, Key, ModelCard, Prompt, Reading, Transcript


class Letters:
    """Prefers the letters in the order A, B, C, ... and remembers what it was asked."""

    card = ModelCard("letters", "test", "", "scripted", "exact", 1 << 16, frozenset({"logprobs"}))

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        self.prompts.append(prompt)
        assert list(options) == labels(len(options))
        places = range(len(options))
        return Reading(tuple(-float(i) for i in places), tuple(10 + i for i in places), tuple(i / 100 for i in places))


@pytest.mark.parametrize("name", ["chain_sum", "recall", "coin", "story"])
def test_options_are_read_back_in_the_order_of_their_letters(name: str) -> None:
    task = open_task(name)
    for item in task.items(task.levels[0], 10, Key(("t",))):
        order = tuple(reversed(as_drawn(item)))
        assert listed(ask(item, order)) == (item.question, tuple(reversed(item.options)))
        assert listed(item.question) is None


def test_a_reading_comes_back_in_the_items_own_order() -> None:
    item = open_task("chain_sum").items(3, 1, Key(("t",)))[0]
    reading = asyncio.run(snap_lettered(Letters(), item, (2, 0, 3, 1), Way(), Transcript()))  # type: ignore[arg-type]
    assert reading.logprobs == (-1.0, -3.0, 0.0, -2.0)
    assert reading.lengths == (11, 13, 10, 12)
    assert reading.unknown == (0.01, 0.03, 0.0, 0.02)
    assert reading.best == 2


def many(count: int, *texts: str) -> Item:
    """An item with so many options, these first."""
    options = (*texts, *(f"option {i}" for i in range(count - len(texts))))
    return Item("many/1/x", "many", 1, "Which?", options, options[-1])


@pytest.mark.parametrize("count", [2, 26, 27, 52, 703, 20_000])
def test_any_number_of_options_has_labels_that_are_read_back(count: int) -> None:
    item = many(count)
    assert len({*labels(count)}) == count
    assert listed(ask(item, as_drawn(item))) == (item.question, item.options)


def test_labels_go_on_after_z_like_the_columns_of_a_table() -> None:
    assert [label(place) for place in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "(A)", "(Z)", "(AA)", "(AB)", "(AZ)", "(BA)", "(ZZ)", "(AAA)",
    ]  # fmt: skip


def test_an_item_with_more_options_than_letters_is_read() -> None:
    item = many(30)
    order = tuple(reversed(as_drawn(item)))
    reading = asyncio.run(snap_lettered(Letters(), item, order, Way(), Transcript()))  # type: ignore[arg-type]
    assert reading.logprobs == tuple(-float(29 - i) for i in range(30))
    (shot,) = lettered_shots([item], nothing, as_drawn)
    assert shot.answer == ("The answer is (AD).",)


@pytest.mark.parametrize("odd", ["ends with a mark.", "two\nlines", "a; b", "Options: none.", "f(x); (y) z", "."])
def test_options_with_marks_of_their_own_are_read_back(odd: str) -> None:
    item = many(4, odd)
    for order in ((0, 1, 2, 3), (3, 2, 1, 0)):
        assert listed(ask(item, order)) == (item.question, tuple(item.options[i] for i in order))


def test_examples_answer_with_the_letter_of_their_right_option() -> None:
    items = open_task("chain_sum").items(3, 5, Key(("t",)))
    for item, shot in zip(items, lettered_shots(items, nothing, as_drawn), strict=True):
        assert shot.answer == (f"The answer is ({'ABCD'[item.gold_index]}).",)
