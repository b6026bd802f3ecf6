"""Models that are tuned on sums: wrong as often as their prompt makes them, and some that write instructions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from arms_fixture import TASK, Fake, terms
from thinkaloud.arms.registry import ARMS
from thinkaloud.arms.tuning import TuningData, tune
from thinkaloud.vocabulary import Key, Prompt, Record

KEY = Key(("tuning",))
DRAWN = TASK.items(4, 14, KEY)
SHOWN, DEV = DRAWN[:6], DRAWN[6:]
POOLS = TuningData(SHOWN, DEV, 6)
REFLECTS = "Write a better instruction"
ABACUS = "```\nUse the abacus.\n```"


def tuned(model: Fake, arm: str = "R1", pools: TuningData = POOLS, key: Key = KEY) -> Record:
    """One arm's record of random search."""
    return asyncio.run(tune(model, TASK, replace(terms(ARMS[arm].solve), arm=arm), pools, key))


def wrong(error: Callable[[Prompt], float]) -> Fake:
    """A model that is wrong as often as its prompt makes it."""

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        model.error = error(prompt)
        return Fake.reckon(model, prompt, key)

    return Fake(say)


def instructed(prompt: Prompt) -> str:
    """The instruction before a question; empty where there is none."""
    return prompt.question.rpartition("\n")[0]


def tries(record: Record) -> list[tuple[int, list[int]]]:
    return [(one["instruction"], one["examples"]) for one in record["trials"]]


def still(record: Record) -> dict[str, Any]:
    """A record without the clock."""
    kept = json.loads(json.dumps(record))
    for name in ("spend", "reflected"):
        kept.get(name, {}).pop("wall", None)
    return dict(kept)


def reflective(error: Callable[[Prompt], float], writes: str | Callable[[Key], str] = ABACUS) -> Fake:
    """The same model, which writes an instruction when it is asked for one."""
    inner = wrong(error)

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        if REFLECTS in prompt.question:
            return writes if isinstance(writes, str) else writes(key)
        return (inner.say or Fake.reckon)(model, prompt, key)

    return Fake(say)


def abacus(prompt: Prompt) -> float:
    """Wrong less often with an abacus."""
    return 0.2 if "abacus" in prompt.question else 0.7
