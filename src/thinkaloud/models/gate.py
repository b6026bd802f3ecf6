"""A gate before an engine: asked how much a batch can cost at most, before anything of it is computed.

An engine that computes here computes no token of a batch twice, so what a batch can cost is known: the nodes of its
prefix tree and all tokens that its texts may have. Whoever holds a budget lets it pass or raises. A server may compute
more than it is asked for, and has no gate. This module holds no budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable

from thinkaloud.models.requests import SampleRequest, ScoreRequest
from thinkaloud.models.tree import Tree
from thinkaloud.vocabulary import Usage

Gate = Callable[[int, Callable[[], Usage]], AbstractContextManager[None]]
"""Around the computing of a batch: the most tokens that it can cost, and what says its bill afterwards."""


@runtime_checkable
class Gated(Protocol):
    """A session whose batches pass a gate (None: there is none). `bounded`: whether `most` holds of it; it does not of
    a server, and of an engine that computes a text anew for every token."""

    gate: Gate | None
    bounded: bool


def passing(
    gate: Gate | None, requests: Sequence[ScoreRequest | SampleRequest], bill: Callable[[], Usage]
) -> AbstractContextManager[None]:
    """What a batch is computed in."""
    return nullcontext() if gate is None else gate(most(requests), bill)


def most(requests: Sequence[ScoreRequest | SampleRequest]) -> int:
    """The most tokens that a batch can cost: computed and written."""
    trees: dict[tuple[int, ...], Tree] = {}
    found = 0
    for request in requests:
        if isinstance(request, SampleRequest):
            found += len(request.preamble) + len(request.tokens) + request.sampling.tokens
            continue
        tree = trees.setdefault(request.preamble, Tree())
        for ways in request.ways:
            for way in ways:
                tree.insert((*request.tokens, *way.tokens[:-1]))
    # a preamble is computed once to be kept, and once more where something is read right behind it
    return found + sum(2 * len(preamble) + len(tree) for preamble, tree in trees.items())
