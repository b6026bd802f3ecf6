"""Reasoning ends where the answer begins, may have several lines, and is measured as it was written."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

import thinkaloud as ta
from reader import Reader, sums
from thinkaloud.conditions.asking import Way, parts
from thinkaloud.conditions.bench import Bench, Edit, continued
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.conditions.snap import nothing, shots, worked
from thinkaloud.conditions.think import STOP, on_one_line, think, unanswered
from thinkaloud.models.cuts import Cuts
from thinkaloud.models.local import Lowering
from thinkaloud.models.render import chat, completion
from thinkaloud.tasks import open_task
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Prompt, Sampling, Shot, Step, Transcript

ITEM = Item("i", "t", 1, "Q?", ("a", "b"), "a")
ONE, TWO = Shot("Q1", ("A.", "B.", "The answer is a.")), Shot("Q2", ("A.", "\nB.", "The answer is a."))
BARE = Shot("Q3", ("The answer is a.",))


@pytest.mark.parametrize(
    "examples, start, ends",
    [
        ((ONE,), Transcript(), True),
        ((ONE, BARE), Transcript(), True),
        ((ONE, TWO), Transcript(), False),
        ((), Transcript(), False),
        ((BARE,), Transcript(), False),
        ((ONE,), Transcript((Step("A."), Step("\nB."))), False),
    ],
)
def test_a_line_end_ends_reasoning_only_where_examples_show_one_line(examples, start, ends) -> None:
    model = Reader({})
    asyncio.run(think(model, ITEM, Way(examples), Sampling(9, (), 0.5), Key(("k",)), start))
    assert model.samplings == [Sampling(9, (STOP, "\n") if ends else (STOP,), 0.5)]
    assert on_one_line(examples, start) is ends


@pytest.mark.parametrize(
    "text, kept, finish",
    [
        ("A.\n\nB. The answer is 5.", "A.\n\nB.", "stop"),
        ("The answer isn't 5. So 6. The answer is: 6", "The answer isn't 5. So 6.", "stop"),
        ("The answer isolated here.", "The answer isolated here.", "length"),
        ("A.\nThe answer is", "A.", "stop"),
        ("A. The answer is苹果", "A.", "stop"),
    ],
)
def test_the_answer_is_not_part_of_the_reasoning(text: str, kept: str, finish: str) -> None:
    assert unanswered(Completion(text, 9, "length")) == Completion(kept, 9, finish)


@pytest.mark.parametrize(
    "wrote", ["A.\n\n**Answer:** b", "A.\n\\boxed{b}", "A. So the final answer is b.", "A.\n<answer>b</answer> Done."]
)
def test_without_examples_the_reasoning_ends_before_the_answer_in_any_form(wrote: str) -> None:
    """Nothing shows such a model how to say it; left in, its own answer would be read as its reasoning."""

    class Says:
        async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
            return Completion(wrote, 9, "length")

    done = asyncio.run(think(Says(), ITEM, Way(), Sampling(9), Key(("k",))))
    assert (done.text, done.finish) == ("A.", "stop")
    shown = asyncio.run(think(Says(), ITEM, Way((ONE,)), Sampling(9), Key(("k",))))
    assert (shown.text, shown.finish) == (wrote, "length"), "examples show the form, and only that ends it"


def test_a_base_model_is_stopped_where_it_would_ask_itself_the_next_question() -> None:
    """The frame says so: the completion form has no control token for it, a chat has."""
    template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"
    prompt, sampling = Prompt((ONE,), "Q?"), Sampling(9, ("x",))
    for render, stop in ((completion, ("x", "\nQuestion:")), (chat(template, "", ""), ("x",))):
        lowering = Lowering(lambda text, special: list(text.encode()), (), render, Cuts())
        assert lowering.ending(prompt, sampling).stop == stop


def test_prompts_hold_reasoning_as_it_was_written() -> None:
    """In the examples and in the turn that is continued, in both forms."""
    prompt = Prompt((TWO,), "Q?", ("A.", "\n\nB.", "The answer is"))
    shown = completion(prompt)
    assert "Answer: A.\nB. The answer is a.\n\n" in shown.preamble
    assert "".join(shown.parts) == " A.\n\nB. The answer is"
    template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"
    shown = chat(template, "", "")(prompt)
    assert "<assistant>A.\nB. The answer is a.<end>" in shown.preamble
    assert "".join(shown.parts) == "A.\n\nB. The answer is"


class Sentences(Unread):
    """A task that cuts sentences."""

    name = "t"


def test_what_goes_on_from_an_edit_keeps_the_lines_it_was_written_on() -> None:
    start = Transcript((Step("A."),))
    assert continued(Sentences(), start, "\n\nB. C.\nD.").text == "A.\n\nB. C.\nD."
    assert continued(Sentences(), start, "B.").text == "A. B." and continued(Sentences(), start, "") == start
    model = Reader({"Q?": ("A.\n\nB.\nC.", "a")})
    bench = Bench(model, Group(Sentences(), 1, 0, (ITEM,), (), ()), ConditionSettings(), Key(("k",)))
    own = bench.task.parse(asyncio.run(bench.own(ITEM)).text)
    found = asyncio.run(bench.go_on(ITEM, Edit.control(own, 0, "on")))
    assert found["between"] == [step.text for step in own.steps] == ["A.", "\n\nB.", "\nC."]


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_reasoning_on_lines_reads_as_a_sentence_an_entry_does(tmp_path, between: str) -> None:
    """The same reasoner, the same questions: nothing is cut, and every estimate is the same."""
    found = {}
    for how in (" ", between):
        model = sums(tmp_path / "sums.jsonl", 12, how)
        run = ta.run(
            "channels", model, [str(tmp_path / "sums.jsonl")], items=8, out=tmp_path / str(len(found)),
            settings={"shots": 3},
        )  # fmt: skip
        for record in run.records:
            text = model.known[record["question"]][0]
            assert record["thought"]["text"] == text and len(record["thought"]["steps"]) == 2
        found[how] = [(f.estimate.name, f.estimate.value) for f in run.findings]
    assert found[" "] == found[between]
    assert dict(found[between])["P(gold) own"] == pytest.approx(0.94)


PROMPTS = {
    "chain_sum": "7852f3fd105bc9fb",
    "big_sum": "6ce3df8c0907ed78",
    "chain_mixed": "838775b138dde29d",
    "story": "3ac191d843bb443d",
    "variables": "a1f1200091b3cf93",
    "count_items": "26eff005df4dbda0",
    "coin": "45af731f6d263e3c",
    "swaps": "85f34deca1ae576a",
    "directions": "ec9ac914cb8c1b83",
    "weekday": "6d6bb542dac1815f",
    "compare": "ab07d007fd20ccb0",
    "recall": "f28557086a8b41a4",
}
"""A prompt of each family with and without reasoning, as it was before options were shown and lines were kept."""


@pytest.mark.parametrize("name", PROMPTS)
def test_the_prompts_of_built_in_families_are_what_they_were(name: str) -> None:
    task = open_task(name)
    items = task.items(task.levels[1], 4, Key(("prompts",)))
    digest = hashlib.sha256()
    for form in (worked, nothing):
        prompt = Prompt(shots(items[1:], form), items[0].asked, (*parts(form(items[0])), PROBE))
        shown = completion(prompt)
        digest.update((shown.preamble + shown.question + shown.turn + "".join(shown.parts)).encode())
    assert digest.hexdigest()[:16] == PROMPTS[name]


def test_built_in_families_reason_on_one_line() -> None:
    """Their examples do, so a line end still ends what a small base model writes."""
    task = open_task("chain_sum")
    group = Group(task, 2, 0, (), tuple(task.items(2, 3, Key(("k",)))), ())
    assert on_one_line(Bench(Reader({}), group, ConditionSettings(), Key(("k",))).aloud.shots, Transcript())
