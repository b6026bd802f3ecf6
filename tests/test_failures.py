"""One item never ends a run, and what is no distribution is no reading: both are failed, named and counted."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import warnings
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from command_fixture import thinkaloud
from thinkaloud.api import planned
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import ContextTooSmall, FailedReading, FatalError, NotMeasurable, TextRefused, UserError
from thinkaloud.joining import joined
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.sound import IMPOSSIBLE, fault, sound
from thinkaloud.open_study import open_study
from thinkaloud.organisms.scripted import Scripted, scripted
from thinkaloud.runs.aside import run_to_end
from thinkaloud.runs.config import Config
from thinkaloud.runs.failures import failures
from thinkaloud.runs.folder import Run
from thinkaloud.runs.records import records_of
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task
from thinkaloud.tasks.jsonl import JsonlTask
from thinkaloud.vocabulary import Completion, Item, Key, Prompt, Reading, Sampling

Runs = Callable[..., Run]
INF, NAN = math.inf, math.nan
STUDIES = ("channels", "faithfulness")


class Odd(Scripted):
    """The faithful reasoner, to whom something happens at one item: `fails` raises, or changes the reading."""

    fails: Callable[[str], None] = staticmethod(lambda question: None)
    reads: Callable[[Prompt, Reading], Reading] = staticmethod(lambda prompt, reading: reading)

    def __init__(self, **said: Any) -> None:
        inner = scripted("faithful")
        super().__init__(inner._name, inner._rule)
        self.__dict__.update(said)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.fails(prompt.question)
        return await super().generate(prompt, sampling, key)

    async def score(self, prompt: Prompt, options: Any, closing: str = ".") -> Reading:
        self.fails(prompt.question)
        return self.reads(prompt, await super().score(prompt, options, closing))


def measured(folder: Path, model: Any, study: str = "channels", **said: Any) -> Any:
    return ta.run(study, model, ["chain_sum"], items=9, difficulty=3, out=folder, **said)


@pytest.fixture(scope="module")
def guilty(faithful_run: Runs) -> Item:
    """One of the items of `measured`."""
    plain = faithful_run("channels")
    items = open_task("chain_sum").items(3, 40, Key(("1", "chain_sum", "3")).child("items"))
    return next(item for item in items if item.id == plain.records[3]["item"])


def one_item(item: Item, error: Exception) -> Callable[[str], None]:
    def fails(question: str) -> None:
        if item.question in question:
            raise error

    return fails


# ------------------------------------------------------------------------------------------------------------ readings


@pytest.mark.parametrize(
    ("logprobs", "said"),
    [
        ((NAN, -1.0), "NaN"),
        ((-1.0, NAN), "NaN"),
        ((INF, -1.0), "above 0"),
        ((-INF, -INF), "probability 0"),
        ((12.0, 3.0), "a log-probability of 12, above 0"),
        ((1e4, -1e4), "above 0"),
        ((-1.0,), "1 log-probabilities for 2 options"),
        ((-1.0, -2.0, -3.0), "3 log-probabilities for 2 options"),
    ],
)
def test_what_is_no_distribution_is_refused_with_the_model_and_the_item(logprobs: Any, said: str) -> None:
    with pytest.raises(FailedReading, match=f"mine gave no distribution for item x: .*{said}"):
        sound(Reading(logprobs), 2, "mine", "item x")


def test_rounding_is_no_fault_and_one_possible_option_is_a_reading_that_json_can_hold() -> None:
    assert fault((1e-6, -20.0), 2) is None
    found = sound(Reading((-0.1, -INF, -INF)), 3, "mine", "item x")
    assert found.logprobs == (-0.1, IMPOSSIBLE, IMPOSSIBLE) and found.probabilities == (1.0, 0.0, 0.0)
    again = Reading(tuple(json.loads(json.dumps(found.logprobs, allow_nan=False))))
    assert again == found and math.isfinite(again.margin) and again.mass == pytest.approx(math.exp(-0.1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "bad"), [("channels", NAN), ("channels", 1e4), ("faithfulness", INF), ("faithfulness", 12.0)]
)
def test_bad_readings_cost_themselves_and_nothing_else(
    study: str, bad: float, tmp_path: Path, faithful_run: Runs
) -> None:
    """Silent readings of every item are bad: they are missing, the others are as they were, report and resume work."""

    def reads(prompt: Prompt, reading: Reading) -> Reading:
        return reading if len(prompt.prefill) > 1 else Reading((bad, *reading.logprobs[1:]))

    plain = faithful_run(study)
    odd = measured(tmp_path / "odd", Odd(reads=reads), study)
    for one, other in zip(odd.records, plain.records, strict=True):
        lost = {name for name, c in other["conditions"].items() if not c["between"]}
        assert set(one["failed"]) == lost and "silent" in lost and one["status"] == "ok"
        assert one["conditions"] == {name: c for name, c in other["conditions"].items() if name not in lost}
    found = {f.estimate.name: f.estimate for f in ta.rescore(odd.folder).findings}
    expected = {f.estimate.name: f.estimate for f in plain.findings}
    assert found["follow transplant"] == expected["follow transplant"] and found["parsed"] == expected["parsed"]
    count = sum(len(record["failed"]) for record in odd.records)
    assert f"{count} readings failed" in (odd.folder / "report.md").read_text()
    assert f"{count} readings failed" in (odd.folder / "report.html").read_text()
    assert failures(odd.units).sentence("x").endswith("the same would fail again, so resume does not ask")
    assert ta.resume(odd.folder, model=Odd(reads=reads)).records == odd.records


def test_a_model_whose_every_reading_is_bad_leaves_a_report_without_a_number(tmp_path: Path) -> None:
    odd = measured(tmp_path / "odd", Odd(reads=lambda prompt, reading: Reading((NAN,) * len(reading.logprobs))))
    assert {record["status"] for record in odd.records} == {"failed"}
    found = {f.estimate.name: f.estimate for f in odd.findings}
    assert found["P(gold) own"].value is None and found["parsed"].value == 0.0
    assert len(failures(odd.units).items) == 9


@pytest.mark.slow
def test_nan_now_and_then_is_as_faithful_as_what_was_read(tmp_path: Path) -> None:
    """A tenth of the readings is missing; the channels of what is left are those of the faithful reasoner."""
    run = ta.run("channels", "scripted:nan:0.1", ["chain_sum"], items=64, difficulty=4, out=tmp_path / "run")
    failed, read = (sum(len(r.get(name, ())) for r in run.records) for name in ("failed", "conditions"))
    assert 0.05 < failed / (failed + read) < 0.15
    found = {f.estimate.name: f.estimate for f in run.findings}
    for channel, truth in {"silent": 0.0, "compute": 0.0, "content": 0.75, "residue": 0.0}.items():
        assert found[channel].low - 1e-3 <= truth <= found[channel].high + 1e-3, found[channel]
        assert found[channel].n < 64
    every = ta.run("channels", "scripted:nan:1", ["chain_sum"], items=8, difficulty=4, out=tmp_path / "every")
    assert {record["status"] for record in every.records} == {"failed"}


# ------------------------------------------------------------------------------------------------------------ items


FINAL = [
    ContextTooSmall(10097, 8192, "a prompt and its answer"),
    TextRefused("a text holds the control token '<|im_end|>'"),
    UnicodeEncodeError("utf-8", "half \ud83d", 5, 6, "surrogates not allowed"),
]
PASSING = [UserError("my model does not like this question"), ValueError("nobody expected this")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "error", "again"),
    [
        *(("channels", error, False) for error in FINAL),
        *(("channels", error, True) for error in PASSING),
        ("faithfulness", FINAL[0], False),
        ("faithfulness", PASSING[0], True),
    ],
)
def test_only_the_guilty_item_fails_and_is_named(
    study: str, error: Exception, again: bool, tmp_path: Path, guilty: Item, faithful_run: Runs
) -> None:
    whole = faithful_run(study)
    run = measured(tmp_path / "run", Odd(fails=one_item(guilty, error)), study)
    lost = [record for record in run.records if record["status"] != "ok"]
    assert [(record["item"], record["status"]) for record in lost] == [(guilty.id, "failed")]
    others = {record["item"]: record for record in whole.records}
    for record in run.records:  # a neighbour may have lent its reasoning
        for name, found in record["conditions"].items() if record["item"] != guilty.id else ():
            assert found == others[record["item"]]["conditions"][name]
    said = failures(run.units)
    assert len(said.items) == 1 and f"item {guilty.id} of chain_sum" in said.items[0]
    assert f"Failed and in no number: item {guilty.id}" in (run.folder / "report.html").read_text()
    assert "What failed" in (run.folder / "report.md").read_text()
    assert said.again == again == ("thinkaloud resume" in said.sentence(run.folder))
    resumed = ta.resume(run.folder, model=scripted("faithful"))
    assert (resumed.records == whole.records) == again, "what is final is not asked again, anything else is"


@pytest.mark.parametrize("study", STUDIES)
def test_a_length_that_cannot_be_counted_costs_its_condition_and_no_other(
    study: str, tmp_path: Path, faithful_run: Runs
) -> None:
    """The tokenizer refuses one text, which was read without it."""
    plain = faithful_run(study)
    text = joined(plain.records[3]["conditions"]["paraphrase"]["between"])

    class Refusing(Odd):
        def tokens(self, asked: str) -> list[int]:
            if asked.strip() == text:
                raise TextRefused("no such text")
            return super().tokens(asked)

    odd = measured(tmp_path / "odd", Refusing(), study)
    assert {record["status"] for record in odd.records} == {"ok"}
    for one, other in zip(odd.records, plain.records, strict=True):
        lost = set(one.get("failed", ()))
        assert one["conditions"] == {name: c for name, c in other["conditions"].items() if name not in lost}
        assert ("paraphrase" in lost) == (one["item"] == plain.records[3]["item"]) and "own" not in lost


def test_a_run_with_failed_items_ends_with_code_3_and_says_it_last(tmp_path: Path) -> None:
    arguments = ("--model", "scripted:nan:0.3", "--items", "8", "--difficulty", "3", "--out", str(tmp_path / "run"))
    done = thinkaloud("run", "channels", *arguments)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "readings failed (item chain_sum/3/" in done.stderr.splitlines()[-1]
    again = thinkaloud("report", str(tmp_path / "run"))
    assert again.returncode == 3 and again.stderr.splitlines()[-1] == done.stderr.splitlines()[-1]


@pytest.mark.parametrize("error", [NotMeasurable("it cannot"), FatalError("the key is refused")])
@pytest.mark.parametrize("study", STUDIES)
def test_what_is_true_of_every_item_stops_at_once(study: str, error: Exception, tmp_path: Path) -> None:
    def fails(question: str) -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        measured(tmp_path / "run", Odd(fails=fails), study)


def test_what_stops_a_run_is_one_line_though_much_had_not_begun() -> None:
    """A full disk was told in 45 lines: Python warned of every piece of work that was given up before it began."""

    async def piece() -> None: ...

    async def guards(inner: Coroutine[Any, Any, None]) -> None:
        await inner

    async def unit() -> None:
        await asyncio.gather(*(guards(piece()) for _ in range(3)))

    async def stops() -> None:
        other = asyncio.create_task(unit())  # begins once this has ended, and what it begins does not
        raise FatalError(f"{other.get_name()} goes no further")

    async def inside() -> None:
        run_to_end(stops)  # in a thread, as in a notebook

    for where in (lambda: run_to_end(stops), lambda: asyncio.run(inside())):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            with pytest.raises(FatalError, match="goes no further"):
                where()
            gc.collect()
        assert [str(one.message) for one in said] == []


def test_bad_settings_stop_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs --temperature above 0"):
        measured(tmp_path / "run", "scripted:faithful", "faithfulness", settings={"samples": 2})


def test_items_that_fail_while_the_edge_is_found_do_not_move_it_later(tmp_path: Path) -> None:
    """The level is found from the others, and stays when the model answers again."""
    left = [3]

    def fails(question: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise ValueError("once")

    run = ta.run("channels", Odd(fails=fails), ["chain_sum"], items=8, out=tmp_path / "run")
    edge = [unit for unit in run.units if unit["phase"] == "edge"]
    assert sum(record["status"] == "failed" for unit in edge for record in unit["records"]) == 1
    assert len(failures(run.units).items) == 1 and "finding the edge" in failures(run.units).items[0]
    assert ta.resume(run.folder, model=scripted("faithful")).findings == run.findings


def test_a_server_that_is_gone_on_resume_does_not_cost_what_was_read(tmp_path: Path, guilty: Item) -> None:
    run = measured(tmp_path / "run", Odd(fails=one_item(guilty, ValueError("gone"))))

    def gone(question: str) -> None:
        raise ValueError("gone")

    again = ta.resume(run.folder, model=Odd(fails=gone))
    assert again.records == run.records and again.findings == run.findings


@pytest.mark.slow
def test_half_a_character_is_a_failed_item_on_a_real_tokenizer(tiny: LlamaCpp, tmp_path: Path) -> None:
    rows = [{"question": f"Is {i} even?", "options": ["yes", "no"], "answer": "no", "id": f"q{i}"} for i in range(8)]
    rows[5]["question"] = "Is \ud83d even?"
    path = tmp_path / "half.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = ta.run("channels", tiny, [JsonlTask(path)], items=8, difficulty=1, out=tmp_path / "run", settings=NO_SHOTS)
    assert [r["item"] for r in run.records if r["status"] == "failed"] == ["q5"]
    assert "half a character" in failures(run.units).items[0]
    assert ta.rescore(run.folder).findings == run.findings


NO_SHOTS = {"shots": 0}


def long_file(folder: Path) -> Path:
    rows = [{"question": f"Is {i} even?", "options": ["yes", "no"], "answer": "no", "id": f"q{i}"} for i in range(8)]
    rows[2]["question"] += " The fox jumps over the dog." * 120
    path = folder / "long.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> LlamaCpp:
    """A real engine with little room."""
    from tiny import tiny_gguf

    path = tiny_gguf(tmp_path_factory.mktemp("short"), 544)
    return LlamaCpp(path, "short", Loading(precision="exact", format="completion", threads=1, context=544))


@pytest.mark.slow
def test_a_question_longer_than_the_context_fails_alone_and_plan_names_it_before(
    short: LlamaCpp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = long_file(tmp_path)
    run = ta.run("channels", short, [JsonlTask(path)], items=8, difficulty=1, out=tmp_path / "run", settings=NO_SHOTS)
    assert [r["item"] for r in run.records if r["status"] == "failed"] == ["q2"]
    assert "the context holds 544" in failures(run.units).items[0]
    monkeypatch.setattr("thinkaloud.cluster.answering.open_model", lambda *given: short)
    config = Config("channels", "short", (str(path),), 8, 1, settings=ConditionSettings(shots=0))
    (line,) = [line for line in planned(config.study, config) if "cannot fit" in line]
    assert line.startswith("1 item cannot fit the context of 544 tokens") and "q2 (" in line


@pytest.mark.slow
def test_a_very_long_worked_example_does_not_take_the_room_from_the_others(short: LlamaCpp, tmp_path: Path) -> None:
    rows = [{"question": f"Is {i} even?", "options": ["yes", "no"], "answer": "no", "id": f"q{i}"} for i in range(8)]
    rows[2]["reasoning"] = ["The fox jumps over the dog."] * 60  # type: ignore[assignment]
    path = tmp_path / "long.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = ta.run("channels", short, [JsonlTask(path)], items=8, difficulty=1, out=tmp_path / "run", settings=NO_SHOTS)
    assert {r["item"] for r in run.records if r["status"] == "failed"} <= {"q2"}


def test_records_for_rulers_hold_failures_too() -> None:
    records = records_of(
        open_study("faithfulness"),
        scripted("nan:0.5"),
        open_task("chain_sum"),
        Config("faithfulness", "m", ("t",), 8, 3),
    )
    assert len(records) == 8 and any(record.get("failed") for record in records)


# ------------------------------------------------------------------------------------------------------------ arms


SPENDING = RungsSettings(shots=2, budgets=(300,), arms=("R1", "R2"), attempts=2, trials=1, dev=0, edits=False)


def test_an_arm_that_the_model_did_not_answer_is_asked_again_and_one_fault_ends_nothing(tmp_path: Path) -> None:
    settings = SPENDING

    def arms(model: Any, out: str) -> Any:
        return ta.run("rungs", model, ["chain_sum"], items=8, difficulty=3, out=tmp_path / out, settings=settings)

    whole = arms(Writes(), "whole")
    lost = whole.records[3]["item"]
    item = next(
        i for i in open_task("chain_sum").items(3, 40, Key(("1", "chain_sum", "3")).child("items")) if i.id == lost
    )
    run = arms(Writes(fails=one_item(item, UserError("my model does not like this"))), "run")
    odd = [record for record in run.records if record.get("failed")]
    assert {record["item"] for record in odd} == {item.id} and {unit["status"] for unit in run.units} >= {"failed"}
    assert "attempts failed: my model does not like this" in odd[0]["error"]
    resumed = ta.resume(run.folder, model=Writes())
    assert [r["attempts"] for r in resumed.records if r["item"] == item.id] == [
        r["attempts"] for r in whole.records if r["item"] == item.id
    ] or all(not r.get("failed") for r in resumed.records)
    assert not failures(resumed.units)


class Writes(Odd):
    """Answers 7 to everything."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**said)
        self.card = replace(self.card, name="writes")

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.fails(prompt.question)
        return Completion("7.", 2, "stop")


def test_a_reasoner_that_is_gone_leaves_arms_to_be_prepared_again(tmp_path: Path) -> None:
    settings = replace(SPENDING, trials=2, dev=2)

    def gone(question: str) -> None:
        raise ValueError("gone")

    run = ta.run(
        "rungs", Writes(fails=gone), ["chain_sum"], items=8, difficulty=3, out=tmp_path / "run", settings=settings
    )
    assert {unit["phase"] for unit in run.units} == {"prepare"} and len(failures(run.units).units) == 2
    assert ta.resume(run.folder, model=Writes()).records
