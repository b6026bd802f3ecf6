"""Our models inside Inspect, and our studies as its tasks: the same numbers, the same refusals, by entry point."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval_set
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ContentImage,
    GenerateConfig,
    Model,
    get_model,
)
from inspect_ai.tool import ToolInfo

import inspect_providers
from thinkaloud.errors import ModelError, UserError
from thinkaloud.interop.provider import to_prompt
from thinkaloud.interop.tasks import channels, estimates, faithfulness, rungs
from thinkaloud.items.material import Wanted, material
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key, Prompt, Record, Sampling, Shot

TURNS = [ChatMessageUser(content="Once"), ChatMessageAssistant(content="upon a")]


def evaluated(task: Task, model: str, folder: Path, **arguments: Any) -> EvalLog:
    """A task run by Inspect, and its log read back from disk."""
    (log,) = inspect_eval(
        task, model=model, model_args=arguments, log_dir=str(folder), display="none", log_format="eval"
    )
    return read_eval_log(log.location)


def known(study: str, items: int) -> tuple[Any, Config]:
    """A task and its configuration, its items known to the reasoner behind the fake providers."""
    config = Config(study, "x", ("chain_sum",), items, 3, 1).fits(open_study(study))
    drawn = material(open_task("chain_sum"), 3, config.seed, Wanted(items, config.settings.shots))
    inspect_providers.know((*drawn.items, *drawn.examples))
    return open_task("chain_sum"), config


# ------------------------------------------------------------------------------------------------- the provider


@pytest.fixture(scope="module")
def served(tiny_path: Path) -> Model:
    """The tiny model behind Inspect."""
    return get_model(f"thinkaloud/{tiny_path}", precision="exact", format="completion", threads=1, memoize=False)


def test_a_final_assistant_message_is_truly_continued_and_usage_is_filled(served: Model, tiny: LlamaCpp) -> None:
    config = GenerateConfig(max_tokens=8, temperature=0)
    output = asyncio.run(served.generate(list(TURNS), config=config))
    prompt = Prompt((), "Once", ("upon a",))
    direct = asyncio.run(tiny.generate(prompt, Sampling(8), Key(("x",))))
    assert output.completion == direct.text
    preamble, tokens, _ = tiny.lower(prompt)
    assert output.usage is not None
    assert (output.usage.input_tokens, output.usage.output_tokens) == (len(preamble) + len(tokens), direct.tokens)
    assert output.stop_reason == ("max_tokens" if direct.finish == "length" else "stop")


def test_log_probabilities_are_the_engines(served: Model, tiny: LlamaCpp) -> None:
    config = GenerateConfig(max_tokens=1, temperature=0, logprobs=True, top_logprobs=5)
    output = asyncio.run(served.generate(list(TURNS), config=config))
    assert output.choices[0].logprobs is not None
    (first,) = output.choices[0].logprobs.content
    assert first.top_logprobs is not None and len(first.top_logprobs) == 5
    assert first.logprob == first.top_logprobs[0].logprob == max(one.logprob for one in first.top_logprobs)
    words = [one.token for one in first.top_logprobs if one.token.startswith(" ") and one.token[1:].isalpha()]
    for word in words:
        exact = asyncio.run(tiny.score(Prompt((), "Once", ("upon a",)), (word.strip(), "zebra crossing"), ""))
        listed = next(one.logprob for one in first.top_logprobs if one.token == word)
        if len(tiny.tokens(word)) == 1:
            assert listed == pytest.approx(exact.logprobs[0], abs=1e-4)


def test_a_seed_gives_one_text_and_no_seed_another_each_time(served: Model) -> None:
    def written(seed: int | None) -> str:
        config = GenerateConfig(max_tokens=12, temperature=1.0, seed=seed)
        return asyncio.run(served.generate(list(TURNS), config=config)).completion

    assert written(1) == written(1) != written(2)
    assert written(None) != written(None)


def test_messages_become_a_prompt() -> None:
    """Turns are examples, the last question is the question, a last assistant message is the prefill."""
    system = ChatMessageSystem(content="Be brief.")
    shot = [ChatMessageUser(content="a"), ChatMessageAssistant(content="b")]
    assert to_prompt([system, *shot, *TURNS]) == Prompt((Shot("Be brief.\n\na", ("b",)),), "Once", ("upon a",))
    assert to_prompt([ChatMessageUser(content="a")]) == Prompt((), "a")


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([TURNS[1]], "messages must be user, assistant, user ... in turns, not assistant"),
        ([], "not nothing"),
        ([TURNS[0], ChatMessageTool(content="5")], "not user, tool"),
        ([ChatMessageUser(content=[ContentImage(image="data:image/png;base64,AA==")])], "a message holds 'image'"),
    ],
)
def test_what_is_no_prompt_is_refused_in_one_line(messages: list[Any], why: str) -> None:
    with pytest.raises(UserError, match=why):
        to_prompt(messages)


def test_tools_and_unknown_ways_to_load_are_refused(served: Model, tiny_path: Path) -> None:
    with pytest.raises(UserError, match="calls no tools, and was given 'search'"):
        asyncio.run(
            served.api.generate(list(TURNS), [ToolInfo(name="search", description="")], "auto", GenerateConfig())
        )  # type: ignore[arg-type]
    with pytest.raises(UserError, match="-M thread is no way to load a model; known: context"):
        get_model(f"thinkaloud/{tiny_path}", thread=1, memoize=False)
    with pytest.raises(UserError, match="is a model of Inspect's already"):
        get_model("thinkaloud/inspect:openai/gpt-4o", memoize=False)


# ------------------------------------------------------------------------------------------------- the tasks


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """The channels of a reasoner whose truth is known, in two units, through a provider that nothing was asked of."""
    known("channels", 9)
    folder = tmp_path_factory.mktemp("honest")
    return evaluated(channels(items=9, difficulty=3), "fake/honest", folder, new="not probed before")


def test_a_task_gives_the_estimates_of_a_run(honest: EvalLog) -> None:
    """Through Inspect's solver, scorer, metrics and log, on a reasoner whose truth is known, in two units."""
    study, log = "channels", honest
    task, config = known(study, 9)
    assert log.status == "success" and log.samples is not None and len(log.samples) == 2
    asked = open_study(study)
    records = records_of(asked, inspect_providers.Unseen(), task, config)
    direct = {e.name: e for e in asked.estimate(records, Key(("1", study, "chain_sum", "estimate")))}
    found = {e.name: e for e in estimates(log)}
    assert list(found) == list(direct)
    for name, estimate in direct.items():
        assert found[name].n == estimate.n
        if estimate.value is not None and found[name].value is not None:
            assert found[name].value == pytest.approx(estimate.value, abs=1e-4), name
    assert log.results is not None
    shown = log.results.scores[0].metrics
    main = [name for name in open_study(study).page.main if direct[name].value is not None]
    assert len(main) >= 8
    assert set(shown) == {name + end for name in main for end in ("", " low", " high")}
    for name in main:
        assert shown[name].value == found[name].value
        assert shown[f"{name} low"].value <= shown[name].value <= shown[f"{name} high"].value
    value = log.samples[0].scores["recorded"].value  # type: ignore[index]
    assert value["own"] == pytest.approx(1.0, abs=1e-3)  # type: ignore[index,call-overload]
    assert value["silent"] < 0.9  # type: ignore[index,call-overload,operator]


