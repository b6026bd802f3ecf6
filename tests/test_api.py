"""From Python: own models and tasks need no registration, plans count what a run costs, checks measure."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import thinkaloud as ta
from thinkaloud.api import planned
from thinkaloud.check import check_model, prompts
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import NotMeasurable, UserError
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.runs.config import Config
from thinkaloud.runs.plan import speed
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import Completion, Estimate, Key, ModelCard, Prompt, Reading, Sampling, Usage


class Always:
    """The smallest model: says a thing, prefers the first option."""

    card = ModelCard(
        "always", "own", "1", "completion", "exact", 999, frozenset({"prefill", "logprobs", "raw_reasoning"})
    )

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        return Completion("Well then.", 3, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        return Reading(tuple(-0.1 if i == 0 else -4.0 for i in range(len(options))))


class ShortSum(ChainSum):
    """A task of one's own."""

    name = "short_sum"


def test_own_model_and_own_task_are_passed_as_they_are(tmp_path: Path) -> None:
    run = ta.run("channels", Always(), [ShortSum], items=8, difficulty=3, out=tmp_path / "run")
    found = {f.estimate.name: f.estimate for f in run.findings}
    assert {f.task for f in run.findings} == {"short_sum"} and {f.model for f in run.findings} == {"always"}
    assert found["paraphrase validity"].value == 0  # it says nothing the task could read
    assert found["externalised share"].value is None and found["externalised share"].reason


