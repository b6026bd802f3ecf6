"""Somebody's own family and study: opened from a file, run on scripted models, and checked before they are believed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from thinkaloud.cli.checks import check_study as check_study_command
from thinkaloud.cli.checks import check_task as check_task_command
from thinkaloud.errors import UserError
from thinkaloud.open_model import open_model
from thinkaloud.study import Study, Unit
from thinkaloud.study_check import check_study
from thinkaloud.tasks import BUILTIN, ORGANISMS, RECORDS, meaning, open_task
from thinkaloud.tasks.arithmetic import ADD, SUMS
from thinkaloud.tasks.benchmarks.table import is_benchmark
from thinkaloud.tasks.family import Family
from thinkaloud.tasks.grammar import Grammar
from thinkaloud.tasks.promises import check_task
from thinkaloud.vocabulary import Estimate

OWN = """
import re
from thinkaloud.tasks.arithmetic import ADD, SUMS
from thinkaloud.tasks.family import Family


class Doubles(Family):
    name, levels, meaning = "doubles", (1, 2, 3), "how often a number is doubled"
    grammar = SUMS

    def draw(self, rng, level):
        return int(rng.integers(2, 300)), level

    def ask(self, parts):
        return f"Begin with {parts[0]} and double it {parts[1]} times. What do you have?"

    def work(self, parts):
        n = parts[0]
        for _ in range(parts[1]):
            n = int((yield ADD(a=n, b=n, c=n + n)))
        return str(n)

    def wrong(self, level, parts, gold, rng):
        return [str(int(gold) + off) for off in (2, -2, 4)]

    def solve(self, question):
        n, times = map(int, re.findall(r"[0-9]+", question))
        return str(n * 2**times)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mine.py"
    path.write_text(OWN)
    return path


# ----------------------------------------------------------------------------------------------- a family of a file


@pytest.mark.parametrize("rule", ["faithful", "wordcode", "first", "decoration"])
def test_a_family_of_a_file_runs_on_scripted_models(file: Path, tmp_path: Path, rule: str) -> None:
    spec = f"{file}:Doubles"
    run = ta.run("channels", f"scripted:{rule}", [spec], items=8, difficulty=2, out=tmp_path, settings={"shots": 2})
    assert {record["status"] for record in run.records} == {"ok"}
    assert run.get("doubles", "P(gold) own").value == pytest.approx(1, abs=1e-6)


def test_a_run_of_it_is_gone_on_with_from_elsewhere(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    run = ta.run(
        "channels", "scripted:faithful", ["mine.py:Doubles"], items=8, difficulty=2, out=tmp_path, settings={"shots": 2}
    )
    before = (run.folder / "findings.json").read_bytes()
    monkeypatch.chdir("/")
    ta.resume(run.folder)
    assert (run.folder / "findings.json").read_bytes() == before


def test_a_run_is_not_gone_on_with_when_the_file_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    path.write_text(OWN)
    run = ta.run(
        "channels", "scripted:faithful", [f"{path}:Doubles"], items=8, difficulty=2, out=tmp_path / "run",
        settings={"shots": 2},
    )  # fmt: skip
    path.write_text(OWN + "\n# something else\n")
    with pytest.raises(UserError, match="made of questions 'doubles' with digest file:"):
        ta.resume(run.folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mine.py", "give FILE.py:CLASS"),
        ("mine.py:Doubled", "did you mean Doubles"),
        ("no.py:X", "there is no file 'no.py'"),
    ],
)
def test_a_mistake_in_its_name_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(UserError, match=said):
        open_task(name)


# ------------------------------------------------------------------------------------------ promises can be broken


class Doubles(Family):
    """Keeps every promise."""

    name, levels, meaning = "doubles", (1, 2, 3), "how often a number is doubled"
    grammar = SUMS

    def draw(self, rng, level):
        return int(rng.integers(2, 300)), level

    def ask(self, parts):
        return f"Begin with {parts[0]} and double it {parts[1]} times. What do you have?"

    def work(self, parts):
        n = parts[0]
        for _ in range(parts[1]):
            n = int((yield ADD(a=n, b=n, c=n + n)))
        return str(n)

    def wrong(self, level, parts, gold, rng):
        return [str(int(gold) + off) for off in (2, -2, 4)]

    def solve(self, question):
        n, times = map(int, re.findall(r"\d+", question))
        return str(n * 2**times)


class Unsolved(Doubles):
    def solve(self, question):
        return "7"


class Impure(Doubles):
    def draw(self, rng, level):
        return int(np.random.default_rng().integers(2, 300)), level


class Crashing(Doubles):
    def solve(self, question):
        raise ZeroDivisionError("by zero")


class Accepting(Doubles):
    def verify(self, item, answer):
        return True


class Unreachable(Doubles):
    """No wrong option can be reached by a mistake: doubling gives even numbers."""

    def wrong(self, level, parts, gold, rng):
        return [str(int(gold) + off) + " apples" for off in (1, 3, 5)]


class FewWordings(Doubles):
    grammar = Grammar(replace(ADD, wordings=ADD.wordings[:2]))


class Easier(Doubles):
    """A harder level needs fewer steps."""

    def draw(self, rng, level):
        return int(rng.integers(2, 300)), 4 - level


class Telling(Doubles):
    """The right option always stands first."""

    def items(self, level, n, key):
        return [replace(i, options=(i.gold, *sorted({*i.options} - {i.gold}))) for i in super().items(level, n, key)]


