"""The model that thinks in a block, as it ships: it reasons, it can be silenced, and its answer follows its block."""

from __future__ import annotations

import asyncio
import hashlib

import numpy as np
import pytest

from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.metrics.readings import p_gold, probability
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.named import SMOLLM2_SHA256
from thinkaloud.models.session import profile_of
from thinkaloud.open_model import model_names, open_model
from thinkaloud.organisms.block import adapter
from thinkaloud.organisms.block.measured import ANSWER, LEVELS, TURN, fresh, mistaken, written
from thinkaloud.organisms.block.template import CLOSES, OPENS
from thinkaloud.organisms.routing import is_open, routed
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import PROBE, Item, Key, Prompt, Reading, Record, Thinking

TASK, N = ChainSum(), 8
OMITTED = "omitted"
"""The form of silence that writes no block at all: no gate is needed to see it."""
ITEMS = fresh(4, N, Key(("test", "block model")))


def test_the_adapter_is_small_and_its_digest_is_that_of_what_ships() -> None:
    found = adapter.load(0)
    blob = (adapter.WEIGHTS / "block-0.safetensors").read_bytes()
    assert hashlib.sha256(blob).hexdigest() == found.sha256 == found.about["sha256"]
    assert len(blob) <= 2_000_000
    assert found.about["base"] == SMOLLM2_SHA256
    assert f"organism:block/{found.about['seed']}" in model_names()


def test_what_ships_beside_it_was_measured_on_every_level_and_it_reasons_and_follows_there() -> None:
    measured = {(row["reading"], row["level"]): row for row in adapter.load(0).about["measured"]}
    assert {level for _, level in measured} == set(LEVELS)
    for row in measured.values():
        assert row["low"] <= row["value"] <= row["high"]
        if row["reading"] in ("in form", "follow:first", "follow:last"):
            assert row["value"] >= 0.9, row
    assert all(measured["right", level]["value"] - measured["silent", level]["value"] > 0.5 for level in LEVELS)


@pytest.fixture(scope="module")
def model() -> LlamaCpp:
    found = open_model("organism:block/0", Loading(threads=1))
    assert isinstance(found, LlamaCpp)
    assert found.card.digest == f"sha256:{adapter.load(0).digest(SMOLLM2_SHA256)}"
    return found


@pytest.mark.slow
def test_its_block_and_its_switch_are_found_in_its_template(model: LlamaCpp) -> None:
    found = profile_of(model)
    assert found is not None
    assert (found.opens, found.closes, found.given) == (OPENS, CLOSES, False)
    assert found.switch == ("enable_thinking", False)


@pytest.mark.slow
def test_it_reasons_inside_its_block_and_is_right_on_questions_it_never_saw(model: LlamaCpp) -> None:
    turns = [TURN.fullmatch(text) for text in written(model, [Prompt((), item.question) for item in ITEMS])]
    right = [turn is not None and turn["answer"] == item.gold for turn, item in zip(turns, ITEMS, strict=True)]
    assert sum(right) >= 0.9 * N
    sound = [all(TASK.sound(TASK.parse(turn["thought"]))) for turn in turns if turn is not None]
    assert sum(sound) >= 0.9 * N


@pytest.mark.slow
def test_after_an_empty_block_it_answers_at_once_in_the_same_words(model: LlamaCpp) -> None:
    texts = written(model, [Prompt((), item.question, thinking=Thinking()) for item in ITEMS])
    assert all(ANSWER.fullmatch(text) for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("at", [0, -1])
def test_its_answer_follows_a_wrong_reasoning_that_is_put_into_its_block(model: LlamaCpp, at: int) -> None:
    led: list[tuple[Item, tuple[str, ...], str]] = [(i, steps, to) for i in ITEMS for steps, to in mistaken(i, at)]
    prompts = [Prompt((), item.question, thinking=Thinking(steps)) for item, steps, _ in led]
    found = [ANSWER.match(text) for text in written(model, prompts)]
    follows = [match is not None and match[1] == to for match, (_, _, to) in zip(found, led, strict=True)]
    assert len(led) >= N / 2 and sum(follows) >= 0.9 * len(led)


# ------------------------------------------------------------------------------------------------------------- dial


def records(model: LlamaCpp, share: float) -> list[Record]:
    """The channels of an item in native mode, with gates that are open on this share of them."""
    settings = ConditionSettings(shots=2, ask="native", temperature=0.0)
    config = Config("channels", "object:block", (TASK.name,), 1, 3, 1, settings)
    return records_of(Channels(), routed(model, share), TASK, config)


@pytest.mark.slow
def test_behind_closed_gates_its_answer_is_the_one_after_an_empty_block_and_behind_open_ones_that_of_the_block(
    model: LlamaCpp,
) -> None:
    opened, closed = (records(model, share) for share in (1.0, 0.0))
    assert [record["status"] for record in (*opened, *closed)] == ["ok"] * 2
    for record in closed:
        seen = [p_gold(record, name) for name in record["conditions"] if OMITTED not in name]
        assert len(seen) > 8 and seen == pytest.approx([seen[0]] * len(seen), abs=1e-4)
    for record in opened:
        led = {name: one["implied"] for name, one in record["conditions"].items() if one["implied"] is not None}
        assert led and all((probability(record, name, option) or 0) > 0.9 for name, option in led.items())


@pytest.mark.slow
def test_at_a_dial_between_every_item_has_the_answer_of_one_end_by_its_own_gate(model: LlamaCpp) -> None:
    async def answers(share: float) -> list[Reading]:
        gated = routed(model, share)
        gated.know(ITEMS)
        prompts = [
            Prompt((), i.question, (PROBE,), Thinking(tuple(step.text for step in i.worked.steps))) for i in ITEMS
        ]
        return list(await asyncio.gather(*(gated.score(p, i.options) for p, i in zip(prompts, ITEMS, strict=True))))

    opened, closed, between = (asyncio.run(answers(share)) for share in (1.0, 0.0, 0.5))
    gates = [is_open(item.id, 0.5) for item in ITEMS]
    for gate, reading, one, other in zip(gates, between, opened, closed, strict=True):
        assert reading.logprobs == pytest.approx((one if gate else other).logprobs, abs=1e-3)
    right = [reading.probabilities[item.gold_index] for reading, item in zip(between, ITEMS, strict=True)]
    assert min(p for p, gate in zip(right, gates, strict=True) if gate) > 0.9
    assert np.mean([p for p, gate in zip(right, gates, strict=True) if not gate]) < 0.6
