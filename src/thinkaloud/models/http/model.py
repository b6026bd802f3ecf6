"""A model behind a server that takes tokens: like `Local`, with the engine on the server.

Prompts become the same tokens as for a local model (those of the whole text, control tokens in the frame only), so
bills and ledgers count exactly, the prefill is really continued, and equal prefixes are equal for the server's cache.
Readings are the model's log-probabilities, checked at opening (`probe`). Samples differ: a server has its own random
generator. The seed follows from the key, and whether equal seeds give equal texts depends on the server (llama-server:
with the same build on the same machine, up to rounding that depends on what else it computes). Greedy texts do not
depend on a seed, except for ties within rounding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from thinkaloud.models.batching import Batcher
from thinkaloud.models.cuts import Cuts, Tokens
from thinkaloud.models.gate import Gate
from thinkaloud.models.http.client import CALLS, Client
from thinkaloud.models.http.engine import Remote
from thinkaloud.models.http.tokens import Text, Tokenizer
from thinkaloud.models.local import Local, Lowering, read_texts
from thinkaloud.models.render import TurnFormat
from thinkaloud.models.requests import SampleRequest
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling, Usage


@dataclass(frozen=True, slots=True)
class Spelling:
    """How prompts for a server are made: the turn format, the tokens before everything, and where texts may be cut."""

    turns: TurnFormat
    bos: Tokens
    cuts: Cuts


class ServedModel(Local):
    """A model whose tokens are computed by a server. `retried`: how many requests failed and succeeded on a retry."""

    engine: Remote

    def __init__(self, card: ModelCard, spelling: Spelling, engine: Remote, client: Client) -> None:
        self._tokenizer, self._client = Tokenizer(engine.served), client
        lowering = Lowering(self._tokenizer, spelling.bos, spelling.turns.render, spelling.cuts, spelling.turns.profile)
        super().__init__(card, lowering, engine)
        self.reference = lambda prompt: CALLS.wait(engine.served.reference(spelling.turns, prompt))

    @property
    def retried(self) -> int:
        """How many requests of this model's client failed and succeeded on a retry."""
        return self._client.tally.retried

    def _open_batcher(self) -> None:
        self.usage, self.gate = Usage(), None

        def billed(
            work: Callable[[Sequence[Any], Gate | None], Any],
        ) -> Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]:
            async def handle(requests: Sequence[Any]) -> Sequence[Any]:
                answers, usage = await CALLS.run(work(requests, self.gate))
                self.usage += usage
                return answers  # type: ignore[no-any-return]

            return handle

        async def fetch(requests: Sequence[list[Text]]) -> Sequence[None]:
            texts = self._tokenizer.missing(text for one in requests for text in one)
            if texts:
                await CALLS.run(self._tokenizer.fetch(texts))
            return [None] * len(requests)

        self._batcher = Batcher(
            {"tokens": fetch, "score": billed(self.engine.reading), "sample": billed(self.engine.writing)}
        )

    async def _fetched(self, prompt: Prompt, after: Sequence[str] = (), whole: Sequence[str] = ()) -> None:
        """Have the server tokenise the pieces of this prompt. Every request passes here, also if nothing is missing, so
        that requests made together stay together."""
        needed = partial(self.lowering.needed, prompt, after, whole)
        texts = await asyncio.to_thread(needed) if self.card.format == "chat" else needed()
        await self._batcher.ask("tokens", texts)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt; the lead space before the continuation is not part of the text (`joining.written`)."""
        await self._fetched(prompt)
        preamble, tokens, _ = self.lower(prompt)
        ending = self.lowering.ending(prompt, sampling)
        done: Completion = await self._batcher.ask("sample", SampleRequest(preamble, tokens, ending, key))
        return self.lowering.written(prompt, sampling, done)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Read the options, each with its closing mark."""
        await self._fetched(prompt, *read_texts(options, closing))
        reading: Reading = await self._batcher.ask("score", self.lowering.scored(prompt, options, closing))
        return reading
