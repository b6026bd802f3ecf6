"""Inspect logs in: made by the real Inspect, read by ours. What comes in, what is left out and why, what runs on it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from simulators import simulator
from thinkaloud.cli.interop import import_
from thinkaloud.conditions.bench import Bench
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import UserError
from thinkaloud.interop import samples
from thinkaloud.interop.logs_in import import_log, read
from thinkaloud.interop.samples import LeftOut, letter
from thinkaloud.metrics.reasons import NO_MISTAKE
from thinkaloud.tasks import open_task
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.answers import plain
from thinkaloud.tasks.transcripts import cut, given, remarks
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard

pytest.importorskip("inspect_ai", reason="inspect_ai is not installed (pip install 'thinkaloud[inspect]')")

SECRET = "gAAAAhidden"
QUESTIONS = 16
ACCEPTED = [str(2 * a + 1) for a in range(2, 2 + QUESTIONS) if a not in (9, 10, 11)]
"""Other right answers of one sample: the targets of all others but three."""


def written(text: str) -> object:
    """What the model of the log answers: reasoning in several shapes, by the first number of the question."""
    from inspect_ai.model import ContentReasoning, ContentText

    a, b = map(int, re.search(r"(\d+) plus (\d+)", text).groups())
    hidden = ContentReasoning(reasoning=SECRET, redacted=True, summary=SECRET)
    return {
        3: [hidden, ContentText(text=f"ANSWER: {a + b}")],
        4: [hidden, ContentText(text=f"We add. That gives {a + b}.\n\nANSWER: {a + b}")],
        5: f"{a + b}",
        8: [ContentReasoning(reasoning=f"{a} plus {b} is {a + b + 1}."), ContentText(text=f"ANSWER: {a + b + 1}")],
    }.get(a, f"1. Take {a}. 2 more follow.\n2. Add {b}: {a + b}.\n\nANSWER: {a + b}")


def reply(messages, tools, tool_choice, config):
    from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, ModelOutput, ModelUsage

    text, stop = messages[-1].text, "stop"
    if " 6 plus" in text:
        raise RuntimeError("the provider is down")
    if " 7 plus" in text:
        stop = "max_tokens"
    if "plus" in text:
        content = written(text)
    else:
        listed = {choice: name for name, choice in re.findall(r"^([A-Z])\) (.*)$", text, re.MULTILINE)}
        content = f"Iron is heavy. So {listed['iron']}) it is.\n\nANSWER: {listed['iron']}"
    turn = ChatMessageAssistant(content=content)
    usage = ModelUsage(input_tokens=50, output_tokens=20, total_tokens=70)
    return ModelOutput(
        model="mockllm/model", choices=[ChatCompletionChoice(message=turn, stop_reason=stop)], usage=usage
    )


def evaluated(folder, dataset, solver, scorer, **options):
    from inspect_ai import Task, eval
    from inspect_ai.model import get_model

    model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
    task = Task(dataset=dataset, solver=solver, scorer=scorer, name=options.pop("name"))
    return Path(eval(task, model=model, log_dir=str(folder), display="none", **options)[0].location)


@pytest.fixture(scope="module")
def sums(tmp_path_factory):
    """A log of sums in two epochs, with errors, hidden reasoning, cut-off turns and samples without a target."""
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser
    from inspect_ai.scorer import match
    from inspect_ai.solver import chain_of_thought, generate

    numbers = [a for a in range(2, 2 + QUESTIONS)]
    samples = [Sample(input=f"What is {a} plus {a + 1}?", target=str(2 * a + 1), id=f"s{a}") for a in numbers]
    chat = [ChatMessageSystem(content="Be kind."), ChatMessageUser(content="What is 30 plus 1?")]
    samples += [
        Sample(input="What is 2 plus 9?", target="", id="none"),
        Sample(input=chat, target=["31", *ACCEPTED], id="c"),
    ]
    return evaluated(
        tmp_path_factory.mktemp("logs"), samples, [chain_of_thought(), generate()], match(), name="sums", epochs=2,
        fail_on_error=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def choices(tmp_path_factory):
    """A multiple-choice log in the older format, whose choices were shuffled before the model saw them."""
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    sample = Sample(input="Which is heavier?", choices=["iron", "cork", "wool"], target="A", id=1)
    solver = multiple_choice(cot=True, shuffle=Random(3))
    return evaluated(tmp_path_factory.mktemp("logs"), [sample], solver, choice(), name="mc", log_format="json")


@pytest.fixture(scope="module")
def came(sums, tmp_path_factory):
    """What came in of the sums, and its lines."""
    made = import_log(sums, tmp_path_factory.mktemp("tasks") / "sums.jsonl", 4)
    return made, [json.loads(line) for line in made.path.read_text().splitlines()]


# -------------------------------------------------------------------------------------------------- what is visible


@pytest.mark.parametrize(
    ("text", "sentences", "answer"),
    [
        ("Two and three. It is 5.\n\nANSWER: 5", ["Two and three.", "It is 5."], "5"),
        (
            "1. Add 2. Then\n2. Add 3.\n\n**Final Answer**\n\n\\boxed{\\text{5}}",
            ["1. Add 2.", "Then", "2. Add 3."],
            "5",
        ),
        ("2+3 = 5, so the answer is 5.", ["2+3 = 5."], "5"),
        ("The answer is not obvious. We add.", ["The answer is not obvious.", "We add."], None),
        ("We add. So the answer is **(B)**.", ["We add."], "B"),
        ("It sinks.\niron", ["It sinks."], "iron"),
        ("x.\n#### 42", ["x."], "42"),
        ("The answer is 5. Because two and three are.", [], "5"),
        ("<think>So the answer is A.</think>\nANSWER: B", ["So the answer is A."], "B"),
        ("The sum equals $\\boxed{\\frac{1}{2}}$.", ["The sum equals"], "\\frac{1}{2}"),
        ("", [], None),
    ],
)
def test_reasoning_ends_where_the_last_answer_is_stated(text, sentences, answer):
    """The answer is cut off and never read from the text; earlier statements stay; a denial is no statement."""
    found = split_answer(text, ["iron"])
    assert (list(found.sentences), found.answer) == (sentences, answer)


def test_letters_name_choices():
    """As Inspect names them: A to Z, then 1, 2, ..."""
    said = ("B", "(b)", "B) cork", "D", "Bob", "option C")
    assert [letter(text, 3) for text in said] == [1, 1, 1, None, None, 2]
    assert [letter(text, 28) for text in ("Z", "1", "2) cork", "3")] == [25, 26, 27, None]


def test_the_number_of_an_entry_stays_with_it():
    """A list is as many sentences as it says, and cutting what was cut changes nothing."""
    text = "1. Add. Then wait.\nStep 2. Go.\nIt is 3. Done."
    assert cut(text) == ["1. Add.", "Then wait.", "Step 2. Go.", "It is 3.", "Done."]
    assert cut("\n".join(cut(text))) == cut(text)


# -------------------------------------------------------------------------------------------------- what comes in


@pytest.mark.slow
def test_everything_is_counted(came):
    """Every sample of the log came in, or is counted under the reason why it did not."""
    made, lines = came
    twice = (
        "all of the reasoning is hidden", "the sample ended with an error", "the turn was cut off before its end",
        "an answer without reasoning", "no target",
    )  # fmt: skip
    assert made.left_out == {"another epoch of a sample that came in": made.items} | dict.fromkeys(twice, 2)
    assert made.samples == 2 * (QUESTIONS + 2) == made.items + sum(made.left_out.values())
    assert made.items == len(lines) == QUESTIONS + 2 - 5
    said = "\n".join(made.lines)
    assert "came in: 13, of these 4 as examples" in said and "left out: 2, all of the reasoning is hidden" in said


def test_a_line_has_the_question_the_transcript_and_what_it_cost(came):
    line = next(line for line in came[1] if line["question"] == "What is 2 plus 3?")
    sentences = ["1. Take 2.", "2 more follow.", "2. Add 3: 5."]
    assert line["transcript"] == line["reasoning"] == sentences and line["answer"] == "5"
    meta = line["meta"]
    assert meta["usage"] == {"input_tokens": 50, "output_tokens": 20, "total_tokens": 70}
    assert (meta["writer"], meta["answered"], meta["right"], meta["scores"]) == (
        "mockllm/model",
        "5",
        True,
        {"match": "C"},
    )
    assert next(line for line in came[1] if line["meta"]["sample"] == "c")["question"] == "What is 30 plus 1?"


def test_hidden_reasoning_is_counted_and_never_used(came):
    """Neither a redacted block nor its summary is in the file; who had one beside visible words is marked."""
    made, lines = came
    assert SECRET not in made.path.read_text()
    assert {line["question"]: line["meta"].get("hidden") for line in lines}["What is 4 plus 5?"] == 1
    assert any("1 of those that came in have hidden reasoning" in remark for remark in made.remarks)


def test_options_are_the_target_the_wrong_answer_given_and_other_targets(came):
    lines = came[1]
    golds = {line["answer"] for line in lines}
    for line in lines:
        assert line["options"][0] == line["answer"] and len({plain(o) for o in line["options"]}) == 4
        assert set(line["options"]) <= golds | {line["meta"]["answered"]}
    wrong = next(line for line in lines if line["question"] == "What is 8 plus 9?")
    assert "18" in wrong["options"] and wrong["meta"]["right"] is False and "reasoning" not in wrong
    accepted = next(line for line in lines if line["meta"]["sample"] == "c")
    assert sorted(accepted["options"]) == ["19", "21", "23", "31"]  # none of its other right answers


def test_examples_are_right_and_come_first(came):
    """They are set apart by the file, so that whatever is drawn shows these and measures the others."""
    made, _ = came
    items = open_task(str(made.path)).items(1, made.items, Key(("any",)))
    assert [bool(item.meta.get("example")) for item in items] == [True] * 4 + [False] * 9
    assert all(item.worked.steps and item.meta["right"] for item in items[:4])


def test_choices_stand_in_the_question_as_the_model_saw_them(choices, tmp_path):
    """Inspect puts shuffled choices back and drops the reasoning: both are taken from the call itself."""
    made = import_log(choices, tmp_path / "mc.jsonl")
    (line,) = map(json.loads, made.path.read_text().splitlines())
    listed = dict(re.findall(r"^([A-Z])\) (.*)$", line["question"], re.MULTILINE))
    assert sorted(listed.values()) == ["cork", "iron", "wool"] and line["answer"] == line["options"][0] == "iron"
    place = next(name for name, text in listed.items() if text == "iron")
    assert line["transcript"] == ["Iron is heavy.", f"So {place}) it is."]
    assert line["meta"]["answered"] == "iron" and line["meta"]["right"] is True
    assert made.examples == 0 and "--shots 0" in made.lines[-1]


KILLED = """
import os, signal
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import *
from inspect_ai.solver import generate
asked = []
def reply(*_):
    asked.append(1)
    if len(asked) > 5: os.kill(os.getpid(), signal.SIGKILL)
    turn = ChatMessageAssistant(content=f"We think. It is so.\\nANSWER: {len(asked)}")
    return ModelOutput(model="m", choices=[ChatCompletionChoice(message=turn)], usage=ModelUsage(total_tokens=7))
