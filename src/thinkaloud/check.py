"""`thinkaloud check`: what a model can measure validly on this machine, and how far its numbers are to be trusted.

The *noise floor* is measured, not assumed: the same prompts are read all at once through the prefix tree, and one by
one, each in a session of its own; the largest difference in log-probability is what arithmetic alone can do. A margin
below it may be arithmetic. Rounding that comes out alike both times is not in it. The *prefill probe* does not trust a
capability: it begins the model's turn in the middle of a sentence that only a true continuation goes on with. Prompts
are compared with the model's own template and tokenizer (`same.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.check_profile import check_profile
from thinkaloud.items.reading import TIERS, tier
from thinkaloud.models.same import compared
from thinkaloud.models.session import open_session, profile_of, usage_of
from thinkaloud.open_study import BUILTIN, open_study
from thinkaloud.study import Study
from thinkaloud.vocabulary import PROBE, Capability, Key, Model, Prompt, Sampling, Shot

_SHOTS = (
    Shot("What is 2 + 3?", ("2 plus 3 is 5.", f"{PROBE} 5.")),
    Shot("What is 4 + 4?", ("4 plus 4 is 8.", f"{PROBE} 8.")),
)
_OPTIONS = ("7", "8", "9", "6", "12", "17")
REPEATS = (
    "noise floor of a server: how far its numbers repeat, not in what precision it computes them (half precision that "
    "repeats to the bit reads 0 here; docs/servers.md says how to start it for exact numbers)"
)
# (what was begun, what only a continuation says next, what a new turn would begin with)
_BEGUN = (
    (Prompt((), "Count from one to ten.", ("one, two, three, four,",)), "five", "one"),
    (Prompt((), "Name the days of the week.", ("Monday, Tuesday, Wednesday,",)), "Thursday", "Monday"),
    (Prompt((), "Say the alphabet.", ("A, B, C, D, E,",)), "F", "A"),
)


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """Largest and median difference in log-probability (nats) between shared and one-by-one evaluation, and over how
    many numbers; `flips` is how often the best option changed."""

    largest: float
    median: float
    numbers: int
    flips: int


def prompts() -> list[Prompt]:
    """Prompts that share much and differ in length: sums with more and less of their reasoning."""
    out = []
    for a in range(1, 7):
        steps = (f"{a} plus 5 is {a + 5}.", f"{a + 5} plus 3 is {a + 8}.", f"So we get {a + 8}.")
        out += [Prompt(_SHOTS, f"What is {a} + 5 + 3?", (*steps[:kept], PROBE)) for kept in range(4)]
    return out


def turns_to_compare() -> list[Prompt]:
    """Prompts in which tokenizers and templates differ: with and without examples and a beginning of the answer, other
    scripts, marks, runs of spaces, several lines."""
    odd = ("caf\u00e9 \u2014 \u4f60\u597d \U0001f600 (a b)  1,234.5", 'Two lines\n\n- don\'t: "x" = 5%')
    return [
        *prompts()[:4],
        Prompt((), "What is 2 + 2?"),
        Prompt(_SHOTS, "What is 2 + 2?"),
        *(Prompt((Shot(text, (text, "So it is.")),), text, (text, PROBE)) for text in odd),
    ]


async def noise_floor(shared: Model, model: Model, asked: Sequence[Prompt]) -> NoiseFloor:
    """Read the prompts together in the session `shared` and one by one, each in a session of its own, and compare."""
    together = await asyncio.gather(*(shared.score(p, _OPTIONS) for p in asked))
    # backwards: a server that keeps what it computed would else be asked the same in the same shapes twice
    alone = [await open_session(model).score(p, _OPTIONS) for p in reversed(asked)][::-1]
    pairs = [(x, y) for a, b in zip(together, alone, strict=True) for x, y in zip(a.logprobs, b.logprobs, strict=True)]
    gaps = sorted(abs(x - y) for x, y in pairs)
    flips = sum(a.best != b.best for a, b in zip(together, alone, strict=True))
    return NoiseFloor(gaps[-1], gaps[len(gaps) // 2], len(gaps), flips)


async def continues_prefill(model: Model) -> bool:
    """Whether the model goes on with the beginning of its own turn instead of starting anew, in all of three tries:
    read from log-probabilities where there are any, else from what it writes."""
    if "logprobs" in model.card.capabilities:
        readings = [await model.score(prompt, (following, anew), ",") for prompt, following, anew in _BEGUN]
        return all(reading.best == 0 for reading in readings)
    brief = Sampling(tokens=6)
    texts = [(await model.generate(prompt, brief, Key(("check", following)))).text for prompt, following, _ in _BEGUN]
    return all(text.startswith(following) for text, (_, following, _) in zip(texts, _BEGUN, strict=True))


def check_model(model: Model) -> list[str]:
    """The report as lines."""
    return asyncio.run(_check(model))


async def _check(model: Model) -> list[str]:
    card = model.card
    lines = [
        f"{card.name}: {card.backend}, {card.precision}, turns written as {card.format}, context {card.context} tokens",
        f"digest {card.digest}",
        *(f"{name}: {_said(value)}" for name, value in card.details.items() if value not in (None, "", {}, [])),
    ]
    if card.backend in ("scripted", "organism"):
        return [*lines, f"a reasoner of the {card.backend} kind: it knows its own tasks only, nothing to probe"]
    if same := await asyncio.to_thread(compared, model, turns_to_compare()):
        lines.append(same)
    able = card.capabilities
    if "prefill" in able:
        prefill = await continues_prefill(model)
        lines.append(f"prefill: {'truly continues the turn' if prefill else 'NOT continued: the turn starts anew'}")
        able = able if prefill else able - {"prefill"}
    if (profile := profile_of(model)) is not None:
        lines += await check_profile(model, profile)
    elif card.format == "chat":
        lines.append("thinking: no block that is known here; it is asked in words to reason (--ask zero-shot)")
    if {"prefill", "logprobs"} <= card.capabilities:  # arithmetic is arithmetic, whatever the prefill is worth
        lines += await _noise(model)
    return [*lines, f"tier: {tier(able)}, {TIERS[tier(able)]}", *(_on(open_study(name), able) for name in BUILTIN)]


def _on(study: Study, able: frozenset[Capability]) -> str:
    """What of a study can be measured on a model that can do this."""
    if lacking := sorted(study.needs - able):
        return f"{study.name}: not measurable here, it needs {', '.join(lacking)}"
    return f"{study.name}: {study.tiers.get(tier(able), 'measurable here') if study.takes else 'asks no model'}"


async def _noise(model: Model) -> list[str]:
    """The noise floor as lines, and how much of what was asked was computed."""
    asked = prompts()
    together = open_session(model)
    floor = await noise_floor(together, model, asked)
    lines = [
        f"noise floor: {floor.largest:.1e} nats at most, {floor.median:.1e} in the median, "
        f"{floor.flips} of {len(asked)} answers flipped ({floor.numbers} log-probabilities, shared against one by one)"
    ]
    if model.card.backend == "http":
        lines.append(REPEATS)
    bill = usage_of(together)
    if bill.asked:
        lines.append(f"shared prefixes: {bill.computed:,} tokens computed of {bill.asked:,} asked for")
    return lines


def _said(value: object) -> str:
    return "; ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
