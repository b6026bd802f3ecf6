"""Protects: every arm is tuned on the same terms, by what its dev items say and nothing else, and every token of it is
counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from arms_fixture import TASK, Fake, terms
from thinkaloud.arms.gepa_tuning import tune_by_reflection
from thinkaloud.arms.registry import ARMS
from thinkaloud.arms.style import INSTRUCTIONS, example
from thinkaloud.arms.tuning import Candidate, TuningData, candidates, costs, style_of, tune
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.vocabulary import PROBE, Item, Key, Prompt, Transcript
from tuning_fixture import DEV, KEY, SHOWN, abacus, instructed, reflective, still, tries, tuned, wrong

# ------------------------------------------------------------------------------------------------ random search


def test_every_arm_is_given_the_same_candidates_and_dev_items() -> None:
    """They hang on the task and the seed alone; another seed draws others."""
    asked: dict[str, set[str]] = {}
    records = {}
    for arm in ("R1", "R2", "F2", "V"):
        model = Fake()
        records[arm] = tuned(model, arm)
        asked[arm] = {i.id for i in DEV if any(i.question in p.question for p in model.asked)}
    assert all(tries(one) == tries(records["R1"]) for one in records.values())
    assert all(found == {i.id for i in DEV} for found in asked.values())
    assert tries(tuned(Fake(), key=Key(("another",)))) != tries(records["R1"])


def test_the_first_candidate_is_plain_and_all_are_made_of_what_there_is() -> None:
    drawn = candidates(6, 40, KEY)
    assert len(drawn) == 40 and drawn[0] == Candidate(0, (0, 1, 2))
    assert {c.instruction for c in drawn} == set(range(len(INSTRUCTIONS)))
    for one in drawn[1:]:
        assert 2 <= len(one.examples) == len(set(one.examples)) <= 6 and set(one.examples) <= set(range(6))
    assert drawn[:6] == candidates(6, 6, KEY), "more trials are more of the same"
    assert [c.examples for c in candidates(0, 3, KEY)] == [(), (), ()]
    assert {c.examples for c in candidates(1, 9, KEY)} == {(0,)}


def test_the_best_on_dev_items_is_taken() -> None:
    """A model that is right under one instruction alone: the first candidate that has it wins, with share 1."""
    plain = tuned(Fake())
    good = next(instruction for instruction, _ in tries(plain) if instruction)
    record = tuned(wrong(lambda p: 0.0 if instructed(p) == INSTRUCTIONS[good] else 1.0))
    first = [instruction for instruction, _ in tries(record)].index(good)
    assert (record["instruction"], record["examples"]) == tries(record)[first]
    assert record["trials"][first]["right"] == 1.0 and record["trials"][0]["right"] == 0.0


def test_examples_are_tuned_too() -> None:
    """A model that needs four of them."""
    record = tuned(wrong(lambda p: 0.0 if len(p.shots) >= 4 else 1.0))
    assert len(record["examples"]) >= 4


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_of_equals_the_first_is_taken(error: float) -> None:
    """Where all candidates are as good, nothing is changed."""
    record = tuned(wrong(lambda p: error))
    assert (record["instruction"], record["examples"]) == (0, [0, 1, 2])
    assert [one["right"] for one in record["trials"]] == [1 - error] * 6


def chosen_on_average(rates: Sequence[float], dev: int) -> float:
    """Exact: the true rate of the candidate with most successes of `dev`, the first of equals."""
    mass = [[comb(dev, k) * p**k * (1 - p) ** (dev - k) for k in range(dev + 1)] for p in rates]
    mean = 0.0
    for i, p in enumerate(rates):
        for k in range(dev + 1):
            others = [sum(m[: k + (j > i)]) for j, m in enumerate(mass) if j != i]  # those before must have fewer
            mean += p * mass[i][k] * float(np.prod(others))
    return mean


@pytest.mark.slow
@pytest.mark.parametrize("better", [0.3, -0.3, 0.0])
def test_what_is_chosen_is_as_good_as_arithmetic_says(better: float) -> None:
    """Candidates whose true accuracy is known: on average the one that is chosen has the exact expectation, whether all
    others are better than the plain one, worse, or as good: tuning helps and hurts by the dev items' noise alone."""
    base, dev, trials = 0.5, DEV[:4], 3

    def rate(instruction: int, examples: Sequence[int]) -> float:
        return base if (instruction, list(examples)) == (0, [0, 1, 2]) else base + better

    plain = tuple(f"{item.question}" for item in SHOWN[:3])
    model = wrong(lambda p: 1 - (base if tuple(s.question for s in p.shots) == plain else base + better))
    found, exact = [], []
    for seed in range(150):
        record = tuned(model, pools=TuningData(SHOWN, dev, trials), key=Key(("simulated", str(seed))))
        rates = [rate(*one) for one in tries(record)]
        found.append(rate(record["instruction"], record["examples"]))
        exact.append(chosen_on_average(rates, len(dev)))
    assert abs(np.mean(found) - np.mean(exact)) < 0.04  # three standard errors of .3 x a coin over 150 are .037
    assert bool(np.mean(found) > base) is (better > 0)


