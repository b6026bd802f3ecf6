"""What local engines are asked, in tokens, and the parts of answering that do not depend on how logits are computed.

An engine answers lists of requests. For reading options it merges a list into one tree (`Merged`), computes logits at
the nodes that are wanted, each once, and gets readings back. For writing, a `Writer` a request picks tokens from logits
and knows when to stop. Both are bookkeeping: this module knows no model, no text and no asyncio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from thinkaloud.errors import ContextTooSmall, ThinkaloudError
from thinkaloud.models.kept import Kept
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Key, Reading, Sampling, Usage

Logits = npt.NDArray[np.float32]

BLOCK = 256  # weights added up at a time when a token is drawn


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Log-probabilities of `options` (token sequences, none a prefix of another) after `preamble` + `tokens`."""

    preamble: tuple[int, ...]
    tokens: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest option."""
        return len(self.preamble) + len(self.tokens) + max(map(len, self.options))


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
    """Computes lists of requests; `usage` counts what it cost and `kept` is what the session has written so far, and
    both may be set anew. One request's error does not touch the others."""

    usage: Usage
    kept: Kept

    def score(self, requests: Sequence[ScoreRequest]) -> Sequence[Reading | ThinkaloudError]:
        """One reading a request, or the error that this request alone ran into."""
        ...

    def sample(self, requests: Sequence[SampleRequest]) -> Sequence[Completion | ThinkaloudError]:
        """One completion a request, drawn from its key alone."""
        ...


class Pieces(Protocol):
    """A vocabulary, as far as writing needs it."""

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn."""
        ...

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for."""
        ...


@runtime_checkable
class Lists(Protocol):
    """An engine that also shows whole distributions over its `vocabulary` (how many tokens) of `pieces`."""

    pieces: Pieces
    vocabulary: int

    def logits(self, preamble: tuple[int, ...], texts: Sequence[tuple[int, ...]]) -> list[Logits]:
        """The logits after each text behind the preamble, shape (vocabulary,), in one pass over all of them."""
        ...


Request = TypeVar("Request", ScoreRequest, SampleRequest)


def by_preamble(
    requests: Sequence[Request], cells: int
) -> tuple[dict[tuple[int, ...], list[int]], dict[int, ThinkaloudError]]:
    """Positions of the requests that share each preamble, and the errors of those that do not fit the context."""
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


class Merged:
    """Score requests of one preamble as one tree. `targets`: at which nodes which next tokens are read."""

    def __init__(self, requests: Sequence[ScoreRequest]) -> None:
        self.tree = Tree()
        self.targets: dict[int, set[int]] = {}
        # for every option: (node after which a token is read, that token) for each of its tokens
        self._reads: list[list[list[tuple[int, int]]]] = []
        self._logprob: dict[tuple[int, int], float] = {}
        for request in requests:
            nodes = self.tree.insert(request.tokens)
            base = nodes[-1] if nodes else ROOT
            self._reads.append([])
            for option in request.options:
                path = [base, *self.tree.insert(option[:-1], base)]
                self._reads[-1].append(list(zip(path, option, strict=True)))
        for node, token in (pair for request in self._reads for option in request for pair in option):
            self.targets.setdefault(node, set()).add(token)
        self.asked = sum(len(r.preamble) + len(r.tokens) + sum(map(len, r.options)) for r in requests)

    def read(self, node: int, logits: Logits) -> None:
        """Take what is wanted from the logits after a node."""
        total = logsumexp(logits)
        for token in self.targets[node]:
            self._logprob[node, token] = float(logits[token]) - total

    def readings(self) -> list[Reading]:
        """One a request, once every target was read."""
        return [Reading(tuple(sum(self._logprob[at] for at in option) for option in one)) for one in self._reads]


class Writer:
    """One completion being written: picks tokens, joins their bytes, and knows when to stop."""

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

    @property
    def written(self) -> int:
        """How many tokens so far."""
        return len(self.tokens)

    @property
    def text_tokens(self) -> tuple[int, ...]:
        """The prompt below its preamble and what was written, without the last token: that one was not computed."""
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
            self._text = self._decoded()
            return
        self._bytes += self._pieces.piece(self.next)
        text = self._decoded()
        cuts = [at for at in (text.find(stop) for stop in self.request.sampling.stop) if at >= 0]
        if cuts:
            self._text = text[: min(cuts)]

    def _decoded(self) -> str:
        return self._bytes.decode("utf-8", "ignore")

    def completion(self) -> Completion:
        """What was written."""
        if self._text is None:
            return Completion(self._decoded(), self.written, "length")
        return Completion(self._text, self.written, "stop")


def pick(logits: Logits, sampling: Sampling, uniform: float) -> int:
    """A token by temperature and nucleus sampling (Holtzman et al. 2020), from one uniform number in [0, 1)."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()) / np.float32(sampling.temperature))
    if sampling.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        mass = np.cumsum(weights[order], dtype=np.float64)
        kept = order[: int(np.searchsorted(mass, sampling.top_p * mass[-1])) + 1]
        weights = np.where(np.isin(np.arange(len(weights)), kept), weights, np.float32(0))
    return _at(weights, uniform)


def _at(weights: Logits, uniform: float) -> int:
    """The index at which a share `uniform` of all weight lies before. By blocks: adding up 50,000 numbers one by one,
    for every token that is written, took as long as computing it."""
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
    """Log of the sum of exponentials."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits.astype(np.float64) - top).sum()))
