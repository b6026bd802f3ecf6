"""A gate before whoever computes: told how much a batch or a request can cost at most, before anything of it is done.

An engine that computes here computes no token of a batch twice, so what a batch can cost is known: the nodes of its
prefix tree and all tokens that its texts may have. A server is asked request by request: each can cost its whole prompt
and all tokens that it may write; where it is asked in text, no more prompt tokens than the text has bytes, and `FRAME`
for each turn. Whoever holds a budget lets it pass or raises. This module holds no budget, and does not know what a
server did for a request that it did not answer: then the most counts, and once more for each time it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from typing import Protocol, runtime_checkable

from thinkaloud.errors import Unreached
from thinkaloud.models.requests import SampleRequest, ScoreRequest
from thinkaloud.models.tree import Tree
from thinkaloud.vocabulary import Usage

Gate = Callable[[Usage, Callable[[], Usage]], AbstractContextManager[None]]
"""Around the computing of a batch: the most that it can cost (`computed` and `generated`), and what says its bill
afterwards (`asked` beyond `computed` was read from a cache)."""
AGAIN: ContextVar[Callable[[], None]] = ContextVar("AGAIN", default=lambda: None)
"""To be called before a request is made again that a server may have computed; raises where there is no room."""
FRAME = 64
"""Tokens that a template may write around a turn, and before all of them."""


@runtime_checkable
class Gated(Protocol):
    """A session whose batches or requests pass a gate (None: there is none). `bounded`: whether the most that the gate
    is told holds; it does not of an engine that computes a text anew for every token."""

    gate: Gate | None
    bounded: bool


def passing(
    gate: Gate | None, requests: Sequence[ScoreRequest | SampleRequest], bill: Callable[[], Usage]
) -> AbstractContextManager[None]:
    """What a batch is computed in, by an engine that charges nothing for what it has read already."""
    return nullcontext() if gate is None else gate(most(requests), lambda: replace(bill(), asked=bill().computed))


@contextmanager
def requested(gate: Gate | None, most: Usage) -> Iterator[Callable[[Usage], None]]:
    """What a request to a server is made in; gives what is to be told its bill. Not told, it cost the most, unless the
    server was not reached."""
    cost = most

    def told(usage: Usage) -> None:
        nonlocal cost
        cost = usage

    def again() -> None:
        if gate is not None:
            with gate(most, lambda: most):
                pass

    before = AGAIN.set(again)
    try:
        with nullcontext() if gate is None else gate(most, lambda: cost):
            try:
                yield told
            except Unreached:
                cost = Usage()
                raise
    finally:
        AGAIN.reset(before)


def most(requests: Sequence[ScoreRequest | SampleRequest]) -> Usage:
    """The most that a batch can cost where it is computed at once."""
    trees: dict[tuple[int, ...], Tree] = {}
    computed, written = 0, 0
    for request in requests:
        if isinstance(request, SampleRequest):
            computed += len(request.preamble) + len(request.tokens)
            written += request.sampling.tokens
            continue
        tree = trees.setdefault(request.preamble, Tree())
        for ways in request.ways:
            for way in ways:
                tree.insert((*request.tokens, *way.tokens[:-1]))
    # a preamble is computed once to be kept, and once more where something is read right behind it
    computed += sum(2 * len(preamble) + len(tree) for preamble, tree in trees.items())
    return Usage(computed=computed, generated=written)


def most_read(prompt: int, wanted: int) -> Usage:
    """The most that reading so many tokens behind a prompt can cost on a server: it may be asked for each of them, and
    once more, and computes and writes one token behind the prompt each time."""
    times = wanted + 1
    return Usage(computed=times * (prompt + 1), generated=times)


def most_said(turns: Sequence[str], written: int) -> Usage:
    """The most that turns of text can cost with so many tokens to be written."""
    said = sum(len(text.encode("utf-8", "surrogatepass")) for text in turns)
    return Usage(computed=said + FRAME * (len(turns) + 1), generated=written)