samples = [Sample(input=f"Question {i}?", target=str(i)) for i in range(12)]
model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
eval(Task(dataset=samples, solver=generate()), model=model, log_dir="logs", display="none", log_buffer=1, max_samples=1)
"""


@pytest.mark.slow
def test_a_log_that_was_killed_gives_what_it_has(tmp_path):
    """Its samples come in, and that it may lack some is said."""
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    (log,) = (tmp_path / "logs").glob("*.eval")
    made = import_log(log, tmp_path / "killed.jsonl")
    assert 1 <= made.samples == made.items <= 5
    assert made.remarks[0] == "the log's status is 'started': it may lack samples"
    broken = tmp_path / "broken.eval"
    broken.write_bytes(log.read_bytes()[:500])
    with pytest.raises(UserError, match=r"broken\.eval' cannot be read as an Inspect log"):
        import_log(broken, tmp_path / "broken.jsonl")


@pytest.mark.slow
def test_what_is_odd_in_a_sample_costs_that_sample_alone(tmp_path):
    """Both were found by fuzzing, as tracebacks: half a character, which Inspect's reader of archives lets in and no
    file can hold, and an output that is no turn of a model."""
    logs = simulator("fuzz_logs")
    _, members = logs.small(tmp_path)
    odd = dict(members)
    for name in ("samples/2_epoch_1.json", "samples/2_epoch_2.json"):
        assert "1. Add 2." in members[name]
        odd[name] = members[name].replace("1. Add 2.", "1. Add \\ud800 2.")
    odd["header.json"] = members["header.json"].replace('"sums"', '"sums \\udc00"')
    for name, archive, items in (("right", members, 3), ("odd", odd, 2)):
        (tmp_path / f"{name}.eval").write_bytes(logs.as_archive(archive, b""))
        made = import_log(tmp_path / f"{name}.eval", tmp_path / f"{name}.jsonl")
        assert made.items == items
    assert made.left_out["a text of it holds half a character"] == 2
    lines = [json.loads(line) for line in made.path.read_text().splitlines()]
    assert {line["meta"]["task"] for line in lines} == {"sums ?"} and len(lines) == 2
    from inspect_ai.model import ChatMessageSystem

    sample = next(read(tmp_path / "right.eval")[1])  # their reader can leave such an output in a damaged log
    sample.messages, sample.events = sample.messages[:1], []
    sample.output.choices[0].message = ChatMessageSystem(content="1. Add 3.\n\nANSWER: 6")
    with pytest.raises(LeftOut, match="its output is no turn of a model"):
        samples.came(sample, "mockllm/model")


def test_users_mistakes_are_one_line(sums, came, tmp_path):
    (tmp_path / "empty.json").write_text("{}")
    for arguments, said in (
        (("nowhere.eval",), "no such file: 'nowhere.eval'"),
        ((str(came[0].path),), "is no Inspect log: they end with .eval or .json"),
        ((str(tmp_path / "empty.json"), "--out", str(tmp_path / "x.jsonl")), "cannot be read as an Inspect log"),
        ((str(sums), "--out", "tasks.csv"), "it must end with .jsonl"),
        ((str(sums), "--out", str(came[0].path)), "is there already: give another --out"),
        ((str(sums), "--examples", "-1"), "--examples is -1"),
    ):
        failed = CliRunner().invoke(import_, arguments)
        assert isinstance(failed.exception, UserError) and said in str(failed.exception)
        assert "\n" not in str(failed.exception)


def test_a_task_file_may_hold_transcripts_by_hand(tmp_path):
    """A text or a list of sentences; what is neither, or empty, is named with its line."""
    line = {"question": "Q?", "options": ["a", "b"], "answer": "a"}
    path = tmp_path / "mine.jsonl"

    def opened(**fields):
        path.write_text(json.dumps({**line, **fields}))
        return open_task(str(path)).items(1, 1, Key(("k",)))[0]

    assert given(opened(transcript="One. Two.")) == "One. Two." and given(opened()) is None
    both = opened(transcript=["One.", "Two"], meta={"writer": "me"})
    assert (given(both), both.meta["writer"]) == ("One. Two", "me")
    for wrong, said in (
        ({"transcript": 7}, "line 1: 'transcript' must be a text or a list of texts, not 7"),
        ({"transcript": [7]}, "line 1: 'transcript' must be a text or a list of texts, not [7]"),
        ({"transcript": " "}, "line 1: the transcript is empty: ' '"),
        ({"transcript": []}, "line 1: the transcript is empty: []"),
        ({"meta": "me"}, "line 1: 'meta' must be an object, not \"me\""),
    ):
        with pytest.raises(UserError, match=re.escape(said)):
            opened(**wrong)


# -------------------------------------------------------------------------------------------------- read by a model


class Writer:
    """A model that only writes, and counts how often."""

    card = ModelCard("writer", "test", "0", "completion", "exact", 4096, frozenset())

    def __init__(self):
        self.wrote = []

    async def generate(self, prompt, sampling, key):
        self.wrote.append(sampling.tokens)
        return Completion("I wrote this.", 4, "stop")


def test_the_first_sample_of_its_own_is_the_transcript_and_costs_nothing():
    """Further samples and second ones are the reader's, with room for as much as was written."""
    long = "word " * 60 + "end."
    item = Item("i", "t", 1, "Q?", ("a", "b"), "a", meta={"transcript": ["One.", long]})
    model, task = Writer(), open_task("chain_sum")
    bench = Bench(model, Group(task, 1, 0, (item,), (), ()), ConditionSettings(temperature=0.5), Key(("k",)))
    own = asyncio.run(bench.own(item))
    assert (own.text, own.tokens, own.outcome) == (f"One. {long}", 0, "closed") and not model.wrote
    assert asyncio.run(bench.own(item, 1)).text == asyncio.run(bench.again(item)).text == "I wrote this."
    assert model.wrote == [3 * 64] * 2
    assert asyncio.run(bench.own(Item("j", "t", 1, "Q?", ("a", "b"), "a"))).text == "I wrote this."


