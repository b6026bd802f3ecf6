"""How a question is put to a model: few-shot, zero-shot, or in the model's own block; and how its reasoning ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

import thinkaloud as ta
from chats import BLOCK, Chat, questions
from thinkaloud.conditions.asking import AT_ONCE, REASON, Asking, Stem, Way
from thinkaloud.conditions.lettered import LEAD
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.conditions.think import think
from thinkaloud.conditions.trial import stem_of
from thinkaloud.errors import UserError
from thinkaloud.items.asking import chosen
from thinkaloud.models.profile import Profile, Recommended
from thinkaloud.organisms.blocked import Blocked
from thinkaloud.organisms.scripted import scripted
from thinkaloud.tasks import open_task
from thinkaloud.tasks.jsonl import JsonlTask
from thinkaloud.vocabulary import Item, Key, Prompt, Sampling, Shot, Step, Thinking, Transcript

OWN = Transcript((Step("A."), Step("B.")))
NATIVE, ZERO = Asking("native", "", BLOCK), Asking("zero-shot")
SUM = Item("s", "t", 1, "What is 3 + 5?", ("8", "7"), "8")


@pytest.fixture
def simplest(tmp_path: Path) -> JsonlTask:
    """A file of questions and answers, nothing else."""
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in questions(20)))
    return JsonlTask(path)


# ------------------------------------------------------------------------------------------------ prompts


def test_native_reasoning_stands_in_the_block_and_nothing_is_written_that_was_not_meant() -> None:
    way = NATIVE.aloud()
    assert way.begun("Q?", Transcript()) == Prompt((), "Q?", (), Thinking((), closed=False))
    assert way.begun("Q?", OWN) == Prompt((), "Q?", (), Thinking(("A.", "B."), closed=False)), "a cut stays inside it"
    assert way.stated("Q?", OWN) == Prompt((), "Q?", ("The answer is",), Thinking(("A.", "B."), closed=True))
    assert way.answering("Q?", OWN) == Prompt((), "Q?", (), Thinking(("A.", "B."), closed=True))


@pytest.mark.parametrize(
    "form, prompt",
    [
        ("empty", Prompt((), "Q?", ("The answer is",), Thinking(()))),
        ("switch", Prompt((), "Q?", ("The answer is",), None, off=True)),
        ("omitted", Prompt((), "Q?", ("The answer is",))),
    ],
)
def test_each_form_of_silence_is_its_own_prompt(form: str, prompt: Prompt) -> None:
    assert NATIVE.silent(form).stated("Q?", Transcript()) == prompt
    assert form in NATIVE.silences


def test_zero_shot_asks_in_words_and_few_shot_does_not() -> None:
    assert ZERO.aloud().stated("Q?", OWN) == Prompt((), f"Q?\n\n{REASON}", ("A.", "B.", "The answer is"))
    assert ZERO.silent("instruction").stated("Q?", Transcript()).question == f"Q?\n\n{AT_ONCE}"
    assert ZERO.silent("plain").stated("Q?", Transcript()) == Prompt((), "Q?", ("The answer is",))
    shot = (Shot("E?", ("C.", "The answer is c.")),)
    assert Way(shot).stated("Q?", OWN) == Prompt(shot, "Q?", ("A.", "B.", "The answer is"))


def test_a_stem_on_a_line_of_its_own_loses_its_line_ends_only_where_nothing_is_before_it() -> None:
    stem = Stem("\n\n\\boxed{", "}", tight=True)
    assert ZERO.aloud(stem).stated("Q?", OWN).tight and not ZERO.aloud().stated("Q?", OWN).tight
    assert ZERO.aloud(stem).stated("Q?", OWN).prefill[-1] == "\n\n\\boxed{"
    assert ZERO.silent("plain", stem).stated("Q?", Transcript()).prefill == ("\\boxed{",)
    assert NATIVE.aloud(stem).stated("Q?", OWN).prefill == ("\\boxed{",), "the block has written them already"


@pytest.mark.parametrize(
    "wrote, stem",
    [
        ("So 3 + 5 = 8.\n\n\\boxed{8}", Stem("\n\n\\boxed{", "}", tight=True)),
        ("So 3 + 5 = 8, and she has \\(\\boxed{8}\\) left.", Stem("\\boxed{", "}", tight=True)),
        ("3 + 5 = 8.\nThe answer is 8.", Stem("The answer is", "\n")),
        ("3 + 5 = 8.\nThe answer is **8**.", Stem("The answer is **", "**", tight=True)),
        ("3 + 5 = 8.\nThe answer is $8.", Stem("The answer is $", "\n", tight=True)),
        ("We add.\n#### 8", Stem("####", "\n")),
        ("We add them up.", None),
    ],
)
def test_the_stem_is_what_this_model_writes_before_its_answer(wrote: str, stem: Stem | None) -> None:
    found = stem_of(wrote, SUM.options)
    assert (found is None) == (stem is None)
    if found is not None and stem is not None:
        assert replace(found, text=found.text.strip()) == replace(stem, text=stem.text.strip())


# ------------------------------------------------------------------------------------------------ outcomes


@pytest.mark.parametrize("ending", ["closed", "forced", "never closed", "inside", "empty"])
def test_every_ending_of_a_block_is_told_apart(ending: str) -> None:
    done = asyncio.run(think(Chat(ending, profile=BLOCK), SUM, NATIVE.aloud(), Sampling(99), Key(("k",))))
    assert done.outcome == ending
    assert done.readable is (ending != "empty")
    assert "The answer is" not in done.text, "an answer that is stated at the end is no part of the reasoning"


@pytest.mark.parametrize("ending", ["closed", "forced", "empty", "unparsed", "refused"])
def test_every_ending_of_a_told_turn_is_told_apart(ending: str) -> None:
    done = asyncio.run(think(Chat(ending), SUM, ZERO.aloud(), Sampling(99), Key(("k",))))
    assert done.outcome == ending
    assert done.readable is (ending in ("closed", "forced", "unparsed"))
    if ending == "closed":
        assert done.said == "8" and "boxed" not in done.text
        assert done.text == "We add them up.\n\nThe sum is 8, so we are done.", "several paragraphs are kept"


@pytest.mark.parametrize(
    "block, ending",
    [(None, ending) for ending in ("closed", "forced", "unparsed", "empty", "refused")]
    + [(BLOCK, ending) for ending in ("closed", "forced", "never closed", "inside", "empty")],
)
def test_outcomes_are_counted_and_what_was_left_out_is_bounded(
    ending: str, block: Profile | None, simplest, tmp_path
) -> None:
    run = ta.run("channels", Chat(ending, profile=block), [simplest], items=8, out=tmp_path / "run")
    rows = {row.name: row for row in run.estimates("mine")}
    assert rows[f"outcome {ending}"].value == 1.0 and rows[f"outcome {ending}"].n == 8
    if ending in ("empty", "refused"):
        assert rows["P(gold) own"].value is None and rows["P(gold) own"].reason
        assert (rows["P(gold) own, the rest wrong"].value, rows["P(gold) own, the rest right"].value) == (0.0, 1.0)
    else:
        assert rows["P(gold) own"].value == pytest.approx(0.9, abs=0.01)
        assert "P(gold) own, the rest wrong" not in rows, "nothing was left out"
        assert ("P(gold) own, closed only" in rows) is (ending != "closed")


# ------------------------------------------------------------------------------------------------ what is chosen


def test_the_way_to_ask_follows_from_model_and_task_and_says_why(simplest: JsonlTask) -> None:
    auto, coin = ConditionSettings(), open_task("coin")
    assert chosen(Chat(profile=BLOCK), coin, auto).ask == "native"
    assert chosen(Chat(), coin, auto).ask == "few-shot", "its examples speak the language that rules can reword"
    assert chosen(Chat(), simplest, auto).ask == "zero-shot"
    assert chosen(Chat(form="completion"), simplest, auto).ask == "few-shot"
    assert "left out" in chosen(Chat(profile=BLOCK), coin, ConditionSettings(ask="zero-shot")).why


def test_a_model_without_a_block_is_not_asked_in_it(simplest: JsonlTask) -> None:
    with pytest.raises(UserError, match="--ask native: chat has no thinking block that is known here"):
        chosen(Chat(), simplest, ConditionSettings(ask="native"))


def test_greedy_is_refused_where_the_family_forbids_it_and_the_recommended_sampling_is_used(simplest) -> None:
    wanted = Recommended(0.6, 0.95, 20, greedy=False, why="it repeats itself without end")
    model = Chat(profile=Profile("f", "<t>", "</t>", "</t>", sampling=wanted))
    with pytest.raises(UserError, match=r"--temperature 0: f is not to be sampled greedily .it repeats itself"):
        chosen(model, simplest, ConditionSettings(temperature=0.0))
    asking = chosen(model, simplest, ConditionSettings())
    assert asking.sampling(9, None) == Sampling(9, (), 0.6, 0.95, 20)
    assert asking.sampling(9, 1.0).temperature == 1.0
    assert Asking("zero-shot").sampling(9, None) == Sampling(9)


def test_the_stem_with_most_mass_and_the_strongest_silence_are_settled_on_items_that_are_not_measured(
    simplest, tmp_path
) -> None:
    run = ta.run("channels", Chat(profile=BLOCK), [simplest], items=8, out=tmp_path / "run")
    said = " ".join(run.notes)
    assert "asked native: the model reasons in a block" in said
    assert "answers are read after '\\\\boxed{'" in said or "answers are read after '\\n\\n\\\\boxed{'" in said
    assert "asked for by 'switch'" in said
    rows = {row.name: row for row in run.estimates("mine")}
    assert rows["P(gold) silent"].value == pytest.approx(0.7, abs=0.01)
    assert rows["silent - silent:empty"].value == pytest.approx(0.3, abs=0.01)
    assert rows["mass own"].value == pytest.approx(0.95, abs=0.01)


# ------------------------------------------------------------------------------------------------ whole runs


def test_the_simplest_file_works_without_an_option(simplest: JsonlTask, tmp_path: Path) -> None:
    """A question and an answer a line: no options, no examples, no reasoning."""
    model = Chat()
    run = ta.run("channels", model, [simplest], items=8, out=tmp_path / "run")
    rows = {row.name: row for row in run.estimates("mine")}
    assert rows["accuracy written, own"].value == 1.0 and rows["no answer read, own"].value == 0.0
    assert rows["P(gold) own"].value == pytest.approx(0.9, abs=0.01)
    assert rows["silent"].value is not None and rows["own - chance"].value is not None
    assert not any(
        prompt.shots
        for prompt in model.asked
        if prompt.question.startswith("What is") and "mistake" not in prompt.question
    ), "no examples are invented"
    assert all(row.value is not None or row.reason for row in rows.values())


@pytest.mark.parametrize("reasoner", ["mixture:0", "mixture:.5", "mixture:1", "graded:.6", "filler"])
def test_what_is_known_of_a_reasoner_comes_back_in_native_mode(reasoner: str, tmp_path: Path) -> None:
    """The same reasoner behind a block, a mark and an answer turn has the same channels, to the digit."""

    def channels(model: object) -> dict[str, float | None]:
        run = ta.run("channels", model, ["coin"], items=16, difficulty=3, out=tmp_path / type(model).__name__)
        return {name: run.get("coin", name).value for name in ("silent", "compute", "content", "residue")}

    assert channels(Blocked(scripted(reasoner))) == channels(scripted(reasoner))


def test_reasoning_about_another_question_is_a_null_without_a_grammar_too(simplest: JsonlTask, tmp_path: Path) -> None:
    """Where a reasoning leads is then what the model answered after it."""
    run = ta.run("channels", Chat(), [simplest], items=8, out=tmp_path / "run")
    rows = {row.name: row for row in run.estimates("mine")}
    assert rows["P(gold) unrelated"].n >= 6, rows["P(gold) unrelated"].reason
    assert rows["P(gold) unrelated"].value == pytest.approx(rows["P(gold) silent"].value, abs=0.05)


@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_nothing_is_not_measured_without_a_cause_or_a_next_step(
    study: str, simplest: JsonlTask, tmp_path: Path
) -> None:
    rows = ta.run(study, Chat(), [simplest], items=8, out=tmp_path / "run").estimates("mine")
    bare = [row.name for row in rows if (row.reason or "").startswith("not measured") and not _told(row.reason or "")]
    assert not bare


@pytest.mark.parametrize("form", ["chat", "completion"])
@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_worked_solutions_as_answers_are_measured_by_every_study(study: str, form: str, tmp_path: Path) -> None:
    """The kind of GSM8K: free answers, whose worked solutions make examples. Where a question stands with letters, its
    examples do, too."""
    lines = [one | {"answer": f"We add them up.\n#### {one['answer']}"} for one in questions(30)]
    (tmp_path / "worked.jsonl").write_text("\n".join(map(json.dumps, lines)))
    model = Chat(form=form)
    run = ta.run(study, model, [str(tmp_path / "worked.jsonl")], items=8, out=tmp_path / "run")
    assert {record["status"] for record in run.records} == {"ok"}
    lettered = [prompt for prompt in model.asked if LEAD in prompt.question]
    assert bool(lettered) == (study == "faithfulness")
    shown = [shot for prompt in lettered for shot in prompt.shots]
    assert all(LEAD in shot.question for shot in shown) and bool(shown) == (bool(lettered) and form == "completion")


def _told(reason: str) -> bool:
    """Whether a reason says more than what is lacking."""
    return any(mark in reason.removeprefix("not measured: ") for mark in (": ", "; "))
