"""A number that a sentence states as a result becomes another one of its form; where that leads is known or empty."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from test_editor import Lines
from thinkaloud.conditions.bench import Bench
from thinkaloud.conditions.checks import numbers
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.conditions.stated_number import mistake_by_number
from thinkaloud.vocabulary import Completion, Item, Key, Mistake, ModelCard, Prompt, Reading, Sampling, Step, Transcript

ITEM = Item("i", "t", 1, "?", ("18", "20", "1,250"), "18")


def made(
    text: str, at: int = 0, after: Sequence[str] = ("So it is 5.",), draws: int = 40, item: Item = ITEM
) -> list[Mistake]:
    own = Transcript(tuple(map(Step, (text, *after))))
    found = [mistake_by_number(item, own, at, Key((str(i),))) for i in range(draws)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    "text",
    ["16 - 3 - 4 = 9 eggs.", "The total is $1,200.", "\\(9 \\times 4 = \\$36\\)", "**Left:** Tom has 16.", "x = -7",
     "So the area equals 2.50 m.", "总共是42个。", "= 40\\text{ dollars}", "She makes 35 dollars a day."],
)  # fmt: skip
def test_one_number_changes_keeps_its_form_and_is_no_other_of_the_sentence(text: str) -> None:
    found = made(text)
    assert len(found) == 40 and len({one.step.text for one in found}) > 1
    for one in found:
        old, new = numbers(text), numbers(one.step.text)
        differ = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        assert len(differ) == 1 and differ[0][1] not in old and one.implied == ""
        assert ("," in one.step.text, one.step.text.partition(".")[1]) == ("," in text, text.partition(".")[1])
        assert (float(differ[0][0]) < 0) == (float(differ[0][1]) < 0), "its sign stays"


@pytest.mark.parametrize(
    "text",
    ["He is 3 times older.", "So x is 5 plus 6.", "It is 1/2 of it.", "There are 12:30.", "A is B.", "x = 3y",
     "It is 50% of 80.", "First take 3 and 4."],
)  # fmt: skip
def test_a_number_that_is_no_result_stays(text: str) -> None:
    assert made(text) == []


def test_the_final_answer_becomes_a_wrong_option_and_that_is_where_it_leads() -> None:
    found = made("So she makes $18.", after=("That is all.",))
    assert {(one.step.text, one.implied) for one in found} == {
        ("So she makes $20.", "20"), ("So she makes $1250.", "1,250")
    }  # fmt: skip


def test_the_right_answer_is_no_mistake() -> None:
    assert {one.implied for one in made("So she makes 20.", after=())} == {"1,250"}
    assert "18" not in {numbers(one.step.text)[0] for one in made("She has 19.")}


def test_a_note_of_a_calculator_changes_with_its_result() -> None:
    for one in made("She sold 48/2 = <<48/2=24>>24 clips."):
        assert numbers(one.step.text)[-1] == numbers(one.step.text)[-2] != "24"


class Writes:
    """Writes the same sentence with a mistake whatever it is asked."""

    card = ModelCard("writes", "own", "1", "chat", "exact", 9999, frozenset())

    def __init__(self) -> None:
        self.asked = 0

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.asked += 1
        return Completion("Cork sinks.", 3, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError


@pytest.mark.parametrize(("paraphraser", "asked"), [("auto", 1), ("model", 1), ("rules", 0), ("wording", 1)])
def test_a_model_is_asked_only_where_no_number_is_stated(paraphraser: str, asked: int) -> None:
    model, own = Writes(), Transcript((Step("She has 16."), Step("Cork swims."), Step("Done.")))
    bench = Bench(model, Group(Lines(), 1, 0, (ITEM,), (), ()), ConditionSettings(paraphraser=paraphraser), Key(("k",)))
    number = asyncio.run(bench.wrong(ITEM, own, 0))
    assert number is not None and number.step.text != "She has 16." and model.asked == 0
    words = asyncio.run(bench.wrong(ITEM, own, 1))
    assert model.asked == asked and (words is not None) == bool(asked)
    assert words is None or (words.step.text, words.implied) == ("Cork sinks.", "")