def test_a_jsonl_file_is_a_task(tmp_path: Path) -> None:
    lines = [
        {
            "question": f"What is {i} + 1?",
            "options": [str(i + 1), "no", "maybe"],
            "answer": str(i + 1),
            "reasoning": ["Count on."],
        }
        for i in range(20)
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    run = ta.run("channels", Always(), [str(path)], items=8, difficulty=1, out=tmp_path / "run")
    own = next(f.estimate for f in run.findings if f.estimate.name == "P(gold) own")
    assert own.n == 8


def test_a_model_that_lacks_what_a_study_needs_is_refused_with_the_reason(tmp_path: Path) -> None:
    class Hosted(Always):
        card = ModelCard("hosted", "own", "1", "chat", "?", 999, frozenset({"logprobs"}))

    with pytest.raises(NotMeasurable, match="rungs is not measurable on hosted: it lacks prefill"):
        ta.run("rungs", Hosted(), ["coin"], items=8, difficulty=2, out=tmp_path / "run")


def test_something_that_is_no_model_is_said_to_be_none() -> None:
    with pytest.raises(UserError, match="is no model: it needs `card`, `generate` and `score`"):
        ta.open_model(object())  # type: ignore[arg-type]


def test_a_run_works_inside_a_running_event_loop(tmp_path: Path) -> None:
    """As in a notebook."""

    async def cell() -> int:
        return len(ta.run("channels", Always(), ["coin"], items=8, difficulty=2, out=tmp_path / "run").records)

    assert asyncio.run(cell()) == 8


def test_an_estimate_is_a_number_with_its_interval_or_a_reason() -> None:
    with pytest.raises(ValueError, match="a number needs its interval"):
        Estimate("x", 0.5, None, None, 3, 3)
    with pytest.raises(ValueError, match="not both or neither"):
        Estimate("x", None, None, None, 3, 3)


@pytest.mark.slow
def test_the_plan_counts_what_the_run_then_computes(tmp_path: Path, tiny: LlamaCpp, tiny_path: Path) -> None:
    """Where the model reasons as the plan assumes, every token is accounted for; here it babbles, so only what does not
    depend on its words is compared: units, and that asked is far more than computed."""
    loading = Loading(precision="exact", format="completion", threads=1)
    config = Config("channels", str(tiny_path), ("chain_sum",), 9, 3, 1, ConditionSettings(), loading)
    lines = planned(config.study, config)
    assert lines[0].startswith("chain_sum: 2 units")
    assert any("times fewer" in line for line in lines) and any("intervals to expect" in line for line in lines)
    run = ta.run("channels", tiny, ["chain_sum"], items=9, difficulty=3, out=tmp_path / "run", loading=loading)
    assert run.bill["units"] == 2
    assert run.bill["asked"] > 4 * run.bill["computed"] > 0


class Clocked:
    """A model that counts tokens and takes `seconds` for each that it writes, by a clock of its own."""

    card = Always.card

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds, self.usage = clock, seconds, Usage()

    def session(self) -> Clocked:
        return Clocked(self.clock, self.seconds)

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        return (), tuple(range(50)), ""

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(range(len(text)))

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.usage += Usage(computed=50, generated=sampling.tokens)
        self.clock[0] += 50 * self.seconds / 10 + sampling.tokens * self.seconds
        return Completion("x", sampling.tokens, "length")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        return await Always().score(prompt, options, closing)


@pytest.mark.parametrize("seconds", [2.0, 0.02, 0.001])
def test_a_speed_is_measured_over_enough_tokens(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    clock = [0.0]
    monkeypatch.setattr("thinkaloud.runs.plan.time.perf_counter", lambda: clock[0])
    _, write = speed(Clocked(clock, seconds))
    assert not write.bound and write.tokens == pytest.approx(1 / seconds, rel=0.01)


def test_a_speed_that_the_clock_cannot_tell_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("thinkaloud.runs.plan.time.perf_counter", lambda: clock[0])
    read, write = speed(Clocked(clock, 1e-7))
    assert read.bound and write.bound and str(write).startswith("more than ")
    assert 1 < write.tokens < 1e7, "what is printed was seen"


def test_a_speed_is_measured_within_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine too fast for the clock it writes ever more, and a model with a short context refuses."""
    clock, asked, answer = [0.0], [], Clocked.generate

    async def counted(self: Clocked, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        asked.append(sampling.tokens)
        return await answer(self, prompt, sampling, key)

    monkeypatch.setattr("thinkaloud.runs.plan.time.perf_counter", lambda: clock[0])
    monkeypatch.setattr(Clocked, "card", replace(Always.card, context=512))
    monkeypatch.setattr(Clocked, "generate", counted)
    speed(Clocked(clock, 1e-7))
    assert max(asked) == 256


def test_a_plan_of_a_model_without_tokens_is_a_line(tmp_path: Path) -> None:
    first, *_ = ta.plan("channels", "scripted:faithful", ["coin"], items=8, difficulty=2)
    assert first == "scripted:faithful does not say what its tokens are: there is nothing to count"


@pytest.mark.slow
def test_numbers_of_a_unit_do_not_depend_on_the_others(tmp_path: Path, tiny: LlamaCpp) -> None:
    """On a real engine: two units at once, one at a time, and one alone give the same records to the bit."""
    loading = Loading(precision="exact", format="completion", threads=1)

    def records(name: str, items: int, concurrency: int) -> list[object]:
        out = tmp_path / name
        run = ta.run(
            "channels", tiny, ["coin"], items=items, difficulty=2, out=out, loading=loading, concurrency=concurrency
        )
        return list(run.records)

    both, apart, alone = records("both", 16, 2), records("apart", 16, 1), records("alone", 8, 1)
    assert both == apart
    assert apart[:8] == alone


@pytest.mark.slow
def test_check_says_what_can_be_measured_and_the_noise_floor(tiny: LlamaCpp) -> None:
    assert any(line.startswith("noise floor: ") for line in check_model(tiny))


def test_a_model_that_starts_its_turn_anew_is_found_out() -> None:
    """As a chat server does that closes the prefilled turn and opens another, whatever its documentation says."""

    class Restarts(Always):
        async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
            beginnings = ("one", "Monday", "A")
            return Reading(tuple(-0.1 if option in beginnings else -5.0 for option in options))

    said = check_model(Restarts())
    assert "prefill: NOT continued: the turn starts anew" in said and any(
        line.startswith("tier: text") for line in said
    )
    assert "rungs: not measurable here, it needs prefill" in said
    assert any(line.startswith("channels: only the answers that it writes") for line in said)


@pytest.mark.slow
def test_the_real_model_continues_its_turn(smollm2: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its noise floor is another test's affair (`test_llama.py`): here a few prompts are read for it."""
    monkeypatch.setattr("thinkaloud.check.prompts", lambda: prompts()[:4])
    assert "channels: measurable here" in check_model(smollm2)


def test_a_prompt_that_does_not_fit_is_said_with_its_length(tmp_path: Path, tiny_path: Path) -> None:
    small = LlamaCpp(tiny_path, loading=Loading(precision="exact", format="completion", threads=1, context=256))
    run = ta.run("channels", small, ["chain_sum"], items=8, difficulty=8, out=tmp_path / "run")
    assert {record["status"] for record in run.records} == {"failed"}
    assert all(re.search(r"needs \d+ tokens, the context holds 256", record["error"]) for record in run.records)
