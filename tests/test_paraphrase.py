"""A model's paraphrase counts only if nothing that can be checked went astray and it really says it differently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest

from thinkaloud.conditions.checks import astray, numbers
from thinkaloud.conditions.editor import Editor
from thinkaloud.conditions.paraphrase import Reworded, Rewriter, paraphrase_by_model
from thinkaloud.items.material import given_away
from thinkaloud.tasks import open_task
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard, Prompt, Reading, Sampling, Task

THOUGHT = "5 + 6 = 11. 11 + 3 = 14."


class Unknown(Unread):
    """A task that reads none of its sentences."""

    name, levels, meaning = "unknown", (1,), "nothing"

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        raise NotImplementedError

    def verify(self, item: Item, answer: str) -> bool:
        raise NotImplementedError


class Says:
    card = ModelCard("says", "own", "1", "chat", "exact", 999, frozenset())

    def __init__(self, text: str, finish: Literal["stop", "length"] = "stop") -> None:
        self._done = Completion(text, 9, finish)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        assert "What is" not in prompt.question  # the paraphraser does not see the item's question
        return self._done

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError("a paraphrase needs no reading")


def rewritten(
    model: Says, text: str = THOUGHT, task: str | Task = "chain_sum", options: Sequence[str] = ()
) -> Reworded:
    opened, key = open_task(task) if isinstance(task, str) else task, Key(("k",))
    if opened.reads_steps:
        return asyncio.run(paraphrase_by_model(model, opened, opened.parse(text), key, options))
    return asyncio.run(_in_pieces(model, opened, text, options))


async def _in_pieces(model: Says, task: Task, text: str, options: Sequence[str]) -> Reworded:
    """By the editor alone, without rules for what it fails with."""
    rewriter = Rewriter(task, Key(("k",)), Editor(model, Key(("e",))), rules=False)
    return await rewriter.reword(task.parse(text), options)


def test_other_words_with_the_same_numbers_are_taken() -> None:
    made = rewritten(Says("5 and 6 make 11. Then 11 and 3 make 14."))
    assert made.transcript is not None and made.transcript.text == "5 and 6 make 11. Then 11 and 3 make 14."
    assert made.check == "words", "the grammar did not read it back"


def test_what_the_grammar_reads_back_as_the_same_is_checked_by_it() -> None:
    made = rewritten(Says("5 plus 6 is 11. Adding 3 to 11 gives 14."), "5 + 6 = 11. 3 + 11 = 14.")
    assert made.transcript is None, "other numbers in the slots"
    made = rewritten(Says("5 plus 6 is 11. 11 plus 3 makes 14;"))
    assert made.transcript is not None and made.check == "grammar"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (THOUGHT, "it is a copy"),
        ("", "other numbers"),
        ("5 and 6 make 11.", "other numbers"),
        ("5 and 6 make 12. 11 and 3 make 14.", "other numbers"),
        ("It is 14.", "other numbers"),
        ("5 minus 6 is 11. 11 minus 3 is 14.", "turned round"),
        ("5 and 6 do not make 11. Then 11 and 3 make 14.", "0 negations became 1"),
    ],
)
def test_a_copy_or_a_lost_number_or_a_turned_meaning_is_no_paraphrase(text: str, why: str) -> None:
    made = rewritten(Says(text))
    assert made.transcript is None and why in str(made.why) and made.wrote == text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("The box is heavier than the bag.", "The box is lighter than the bag.", "turned round"),
        ("Every bird here can fly.", "The birds here can fly.", "quantifier"),
        ("All swans are white.", "Some swans are white.", "quantifier"),
        ("It is possible that he left.", "It is impossible that he left.", "negations"),
        ("He went north, then home.", "He went south and then home.", "turned round"),
        ("Only two of them came.", "Only three of them came.", "other numbers"),
        ("Iron sinks, so cork it is.", "Cork sinks, so iron it is.", "another one last"),
        ("It has -3 left.", "There are 3 left.", "other numbers"),
    ],
)
def test_a_meaning_turned_round_is_seen_where_no_grammar_reads(old: str, new: str, why: str) -> None:
    """The old check looked at numbers only and let all but two of these pass."""
    made = rewritten(Says(new), old, Unknown(), ("iron", "cork"))
    assert made.transcript is None and why in str(made.why)


def test_a_faithful_rewriting_passes_where_no_grammar_reads() -> None:
    made = rewritten(Says("Cork floats and iron goes under; therefore the answer must be cork."),
                     "Iron sinks and cork swims. So it is cork.", Unknown(), ("iron", "cork"))  # fmt: skip
    assert made.transcript is not None and made.check == "words"


def test_what_the_check_cannot_see_is_stated_by_an_example() -> None:
    """Who did it to whom: the same words in another order. The module says so; validity is not claimed for it."""
    assert astray("Tom pays Ann 3.", "Ann pays Tom 3.") is None


def test_one_that_was_cut_off_is_none() -> None:
    made = rewritten(Says("5 and 6 make 11. Then 11 and 3 make 14.", "length"))
    assert made.transcript is None and made.why == "it was cut off"


def test_numbers_are_read_in_order() -> None:
    assert numbers("from 3 to 2.5, not 10") == ["3", "2.5", "10"]
    assert numbers("1,000 and three, 5-2, -7") == ["1000", "3", "5", "2", "-7"]


def test_options_that_give_the_answer_away_are_said() -> None:
    item = Item("i", "t", 1, "?", ("a", "b"), "a", meta={"cue": 0.93})
    assert given_away("t", [item])[0].startswith(
        "t: in 93% of its items the right option is the one that looks most like"
    )
    assert given_away("t", [Item("i", "t", 1, "?", ("a", "b"), "a")]) == []
