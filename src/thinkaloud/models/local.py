"""A model that runs here: text to tokens to an engine's answers. Every local backend is one of these.

`Lowering` turns prompts into tokens, so that equal parts give equal tokens; `Local` adds the desk at which requests of
a session meet, and the session's bill. How logits are computed is the engine's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

from thinkaloud.errors import TextRefused, reason
from thinkaloud.joining import written
from thinkaloud.models.batching import Desk, Handler
from thinkaloud.models.closed import sequences
from thinkaloud.models.kept import Kept
from thinkaloud.models.render import Renderer
from thinkaloud.models.requests import Engine, SampleRequest, ScoreRequest
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling, Usage

Tokens = tuple[int, ...]


class Lowering:
    """Prompts as tokens. `tokenize(text, special)`: control tokens are recognised only where `special`; `bos`: what
    stands before everything."""

    def __init__(self, tokenize: Callable[[str, bool], Sequence[int]], bos: Sequence[int], render: Renderer) -> None:
        self._bos, self._render = tuple(bos), render
        self._tokens = functools.lru_cache(maxsize=1 << 16)(
            lambda text, special: tuple(tokenize(_whole(text), special))
        )

    def tokens(self, text: str) -> Tokens:
        """Tokens of a text, control tokens not recognised."""
        return self._tokens(text, False)

    def lower(self, prompt: Prompt) -> tuple[Tokens, Tokens, str]:
        """A prompt as preamble tokens, the other tokens, and the lead of what comes next."""
        rendered = self._render(prompt)
        preamble = (*self._bos, *self._tokens(rendered.preamble, True))
        # only the frame may hold control tokens: the text of an item or a model is never read as one
        parts = (token for part in rendered.parts for token in self._tokens(part, False))
        tokens = (*self._tokens(rendered.question, False), *self._tokens(rendered.turn, True), *parts)
        return preamble, tokens, rendered.lead

    def ending(self, prompt: Prompt, sampling: Sampling) -> Sampling:
        """The sampling that also ends where the frame would go on with the next turn."""
        return replace(sampling, stop=(*sampling.stop, *self._render(prompt).ends))

    def scored(self, prompt: Prompt, options: Sequence[str], closing: str) -> ScoreRequest:
        """What is read: each option with its closing mark, and what `closed.py` says about its end."""
        preamble, tokens, lead = self.lower(prompt)
        return ScoreRequest(preamble, tokens, *sequences(self.tokens, lead, options, closing))


def _whole(text: str) -> str:
    """The text; `TextRefused` where it holds half a character (a lone surrogate), which tokenizers take in odd ways."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextRefused(reason(error)) from error
    return text


class Local:
    """A model of a lowering and an engine. Sessions of it share the weights; each batches for itself and has its own
    bill."""

    def __init__(self, card: ModelCard, lowering: Lowering, engine: Engine) -> None:
        self.card, self.engine, self.lowering = card, engine, lowering
        self.lower, self.tokens = lowering.lower, lowering.tokens
        self._open_desk()

    def session(self) -> Self:
        """The same model with a desk and a bill of its own: a session's requests are batched with each other only."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._open_desk()
        return other

    def _open_desk(self) -> None:
        self.usage = Usage()
        kept = Kept()

        def billed(handler: Handler) -> Handler:
            def handle(requests: Sequence[Any]) -> Sequence[Any]:
                self.engine.usage, self.engine.kept = Usage(), kept
                answers = handler(requests)
                self.usage += self.engine.usage
                return answers

            return handle

        self._desk = Desk({"score": billed(self.engine.score), "sample": billed(self.engine.sample)})

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt; the lead space before the continuation is not part of the text (`joining.written`)."""
        preamble, tokens, _ = self.lower(prompt)
        ending = self.lowering.ending(prompt, sampling)
        done: Completion = await self._desk.ask("sample", SampleRequest(preamble, tokens, ending, key))
        return replace(done, text=written(done.text, bool(prompt.prefill)))

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Read the options, each with its closing mark."""
        reading: Reading = await self._desk.ask("score", self.lowering.scored(prompt, options, closing))
        return reading
