"""Requests to local engines, in tokens, and the parts of answering that do not depend on how logits are computed.

An engine answers lists of requests. To read options, it merges a list into one tree (`Merged`) and computes logits at
the wanted nodes, each once; `Merged` turns them into readings. To write, one `Writer` per request picks tokens from
logits and knows when to stop. This is bookkeeping only: this module knows no model, no text and no asyncio.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from thinkaloud.errors import ContextTooSmall, ThinkaloudError
from thinkaloud.models.closed import Way, ways
from thinkaloud.models.kept import Kept
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Key, Reading, Sampling, Usage

Logits = npt.NDArray[np.float32]

ROUNDING = 2.0**-24  # of numbers near 1 in float32
BLOCK = 256  # weights added up at a time when a token is drawn


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Log-probabilities of `options` (token sequences, all different) after `preamble` + `tokens`. `also`: further
    sequences of each option (`closed.py`), none by default."""

    preamble: tuple[int, ...]
    tokens: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]
    also: tuple[tuple[tuple[int, ...], ...], ...] = ()

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest option."""
        return (
            len(self.preamble)
            + len(self.tokens)
            + max(map(len, [*self.options, *(t for own in self.also for t in own)]))
        )

    @property
    def ways(self) -> list[list[Way]]:
        """All token sequences of each option."""
        return ways(self.options, self.also)


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A continuation of `preamble` + `tokens`."""

    preamble: tuple[int, ...]
    tokens: tuple[int, ...]
    sampling: Sampling
    key: Key

    @property
    def longest(self) -> int:
        """Tokens of the prompt with the longest answer."""
        return len(self.preamble) + len(self.tokens) + self.sampling.tokens


class Engine(Protocol):
    """Computes lists of requests. `usage` counts the cost and `kept` holds what the session has written; both may be
    replaced. An error of one request does not affect the others."""

    usage: Usage
    kept: Kept

    def score(self, requests: Sequence[ScoreRequest]) -> Sequence[Reading | ThinkaloudError]:
        """One reading per request, or the error that this request alone ran into."""
        ...

    def sample(self, requests: Sequence[SampleRequest]) -> Sequence[Completion | ThinkaloudError]:
        """One completion per request, drawn from its key alone."""
        ...


class Pieces(Protocol):
    """The part of a vocabulary that writing needs."""

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn."""
        ...

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for."""
        ...


