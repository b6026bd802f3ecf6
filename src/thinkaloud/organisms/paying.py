"""Trained organisms whose batches pass a gate. What a batch can cost is known: the tokens of its rows, and all that its
texts may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thinkaloud.models.batching import Handler
from thinkaloud.models.gate import Gate
from thinkaloud.organisms.trained import Trained, Writing
from thinkaloud.vocabulary import Model, Usage


class Paying(Trained):
    """A trained organism, and whoever asks it may have a budget (`models/gate.py`)."""

    bounded = True
    gate: Gate | None

    def __init__(self, organism: Trained) -> None:
        vars(self).update(vars(organism))
        self._open_batcher()

    def session(self) -> Paying:
        """See `Trained`."""
        return Paying(self)

    def _open_batcher(self) -> None:
        self.gate = None
        super()._open_batcher()

    def _timed(self, handler: Handler) -> Handler:
        timed = super()._timed(handler)

        def handle(requests: Sequence[Any]) -> Sequence[Any]:
            if self.gate is None:
                return timed(requests)
            before = self.usage

            def bill() -> Usage:
                now = self.usage
                return Usage(now.asked - before.asked, now.computed - before.computed, now.generated - before.generated)

            with self.gate(most(requests), bill):
                return timed(requests)

        return handle


def paying(model: Model) -> Model:
    """A trained organism as one that passes a gate; any other model as it is, and so one without a digest, which is
    known by its class."""
    return Paying(model) if isinstance(model, Trained) and model.card.digest else model


def most(requests: Sequence[Writing | tuple[int, ...]]) -> Usage:
    """The most that a batch can cost: equal rows are computed once, and at most the sampling's tokens written."""
    found = Usage()
    for one in set(requests):
        found += (
            Usage(computed=len(one.tokens), generated=one.sampling.tokens)
            if isinstance(one, Writing)
            else Usage(computed=len(one))
        )
    return found