def test_the_exact_expectation_is_right_where_it_is_plain() -> None:
    """Two candidates, one dev item: the first loses only where it is wrong and the second right."""
    assert chosen_on_average([0.5, 0.2], 1) == pytest.approx(0.5 * (1 - 0.5 * 0.2) + 0.2 * 0.5 * 0.2)
    assert chosen_on_average([0.4] * 5, 12) == pytest.approx(0.4)


def test_every_call_of_tuning_is_counted() -> None:
    """One call a trial and dev item for R1, each with its prompt and what was written; voting arms cost more."""
    model = Fake()
    spend = tuned(model)["spend"]
    assert spend["calls"] == len(model.asked) == 6 * len(DEV)
    assert spend["output"] == spend["calls"]  # one word each
    assert spend["uncached"] + spend["cached"] > 20 * spend["calls"]
    model = Fake()
    assert tuned(model, "V")["spend"]["calls"] == len(model.asked) > 6 * len(DEV)


@pytest.mark.parametrize("pools", [TuningData(SHOWN, DEV, 1), TuningData(SHOWN, DEV, 0), TuningData(SHOWN, (), 6)])
@pytest.mark.parametrize("tuner", [tune, tune_by_reflection])
def test_nothing_to_try_is_plain_and_free(pools: TuningData, tuner: Any) -> None:
    model = Fake()
    record = asyncio.run(tuner(model, TASK, terms(ARMS["R2"].solve), pools, KEY))
    assert (record["text"], record["examples"], model.asked) == ("", [0, 1, 2], [])
    assert {one["right"] for one in record["trials"]} == {None}, "what was not tried has no score"
    assert record["spend"]["calls"] == 0


# ------------------------------------------------------------------------------------------------ reasoning of its own

BARE = tuple(replace(item, worked=Transcript()) for item in SHOWN)


def thinks_about(known: Sequence[Item]) -> Fake:
    """A model that reasons about sums in sentences that the task reads; right about `known` alone."""

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        item = next((one for one in SHOWN if one.question == prompt.question), None)
        if item is None:
            return Fake.reckon(model, prompt, key)
        return f" {item.worked.text} {PROBE} {item.gold if item in known else int(item.gold) + 1}."

    return Fake(say)


def test_own_reasoning_is_kept_only_where_it_was_right_and_is_charged() -> None:
    """The wrong ones are paid for as well."""
    model = thinks_about(SHOWN[1:3])
    record = tuned(model, "R2", TuningData(BARE, DEV, 1))
    assert record["thoughts"] == {str(i): [s.text for s in SHOWN[i].worked.steps] for i in (1, 2)}
    assert (record["written"], record["spend"]["calls"]) == (2, len(BARE)) == (2, len(model.asked))
    style = style_of(record, TASK, BARE)
    assert [bool(one.thought) for one in style.examples] == [False, True, True]
    assert len(style.aloud) == 2 and len(style.snap) == 3


