"""Providers of Inspect whose faults are known: a faithful scripted reasoner behind a chat interface, in several moods.

`fake/honest` truly continues its turn, and its tokens are single characters after the first space, so that every
option has to be walked. The others differ from it in one thing each, which their names say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from thinkaloud.conditions.asking import AT_ONCE
from thinkaloud.conditions.lettered import labels, listed
from thinkaloud.interop.provider import to_prompt
from thinkaloud.models.inspect.probe import LISTS, PLAIN, WORD
from thinkaloud.organisms.scripted import scripted
from thinkaloud.organisms.simulated import simulated
from thinkaloud.vocabulary import PROBE, Item, Key, Prompt, Sampling, Shot

REASONERS = {name: scripted(name) for name in ("faithful", "posthoc")}
SURE = simulated("0,0,0,0,0,0,0,0")
"""A model of the rungs that makes no mistake, so that what it says hangs on no draw."""


class Unseen:
    """The faithful reasoner asked directly, without its tokenizer: a chat service shows none either, so that lengths
    are counted in the same unit on both ways."""

    def __init__(self) -> None:
        inner = REASONERS["faithful"]
        self.card, self.know, self.generate, self.score = inner.card, inner.know, inner.generate, inner.score


REST = {
    LISTS[0].begun: " thirteen, fourteen",
    LISTS[1].begun: " Thursday, Friday",
    LISTS[2].begun: " Q, R, S",
    WORD.begun: "four, twenty-five",
}


OUTAGE = [0]
OUT: list[str] = []
"""Questions to which `fake/stumbles` refuses an answer."""
"""So many calls of `fake/recovers` fail, once it was probed."""


class Refused(Exception):
    """A failed call with a status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status_code = status


def know(items: Sequence[Item]) -> None:
    """What the reasoners will be asked."""
    for reasoner in REASONERS.values():
        reasoner.know(items)


