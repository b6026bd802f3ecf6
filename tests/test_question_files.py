"""Files as people have them: any columns, CSV, TSV and Parquet, and a map that is part of the task's name."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import duckdb
import pytest

import thinkaloud as ta
from contract_fixture import config, parsed
from reader import Reader
from thinkaloud.cli.options import config_of
from thinkaloud.errors import UserError
from thinkaloud.names import split_names
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.tasks import open_task
from thinkaloud.tasks.columns import Columns
from thinkaloud.tasks.specs import mapped, parted, rebased
from thinkaloud.vocabulary import Item, Key

KEY = Key(("tables",))
ROWS = [
    {"prompt": "Which, if any, is heavier?", "target": "iron", "A": "iron", "B": "cork", "topic": "physics"},
    {"prompt": 'Who said "no"?', "target": "Ann", "A": "Bob", "B": "Ann", "topic": "talk"},
]
MAP = "question=prompt,answer=target,options=A|B"


def written(path: Path, rows=ROWS, separator=",") -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        out.writeheader()
        out.writerows(rows)
    return str(path)


def lines(path: Path, *rows) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def parquet(path: Path, select: str) -> str:
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return str(path)


def items(spec: str) -> list[Item]:
    task = open_task(spec)
    return sorted(task.items(1, len(task._items), KEY), key=lambda item: item.question)


# ------------------------------------------------------------------------------------------------------------ any file


@pytest.mark.parametrize("kind", ["csv", "csv;", "tsv", "jsonl", "json", "parquet"])
def test_the_same_table_gives_the_same_items_from_every_kind_of_file(tmp_path, kind):
    """With its columns mapped: texts with commas and quotes, options from two columns."""
    path = tmp_path / f"q.{kind.strip(';')}"
    if kind == "parquet":
        values = ", ".join("('{}')".format("', '".join(row.values())) for row in ROWS)
        parquet(path, f"SELECT * FROM (VALUES {values}) AS t({', '.join(ROWS[0])})")
    elif kind == "json":
        path.write_text(json.dumps({"about": "two", "rows": ROWS}))
    elif kind == "jsonl":
        lines(path, *ROWS)
    else:
        written(path, separator={"csv": ",", "csv;": ";", "tsv": "\t"}[kind])
    first, second = items(mapped(str(path), MAP))
    assert (first.question, first.gold, sorted(first.options)) == (ROWS[0]["prompt"], "iron", ["cork", "iron"])
    assert (second.question, second.gold, second.shown) == ('Who said "no"?', "Ann", True)
    notes = "\n".join(open_task(mapped(str(path), MAP)).notes)
    assert "was read with question from 'prompt', answer from 'target', options from 'A|B'" in notes
    assert "fields that are not read here: 'topic'" in notes


@pytest.mark.parametrize(
    ("row", "gold", "options"),
    [
        ({"input": "Q?", "target": "7"}, "7", ()),
        ({"Problem": "Q?", "solution": "It is $\\boxed{7}$."}, "7", ()),
        ({"problem": "Q?", "answer": "7", "solution": "3 + 4 is 7.", "level": "Level 1"}, "7", ()),
        ({"query": "Q?", "choices": ["6", "7"], "gold": 1}, "7", ("6", "7")),
        (
            {"question": "Q?", "choices": {"text": ["6", "7"], "label": ["A", "B"]}, "answerKey": "B"},
            "7", ("6", "7"),
        ),
        ({"question": "Q?", "choices": {"text": ["6", "7"], "label": ["1", "2"]}, "answerKey": "2"}, "7", ("6", "7")),
        ({"question": "Q?", "options": ["A)6", "B)7"], "correct": "B", "rationale": "3 + 4 = 7. Answer B"}, "7",
         ("6", "7")),
        ({"question": "Q?", "answers": {"text": ["7", "seven"], "answer_start": [0, 3]}}, "7", ()),
        ({"prompt": "Q?", "label": True}, "True", ()),
    ],
)  # fmt: skip
def test_usual_columns_are_recognised(tmp_path, row, gold, options):
    """As on the hub: ARC, MATH, AQuA, MMLU, SQuAD; and a note says from which columns."""
    (item,) = items(spec := lines(tmp_path / "q.jsonl", row))
    assert (item.question, item.gold, tuple(sorted(item.options))) == ("Q?", gold, options)
    assert any("was read with" in note for note in open_task(spec).notes)
    assert "nswer" not in item.worked.text and "boxed" not in item.worked.text


def test_a_cell_holds_options_as_a_list_or_parted(tmp_path):
    for cell in ('["6", "7"]', "['6', '7']", "6|7", "6; 7", "A) 6\nB) 7"):
        rows = [{"question": "Q?", "options": cell, "answer": "7", "level": "1"}]
        (item,) = items(written(tmp_path / "q.csv", rows))
        assert (item.gold, sorted(item.options)) == ("7", ["6", "7"]), cell
    (item,) = items(written(tmp_path / "q.csv", [{"question": "Q?", "options": "oak|elm", "answer": "1"}]))
    assert item.gold == "elm"


def test_nested_columns_and_one_hot_labels_of_parquet_are_read(tmp_path):
    """As TruthfulQA is published."""
    path = parquet(
        tmp_path / "q.parquet",
        "SELECT 'Is it?' AS question, {'choices': ['yes it is', 'no'], 'labels': [0, 1]} AS mc1, 3 AS n",
    )
    (item,) = items(f"{path}?answer=mc1.labels&options=mc1.choices")
    assert item.gold == "no" and set(item.options) == {"yes it is", "no"}


def test_a_level_that_is_no_number_is_not_taken_for_one(tmp_path):
    rows = [{"prompt": f"{i}?", "target": str(i), "level": level} for i, level in enumerate(("easy", "hard"))]
    task = open_task(lines(tmp_path / "q.jsonl", *rows))
    assert task.levels == (1,) and any("not read here: 'level'" in note for note in task.notes)
    rows = [row | {"level": f"Level {i + 1}"} for i, row in enumerate(rows)]
    assert open_task(lines(tmp_path / "q.jsonl", *rows)).levels == (1, 2)


# -------------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("q.csv?question=promt", "q.csv has no column 'promt' for the question; did you mean 'prompt'?"),
        ("q.csv?answer=xyz", "q.csv has no column 'xyz' for the answer; its columns are 'prompt', 'target', 'A', 'B'"),
        ("q.csv?qestion=prompt", "no field to map named 'qestion'; did you mean question"),
        ("q.csv?question", "'question' names no column: give FIELD=COLUMN"),
        ("q.csv?answer=A|B", "the map gives 'answer' 2 columns (A|B): only options may have several"),
        ("nowhere.csv?question=prompt", "no such file: 'nowhere.csv'"),
    ],
)
def test_a_map_that_does_not_fit_is_one_line_with_the_nearest_name(tmp_path, monkeypatch, spec, said):
    monkeypatch.chdir(tmp_path)
    written(Path("q.csv"))
    with pytest.raises(UserError) as caught:
        open_task(spec)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_without_answers_says_so_in_one_line(tmp_path, kind):
    rows = [{"prompt": "Q?", "topic": "x"}]
    spec = written(tmp_path / "q.csv", rows) if kind == "csv" else lines(tmp_path / "q.jsonl", *rows)
    with pytest.raises(UserError) as caught:
        open_task(spec)
    assert str(caught.value).endswith(
        "has no column that is known to be the answer: its columns are 'prompt', 'topic'; say which it is with --map "
        "answer=COLUMN"
    )
    empty = [{"prompt": "Q?", "target": ""}, {"prompt": "R?", "target": ""}]
    spec = written(tmp_path / "q.csv", empty)
    with pytest.raises(UserError, match=r"q\.csv: no line can be used: line 1: it has no answer in 'target'"):
        open_task(spec)


def test_rows_that_cannot_be_used_are_left_out_one_by_one(tmp_path):
    task = open_task(written(tmp_path / "q.csv", [*ROWS, ROWS[0] | {"prompt": ""}]))
    assert len(task._items) == 2 and "line 3: it has no question in 'prompt'" in task.notes[0]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("q.csv", b"prompt,target\n1,2,3,4\n", "more cells than the header has columns"),
        ("q.csv", b"", "is empty"),
        ("q.parquet", b"no parquet", "as Parquet"),
        ("q.csv", b"prompt,target\n\xff,1\n", "is not UTF-8 text"),
    ],
)
def test_a_damaged_table_is_named(tmp_path, name, raw, said):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(UserError, match=said) as caught:
        open_task(str(tmp_path / name))
    assert name in str(caught.value) and "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------- one text, wherever it goes


NAMES = ("question", "a,b", "x&y=z", "50%", "Correct Answer", "who?", "größe", "a.b")


@pytest.mark.parametrize("column", NAMES)
def test_any_name_of_a_column_is_part_of_one_text(tmp_path, column):
    rows = [{column: "Q?", "target": "7"}]
    path = written(tmp_path / "my, file.csv", rows)
    spec = f"{path}?question=a%2Cb" if "," in column else mapped(path, f"question={column}")
    assert parted(spec) == (path, Columns({"question": (column,)}))
    assert split_names(f"coin, {spec}") == ("coin", spec)
    assert items(spec)[0].question == "Q?"


def test_the_option_of_the_command_line_is_folded_into_the_task(tmp_path):
    """And so stands in the file of the run and in the command that its report prints."""
    path, study = written(tmp_path / "q.csv"), open_study("channels")
    made = config_of("channels", study, {"tasks": path, "map": MAP, "items": 2})
    assert made.tasks == (f"{path}?question=prompt&answer=target&options=A|B",)
    command = made.command(study)
    assert made.tasks[0] in shlex.split(command) and parsed(command).tasks == made.tasks
    assert Config.loads(made.dumps(), "config.toml", open_study) == made
    with pytest.raises(UserError, match="and 'coin' is no file of questions"):
        config_of("channels", study, {"tasks": "coin", "map": MAP})
    with pytest.raises(UserError, match="has a map already"):
        mapped(made.tasks[0], MAP)
    assert mapped(path, "") == path and config("channels").tasks


def test_a_mapped_file_is_found_again_from_another_directory(tmp_path, monkeypatch):
    written(tmp_path / "q.csv")
    spec = mapped("q.csv", MAP) if monkeypatch.chdir(tmp_path) is None else ""
    monkeypatch.chdir("/")
    assert items(rebased(spec, tmp_path)) and rebased("coin", tmp_path) == "coin"


def test_another_map_is_another_set_of_questions(tmp_path):
    path = written(tmp_path / "q.csv")
    assert open_task(mapped(path, MAP)).digest != open_task(mapped(path, "question=prompt,answer=topic")).digest


def test_a_run_of_a_mapped_file_is_resumed_from_another_directory(tmp_path, monkeypatch):
    """Its name is in the file of the run, and the path in it is looked for where the run was begun."""
    monkeypatch.chdir(tmp_path)
    rows = [{"prompt": f"{n} plus 1?", "key": str(n + 1), "A": str(n + 1), "B": str(n)} for n in range(12)]
    written(Path("sums.csv"), rows)
    spec = mapped("sums.csv", "answer=key,options=A|B")
    model = Reader({row["prompt"]: ("I add one.", row["key"]) for row in rows})
    run = ta.run("channels", model, [spec], items=8, out=tmp_path / "run")
    assert any("was read with question from 'prompt', answer from 'key'" in note for note in run.notes)
    monkeypatch.chdir("/")
    again = ta.resume(tmp_path / "run", model=model)
    assert again.findings == run.findings and again.config.tasks == (spec,)
