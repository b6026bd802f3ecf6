"""The claims of thinkaloud.strategies.lettered: letters stand for options and are read back as options."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from thinkaloud.strategies.lettered import as_drawn, ask, lettered_shots, listed, snap_lettered
from thinkaloud.strategies.snap import nothing
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key, Prompt, Reading, Transcript


class Letters:
    """Prefers the letters in the order A, B, C, ... and remembers what it was asked."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        self.prompts.append(prompt)
        assert list(options) == [f"({letter})" for letter in "ABCDEFGH"[: len(options)]]
        return Reading(tuple(-float(i) for i in range(len(options))))


@pytest.mark.parametrize("name", ["chain_sum", "recall", "coin", "story"])
def test_options_are_read_back_in_the_order_of_their_letters(name: str) -> None:
    task = open_task(name)
    for item in task.items(task.levels[0], 10, Key(("t",))):
        order = tuple(reversed(as_drawn(item)))
        assert listed(ask(item, order)) == (item.question, tuple(reversed(item.options)))
        assert listed(item.question) is None


def test_a_reading_comes_back_in_the_items_own_order() -> None:
    item = open_task("chain_sum").items(3, 1, Key(("t",)))[0]
    reading = asyncio.run(snap_lettered(Letters(), item, (2, 0, 3, 1), (), Transcript()))  # type: ignore[arg-type]
    assert reading.logprobs == (-1.0, -3.0, 0.0, -2.0)
    assert reading.best == 2


def test_examples_answer_with_the_letter_of_their_right_option() -> None:
    items = open_task("chain_sum").items(3, 5, Key(("t",)))
    for item, shot in zip(items, lettered_shots(items, nothing, as_drawn), strict=True):
        assert shot.answer == (f"The answer is ({'ABCD'[item.gold_index]}).",)