def test_the_rungs_as_a_task_give_the_records_of_a_run(tmp_path: Path) -> None:
    """Arms, tuning and attempts go through Inspect, a part a sample: the same items, answers and verdicts as without
    it, and the same accuracies."""
    said = {"shots": 2, "budgets": "600,2k", "arms": "R1,R2,F1,F2", "attempts": 2, "trials": 2, "dev": 2,
            "edits": False}  # fmt: skip
    task = rungs(task="sim:chain_01", items=9, difficulty=3, **said)
    log = evaluated(task, "fake/sure", tmp_path)
    assert log.status == "success" and log.samples is not None and len(log.samples) == 2 * 4
    study = open_study("rungs")
    chosen = {**said, "budgets": (600, 2000), "arms": ("R1", "R2", "F1", "F2")}
    config = Config("rungs", "x", ("sim:chain_01",), 9, 3, 1, study.Settings(**chosen))
    direct = records_of(study, inspect_providers.SURE, open_task("sim:chain_01"), config)
    kept = [score for sample in log.samples for score in (sample.scores or {}).values()]
    through = [record for score in kept for record in (score.metadata or {})["records"]]
    assert len(direct) == 9 * 4 and sorted(map(came, through)) == sorted(map(came, direct))
    found = {e.name: e for e in estimates(log)}
    accuracies = [e for e in study.estimate(direct, Key(("e",))) if e.name.endswith(" at 2000") and e.name[0] in "RF"]
    assert {e.name for e in accuracies} >= {"R1 at 2000", "R2k at 2000", "F1 at 2000", "F2 at 2000"}
    for e in accuracies:
        assert (found[e.name].value, found[e.name].n) == (e.value, e.n), e.name


