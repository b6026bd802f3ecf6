"""A model's paraphrase counts only if it keeps every number in order and really says it differently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest

from thinkaloud.interventions.paraphrase import numbers, paraphrase_by_model
from thinkaloud.runs.execute import given_away
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard, Prompt, Reading, Sampling

THOUGHT = "5 + 6 = 11. 11 + 3 = 14."


class Says:
    card = ModelCard("says", "own", "1", "chat", "exact", 999, frozenset())

    def __init__(self, text: str, finish: Literal["stop", "length"] = "stop") -> None:
        self._done = Completion(text, 9, finish)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        assert "What is" not in prompt.question  # the paraphraser does not see the item's question
        return self._done

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError("a paraphrase needs no reading")


def paraphrase(model: Says) -> str | None:
    task = open_task("chain_sum")
    done = asyncio.run(paraphrase_by_model(model, task, task.parse(THOUGHT), Key(("k",))))
    return None if done is None else done.text


def test_other_words_with_the_same_numbers_are_taken() -> None:
    assert paraphrase(Says("5 and 6 make 11. Then 11 and 3 make 14.")) == "5 and 6 make 11. Then 11 and 3 make 14."


@pytest.mark.parametrize("text", [THOUGHT, "", "5 and 6 make 11.", "5 and 6 make 12. 11 and 3 make 14.", "It is 14."])
def test_a_copy_or_a_lost_number_is_no_paraphrase(text: str) -> None:
    assert paraphrase(Says(text)) is None


def test_one_that_was_cut_off_is_none() -> None:
    assert paraphrase(Says("5 and 6 make 11. Then 11 and 3 make 14.", "length")) is None


def test_numbers_are_read_in_order() -> None:
    assert numbers("from 3 to 2.5, not 10") == ["3", "2.5", "10"]


def test_options_that_give_the_answer_away_are_said() -> None:
    item = Item("i", "t", 1, "?", ("a", "b"), "a", meta={"cue": 0.93})
    assert given_away("t", [item])[0].startswith("t: the right option is the one most like the question in 93%")
    assert given_away("t", [Item("i", "t", 1, "?", ("a", "b"), "a")]) == []