def broken(family: type[Family]) -> list[str]:
    return [verdict.promise for verdict in check_task(family()) if verdict.wrong is not None]


def test_a_family_that_keeps_every_promise_passes() -> None:
    assert broken(Doubles) == []


@pytest.mark.parametrize(
    ("family", "promise"),
    [
        (Unsolved, "The gold is what `solve` finds"),
        (Crashing, "The gold is what `solve` finds"),
        (Impure, "Equal keys give equal items"),
        (Accepting, "The gold is accepted as an answer"),
        (Unreachable, "A planted mistake changes"),
        (FewWordings, "Every wording of every form"),
        (Easier, "Harder levels do not need fewer steps"),
        (Telling, "No position among the options"),
    ],
)
def test_a_family_that_breaks_a_promise_is_found_out(family: type[Family], promise: str) -> None:
    assert any(one.startswith(promise) for one in broken(family)), broken(family)


def test_the_command_ends_with_the_users_exit_code_where_a_promise_is_broken(file: Path) -> None:
    good = CliRunner().invoke(check_task_command, [f"{file}:Doubles"])
    assert good.exit_code == 0 and good.output.count("ok ") >= 15 and "WRONG" not in good.output
    path = file.parent / "bad.py"
    path.write_text(OWN.replace("n * 2**times", "n"))
    bad = CliRunner().invoke(check_task_command, [f"{path}:Doubles"])
    assert "WRONG" in bad.output and isinstance(bad.exception, UserError)
    assert str(bad.exception) == f"{path}:Doubles breaks 1 of its promises"


# -------------------------------------------------------------------------------------------------------- a study


class Coins(Study):
    name, question = "coins", "How often do coins fall on heads?"

    async def run(self, asked, do):
        async def work(session):
            return [{"item": "1", "status": "ok", "heads": int(asked.key.rng.integers(2))}]

        await do.unit(Unit(phase=self.name, subject="coin", work=work))
        return []

    def estimate(self, records, key):
        return [Estimate("heads", 0.5, 0.0, 1.0, len(records), len(records))]


class Nameless(Coins):
    name = ""


class Drawing(Coins):
    def estimate(self, records, key):
        return [Estimate("heads", float(np.random.default_rng().random()), 0.0, 1.0, 1, 1)]


class Twice(Coins):
    def estimate(self, records, key):
        return [*super().estimate(records, key), *super().estimate(records, key)]


class Changing(Coins):
    def estimate(self, records, key):
        records[0]["seen"] = (1, 2)
        return super().estimate(records, key)


class Loose(Coins):
    async def run(self, asked, do):
        async def work(session):
            return [{"item": "1", "status": "ok", "heads": float(np.random.default_rng().random())}]

        await do.unit(Unit(phase=self.name, subject="coin", work=work))
        return []


class Silent(Coins):
    async def run(self, asked, do):
        return []


def test_a_study_that_keeps_the_contract_passes() -> None:
    assert [v.promise for v in check_study(Coins()) if v.wrong is not None] == []


@pytest.mark.parametrize(
    ("study", "seen"),
    [
        (Nameless, "its name is empty"),
        (Drawing, "those of coin differ"),
        (Twice, "'heads' is there twice for coin"),
        (Changing, "the records of coin were changed"),
        (Loose, "they differ: does it draw"),
        (Silent, "no unit of phase 'coins' left a record"),
    ],
)
def test_a_study_that_breaks_it_is_found_out(study: type[Study], seen: str) -> None:
    assert any(seen in (verdict.wrong or "") for verdict in check_study(study()))


def test_the_built_in_studies_over_items_keep_the_contract() -> None:
    done = CliRunner().invoke(check_study_command, ["channels"])
    assert done.exit_code == 0 and "WRONG" not in done.output


# ------------------------------------------------------------------------------------------------ names near others


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("svamp", "svamp has no name here: give its file by path; the nearest tasks here are gsm8k, story"),
        ("GSM-8K", "GSM-8K has no name here: give its file by path; the nearest tasks here are gsm8k"),
        ("hellaswag", "hellaswag has no name here: give its file by path; no task here is like it"),
        ("gsm8", "no task named 'gsm8'; did you mean gsm8k"),
        ("arithmetic", "no task named 'arithmetic'; near in meaning: chain_sum"),
        ("logic", "near in meaning: gym:knights_knaves"),
        ("chain_sums", "did you mean chain_sum"),
        ("mine.xlsx", "'mine.xlsx' is no kind of file that questions are read from"),
        ("mine.csv", "no such file: 'mine.csv'"),
    ],
)
def test_an_unknown_task_is_answered_with_what_is_near(name: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        open_task(name)


def test_what_is_suggested_is_there() -> None:
    for tasks in (*meaning.WORDS.values(), *meaning.BENCHMARKS.values()):
        for name in tasks:
            assert name.startswith("gym:") or is_benchmark(name) or name in {**BUILTIN, **RECORDS, **ORGANISMS}


def test_every_family_of_the_gym_that_is_suggested_is_admitted() -> None:
    pytest.importorskip("reasoning_gym")
    for name in {name for tasks in meaning.WORDS.values() for name in tasks if name.startswith("gym:")}:
        assert open_task(name).name == name


def test_a_name_of_a_hub_is_answered_with_how_to_give_it() -> None:
    with pytest.raises(
        UserError, match=re.escape("no model named 'Qwen/Qwen3-0.6B'; for a checkpoint of a hub give 'hf:")
    ):
        open_model("Qwen/Qwen3-0.6B")