class Shown:
    """A vocabulary in which some control tokens are written as text: the marks of a think block, which writing must
    see. None of them ends a turn (`<|end|>` ends a message of gpt-oss, and the turn goes on)."""

    def __init__(self, pieces: Pieces, shown: Mapping[int, bytes]) -> None:
        self._pieces, self._shown = pieces, shown

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return token not in self._shown and self._pieces.ends(token)

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for."""
        return self._shown.get(token) or self._pieces.piece(token)


@runtime_checkable
class ReturnsLogits(Protocol):
    """An engine that can also return whole distributions over its vocabulary of `vocabulary` tokens, whose bytes are
    `pieces`."""

    pieces: Pieces
    vocabulary: int

    def logits(self, preamble: tuple[int, ...], texts: Sequence[tuple[int, ...]]) -> list[Logits]:
        """The logits after each text behind the preamble, shape (vocabulary,), in one pass over all of them."""
        ...


Request = TypeVar("Request", ScoreRequest, SampleRequest)


def by_preamble(
    requests: Sequence[Request], cells: int
) -> tuple[dict[tuple[int, ...], list[int]], dict[int, ThinkaloudError]]:
    """Indices of the requests by preamble, and the errors of those that do not fit the context."""
    groups: dict[tuple[int, ...], list[int]] = {}
    errors: dict[int, ThinkaloudError] = {}
    for index, request in enumerate(requests):
        if request.longest > cells:
            what = "a prompt" if isinstance(request, ScoreRequest) else "a prompt and its answer"
            errors[index] = ContextTooSmall(request.longest, cells, what)
        elif isinstance(request, SampleRequest) and not request.tokens:
            errors[index] = ThinkaloudError("a prompt to continue must have a token after its preamble")
        else:
            groups.setdefault(request.preamble, []).append(index)
    return groups, errors


Place = tuple[int, int]
"""A node, and a next token whose log-probability is read there."""


@dataclass(frozen=True, slots=True)
class Needed:
    """The readings that one token sequence of an option needs: each of its tokens (`along`), and the tokens after its
    end that would continue into another option (`onward`)."""

    along: list[Place]
    onward: list[Place]


class Merged:
    """Score requests of one preamble, merged into one tree. `targets`: node -> next tokens that are read there."""

    def __init__(self, requests: Sequence[ScoreRequest]) -> None:
        self.tree = Tree()
        self.targets: dict[int, set[int]] = {}
        # for every request, for every option, for each of its token sequences
        self._needs: list[list[list[Needed]]] = []
        self._lengths = [tuple(map(len, request.options)) for request in requests]
        self._logprob: dict[Place, float] = {}
        for request in requests:
            nodes = self.tree.insert(request.tokens)
            base = nodes[-1] if nodes else ROOT
            self._needs.append([[self._needed(way, base) for way in own] for own in request.ways])
        for node, token in (place for one in self._needs for place in places(one)):
            self.targets.setdefault(node, set()).add(token)
        self.asked = sum(len(r.preamble) + len(r.tokens) + sum(map(len, r.options)) for r in requests)

    def read(self, node: int, logits: Logits) -> None:
        """Read the wanted tokens from the logits after a node."""
        total = logsumexp(logits)
        for token in self.targets[node]:
            self._logprob[node, token] = float(logits[token]) - total

    def readings(self) -> list[Reading]:
        """One Reading per request; call after every target was read."""
        return [self._reading(i) for i in range(len(self._needs))]

    def _needed(self, way: Way, base: int) -> Needed:
        # what leads onward is read after the whole sequence, which is then the beginning of a longer one
        path = [base, *self.tree.insert(way.tokens if way.onward else way.tokens[:-1], base)]
        return Needed(list(zip(path, way.tokens, strict=False)), [(path[-1], token) for token in way.onward])

    def _reading(self, index: int) -> Reading:
        return Reading(tuple(map(self._option, self._needs[index])), self._lengths[index])

    def _option(self, own: Sequence[Needed]) -> float:
        found = [sum(self._logprob[at] for at in one.along) + self._stays(one.onward) for one in own]
        return found[0] if len(found) == 1 else added(found)

    def _stays(self, onward: Sequence[Place]) -> float:
        return staying([self._logprob[at] for at in onward])


def places(options: Sequence[Sequence[Needed]]) -> Iterator[Place]:
    """All places at which a request reads."""
    for one in (one for own in options for one in own):
        yield from one.along
        yield from one.onward


def staying(onward: Sequence[float]) -> float:
    """Log-probability that none of these tokens (given by their log-probabilities) comes next. The remainder is never
    below rounding, so the result is never minus infinity."""
    return math.log(max(ROUNDING, 1 - math.fsum(map(math.exp, onward)))) if onward else 0.0


def added(logprobs: Sequence[float]) -> float:
    """The log of the sum of probabilities given as logs."""
    top = max(logprobs)
    return top if math.isinf(top) else top + math.log(math.fsum(math.exp(x - top) for x in logprobs))


class Writer:
    """One completion in progress: picks tokens, joins their bytes, and knows when to stop."""

    def __init__(self, pieces: Pieces, index: int, request: SampleRequest) -> None:
        self.index, self.request = index, request
        self._pieces = pieces
        self._bytes = b""
        # every draw is fixed before the first token: what else is in the batch cannot shift it
        self._uniform = request.key.rng.random(request.sampling.tokens)
        self.position = len(request.preamble) + len(request.tokens) - 1
        self.next = -1
        self.tokens: list[int] = []
        self._text: str | None = None
        self._stopped_by: str | None = None

    @property
    def written(self) -> int:
        """How many tokens were written so far."""
        return len(self.tokens)

    @property
    def text_tokens(self) -> tuple[int, ...]:
        """The prompt without its preamble plus the written tokens, without the last one, which was not computed."""
        return (*self.request.tokens, *self.tokens[:-1])

    @property
    def done(self) -> bool:
        """Whether it has stopped, or has no room left."""
        return self._text is not None or self.written >= self.request.sampling.tokens

    def take(self, logits: Logits) -> None:
        """Choose the next token from the logits after the last one."""
        self.next = pick(logits, self.request.sampling, float(self._uniform[self.written]))
        self.tokens.append(self.next)
        self.position += 1
        if self._pieces.ends(self.next):
            self._text, self._stopped_by = self._decoded(), ""
            return
        self._bytes += self._pieces.piece(self.next)
        text = self._decoded()
        if found := first_stop(text, self.request.sampling.stop):
            self._text, self._stopped_by = text[: text.find(found)], found

    def _decoded(self) -> str:
        return self._bytes.decode("utf-8", "ignore")

    def completion(self) -> Completion:
        """The completion so far."""
        if self._text is None:
            return Completion(self._decoded(), self.written, "length")
        return Completion(self._text, self.written, "stop", self._stopped_by)


def first_stop(text: str, stops: Sequence[str]) -> str | None:
    """The stop text that comes first in a text, of several at the same place the longest; None: the text has none."""
    found = [(text.find(stop), -len(stop), stop) for stop in stops if stop in text]
    return min(found)[2] if found else None


def pick(logits: Logits, sampling: Sampling, uniform: float) -> int:
    """A token by temperature, among the `top_k` likeliest, and by nucleus sampling among these (Holtzman et al. 2020),
    from one uniform number in [0, 1)."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()) / np.float32(sampling.temperature))
    if 0 < sampling.top_k < len(weights):
        kept = np.argsort(-weights, kind="stable")[: sampling.top_k]
        weights = np.where(np.isin(np.arange(len(weights)), kept), weights, np.float32(0))
    if sampling.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        mass = np.cumsum(weights[order], dtype=np.float64)
        kept = order[: int(np.searchsorted(mass, sampling.top_p * mass[-1])) + 1]
        weights = np.where(np.isin(np.arange(len(weights)), kept), weights, np.float32(0))
    return _at(weights, uniform)


def _at(weights: Logits, uniform: float) -> int:
    """The index up to which a share `uniform` of the weight lies. Summed in blocks: adding up 50,000 numbers one by one
    took as long as computing the token."""
    totals = np.cumsum(np.add.reduceat(weights, np.arange(0, len(weights), BLOCK), dtype=np.float64))
    target = uniform * totals[-1]
    block = min(int(np.searchsorted(totals, target, side="right")), len(totals) - 1)
    start = block * BLOCK
    inside = np.cumsum(weights[start : start + BLOCK], dtype=np.float64)
    before = totals[block - 1] if block else 0.0
    found = int(np.searchsorted(inside, target - before, side="right"))
    if found == len(inside):  # rounding: the last one of the block that has any weight
        found = int(np.flatnonzero(weights[start : start + BLOCK])[-1])
    return start + found


def logsumexp(logits: Logits) -> float:
    """The log of the sum of exponentials."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits.astype(np.float64) - top).sum()))