@modelapi(name="fake")
class Fake(ModelAPI):
    """`fake/MOOD` with a faithful reasoner behind it; `fake/posthoc` is honest about one that is not, and
    `fake/sure` about one that answers every arm of the rungs; `fake/turns` answers whole turns only."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name == "closed":
            raise ValueError("no such deployment")
        self.mood, self.arguments = model_name, model_args
        self.calls = self.failures = 0
        self.seen: list[GenerateConfig] = []

    def should_retry(self, ex: Exception) -> bool:
        return isinstance(ex, Refused) and ex.status_code == 429

    def retry_wait(self) -> Any:
        return lambda state: 0.0

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        self.calls += 1
        self.seen.append(config)
        self._fail(config)
        prompt = to_prompt(input)
        if self.mood == "stumbles" and any(question in prompt.question for question in OUT):
            raise Refused(500, "out of order")
        text, logprobs = await self._said(prompt, config)
        if self.mood == "mute":
            logprobs = None
        if self.mood == "echoes" and prompt.prefill:
            text = prompt.prefill[0] + text
        content: Any = text
        if self.mood in ("hidden", "raw"):
            block = ContentReasoning(reasoning="" if self.mood == "hidden" else "hm", redacted=self.mood == "hidden")
            content = [block, ContentText(text=text)]
        return ModelOutput(
            model=self.mood,
            choices=[
                ChatCompletionChoice(
                    message=ChatMessageAssistant(content=content), stop_reason="stop", logprobs=logprobs
                )
            ],
            usage=None if self.mood == "uncounted" else ModelUsage(input_tokens=7, output_tokens=3, total_tokens=10),
        )

    def _fail(self, config: GenerateConfig) -> None:
        if self.mood == "keyless":
            raise Refused(401, "invalid api key")
        if self.mood == "unknown":
            raise Refused(404, "no such model")
        if self.mood == "dead":
            raise Refused(500, "out of order")
        if self.mood == "dies" and self.calls > 12:
            raise Refused(500, "out of order")
        if self.mood == "recovers" and self.calls > 12 and OUTAGE[0] > 0:
            OUTAGE[0] -= 1
            raise Refused(500, "out of order")
        if self.mood == "limited" and self.failures < 2 * self.calls // 3:
            self.failures += 1
            raise Refused(429, "slow down")
        if self.mood == "warm" and config.temperature == 0:
            raise ValueError("temperature must be positive")
        if self.mood == "wide" and (config.max_tokens or 0) < 16:
            raise ValueError("at least 16 tokens")
        if self.mood == "strict" and any(not stop.strip() for stop in config.stop_seqs or ()):
            raise ValueError("a stop must not be blank")

    async def _said(self, prompt: Prompt, config: GenerateConfig) -> tuple[str, Logprobs | None]:
        begun = prompt.prefill[0] if prompt.prefill else ""
        if (
            self.mood in ("restarts", "turns") and begun
        ):  # as a service that closes the turn it was given and opens another
            return begun[: 4 * (config.max_tokens or 99)], _content([begun[:4]], config)
        if self.mood == "wanders" and begun:  # goes on, in a new turn: gives itself away in the middle of a word
            begins_anew = " twenty-four" if begun == WORD.begun else REST.get(begun, " well")
            return begins_anew, _content([begins_anew], config)
        if prompt.question == PLAIN.question:
            return "17 plus 26 is 43.", _content(["17", " plus"], config)
        if begun in REST:
            told = [REST[begun][:2], *REST[begun][2:]]
            if self.mood == "marks":  # as tokens stand in vocabularies
                told = [token.replace(" ", "\u0120") for token in told]
            if self.mood == "askew":
                return REST[begun], _content(["Well", ","], config)
            return REST[begun], _content(told, config)
        return await self._reasoned(prompt, begun, config)

    async def _reasoned(self, prompt: Prompt, begun: str, config: GenerateConfig) -> tuple[str, Logprobs | None]:
        if self.mood == "sure":
            sampling = Sampling(config.max_tokens or 99, tuple(config.stop_seqs or ()))
            return (await SURE.generate(prompt, sampling, Key(("x",)))).text, None
        if self.mood == "turns":
            return await _turn(prompt), None
        reasoner = REASONERS["posthoc" if self.mood == "posthoc" else "faithful"]
        before, probe, said = begun.rpartition(PROBE)
        shots = tuple(Shot(s.question, _cut(" ".join(s.answer))) for s in prompt.shots)
        if not probe:
            done = await reasoner.generate(
                Prompt(shots, prompt.question, (begun,) if begun else ()),
                Sampling(config.max_tokens or 99),
                Key(("x",)),
            )
            return done.text, None
        whole = Prompt(shots, prompt.question, tuple(filter(None, (before.strip(), PROBE))))
        options = self._options(prompt.question)
        reading = await reasoner.score(whole, options)
        after = _next(said, dict(zip(options, map(math.exp, reading.logprobs), strict=True)))
        return next(iter(after)), _content([next(iter(after))], config, after)

    def _options(self, question: str) -> Sequence[str]:
        lettered = listed(question)
        if lettered:
            return labels(len(lettered[1]))
        known = REASONERS["faithful"]._items
        return known[max((q for q in known if q in question), key=len)].options


async def _turn(prompt: Prompt) -> str:
    """A whole turn, reasoned unless it is told to answer at once, that ends in the reasoner's likeliest option."""
    question, _, words = prompt.question.rpartition("\n\n")
    reasoner, bare = REASONERS["faithful"], replace(prompt, question=question)
    said = "" if words == AT_ONCE else (await reasoner.generate(bare, Sampling(99), Key(("x",)))).text
    lettered = listed(question)
    options = reasoner._items[max((q for q in reasoner._items if q in question), key=len)].options
    named = labels(len(lettered[1])) if lettered else options
    reading = await reasoner.score(replace(bare, prefill=tuple(filter(None, (said, PROBE)))), named)
    return f"{said} The answer is {named[reading.best]}.".strip()


def _cut(answer: str) -> tuple[str, ...]:
    before, _, rest = answer.rpartition(PROBE)
    return tuple(filter(None, (before.strip(), f"{PROBE}{rest}")))


def _next(said: str, options: dict[str, float]) -> dict[str, float]:
    """Log-probabilities of the next character of ` OPTION.`, after what is said already."""
    found: dict[str, float] = {}
    for option, p in options.items():
        text = f" {option}."
        if text.startswith(said) and len(said) < len(text):
            token = text[:2] if not said else text[len(said)]
            found[token] = found.get(token, 0.0) + p
    total = math.fsum(found.values())
    return {token: math.log(p / total) for token, p in sorted(found.items(), key=lambda pair: -pair[1])}


def _content(tokens: Sequence[str], config: GenerateConfig, top: dict[str, float] | None = None) -> Logprobs | None:
    if not config.logprobs:
        return None
    found = []
    for token in tokens:
        likely = top or {token: math.log(0.9), "%": math.log(0.1)}
        tops = [TopLogprob(token=t, logprob=x) for t, x in list(likely.items())[: config.top_logprobs]]
        found.append(Logprob(token=token, logprob=likely[token], top_logprobs=tops))
    return Logprobs(content=found)
