"""Computes batches of requests on a network: readings as trees, writing as many texts at once.

The examples before the questions are computed once, alone and in one shape, and cached (the least recently used are
dropped first and recomputed to the same bits), so no number depends on earlier requests. How a tree is computed is the
way that the self-test chose (`selftest.py`). Knows nothing about items, strategies or asyncio.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

from thinkaloud.errors import ModelError, ThinkaloudError
from thinkaloud.models.kept import Kept
from thinkaloud.models.preambles import used
from thinkaloud.models.requests import Logits, Merged, Pieces, SampleRequest, ScoreRequest, by_preamble
from thinkaloud.models.transformers.branching import Alone
from thinkaloud.models.transformers.memory import size
from thinkaloud.models.transformers.start import Read, Start
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Reading, Usage

SAVED_BYTES = 1 << 29  # preambles kept
SAVED = 16  # or this many, where the way of computing does not know how large they are


class Way(Protocol):
    """A strategy for computing trees, which decides what it keeps of a preamble."""

    name: str

    def preamble(self, tokens: Sequence[int]) -> tuple[Any, Logits]:
        """What is kept of a preamble, and the logits after it."""
        ...

    def read(self, start: Start, tree: Tree, wanted: set[int], read: Read) -> int:
        """Logits after wanted nodes; how many tokens were computed."""
        ...

    def write(
        self, start: Start, requests: Sequence[SampleRequest], pieces: Pieces
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """Completions in order, and the bill."""
        ...


class Engine:
    """Answers lists of requests; `usage` counts what it cost, and `kept` is what the session has written. `cells`: the
    longest prompt with its answer; `vocabulary`: how many tokens there are."""

    def __init__(self, way: Way, pieces: Pieces, cells: int, vocabulary: int = 0) -> None:
        self.way, self.pieces, self.cells, self.vocabulary = way, pieces, cells, vocabulary
        self.anew = isinstance(way, Alone)
        self.usage, self.kept = Usage(), Kept()
        self._saved: OrderedDict[tuple[int, ...], tuple[Any, Logits]] = OrderedDict()

    def score(self, requests: Sequence[ScoreRequest]) -> list[Reading | ThinkaloudError]:
        """One reading per request, or the error that this request alone ran into."""
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Reading | ThinkaloudError] = dict(errors)
        for preamble, indices in groups.items():
            started = time.perf_counter()
            merged = Merged([requests[i] for i in indices])
            wanted = set(merged.targets)
            start, logits = self._start(preamble)
            if ROOT in wanted:
                if logits is None:
                    raise ModelError("the prompt is empty: there must be at least one token before the options")
                merged.read(ROOT, logits)
            computed = self.way.read(start, merged.tree, wanted - {ROOT}, merged.read)
            seconds = time.perf_counter() - started
            self.usage += Usage(asked=merged.asked, computed=computed, requests=len(indices), seconds=seconds)
            results |= dict(zip(indices, merged.readings(), strict=True))
        return [results[i] for i in range(len(requests))]

    def logits(self, preamble: tuple[int, ...], texts: Sequence[tuple[int, ...]]) -> list[Logits]:
        """The logits after each text behind the preamble, shape (vocabulary,), in one pass over all of them."""
        tree, found = Tree(), dict[int, Logits]()
        ends = [(tree.insert(text) or [ROOT])[-1] for text in texts]
        start, last = self._start(preamble)
        if last is not None:
            found[ROOT] = last
        wanted = set(ends) - {ROOT}
        computed = self.way.read(start, tree, wanted, lambda node, row: found.update({node: row.copy()}))
        self.usage += Usage(computed=computed)
        return [found[end] for end in ends]

    def sample(self, requests: Sequence[SampleRequest]) -> list[Completion | ThinkaloudError]:
        """One completion per request, drawn from its key alone."""
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Completion | ThinkaloudError] = dict(errors)
        for preamble, indices in groups.items():
            started = time.perf_counter()
            start, _ = self._start(preamble)
            done, usage = self.way.write(start, [requests[i] for i in indices], self.pieces)
            self.usage += usage + Usage(seconds=time.perf_counter() - started)
            results |= dict(zip(indices, done, strict=True))
        return [results[i] for i in range(len(requests))]

    def _start(self, tokens: tuple[int, ...]) -> tuple[Start, Logits | None]:
        if not tokens:
            return Start((), [], self.kept), None
        self.usage += used(tokens, kept=tokens in self._saved)
        if tokens not in self._saved:
            self._saved[tokens] = self.way.preamble(tokens)
            while len(self._saved) > 1 and self._too_much():
                self._saved.popitem(last=False)
        self._saved.move_to_end(tokens)
        state, logits = self._saved[tokens]
        return Start(tokens, state, self.kept), logits

    def _too_much(self) -> bool:
        states = [what for what, _ in self._saved.values()]
        return len(states) > SAVED or sum(size(what) for what in states if isinstance(what, list)) > SAVED_BYTES
