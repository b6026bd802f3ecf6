"""Protects: reflection keeps to the limit of random search, is counted, and neither hangs nor swallows a failure."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from arms_fixture import TASK, Fake, terms
from thinkaloud.arms.ask import Ask
from thinkaloud.arms.bridge import Bridge, threaded
from thinkaloud.arms.gepa_tuning import WORDS, _instruction, tune_by_reflection
from thinkaloud.arms.registry import ARMS
from thinkaloud.arms.tuning import Pools, candidates, style_of
from thinkaloud.errors import ContextTooSmall, ModelError, NotMeasurable, UserError
from thinkaloud.vocabulary import Item, Key, Prompt, Record
from tuning_fixture import DEV, KEY, POOLS, REFLECTS, SHOWN, abacus, reflective, still, wrong


def reflected(model: Fake, pools: Pools = POOLS, key: Key = KEY, reflector: Fake | None = None) -> Record:
    """One record of GEPA; a hang fails instead of waiting forever."""
    pytest.importorskip("gepa")
    job = tune_by_reflection(model, TASK, terms(ARMS["R2"].solve), pools, key, reflector)
    return asyncio.run(asyncio.wait_for(job, 60))


def reflections(model: Fake) -> list[str]:
    return [p.question for p in model.asked if REFLECTS in p.question]


def test_reflection_finds_an_instruction_that_is_on_no_list() -> None:
    """And the record gives it back."""
    model = reflective(abacus)
    record = reflected(model)
    assert record["text"] == "Use the abacus." and record["trials"][0]["text"] == ""
    assert style_of(json.loads(json.dumps(record)), TASK, SHOWN).instruction == "Use the abacus."
    best = max(one["right"] for one in record["trials"])
    assert next(one for one in record["trials"] if one["right"] == best)["text"] == record["text"]
    assert "The right answer is" in reflections(model)[0]


@pytest.mark.parametrize("error", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("trials", [2, 6])
@pytest.mark.parametrize("dev", [1, 2, 5, 8])
def test_reflection_keeps_to_the_limit_of_random_search(error: float, trials: int, dev: int) -> None:
    """Never one try more than trials x dev items, whatever happens, and never without an end: not with a model that is
    always right, always wrong, or always writes something new."""
    for seed in range(4):
        model = reflective(lambda p: error, lambda key: f"```\nTry {key.digest[0]}\n```")
        record = reflected(model, Pools(SHOWN, DEV[:dev], trials), Key(("limit", str(seed))))
        assert record["tries"] <= record["limit"] == trials * dev
        assert record["tries"] == record["spend"]["calls"] - record["reflected"]["calls"]
        assert record["spend"]["calls"] == len(model.asked)
        assert record["reflections"] == len(reflections(model)) <= max(1, (trials - 1) * dev // min(3, dev))
        if error == 0:
            assert (record["tries"], record["text"], record["reflections"]) == (dev, "", 0)


@pytest.mark.parametrize("writes", ["", "```\n```", "   \n"])
def test_a_reflection_that_writes_nothing_changes_nothing(writes: str) -> None:
    record = reflected(reflective(lambda p: 0.9, writes))
    assert {one["text"] for one in record["trials"]} == {""} and record["reflections"] > 1


def test_an_instruction_is_one_short_line() -> None:
    """Also where its fence never ends, since there was no room for more."""
    record = reflected(reflective(abacus, "Sure!\n```text\nUse\nthe abacus " + "now " * 200 + "\n```"))
    assert record["text"] == " ".join(["Use the abacus", *["now"] * (WORDS - 3)])


@pytest.mark.parametrize("written", ["Use it.", "```Use it.```", "Well:\n```\nUse\nit.\n```\nThat is all. ```no```"])
def test_an_instruction_is_read_in_or_out_of_a_fence(written: str) -> None:
    assert _instruction(written) == "Use it."


def test_reflection_is_deterministic_and_hangs_on_the_seed() -> None:
    records = [still(reflected(reflective(abacus))) for _ in range(2)]
    assert records[0] == records[1]
    assert still(reflected(reflective(abacus), key=Key(("another",)))) != records[0]


def test_another_model_may_reflect() -> None:
    """Then the model itself is never asked to, and what the other cost is told apart and counted."""
    model, other = wrong(abacus), reflective(abacus)
    record = reflected(model, reflector=other)
    assert record["text"] == "Use the abacus." and not reflections(model)
    assert record["reflected"]["calls"] == len(other.asked) == record["reflections"]
    assert record["spend"]["uncached"] > record["reflected"]["uncached"] > 0


def test_rounds_that_cost_nothing_end_too() -> None:
    """One dev item is never right: most rounds show three that are, and end before anything is proposed."""
    hard = DEV[5].question
    most = 3 * (5 * len(DEV) // 3)
    rounds = []
    for seed in range(8):
        record = reflected(reflective(lambda p: float(p.question.endswith(hard))), POOLS, Key(("idle", str(seed))))
        assert record["proposed"] < record["rounds"] <= most
        rounds.append(record["rounds"])
    assert max(rounds) == most


def test_examples_are_chosen_by_the_lots_of_random_search() -> None:
    """A model that only examples help: the choice is one that random search might draw."""
    record = reflected(reflective(lambda p: 0.1 if len(p.shots) >= 5 else 0.8))
    drawn = [list(c.examples) for c in candidates(6, 100, KEY.child("candidates"))]
    assert all(one["examples"] in drawn for one in record["trials"])
    assert len(record["examples"]) >= 5


def test_no_examples_and_one_are_nothing_to_choose_from() -> None:
    for n in (0, 1):
        record = reflected(reflective(abacus), Pools(SHOWN[:n], DEV, 4))
        assert record["examples"] == list(range(n)) and record["text"] == "Use the abacus."


@pytest.mark.parametrize("failure", [ModelError("the server is gone"), UserError("no"), ValueError("odd")])
def test_a_reflection_that_fails_ends_the_tuning_once(failure: Exception) -> None:
    """GEPA would catch it and go on: a tuning that failed must not look like one that found nothing."""
    seen = []

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        seen.append(1)
        raise failure

    with pytest.raises(type(failure), match=str(failure)):
        reflected(wrong(lambda p: 0.9), reflector=Fake(say))
    assert len(seen) == 1


def test_what_is_true_of_every_attempt_is_raised() -> None:
    async def never(item: Item, ask: Ask) -> str:
        raise NotMeasurable("not with this one")

    pytest.importorskip("gepa")
    with pytest.raises(NotMeasurable, match="not with this one"):
        asyncio.run(tune_by_reflection(Fake(), TASK, terms(never), POOLS, KEY))


def test_a_reflection_that_does_not_fit_the_context_is_none() -> None:
    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        raise ContextTooSmall(9000, 8192, "this prompt")

    record = reflected(wrong(lambda p: 0.9), reflector=Fake(say))
    assert {one["text"] for one in record["trials"]} == {""} and record["reflected"]["calls"] == 0


def test_many_tunings_at_once_do_not_wait_for_each_other() -> None:
    """More than any pool has threads, in one loop: each gets the record that it gets alone."""
    pytest.importorskip("gepa")
    keys = [Key(("many", str(i))) for i in range(40)]
    pools = Pools(SHOWN, DEV[:3], 3)

    async def all_of_them() -> list[Mapping[str, Any]]:
        jobs = [tune_by_reflection(reflective(abacus), TASK, terms(ARMS["R2"].solve), pools, key) for key in keys]
        return list(await asyncio.wait_for(asyncio.gather(*jobs), 60))

    together = asyncio.run(all_of_them())
    assert [still(one) for one in together[::8]] == [still(reflected(reflective(abacus), pools, k)) for k in keys[::8]]


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gepa", None)
    with pytest.raises(UserError, match=re.escape("pip install 'thinkaloud[tuning]'")):
        asyncio.run(tune_by_reflection(Fake(), TASK, terms(ARMS["R2"].solve), POOLS, KEY))


# ------------------------------------------------------------------------------------------------ the bridge


def test_a_thread_gets_what_the_loop_answers_and_raises() -> None:
    async def twice(x: int) -> int:
        await asyncio.sleep(0)
        if x < 0:
            raise ValueError(f"{x} is too little")
        return 2 * x

    assert asyncio.run(threaded(lambda bridge: bridge.ask(twice(bridge.ask(twice(3)))))) == 12
    with pytest.raises(ValueError, match="-1 is too little"):
        asyncio.run(threaded(lambda bridge: bridge.ask(twice(-1))))


def test_who_is_cancelled_leaves_no_thread_waiting() -> None:
    """What was being asked is cancelled, what is asked next is refused."""
    ended: list[str] = []

    async def run() -> None:
        started = asyncio.Event()

        async def forever() -> None:
            started.set()
            await asyncio.Event().wait()

        async def nothing() -> None:
            ended.append("answered")

        def work(bridge: Bridge) -> None:
            try:
                bridge.ask(forever())
            except BaseException as failure:
                ended.append(type(failure).__name__)
            try:
                bridge.ask(nothing())
            except RuntimeError as refused:
                ended.append(str(refused))

        job = asyncio.create_task(threaded(work))
        await started.wait()
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        while len(ended) < 2:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert ended == ["CancelledError", "nobody waits for this thread any more"]
