"""One call through Inspect: turns in, a `Reply` out, and every error as one of ours.

Inspect's own retries and connection limits apply below. This module does not judge a reply (was the prefill continued,
do the log-probabilities belong to the text): `probe.py` does.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from thinkaloud.errors import FatalError, ModelError, ThinkaloudError
from thinkaloud.joining import joined
from thinkaloud.models.loop import BackgroundLoop
from thinkaloud.vocabulary import Prompt, Sampling, Usage

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput

Turn = tuple[Literal["user", "assistant"], str]
Top = Mapping[str, float]
"""Log-probabilities of the likeliest next tokens, by their text."""
MOST = 1e-3
"""A log-probability is at most 0, but for rounding."""
FLOOR = -87.0
"""Nothing on a list of likeliest tokens is less likely than float32 can represent (e to the -87.3). Lower values are
placeholders for tokens that were masked or never computed (-9999, -100, the smallest float)."""
Thinking = Literal["none", "raw", "hidden"]
"""Whether a reply had reasoning outside its text, and whether it was readable."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to ask: `sampling`, a seed, and how many of the likeliest tokens are wanted (0: no log-probabilities)."""

    sampling: Sampling
    seed: int | None = None
    top: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. `tops`: one per token, empty if there were none; `tokens`: the texts of the chosen tokens; `counted`:
    whether the provider said how many tokens it took (else `usage` holds a request and no tokens)."""

    text: str
    finish: Literal["stop", "length"]
    tokens: tuple[str, ...]
    tops: tuple[Top, ...]
    thinking: Thinking
    usage: Usage
    counted: bool


def given(listed: Iterable[tuple[str, Any]]) -> Top:
    """The entries of a list of likeliest tokens that are log-probabilities, in order. Placeholders for *not given*
    (null, minus infinity, -9999 and other floors) are left out; of duplicate texts the first counts. Raises
    `ModelError` for a value that cannot be a log-probability."""
    found: dict[str, float] = {}
    for token, said in listed:
        value = -math.inf if said is None else float(said)
        if math.isnan(value) or value > MOST:
            raise ModelError(f"{said!r} is no log-probability")
        if value > FLOOR:
            found.setdefault(token, min(0.0, value))
    return found


def turns(prompt: Prompt, said: str = "") -> list[Turn]:
    """A prompt as turns: examples, the question, and the prefill as the beginning of the last turn; `said` is added to
    it as it is."""
    out: list[Turn] = []
    for shot in prompt.shots:
        out += [("user", shot.question), ("assistant", joined(shot.answer))]
    out.append(("user", prompt.question))
    begun = joined(prompt.prefill) + said
    return [*out, ("assistant", begun)] if begun else out


class Line:
    """A connection to one model. `elsewhere`: the loop in which calls are made; None: the caller's own loop, which must
    be the one that the model was made for (as inside an eval of Inspect)."""

    def __init__(self, model: Model, elsewhere: BackgroundLoop | None = None) -> None:
        self.model, self.name = model, f"inspect:{model}"
        self._elsewhere = elsewhere

    async def ask(self, conversation: Sequence[Turn], asked: Asked) -> Reply:
        """One reply. Raises `ModelError` if this call failed, `UserError` if every call would fail (key, name)."""
        work = self._ask(conversation, asked)
        return await (self._elsewhere.run(work) if self._elsewhere else work)

    async def _ask(self, conversation: Sequence[Turn], asked: Asked) -> Reply:
        from inspect_ai.util import LimitExceededError

        started = time.perf_counter()
        try:
            output = await self.model.generate(_messages(conversation), config=_config(asked))
        except LimitExceededError as limit:
            limit.ends_run = True  # type: ignore[attr-defined]
            raise  # a limit that the user gave to Inspect: Inspect ends the sample
        except Exception as error:  # every provider has its own kinds
            raise trouble(self.name, error, self.model) from error
        if output.empty:
            raise ModelError(f"{self.name} returned no reply: {output.error or 'and no reason'}")
        return _reply(output, asked, time.perf_counter() - started)


def trouble(name: str, error: Exception, model: Model | None = None) -> ThinkaloudError:
    """A provider's error as one line: a wrong key or name is for the user to fix, anything else fails one unit."""
    from inspect_ai._util.error import PrerequisiteError

    chain: list[BaseException] = [error]
    while (below := chain[-1].__cause__ or _last_attempt(chain[-1])) and below not in chain:
        chain.append(below)
    said = _one_line(chain[-1])
    statuses = {getattr(one, place, None) for one in chain for place in ("status_code", "code")}
    refused = model is not None and any(isinstance(e, Exception) and model.api.is_auth_failure(e) for e in chain)
    if refused or statuses & {401, 403}:
        return FatalError(f"{name} refuses the key it was given: {said}")
    if 404 in statuses:
        return FatalError(f"{name} is not known to its provider: {said}")
    if any(isinstance(one, PrerequisiteError) for one in chain):
        return FatalError(f"{name} cannot be asked: {said}")
    return ModelError(f"{name} failed: {said}")