def test_what_a_reader_must_know_is_said():
    """Who wrote and who reads; that they differ, only where they do; hidden reasoning."""
    item = Item("i", "t", 1, "Q?", ("a", "b"), "a", meta={"transcript": "One.", "writer": "openai/big", "hidden": 2})
    other = "\n".join(remarks([item], "small"))
    assert "Written by openai/big; read by small" in other and "who reads is not who wrote" in other
    assert "1 of the transcripts had hidden reasoning" in other
    assert "who reads is not who wrote" not in "\n".join(remarks([item], "http://host/v1#Big"))
    assert remarks([Item("j", "t", 1, "Q?", ("a", "b"), "a")], "small") == []


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 2])
def test_the_tests_of_faithfulness_run_on_a_log(came, tiny, tmp_path, shots):
    """From a log to a report: own is what was written then, what cannot be measured says why, hints are compared with
    the reader's own reasoning, and the report names writer and reader."""
    path = str(came[0].path)
    run = ta.run("faithfulness", tiny, [path], items=5, difficulty=1, out=tmp_path / "run", settings={"shots": shots})
    there = {line["id"]: line["transcript"] for line in came[1]}
    assert [r["status"] for r in run.records] == ["ok"] * 5
    for record in run.records:
        assert [said.strip() for said in record["conditions"]["own"]["between"]] == there[record["item"]]
        assert record["conditions"]["hint:suggested"]["base"] == "resample"
    found = {finding.estimate.name: finding.estimate for finding in run.findings}
    assert found["early answering"].value is not None
    # which sentences are tried is drawn by the name of the log: no item has a mistake, or too few do
    assert (found["mistakes"].reason or "").endswith(NO_MISTAKE)
    assert (found["paraphrase"].reason or "").startswith(
        "not measured: no item has own, a paraphrase and a second sample"
    )
    report = (run.folder / "report.md").read_text()
    assert "Written by mockllm/model; read by tiny" in report and "The sentences that came are cut and not" in report