@pytest.mark.parametrize("tuner", [tune, tune_by_reflection])
def test_trials_are_charged_beside_the_reasoning(tuner: Any) -> None:
    """All calls, those that wrote examples and those that tried prompts."""
    if tuner is tune_by_reflection:
        pytest.importorskip("gepa")
    model = thinks_about(SHOWN[1:3])
    record = asyncio.run(tuner(model, TASK, terms(ARMS["R2"].solve), TuningData(BARE, DEV, 2), KEY))
    assert record["spend"]["calls"] == len(model.asked) > len(BARE) + len(DEV) - 1
    assert record["written"] == 2


def test_reasoning_is_written_only_where_it_is_wanted_and_missing() -> None:
    for pools in (TuningData(BARE, DEV, 1, thinks=False), TuningData(SHOWN, DEV, 1)):
        model = thinks_about(SHOWN)
        record = tuned(model, "R2", pools)
        assert (record["thoughts"], model.asked) == ({}, [])


# ------------------------------------------------------------------------------------------------ records


@pytest.mark.parametrize("shown", [SHOWN, BARE])
def test_a_record_gives_back_the_very_style(shown: Sequence[Item]) -> None:
    """After a way through JSON: the examples in their order with their reasoning, and the instruction."""
    record = tuned(thinks_about(SHOWN[:4]), "R2", TuningData(shown, DEV, 6), Key(("back",)))
    style = style_of(json.loads(json.dumps(record)), TASK, shown)
    whole = [example(TASK, item) for item in shown]
    if shown is BARE:
        written = [tuple(step.text for step in item.worked.steps) for item in SHOWN[:4]]
        whole = [replace(one, thought=(*written, (), ())[i]) for i, one in enumerate(whole)]
    assert style == Candidate(record["instruction"], tuple(record["examples"])).style(whole)


def test_an_instruction_that_is_on_no_list_is_given_back() -> None:
    record = {"instruction": None, "text": "Say it in French.", "examples": [4, 1], "thoughts": {}}
    style = style_of(record, TASK, SHOWN)
    assert style.instruction == "Say it in French." and [e.question for e in style.examples] == [
        SHOWN[4].question,
        SHOWN[1].question,
    ]
    old = {"instruction": 2, "examples": [], "thoughts": {}}
    assert style_of(old, TASK, SHOWN).instruction == INSTRUCTIONS[2]


def test_random_search_is_deterministic() -> None:
    one, other = (still(tuned(Fake(error=0.4), "R2")) for _ in range(2))
    assert one == other


def test_what_tuning_cost_is_one_line() -> None:
    """Over all arms; none where nothing was asked or nothing could be tuned."""
    unit = {"phase": "prepare", "records": [tuned(Fake())]}
    [line] = costs([unit, unit, {"phase": "rungs", "records": []}])
    assert f"in {2 * 6 * len(DEV)} calls" in line and line.endswith("for 2 arms x tasks")
    assert costs([{"phase": "prepare", "records": [{"arm": "A", "status": "absent", "error": "no"}]}]) == []


# ------------------------------------------------------------------------------------------------ in a run


def test_a_run_is_tuned_by_the_tuner_that_it_names(tmp_path: Any) -> None:
    """Both keep to the same number of tries, and the run's units hold their records."""
    pytest.importorskip("gepa")
    for tuner in ("random", "gepa"):
        settings = RungsSettings(
            shots=2, budgets=(2000,), arms=("R1", "R2"), trials=3, dev=4, attempts=1, edits=False, tuner=tuner
        )
        run = ta.run(
            "rungs", reflective(abacus), ["chain_sum"], items=2, difficulty=4, out=tmp_path / tuner,
            settings=settings,
        )  # fmt: skip
        records = [r for unit in run.units if unit["phase"] == "prepare" for r in unit["records"]]
        assert len(records) == 2 and all(r["tuner"].split()[0] == tuner for r in records)
        assert all(r.get("tries", 12) <= 12 for r in records)
        assert "for 2 arms x tasks" in costs(run.units)[0]


def test_an_unknown_tuner_is_refused() -> None:
    with pytest.raises(UserError, match="no tuner named 'gepo'; did you mean gepa"):
        ta.run("rungs", settings={"tuner": "gepo"})
    said = CliRunner().invoke(cli, ["plan", "rungs", "--model", "none", "--tuner", "gepo"])
    assert "did you mean gepa" in str(said.exception)