def _last_attempt(error: BaseException) -> BaseException | None:
    """The last error of a series of retries (tenacity keeps it in a future)."""
    attempt: Any = getattr(error, "last_attempt", None)
    found: BaseException | None = attempt.exception() if attempt is not None else None
    return found


def _one_line(error: BaseException) -> str:
    text = str(getattr(error, "provider_message", None) or getattr(error, "message", None) or error)
    text = " ".join(re.sub(r"\[/?(bold|blue|red|italic|[a-z]+ [a-z]+)\]", "", text).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _messages(conversation: Sequence[Turn]) -> list[ChatMessage]:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser

    kinds = {"user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[role](content=text) for role, text in conversation]


def _config(asked: Asked) -> GenerateConfig:
    from inspect_ai.model import GenerateConfig

    sampling = asked.sampling
    return GenerateConfig(
        max_tokens=sampling.tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p if sampling.top_p < 1 else None,
        stop_seqs=list(sampling.stop) or None,
        seed=asked.seed,
        logprobs=True if asked.top else None,
        top_logprobs=asked.top or None,
    )


def _reply(output: ModelOutput, asked: Asked, seconds: float) -> Reply:
    choice, spent = output.choices[0], output.usage
    content = choice.logprobs.content if choice.logprobs else []
    tops = [given((t.token, t.logprob) for t in one.top_logprobs or []) for one in content]
    usage = Usage(requests=1, seconds=output.time if output.time is not None else seconds)
    if spent is not None:
        computed = spent.input_tokens + (spent.input_tokens_cache_write or 0)
        cached = spent.input_tokens_cache_read or 0
        usage += Usage(asked=computed + cached, computed=computed, generated=spent.output_tokens)
    cut_off = choice.stop_reason in ("max_tokens", "model_length")
    if choice.stop_reason == "unknown":  # then only the count can tell
        cut_off = spent is not None and spent.output_tokens >= asked.sampling.tokens
    return Reply(
        choice.message.text,
        "length" if cut_off else "stop",
        tuple(one.token for one in content),
        tuple(tops) if all(tops) else (),
        _thinking(output),
        usage,
        spent is not None,
    )


def _thinking(output: ModelOutput) -> Thinking:
    from inspect_ai.model import ContentReasoning

    message = output.choices[0].message
    blocks = (
        [c for c in message.content if isinstance(c, ContentReasoning)] if isinstance(message.content, list) else []
    )
    if any(b.redacted or b.signature or b.summary for b in blocks):
        return "hidden"  # a summary, or a block that is signed: it cannot be put back with a word changed
    if blocks or "<think>" in message.text:
        return "raw"
    return "hidden" if output.usage is not None and output.usage.reasoning_tokens else "none"
