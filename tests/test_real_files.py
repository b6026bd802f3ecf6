"""Answers and options of real benchmarks: what is right is told as their authors tell it, and their files load.

Reads `../shared/data` beside the repository (GSM8K, BIG-Bench Hard, AQuA); skipped where it is not there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from thinkaloud.tasks import open_task
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.answers import match, same
from thinkaloud.tasks.check import is_gold
from thinkaloud.vocabulary import Item, Key

DATA = Path(__file__).parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not beside the repository"),
]
KEY = Key(("real",))
SPELLED = (
    "{n:,}", "${n}", "${n:,}.00", "{n} dollars", "\\boxed{{{n}}}", "**{n}**", "${n}$", "\\({n}\\)",
    "The answer is {n}.",
    "Final Answer: The final answer is ${n:,}$. I hope it is correct.", "#### {n}", "<answer>{n}</answer>", "{n}.0",
)  # fmt: skip
CALCULATED = re.compile(r"<<[^<>]*>>")


def jsonl(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def opened(tmp_path, rows, name="real"):
    path = tmp_path / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return open_task(str(path))


def test_every_gold_of_gsm8k_is_right_in_every_spelling_and_no_other_number_is():
    for i, row in enumerate(jsonl("gsm8k/test.jsonl")):
        gold = row["answer"].split("####")[1].strip()
        n = int(gold.replace(",", ""))
        item = Item(str(i), "gsm8k", 1, row["question"], (gold, str(n + 1), str(n * 10), str(-n)), gold)
        if n == 0:
            continue
        for spelling in SPELLED:
            assert is_gold(item, spelling.format(n=n)), (gold, spelling)
        for wrong in (f"{n + 1:,}", f"-{n}", f"{n}0", f"{n}!", f"{n}.5", f"{n} or {n + 1}", f"{n}%!", f"{n} thousand"):
            assert not is_gold(item, wrong), (gold, wrong)


def test_written_solutions_are_right_where_their_authors_say_so():
    """4 models' solutions of 300 questions of GSM8K: 1,200 verdicts, and what is kept has no answer line."""
    agree = []
    for row in jsonl("gsm8k/example_model_solutions.300.jsonl"):
        gold = row["ground_truth"].split("A:")[-1].strip()
        for made in (value for value in row.values() if isinstance(value, dict)):
            found = split_answer(CALCULATED.sub("", made["solution"]))
            agree.append((found.answer is not None and same(found.answer, gold)) == made["is_correct"])
            assert not found.text.splitlines() or not re.match(r"A:", found.text.splitlines()[-1])
    assert len(agree) == 1200 and sum(agree) == 1200


def test_aqua_loads_whole_and_its_letters_are_read(tmp_path):
    rows = []
    for row in jsonl("aqua/dev.json") + jsonl("aqua/test.json"):
        options = [option.split(")", 1)[1] for option in row["options"]]
        rows.append({"question": row["question"], "options": options, "answer": row["correct"]})
    task = opened(tmp_path, rows)
    left = [note for note in task.notes if "left out" in note]
    items = [item for level in task.levels for item in task.items(level, len(task._items), KEY)]
    assert len(rows) == 508 and len(items) == 508 - LEFT_OUT and len(left) == 1
    assert f"{LEFT_OUT} of 508 questions" in left[0] and "repeats the option" in left[0]
    for item in items:
        for place, option in enumerate(item.options):
            for text in (option, f"**{option}**", f"The answer is {option}.", f"${option}$"):
                assert match(text, item.options) in (place, None) or text != option
            assert match(option, item.options) == place, (option, item.options)
            assert is_gold(item, f"The answer is {option}.") == (option == item.gold), (option, item)


LEFT_OUT = 8
"""Questions of AQuA with two options that are one answer."""


@pytest.mark.parametrize("path", sorted(DATA.glob("bbh/*.json")), ids=lambda path: path.stem)
def test_targets_of_big_bench_hard_are_right_as_models_write_them(path, tmp_path):
    """Letters in brackets count where the question lists them; words, numbers and lists of words as they are."""
    rows = []
    for example in json.loads(path.read_text(encoding="utf-8"))["examples"]:
        question, target = example["input"], example["target"]
        lettered = dict(re.findall(r"^\(([A-Z])\) (.*?)\s*$", question, re.MULTILINE))
        listed = re.findall(r"^- (.*?)\s*$", question.partition("Options:")[2], re.MULTILINE)
        options = list(lettered.values()) or listed or list(dict.fromkeys([target, "junk"]))
        rows.append({"question": question, "options": options, "answer": target})
    task = opened(tmp_path, rows)
    items = task.items(1, len(task._items), KEY)
    for item in items:
        texts = [item.gold, f"**{item.gold}**", f"So the answer is {item.gold}.", f"<answer>{item.gold}</answer>"]
        labels = {text: name for name, text in re.findall(r"^\(([A-Z])\) (.*?)\s*$", item.question, re.MULTILINE)}
        if item.gold in labels:
            name = labels[item.gold]
            texts += [f"({name})", name, f"{name}.", f"({name}) {item.gold}", f"The correct option is {name}."]
        for text in texts:
            assert is_gold(item, text), (text, item)
        for wrong in (option for option in item.options if option != item.gold):
            assert not is_gold(item, wrong) and not is_gold(item, f"The answer is {wrong}."), (wrong, item)
    left = [note for note in task.notes if "left out" in note]
    assert len(items) + sum(int(re.search(r"(\d+) of", note)[1]) for note in left) == len(rows)
