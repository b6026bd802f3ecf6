"""What is right in a log: the target's letter, the scorer that decides, and what contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thinkaloud.errors import UserError
from thinkaloud.interop.logs_in import import_log
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key

pytest.importorskip("inspect_ai", reason="inspect_ai is not installed (pip install 'thinkaloud[inspect]')")

LETTERED = [
    ("Which vitamin prevents scurvy?", ["A", "C", "D", "B"], "B", "That is vitamin C.", "C"),
    ("Which blood group has no antigens?", ["A", "O", "B", "AB"], "B", "Group O has neither.", "O"),
    ("Which element has six protons?", ["B", "C", "N", "O"], "B", "It is written C.", "C"),
    ("Which element has five protons?", ["B", "C", "N", "O"], "A", "Its sign is B.", "B"),
    ("Which is the largest ocean?", ["Atlantic", "Pacific", "Arctic"], "B", "The Pacific is the largest.", "Pacific"),
    ("Which is a list?\n\nA. B\nB. no list", ["one", "two"], "B", "The second one.", "two"),
]


def logged(folder, samples, says, solver, scorers):
    """A log of samples whose model says what it is told to, by question."""

    def answer(messages, tools, tool_choice, config):
        from inspect_ai.model import ModelOutput, ModelUsage

        said = next(text for asked, text in says.items() if asked in messages[-1].text)
        output = ModelOutput.from_content("mockllm/model", said)
        output.usage = ModelUsage(total_tokens=7)
        return output

    from inspect_ai import Task, eval
    from inspect_ai.model import get_model

    model = get_model("mockllm/model", custom_outputs=answer, memoize=False)
    task = Task(dataset=samples, solver=solver, scorer=scorers, name="logged")
    return Path(eval(task, model=model, log_dir=str(folder), display="none")[0].location)


@pytest.mark.slow
def test_the_letter_of_a_target_is_a_letter_also_where_an_option_has_it_as_its_text(tmp_path):
    """Vitamins, blood groups, elements: gold, the answer read and Inspect's score agree."""
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    samples = [Sample(input=q, choices=options, target=target, id=gold + q) for q, options, target, _, gold in LETTERED]
    says = {q: f"We think. {why}\n\nANSWER: {target}" for q, _, target, why, _ in LETTERED}
    made = import_log(logged(tmp_path, samples, says, multiple_choice(), choice()), tmp_path / "o.jsonl", 0)
    lines = {line["meta"]["sample"]: line for line in map(json.loads, made.path.read_text().splitlines())}
    for q, _, _, why, gold in LETTERED:
        line = lines[gold + q]
        assert (line["answer"], line["meta"]["answered"], line["meta"]["right"]) == (gold, gold, True)
        assert line["transcript"] == ["We think.", why]
    items = open_task(str(made.path)).items(1, made.items, Key(("any",)))
    assert {item.gold for item in items} == {gold for *_, gold in LETTERED}


def test_a_log_that_contradicts_itself_says_so_and_a_judge_that_stands_first_does_not_decide(tmp_path):
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import Score, match, scorer
    from inspect_ai.solver import generate

    @scorer(metrics=[], name="refused")
    def refused():
        async def score(state, target):
            return Score(value=False, answer="no")

        return score

    @scorer(metrics=[], name="exact_answer_correct")
    def mistaken():
        async def score(state, target):
            return Score(value="C" if target.text in ("1", "2") else "I")

        return score

    samples = [Sample(input=f"Problem {i}: how much?", target=str(i), id=f"p{i}") for i in range(1, 7)]
    says = {f"Problem {i}:": f"First I add.\n\nANSWER: {i if i != 2 else 9}" for i in range(1, 7)}
    log = logged(tmp_path, samples, says, generate(), [refused(), match(), mistaken()])
    made = import_log(log, tmp_path / "o.jsonl", 0)
    rights = {
        line["meta"]["sample"]: line["meta"]["right"] for line in map(json.loads, made.path.read_text().splitlines())
    }
    assert rights == {"p1": True, "p2": False, "p3": True, "p4": True, "p5": True, "p6": True}
    said = "\n".join(made.lines)
    assert "as the scorer 'match' says, which agrees with the answers read here in 6 of 6" in said
    assert "not used: refused, exact_answer_correct (--scorer NAME takes another)" in said
    other = import_log(log, tmp_path / "other.jsonl", 0, "exact_answer_correct")
    told = "\n".join(other.lines)
    assert "in 1 the score says right, though the answer read is not the target (p2)" in told
    assert "in 4 the score says wrong, though the answer read is the target (p3, p4, p5, p6)" in told
    with pytest.raises(UserError, match="no scorer in this log named 'mach'; did you mean match"):
        import_log(log, tmp_path / "third.jsonl", 0, "mach")


def test_samples_that_state_no_answer_are_counted(tmp_path):
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate

    samples = [Sample(input=f"Problem {i}: how much?", target=str(i), id=f"p{i}") for i in range(11, 15)]
    says = {f"Problem {i}:": f"I count {i} of them. That is all I can say." for i in range(11, 14)}
    says["Problem 14:"] = "I count them.\n\n\\boxed{14}"
    made = import_log(logged(tmp_path, samples, says, generate(), includes()), tmp_path / "o.jsonl", 0)
    assert any("3 state no answer in a form that is known here" in remark for remark in made.remarks)
