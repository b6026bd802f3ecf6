"""--think-tokens: a reasoning gets exactly so many tokens, everywhere, and never more than the context holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from reader import Reader, sums
from thinkaloud.cli.main import cli
from thinkaloud.conditions.bench import REST, Bench
from thinkaloud.conditions.group import UNKNOWN, Group
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import UserError
from thinkaloud.runs.config import Config
from thinkaloud.runs.plan import make_plan
from thinkaloud.settings import setting
from thinkaloud.study import Asked
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Item, Key, Prompt, Step, Transcript, Usage

ITEM = Item("1", "sums", 1, "What is 2 plus 2?", ("4", "5"), "4")


def bench(think_tokens: int | None, item: Item = ITEM) -> Bench:
    group = Group(open_task("chain_sum"), 1, 0, (item,), (), ())
    return Bench(Reader({}), group, ConditionSettings(think_tokens=think_tokens), Key(("k",)))


# ------------------------------------------------------------------------------------------------------ how it is asked


@pytest.mark.parametrize("said", [1, 300, 60_000])
def test_a_reasoning_gets_exactly_so_many_tokens(said: int) -> None:
    """Also where they fill more than half of the context."""
    assert bench(said).sampling(ITEM).tokens == said


def test_where_nothing_is_said_the_worked_reasoning_decides() -> None:
    assert bench(None).sampling(ITEM).tokens == UNKNOWN
    worked = replace(ITEM, worked=Transcript((Step(" ".join(["two"] * 50)),)))
    assert bench(None, worked).sampling(worked).tokens == 150


def test_what_goes_on_from_a_beginning_gets_what_is_left() -> None:
    """Not the whole number again, which the context may not hold twice."""
    start = Transcript((Step(" ".join(["two"] * 50)),))
    assert bench(300).rest(ITEM, start).tokens == 250
    assert bench(60).rest(ITEM, start).tokens == REST, "there is always something left to answer in"
    assert bench(None).rest(ITEM, start).tokens == UNKNOWN


def test_every_reasoning_of_a_run_gets_them_also_where_the_level_is_looked_for(tmp_path: Path) -> None:
    model = sums(tmp_path / "sums.jsonl", 40)
    lines = (tmp_path / "sums.jsonl").read_text().splitlines()
    levels = [line.replace('{"id"', f'{{"level": {1 + i % 2}, "id"') for i, line in enumerate(lines)]
    (tmp_path / "sums.jsonl").write_text("\n".join(levels))
    ta.run(
        "channels", model, [str(tmp_path / "sums.jsonl")], items=2, out=tmp_path / "run",
        settings={"think_tokens": 321, "shots": 1, "paraphraser": "rules", "ask": "few-shot"},
    )  # fmt: skip
    left = 321 - 8  # of what goes on after an edit, whose beginning is eight words long
    assert {sampling.tokens for sampling in model.samplings} == {321, left}


# ------------------------------------------------------------------------------------------------------ what is refused


def test_what_does_not_fit_the_context_is_said_once_before_there_is_a_folder(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        cli,
        ["run", "channels", "--model", "scripted:faithful", "--task", "coin", "--think-tokens", "2000000",
         "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert isinstance(said.exception, UserError) and not (tmp_path / "run").exists()
    line = str(said.exception)
    assert "--think-tokens is 2000000: scripted:faithful has a context of 1,048,576 tokens" in line
    found = re.search(r"--think-tokens (\d+) fits", line)
    assert found is not None
    ta.run(
        "channels", "scripted:faithful", ["coin"], items=8, difficulty=2, out=tmp_path / "run",
        settings={"think_tokens": int(found[1]) - 100},
    )  # fmt: skip


def test_a_context_that_examples_fill_has_no_room_at_all(tmp_path: Path) -> None:
    model = sums(tmp_path / "sums.jsonl", 12)
    model.card = replace(model.card, context=80)
    with pytest.raises(UserError, match="no reasoning fits, or raise --context"):
        ta.run(
            "channels", model, [str(tmp_path / "sums.jsonl")], items=4, out=tmp_path / "run",
            settings={"think_tokens": 10, "shots": 4},
        )  # fmt: skip


def test_examples_that_are_not_shown_take_no_room(tmp_path: Path) -> None:
    """A context in which the examples leave nothing, and the question alone leaves enough."""
    model = sums(tmp_path / "sums.jsonl", 12)
    model.card = replace(model.card, context=200)
    asked = {"think_tokens": 10, "shots": 4}
    with pytest.raises(UserError, match="of which examples and question of sums take"):
        ta.run("channels", model, [str(tmp_path / "sums.jsonl")], items=4, out=tmp_path / "few", settings=asked)
    alone = {**asked, "ask": "zero-shot"}
    ta.run("channels", model, [str(tmp_path / "sums.jsonl")], items=4, out=tmp_path / "zero", settings=alone)


@pytest.mark.parametrize(("word", "says"), [("0", "at least 1, or 'auto'"), ("ten", "give a whole number or 'auto'")])
def test_what_is_no_number_of_tokens_is_refused(word: str, says: str) -> None:
    said = CliRunner().invoke(cli, ["plan", "channels", "--model", "scripted:faithful", "--think-tokens", word])
    assert isinstance(said.exception, UserError) and says in str(said.exception)


def test_rungs_have_budgets_of_their_own_and_no_such_option() -> None:
    with pytest.raises(
        UserError, match="rungs has no option --think-tokens; channels, faithfulness and controllability have it"
    ):
        cli.main(["run", "rungs", "--think-tokens", "10"], standalone_mode=False)


@dataclass(frozen=True)
class Before:
    """Settings of a study."""

    shots: int = setting(6, "Examples.")


@dataclass(frozen=True)
class After(Before):
    """The same with an option that came later."""

    later: int | None = setting(None, "More.", none="auto")


def test_a_run_without_it_is_the_run_that_it_was() -> None:
    """An option that is not given is in no hash and no file: it makes no other run of one that began before it."""
    before, after, said = (Config("own", settings=one) for one in (Before(), After(), After(later=3)))
    assert before.protocol(1) == after.protocol(1) != said.protocol(1)
    assert before.dumps() == after.dumps() and "later = 3" in said.dumps()
    assert ConditionSettings().think_tokens is None


# ------------------------------------------------------------------------------------------------------- what it costs


class Words(Reader):
    """A reader whose tokens are words, so that what it costs can be counted; its clock makes it quick to measure."""

    def __init__(self, known: dict[str, tuple[str, str]]) -> None:
        super().__init__(known)
        self.usage = Usage()

    def session(self) -> Words:
        return Words(self.known)

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(hash(word) for word in text.split())

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        asked = " ".join([prompt.question, *prompt.prefill])
        return self.tokens(" ".join(shot.question for shot in prompt.shots)), self.tokens(asked), " "


def planned(tmp_path: Path, between: str | None, think_tokens: int | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A plan of eight items of a file."""
    monkeypatch.setattr("thinkaloud.runs.plan.LONGEST", 0.0)
    file = tmp_path / "sums.jsonl"
    model = Words(sums(file, 16, between).known)
    settings = ConditionSettings(shots=2, think_tokens=think_tokens)
    study = ta.open_study("channels")
    return "\n".join(make_plan(study, Asked(settings=settings, model=model, tasks=(open_task(str(file)),), items=8)))


def written(plan: str) -> tuple[int, int]:
    """Tokens to write, and at most."""
    found = re.search(r"([\d,]+) to write \(at most ([\d,]+)\)", plan)
    assert found is not None
    few, most = (int(number.replace(",", "")) for number in found.groups())
    return few, most


def test_a_plan_counts_the_worked_reasoning_and_says_what_it_may_be_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, most = written(planned(tmp_path, " ", None, monkeypatch))
    assert 0 < few < most


@pytest.mark.parametrize("between", [" ", None])
def test_a_plan_counts_all_the_tokens_that_the_user_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: str | None
) -> None:
    """With worked reasoning, which is shorter, and without any."""
    plan = planned(tmp_path, between, 500, monkeypatch)
    assert "every reasoning is counted with all of its 500 tokens (--think-tokens)" in plan
    few, most = written(plan)
    assert 8 * 480 <= few <= most


def test_a_plan_of_a_file_without_reasoning_counts_the_room_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, None, None, monkeypatch)
    assert f"has no worked reasoning: each is counted with all of the {UNKNOWN} tokens" in plan
    assert written(plan)[0] >= 8 * (UNKNOWN - 20)
