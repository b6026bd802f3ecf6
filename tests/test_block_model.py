"""The model that thinks in a block, as it ships: it reasons, it can be silenced, and its answer follows its block."""

from __future__ import annotations

import hashlib

import pytest

from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.named import SMOLLM2_SHA256
from thinkaloud.open_model import model_names, open_model
from thinkaloud.organisms.block import adapter
from thinkaloud.organisms.block.measured import ANSWER, LEVELS, TURN, fresh, mistaken, written
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import Item, Key, Prompt, Thinking

TASK, N = ChainSum(), 20
ITEMS = fresh(4, N, Key(("test", "block model")))


def test_the_adapter_is_small_and_its_digest_is_that_of_what_ships() -> None:
    found = adapter.load(0)
    blob = (adapter.WEIGHTS / "block-0.safetensors").read_bytes()
    assert hashlib.sha256(blob).hexdigest() == found.sha256 == found.about["sha256"]
    assert len(blob) <= 2_000_000
    assert found.about["base"] == SMOLLM2_SHA256
    assert f"organism:block/{found.about['seed']}" in model_names()


def test_what_ships_beside_it_was_measured_on_every_level_and_is_what_the_docs_say() -> None:
    measured = {(row["reading"], row["level"]): row for row in adapter.load(0).about["measured"]}
    assert {level for _, level in measured} == set(LEVELS)
    for row in measured.values():
        assert row["low"] <= row["value"] <= row["high"]
        if row["reading"] in ("in form", "right", "follow:last"):
            assert row["value"] >= 0.9, row


@pytest.fixture(scope="module")
def model() -> LlamaCpp:
    found = open_model("organism:block/0", Loading(threads=2))
    assert isinstance(found, LlamaCpp)
    assert found.card.digest == f"sha256:{adapter.load(0).digest(SMOLLM2_SHA256)}"
    return found


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