def came(record: Record) -> tuple[str, ...]:
    """What came of an item under an arm, without what it cost."""
    attempts = [(made["answer"], made["right"]) for made in record["attempts"]]
    return record["item"], record["arm"], record["status"], str(attempts)


def test_every_study_that_is_a_task_leaves_its_records(tmp_path: Path) -> None:
    """Faithfulness: hints, mistakes and letters go through a chat interface too."""
    known("faithfulness", 2)
    log = evaluated(faithfulness(items=2, difficulty=3), "fake/honest", tmp_path)
    assert log.status == "success" and log.samples is not None
    (score,) = (log.samples[0].scores or {}).values()
    assert score.metadata is not None
    for record in score.metadata["records"]:
        assert record["status"] == "ok" and record["lacking"] == []
        assert {"silent", "own", "mistake:0", "silent:lettered"} <= set(record["conditions"])
        assert any(name.startswith("hint:") for name in record["conditions"])


def test_what_cannot_be_measured_is_unscored_and_says_why(tmp_path: Path) -> None:
    """The rungs go on with turns of the model's own, and nothing can stand in for that."""
    why = "prefill: not shown in 4 of 4"
    log = evaluated(rungs(task="sim:chain_01", items=8, difficulty=3, budgets=[150, 600]), "fake/restarts", tmp_path)
    assert log.status == "success" and log.results is not None and log.samples is not None
    scores = log.results.scores[0]
    assert scores.scored_samples == 0 and scores.unscored_samples == len(log.samples)
    (score,) = (log.samples[0].scores or {}).values()
    assert "rungs is not measurable on inspect:fake/" in str(score.explanation) and why in str(score.explanation)
    (absent,) = estimates(log)
    assert absent.value is None and why in str(absent.reason)


def test_a_model_that_answers_whole_turns_is_measured_by_them(tmp_path: Path) -> None:
    """As a closed model that refuses a prefill: its own answers are scored, and what edits its reasoning is not."""
    known("channels", 8)
    log = evaluated(channels(items=8, difficulty=3, read_samples=2), "fake/turns", tmp_path)
    found = {row.name: row for row in estimates(log)}
    assert found["accuracy written, own"].value == 1.0 and found["P(gold) own"].n == 8
    assert found["content"].reason == "not measurable here: the model lacks prefill"


def test_a_model_is_probed_once_an_eval(honest: EvalLog) -> None:
    """At the first sample that asks, though two begin at once."""
    assert honest.samples is not None
    first, second = (
        sum(e.event == "model" and e.input[0].text.startswith("Count from") for e in sample.events)
        for sample in sorted(honest.samples, key=lambda s: s.metadata["at"]["first"])
    )
    assert sorted((first, second))[0] == 0 and first + second > 0


def test_a_failing_provider_fails_its_sample(tmp_path: Path) -> None:
    """An error is an error in the log, never a score."""
    known("channels", 8)
    log = evaluated(channels(items=8, difficulty=3), "fake/dies", tmp_path)
    assert log.status == "error" and log.samples is not None
    (sample,) = log.samples
    (score,) = (sample.scores or {}).values()
    assert sample.error is not None and "8 of 8 items are to be asked again: " in sample.error.message
    assert "records" not in (score.metadata or {}) and "out of order" in str(score.explanation)
    assert [e.value for e in estimates(log)] == [None]


def test_a_difficulty_that_is_none_is_the_second_level() -> None:
    task = channels(items=8)
    assert task.metadata is not None and task.metadata["level"] == open_task("chain_sum").levels[1]
    with pytest.raises(UserError, match="has no level 99"):
        channels(items=8, difficulty=99)
    with pytest.raises(UserError, match="did you mean chain_sum"):
        channels(task="chain_sun")


