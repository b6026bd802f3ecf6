"""Benchmarks by name: from a hub (a stand-in for it here), and from the published files, of which none is lost unsaid.

The published files are read from `../shared/data` beside the repository, and skipped where it is not there.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import thinkaloud as ta
from reader import Reader
from thinkaloud.conditions.lettered import as_drawn
from thinkaloud.errors import UserError
from thinkaloud.tasks import open_task
from thinkaloud.tasks.benchmarks import open_benchmark
from thinkaloud.tasks.benchmarks.table import benchmarks, named, rebased
from thinkaloud.tasks.candidates import candidates
from thinkaloud.tasks.check import is_gold
from thinkaloud.tasks.options import lettered, sentence
from thinkaloud.vocabulary import Item, Key, Task

DATA = Path(__file__).parents[2] / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not beside the repository")
KEY = Key(("benchmarks",))
SPELLED = (
    "{n:,}", "${n}", "${n:,}.00", "{n} dollars", "\\boxed{{{n}}}", "**{n}**", "${n}$", "\\({n}\\)",
    "The answer is {n}.",
    "Final Answer: The final answer is ${n:,}$. I hope it is correct.", "#### {n}", "<answer>{n}</answer>", "{n}.0",
)  # fmt: skip
HUB = {
    ("openai/gsm8k", "main", "test"): [
        {"question": "6 threes?", "answer": "It is 3*6=<<3*6=18>>18 thousand.\n#### 18,000"},
    ],
    ("deepmind/aqua_rat", "raw", "test"): [
        {"question": "3 + 4?", "options": ["A)6", "B)7"], "rationale": "3 + 4 = 7. Answer B", "correct": "B"},
    ],
    ("lukaemon/bbh", "navigate", "test"): [{"input": "Do you?\nOptions:\n- Yes\n- No", "target": "No"}],
    ("lukaemon/bbh", "web_of_lies", "test"): [{"input": "Does Ann tell the truth?", "target": "Yes"}],
    ("lukaemon/bbh", "ruin_names", "test"): [{"input": "Which?\nOptions:\n(A) iron\n(B) cork", "target": "(B)"}],
    ("lukaemon/bbh", "word_sorting", "test"): [{"input": "Sort: b a", "target": "a b"}],
    ("HuggingFaceH4/MATH-500", None, "test"): [
        {"problem": "Half?", "solution": "It is $\\boxed{\\frac{1}{2}}$.", "answer": "\\frac{1}{2}", "subject": "s",
         "level": 3, "unique_id": "x"},
    ],
    ("allenai/ai2_arc", "ARC-Challenge", "test"): [
        {"id": "Q1", "question": "Sum?", "choices": {"text": ["6", "7"], "label": ["1", "2"]}, "answerKey": "2"},
    ],
    ("allenai/ai2_arc", "ARC-Easy", "test"): [
        {"id": "Q2", "question": "Sum?", "choices": {"text": ["6", "7"], "label": ["A", "B"]}, "answerKey": "B"},
    ],
    ("cais/mmlu", "anatomy", "test"): [{"question": "Sum?", "choices": ["1", "7"], "answer": 1, "subject": "anatomy"}],
    ("Idavidrein/gpqa", "gpqa_diamond", "train"): [
        {"Question": "Sum?", "Correct Answer": "7\n", "Incorrect Answer 1": "6", "Incorrect Answer 2": "5",
         "Incorrect Answer 3": "4", "Explanation": "3 + 4 = 7", "Record ID": "r1", "Canary String": "..."},
    ],
    ("truthfulqa/truthful_qa", "multiple_choice", "validation"): [
        {"question": "Sum?", "mc1_targets": {"choices": ["7", "6"], "labels": [1, 0]}, "mc2_targets": {}},
    ],
}  # fmt: skip


@pytest.fixture
def hub(monkeypatch):
    """A stand-in for the package `datasets`, which knows the rows above."""
    module = ModuleType("datasets")

    def load_dataset(name, config=None, *, split):
        if (name, config, split) not in HUB:
            raise FileNotFoundError(f"Couldn't find {name} {config}\nanywhere")
        return HUB[name, config, split]

    module.load_dataset = load_dataset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", module)


def every(task: Task) -> list[Item]:
    return [item for level in task.levels for item in task.items(level, len(task._items), KEY)]  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------ from the hub


@pytest.mark.parametrize(
    ("spec", "gold", "options", "shown"),
    [
        ("gsm8k", "18,000", (), False),
        ("aqua", "7", ("6", "7"), True),
        ("bbh:navigate", "No", ("Yes", "No"), False),
        ("bbh:web_of_lies", "Yes", ("No", "Yes"), False),
        ("bbh:ruin_names", "(B)", ("(A)", "(B)"), False),
        ("bbh:word_sorting", "a b", (), False),
        ("math", "\\frac{1}{2}", (), False),
        ("arc", "7", ("6", "7"), True),
        ("arc:easy", "7", ("6", "7"), True),
        ("mmlu:anatomy", "7", ("1", "7"), True),
        ("gpqa", "7", ("4", "5", "6", "7"), True),
        ("truthfulqa", "7", ("6", "7"), True),
    ],
)
def test_every_benchmark_is_read_as_it_is_published(hub, spec, gold, options, shown):
    """Its answer cut out of the worked solution, its options as the question asks for them, and where it is from."""
    task = open_task(spec)
    (item,) = every(task)
    assert (item.task, item.gold, tuple(sorted(item.options)), item.shown) == (
        spec,
        gold,
        tuple(sorted(options)),
        shown,
    )
    assert task.verify(item, f"So the answer is {gold}.") and not task.verify(item, "junk")
    about = task.notes[0]
    assert "on the hub; licence" in about and benchmarks()[spec.partition(":")[0]].about in about
    assert ("never put into training data" in about) == spec.startswith(("bbh", "gpqa"))


def test_worked_solutions_become_reasoning_before_they_state_the_answer(hub):
    reasoning = {spec: every(open_task(spec))[0].worked.text for spec in ("gsm8k", "aqua", "gpqa", "math")}
    assert reasoning["gsm8k"] == "It is 3*6=18 thousand." and reasoning["aqua"] == "3 + 4 = 7."
    assert reasoning["gpqa"] == "3 + 4 = 7" and "boxed" not in reasoning["math"]
    assert open_task("math").levels == (3,)


def test_without_the_package_or_the_hub_one_line_says_what_to_do(hub, monkeypatch):
    with pytest.raises(UserError) as caught:
        open_task("mmlu:virology")
    assert str(caught.value) == (
        "cais/mmlu cannot be loaded from the hub (FileNotFoundError: Couldn't find cais/mmlu virology anywhere), or "
        "give a local copy: mmlu:virology:PATH"
    )
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match=r"^gsm8k is loaded .*: pip install 'thinkaloud\[hub\]', .*: gsm8k:PATH$"):
        open_task("gsm8k")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("bbh", "bbh has 27 parts: name one, as in bbh:boolean_expressions"),
        ("bbh:navigat", "no part of bbh named 'navigat'; did you mean navigate"),
        ("mmlu:anatomie", "no part of mmlu named 'anatomie'; did you mean anatomy"),
        ("gsm8k:nowhere", "no such file or folder: 'nowhere'"),
        ("gsm8", "no task named 'gsm8'; did you mean gsm8k"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(spec, said):
    with pytest.raises(UserError, match=re.escape(said)):
        open_task(spec)


# -------------------------------------------------------------------------------------------------- from a local copy


def test_a_local_copy_is_a_file_or_a_folder(tmp_path, monkeypatch):
    """Named as its split, its part or its shards are; another file of the folder is not taken for it."""
    row = HUB["openai/gsm8k", "main", "test"][0]
    (tmp_path / "main").mkdir()
    for name in ("train.jsonl", "main/test-00000-of-00002.jsonl", "main/test-00001-of-00002.jsonl"):
        text = json.dumps(row | {"question": name})
        (tmp_path / name).write_text(text)
    asked = {item.question for item in every(open_benchmark(f"gsm8k:{tmp_path}"))}
    assert asked == {"main/test-00000-of-00002.jsonl", "main/test-00001-of-00002.jsonl"}
    assert every(open_benchmark(f"gsm8k:{tmp_path / 'train.jsonl'}"))[0].question == "train.jsonl"
    with pytest.raises(UserError, match=r"has no file for aqua: one that begins with raw or test is looked for"):
        (tmp_path / "only").mkdir()
        open_benchmark(f"aqua:{tmp_path / 'only'}")
    assert named(f"mmlu:anatomy:{tmp_path}").part == "anatomy" and named(f"mmlu:{tmp_path}").part == "all"
    assert rebased("gsm8k:main", tmp_path) == f"gsm8k:{tmp_path / 'main'}" and rebased("gsm8k", tmp_path) == "gsm8k"
    monkeypatch.chdir(tmp_path)
    assert every(open_task("gsm8k:main"))


@real
@pytest.mark.slow
def test_every_gold_of_gsm8k_loads_and_is_right_in_every_spelling():
    task = open_task(f"gsm8k:{DATA / 'gsm8k'}")
    items = every(task)
    assert len(items) == 1319 and all(item.worked.steps and not item.options for item in items)
    assert not any("<<" in item.worked.text or "####" in item.worked.text for item in items)
    assert sum("," in item.gold for item in items) == 14
    for item in items:
        n = int(item.gold.replace(",", ""))
        for spelling in SPELLED:
            assert task.verify(item, spelling.format(n=n)), (item.gold, spelling)
        for wrong in (f"{n + 1:,}", f"-{n}" if n else "1", f"{n}0" if n else "2", f"{n}!", f"{n}.5", f"{n} thousand"):
            assert not task.verify(item, wrong) or n == 0, (item.gold, wrong)
        made = candidates(item, (), KEY)
        assert len(made) == 4 and sum(is_gold(item, one) for one in made) == 1


@real
def test_all_of_aqua_loads_but_for_questions_with_the_same_option_twice():
    counted = {}
    for name in ("dev", "test"):
        task = open_task(f"aqua:{DATA / 'aqua' / f'{name}.json'}")
        items = every(task)
        counted[name] = len(items)
        (left,) = [note for note in task.notes if "are left out: " in note]
        assert left.count("repeats the option") == min(254 - len(items), 5)
        for item in items:
            assert len(item.options) == 5 and not re.match(r"[A-E]\)", item.gold) and task.verify(item, item.gold)
            assert not re.search(r"(?i)(correct answer|ans(wer)?)\s*[-:]?\s*[A-E]\W*\Z", item.worked.text), item.worked
    assert counted == {"dev": 253, "test": 247}


COUNTS = {
    "boolean_expressions": (250, "two"), "causal_judgement": (187, "listed"), "date_understanding": (250, "letters"),
    "formal_fallacies": (250, "listed"), "logical_deduction_three_objects": (250, "letters"),
    "multistep_arithmetic_two": (250, "free"), "navigate": (250, "listed"), "object_counting": (250, "free"),
    "penguins_in_a_table": (146, "letters"), "tracking_shuffled_objects_three_objects": (250, "letters"),
    "web_of_lies": (250, "two"), "word_sorting": (250, "free"),
}  # fmt: skip


@real
@pytest.mark.parametrize("part", COUNTS)
def test_every_question_of_big_bench_hard_is_asked_for_what_it_asks_for(part):
    task = open_task(f"bbh:{part}:{DATA / 'bbh'}")
    items = every(task)
    count, kind = COUNTS[part]
    assert (len(items), len(task.notes)) == (count, 1)
    said = {
        "letters": f"in the question itself in {count} of {count} questions (answered by letter in {count}).",
        "listed": f"in the question itself in {count} of {count} questions.",
        "two": "the options were not shown to the model",
        "free": "they are answered freely",
    }
    assert said[kind] in sentence(items)
    for item in items:
        assert task.verify(item, f"So the answer is {item.gold}.") and not item.shown
        assert lettered(item) == (kind == "letters") and bool(item.options) == (kind != "free")
        assert not item.options or (item.options == tuple(sorted(item.options)) or kind != "letters")
        for wrong in item.options:
            assert task.verify(item, wrong) == (wrong == item.gold)
        assert kind == "free" or as_drawn(item)


def test_a_run_says_what_was_asked_and_from_where(tmp_path):
    """The simplest way in: options that questions list themselves, without worked reasoning, and no option given."""
    rows = [
        {"input": f"Is {n} + 1 equal to {n + n % 2}?\nOptions:\n- Yes\n- No", "target": "Yes" if n % 2 else "No"}
        for n in range(12)
    ]
    (tmp_path / "navigate.json").write_text(json.dumps({"canary": "...", "examples": rows}))
    model = Reader({row["input"]: ("I add one.", row["target"]) for row in rows})
    run = ta.run("channels", model, [f"bbh:navigate:{tmp_path}"], items=8, out=tmp_path / "run")
    said = "\n".join(run.notes)
    assert "bbh: BIG-Bench Hard" in said and "in the question itself in 8 of 8 questions" in said
