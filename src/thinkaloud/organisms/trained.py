"""A trained organism as a model, in numpy, without torch. Studies treat it like any other model.

It speaks only the language of `tasks/chain.py`. A prompt becomes the question's tokens, the stance `ok`, and the
prefill's. Examples are ignored, since it was trained without any: `shots` makes no difference. Options are single
digits; behind letters, a letter is as probable as its digit, so it has no preference for letters by construction.
Requests are answered in batches, equal ones once; nothing is kept from one batch to the next. Sampling depends on the
key alone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from thinkaloud.conditions.lettered import labels, listed
from thinkaloud.errors import ContextTooSmall, FatalError
from thinkaloud.models.batching import Batcher, Handler
from thinkaloud.organisms.forward import Array, Gpt, Memory, log_softmax
from thinkaloud.organisms.tokens import ANSWER, DIGITS, ID, PROBE, STANCE, WORDS, decode, encode, encode_parts
from thinkaloud.vocabulary import OPTIONS, Completion, Key, ModelCard, Prompt, Reading, Sampling, Usage

ROWS = 128
"""Rows computed at once: enough for efficient matrix products, and small enough for the processor's cache."""
RESERVE = 2
"""Positions that writing leaves free, for `A` and the answer."""

T = TypeVar("T", bound=Hashable)
Row = tuple[int, ...]


class Writing(NamedTuple):
    """A request to write on from `tokens`."""

    tokens: Row
    sampling: Sampling
    key: Key


class Trained:
    """A network that reads and writes the chain language. Sessions share it; each has its own batcher and bill."""

    def __init__(self, network: Gpt, name: str, digest: str, details: Mapping[str, Any]) -> None:
        self.network = network
        self.card = ModelCard(
            name=name,
            backend="organism",
            digest=digest,
            format="completion",
            precision="float32 from float16 weights",
            context=network.shape.positions,
            capabilities=frozenset({"prefill", "logprobs", "raw_reasoning"}),
            details={
                "parameters": network.parameters,
                "answers": "one token each, read without a closing mark: no longer answer can begin with it",
                **details,
            },
        )
        self._open_batcher()

    def session(self) -> Trained:
        """The same organism with a batcher and a bill of its own."""
        other = object.__new__(Trained)
        other.__dict__.update(self.__dict__)
        other._open_batcher()
        return other

    def _open_batcher(self) -> None:
        self.usage = Usage()
        self._batcher = Batcher({"score": self._timed(self.read), "write": self._timed(self.write)})

    def _timed(self, handler: Handler) -> Handler:
        def handle(requests: Sequence[Any]) -> Sequence[Any]:
            start = time.perf_counter()
            answers = handler(requests)
            self.usage += Usage(requests=len(requests), seconds=time.perf_counter() - start)
            return answers

        return handle

    # --------------------------------------------------------------------------------------------- what is asked

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the text until the answer begins if `The answer is` is a stop text, else until the answer is
        given."""
        tokens = self.encoded(prompt)
        if len(tokens) + RESERVE > self.card.context:
            raise ContextTooSmall(len(tokens) + RESERVE, self.card.context, f"a prompt of {self.card.name}")
        found: Completion = await self._batcher.ask("write", Writing(tokens, sampling, key))
        return found

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Log-probability of each digit after the prefill. In its language an answer is one token and nothing longer
        can be written, so this is the probability of the whole answer, and `closing` is not read."""
        _, order = listed(prompt.question) or ("", ())
        behind = dict(zip(labels(len(order)), order, strict=True))
        digits = [behind.get(option, option) for option in options]
        other = next((digit for digit in digits if digit not in WORDS[: len(DIGITS)]), None)
        if other is not None:
            raise FatalError(f"{self.card.name} answers with one digit, not {other!r}: it speaks mod10 only")
        tokens = self.encoded(prompt)
        if len(tokens) > self.card.context:
            raise ContextTooSmall(len(tokens), self.card.context, f"a prompt of {self.card.name}")
        logprobs: NDArray[np.float64] = await self._batcher.ask("score", tokens)
        return Reading(tuple(float(logprobs[int(digit)]) for digit in digits))

    def tokens(self, text: str) -> Row:
        """The tokens of a text."""
        return tuple(encode(text))

    def encoded(self, prompt: Prompt) -> Row:
        """The tokens of a prompt: question, stance, prefill."""
        plain, _ = listed(prompt.question) or (prompt.question, ())
        plain = plain.partition(OPTIONS)[0]  # its language has no word for a list of options: they are always digits
        return (*encode(plain), STANCE, *encode_parts(prompt.prefill))

    # ------------------------------------------------------------------------------------------------ in batches

    def read(self, requests: Sequence[Row]) -> list[NDArray[np.float64]]:
        """Log-probabilities of all tokens after each row of tokens; equal rows are computed once."""
        found: dict[Row, NDArray[np.float64]] = {}
        for rows in _batches(dict.fromkeys(requests), len):
            found |= zip(rows, log_softmax(self.network(np.array(rows))), strict=True)
        self.usage += Usage(asked=sum(map(len, requests)), computed=sum(map(len, found)))
        return [found[row] for row in requests]

    def write(self, requests: Sequence[Writing]) -> list[Completion]:
        """What comes after each row of tokens."""
        found: dict[Writing, Completion] = {}
        for batch in _batches(dict.fromkeys(requests), lambda request: len(request.tokens)):
            found |= zip(batch, self._write_batch(batch), strict=True)
        self.usage += Usage(
            asked=sum(len(request.tokens) for request in requests),
            computed=sum(len(request.tokens) for request in found),
            generated=sum(done.tokens for done in found.values()),
        )
        return [found[request] for request in requests]

    def _write_batch(self, batch: Sequence[Writing]) -> list[Completion]:
        """Rows of equal length, token by token; a row that is done leaves."""
        writers = [_Writer(request, self.card.context - RESERVE) for request in batch]
        memory, active = Memory(), list(writers)
        logits = self.network(np.array([request.tokens for request in batch]), memory)
        while True:
            staying = np.array([w.take(row) for w, row in zip(active, logits, strict=True)])
            active = [w for w, stays in zip(active, staying, strict=True) if stays]
            if not active:
                return [writer.completion() for writer in writers]
            if not staying.all():
                memory.keep(staying)
            logits = self.network(np.array([[w.wrote[-1]] for w in active]), memory)