@pytest.mark.slow
def test_inspects_command_finds_the_tasks_and_the_provider_by_entry_point(tmp_path: Path, tiny_path: Path) -> None:
    """In a process that imports nothing of ours; a model of noise shows nothing, so nothing is measured, and it says
    so."""
    command = [
        sys.executable, "-m", "inspect_ai", "eval", "thinkaloud/rungs", "--model", f"thinkaloud/{tiny_path}",
        "-T", "task=sim:chain_01", "-T", "items=2", "-T", "difficulty=3", "-M", "threads=1",
        "--log-dir", str(tmp_path), "--display", "none",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    log = read_eval_log(next(tmp_path.glob("*.eval")).as_posix())
    assert log.status == "success" and log.samples is not None
    (score,) = (log.samples[0].scores or {}).values()
    assert "is not measurable on inspect:thinkaloud/" in str(score.explanation)


@pytest.mark.slow
def test_a_sample_that_failed_is_retried_in_an_eval_set_and_the_estimates_are_those_without_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inspect's own way to go on: a provider that is down until a sample has failed ends a log with an error, and the
    next one asks again."""

    class Ended(ModelError):
        def __init__(self, said: str) -> None:
            super().__init__(said)
            inspect_providers.OUTAGE[0] = 0

    known("channels", 2)
    calm = evaluated(channels(items=2, difficulty=3), "fake/honest", tmp_path / "calm")
    monkeypatch.setattr("thinkaloud.interop.tasks.ModelError", Ended)
    inspect_providers.OUTAGE[0] = 1000
    through, logs = eval_set(
        [channels(items=2, difficulty=3)], model="fake/recovers", log_dir=str(tmp_path / "set"), display="none",
        log_format="eval", retry_attempts=2, retry_cleanup=False, max_samples=1,
    )  # fmt: skip
    every = [read_eval_log(one.as_posix(), header_only=True) for one in (tmp_path / "set").glob("*.eval")]
    assert sorted(log.status for log in every) == ["error", "success"], "nothing failed, so nothing was retried"
    assert through
    whole = read_eval_log(logs[0].location)
    assert whole.samples is not None and all(sample.error is None for sample in whole.samples)

    def told(log: EvalLog) -> list[Any]:
        return [(e.name, e.value, e.low, e.high, e.n, e.clusters) for e in estimates(log)]

    assert told(whole) == told(calm)


@pytest.mark.slow
def test_an_item_that_failed_is_an_error_of_its_sample_and_what_was_measured_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other item is in the scores and the estimates of that very log, also where it fails too when it is tried
    again. The error counts for Inspect, which does the sample again, by `retry_on_error` and in an `eval_set`, until
    nothing is missing."""
    task, config = known("channels", 2)
    drawn = material(task, 3, config.seed, Wanted(2, config.settings.shots))
    given: dict[str, Any] = {
        "model": "fake/stumbles",
        "display": "none",
        "log_format": "eval",
        "log_dir": str(tmp_path),
    }
    monkeypatch.setattr(inspect_providers, "OUT", [drawn.items[1].question])

    class Worse(ModelError):
        def __init__(self, said: str) -> None:
            super().__init__(said)
            inspect_providers.OUT[:] = [item.question for item in drawn.items]

    monkeypatch.setattr("thinkaloud.interop.tasks.ModelError", Worse)
    through, logs = eval_set([channels(items=2, difficulty=3)], retry_attempts=0, retry_on_error=1, **given)
    log = read_eval_log(logs[0].location)
    assert not through and log.status == "error" and log.samples is not None
    (sample,) = log.samples
    assert sample.error is not None and "1 of 2 items are to be asked again: " in sample.error.message
    assert len(sample.error_retries or []) == 1
    (score,) = (sample.scores or {}).values()
    assert score.metadata is not None and len(score.metadata["records"]) == 2
    assert "out of order" in str(score.explanation)
    assert next(e for e in estimates(log) if e.name == "P(gold) own").n == 1
    monkeypatch.setattr(inspect_providers, "OUT", [])
    through, logs = eval_set([channels(items=2, difficulty=3)], retry_attempts=0, **given)
    whole = read_eval_log(logs[0].location)
    assert through and next(e for e in estimates(whole) if e.name == "P(gold) own").n == 2