class _Writer:
    """One row in progress: draws its tokens and knows when it is done."""

    def __init__(self, request: Writing, positions: int) -> None:
        self.sampling = request.sampling
        self.room = min(request.sampling.tokens, positions - len(request.tokens))
        self.stop_at_answer = any(stop.strip() == PROBE for stop in request.sampling.stop)
        self.draws = request.key.rng.random(max(1, self.room)) if request.sampling.temperature > 0 else None
        self.wrote: list[int] = []
        self.stopped = False

    def take(self, logits: Array) -> bool:
        """Draw the next token; returns whether there is more to write."""
        if len(self.wrote) >= self.room:
            return False
        token = self._draw(logits)
        if token == ID["<e>"] or (token == ANSWER and self.stop_at_answer):
            self.stopped = True
            return False
        self.wrote.append(token)
        if len(self.wrote) > 1 and self.wrote[-2] == ANSWER:
            self.stopped = True
        return not self.stopped and len(self.wrote) < self.room

    def _draw(self, logits: Array) -> int:
        if self.draws is None:
            return int(logits.argmax())
        p = np.exp(log_softmax(logits / np.float32(self.sampling.temperature)))
        order = np.argsort(-p, kind="stable")
        mass = p[order].cumsum()
        kept = int(np.searchsorted(mass, min(self.sampling.top_p, 1.0) * mass[-1])) + 1
        kept = min(kept, len(order))
        at = int(np.searchsorted(mass[:kept], self.draws[len(self.wrote)] * mass[kept - 1], side="right"))
        return int(order[min(at, kept - 1)])

    def completion(self) -> Completion:
        """What was written, cut before the first stop text."""
        text, stopped = decode(self.wrote), self.stopped
        ends = [text.find(stop) for stop in self.sampling.stop if stop in text]
        if ends:
            text, stopped = text[: min(ends)].strip(), True
        return Completion(text, len(self.wrote), "stop" if stopped else "length")


def _batches(requests: Iterable[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """Batches of requests of equal length, at most `ROWS` each, in the order in which they were made."""
    by_length: dict[int, list[T]] = defaultdict(list)
    for request in requests:
        by_length[length(request)].append(request)
    for same in by_length.values():
        yield from (same[i : i + ROWS] for i in range(0, len(same), ROWS))
