"""Batches of requests on one llama.cpp context: the tree lowered to multi-sequence decoding.

A flush is a pure function of its list of requests. The memory starts empty for every group of requests with the same
preamble; the preamble's cells are computed once, alone and in one canonical shape, saved, and restored from then on.
So a number never depends on what was computed before, beside or how often, only on the requests of its own flush
(and in exact mode, up to rounding of 1e-5, not even on those).

This module does not know about items, strategies or asyncio.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thinkaloud.errors import ContextTooSmall, ThinkaloudError
from thinkaloud.models.llama_lib import Context, Rows
from thinkaloud.models.tree import ROOT, Tree, waves
from thinkaloud.vocabulary import Completion, Key, Reading, Sampling, Usage

BLOCK = 256  # weights added up at a time when a token is drawn
TRUNK = 0  # the sequence that holds the preamble
SAVED_BYTES = 1 << 29  # preambles kept; the least recently used goes first and is recomputed to the same bits


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Log-probabilities of `options` (token sequences, none a prefix of another) after `preamble` + `tokens`."""

    preamble: tuple[int, ...]
    tokens: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A continuation of `preamble` + `tokens`."""

    preamble: tuple[int, ...]
    tokens: tuple[int, ...]
    sampling: Sampling
    key: Key


class Engine:
    """Answers lists of requests; `usage` counts what it cost."""

    def __init__(self, context: Context, cells: int, sequences: int, wave_cells: int) -> None:
        self.context, self.cells, self.sequences = context, cells, sequences
        self.wave_cells = wave_cells
        self.usage = Usage()
        self._saved: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    # ------------------------------------------------------------------------------------------------ scoring

    def score(self, requests: Sequence[ScoreRequest]) -> list[Reading | ThinkaloudError]:
        """One reading a request, or the error that this request alone ran into."""
        results: list[Reading | ThinkaloudError | None] = [None] * len(requests)
        for preamble, indices in _by_preamble(requests).items():
            fitting = []
            for i in indices:
                needed = len(preamble) + len(requests[i].tokens) + max(map(len, requests[i].options))
                if needed > self.cells:
                    results[i] = ContextTooSmall(needed, self.cells, "a prompt")
                else:
                    fitting.append(i)
            for i, reading in zip(fitting, self._score_group(preamble, [requests[i] for i in fitting]), strict=True):
                results[i] = reading
        return [r for r in results if r is not None]

    def _score_group(self, preamble: tuple[int, ...], requests: list[ScoreRequest]) -> list[Reading]:
        if not requests:
            return []
        tree = Tree()
        # for every option: (node after which a token is read, that token) for each of its tokens
        reads: list[list[list[tuple[int, int]]]] = []
        for request in requests:
            nodes = tree.insert(request.tokens)
            base = nodes[-1] if nodes else ROOT
            reads.append([])
            for option in request.options:
                path = [base, *tree.insert(option[:-1], base)]
                reads[-1].append(list(zip(path, option, strict=True)))
        targets: dict[int, set[int]] = {}
        for node, token in (pair for request in reads for option in request for pair in option):
            targets.setdefault(node, set()).add(token)
        logprob: dict[tuple[int, int], float] = {}

        def read(node: int, logits: npt.NDArray[np.float32]) -> None:
            total = _logsumexp(logits)
            for token in targets[node]:
                logprob[node, token] = float(logits[token]) - total

        self._compute(preamble, tree, set(targets), read)
        lengths = [len(preamble) + len(r.tokens) + sum(map(len, r.options)) for r in requests]
        self.usage += Usage(asked=sum(lengths), requests=len(requests))
        return [Reading(tuple(sum(logprob[pair] for pair in option) for option in request)) for request in reads]

    def _compute(
        self,
        preamble: tuple[int, ...],
        tree: Tree,
        wanted: set[int],
        read: Callable[[int, npt.NDArray[np.float32]], None],
    ) -> None:
        """Compute every node of the tree once after the preamble, handing the logits of wanted nodes to `read`."""
        started = time.perf_counter()
        context, offset = self.context, len(preamble)
        root_logits = self._restore(preamble, ROOT in wanted)
        if root_logits is not None:
            read(ROOT, root_logits)
        room = min(self.wave_cells, self.cells - offset)
        free = list(range(1, self.sequences))
        spine: int | None = None
        half = len(free) // 2  # the last wave's spine must stay while the next one is set up
        for wave in waves(tree, half, max(room, max(tree.depth, default=0))):
            spent = [s for s in range(1, self.sequences) if s not in free and s != spine]
            for sequence in spent:
                context.remove(sequence)
                free.append(sequence)
            free.sort()
            taken = [free.pop(0) for _ in wave.leaves]
            for sequence, shared in zip(taken, wave.shared, strict=True):
                context.copy(TRUNK, sequence, 0, offset)
                if spine is not None and shared:
                    context.copy(spine, sequence, offset, offset + shared)
            if spine is not None:
                context.remove(spine)
                free.append(spine)
            rows = Rows()
            for node, below in wave.rows:
                depth = offset + tree.depth[node] - 1
                rows.add(tree.token[node], depth, [taken[i] for i in below], node in wanted)
            logits = context.decode(rows)
            for node, row in zip((n for n, _ in wave.rows if n in wanted), logits, strict=True):
                read(node, row)
            spine = taken[-1]
        self.usage += Usage(computed=len(tree), seconds=time.perf_counter() - started)

    def _restore(self, preamble: tuple[int, ...], logits_wanted: bool) -> npt.NDArray[np.float32] | None:
        """Empty the memory and put the preamble's cells into the trunk; its last logits where they are wanted."""
        self.context.clear()
        if not preamble:
            return None
        state = self._saved.get(preamble)
        if state is not None and not logits_wanted:
            self._saved.move_to_end(preamble)
            self.context.restore(TRUNK, state)
            return None
        rows = Rows()
        for position, token in enumerate(preamble):
            rows.add(token, position, (TRUNK,), position == len(preamble) - 1)
        logits = self.context.decode(rows)
        self.usage += Usage(computed=len(preamble))
        if state is None:
            self._saved[preamble] = self.context.save(TRUNK)
            while len(self._saved) > 1 and sum(map(len, self._saved.values())) > SAVED_BYTES:
                self._saved.popitem(last=False)
            # from saved cells at the first use too: computed and restored cells may lie in different places
            self.context.clear()
            self.context.restore(TRUNK, self._saved[preamble])
        return logits[0] if logits_wanted else None

    # ------------------------------------------------------------------------------------------------ sampling

    def sample(self, requests: Sequence[SampleRequest]) -> list[Completion | ThinkaloudError]:
        """One completion a request; up to `sequences` are written at a time, and finished ones make room."""
        results: list[Completion | ThinkaloudError | None] = [None] * len(requests)
        for preamble, indices in _by_preamble(requests).items():
            queue = []
            for i in indices:
                needed = len(preamble) + len(requests[i].tokens) + requests[i].sampling.tokens
                if needed > self.cells:
                    results[i] = ContextTooSmall(needed, self.cells, "a prompt and its answer")
                elif not requests[i].tokens:
                    results[i] = ThinkaloudError("a prompt to continue must have a token after its preamble")
                else:
                    queue.append(i)
            if not queue:
                continue
            started = time.perf_counter()
            self._restore(preamble, False)
            self._write(preamble, requests, queue, results)
            self.usage += Usage(seconds=time.perf_counter() - started)
        return [r for r in results if r is not None]

    def _write(
        self,
        preamble: tuple[int, ...],
        requests: Sequence[SampleRequest],
        queue: list[int],
        results: list[Completion | ThinkaloudError | None],
    ) -> None:
        active: dict[int, _Writer] = {}  # by sequence
        free = list(range(1, self.sequences))
        held = len(preamble)
        while queue or active:
            admitted: list[tuple[int, int]] = []
            while queue and free:
                request = requests[queue[0]]
                needed = len(request.tokens) + request.sampling.tokens
                if held + needed > self.cells and (active or admitted):
                    break
                held += needed
                admitted.append((free.pop(0), queue.pop(0)))
            if admitted:
                self._admit(preamble, requests, admitted, active)
            for sequence in [s for s, writer in active.items() if writer.done]:
                writer = active.pop(sequence)
                results[writer.index] = writer.completion()
                self.usage += Usage(generated=writer.written)
                self.context.remove(sequence)
                free.append(sequence)
                free.sort()
                held -= len(writer.request.tokens) + writer.request.sampling.tokens
            if active:
                rows = Rows()
                for sequence, writer in active.items():
                    rows.add(writer.next, writer.position, (sequence,), True)
                for writer, logits in zip(active.values(), self.context.decode(rows), strict=True):
                    writer.take(logits)

    def _admit(
        self,
        preamble: tuple[int, ...],
        requests: Sequence[SampleRequest],
        admitted: list[tuple[int, int]],
        active: dict[int, _Writer],
    ) -> None:
        """Compute the prompts of new requests (shared tokens once) and let each write its first token."""
        below: dict[int, list[int]] = {}
        tree, ends = Tree(), []
        for sequence, index in admitted:
            nodes = tree.insert(requests[index].tokens)
            ends.append(nodes[-1])
            for node in nodes:
                below.setdefault(node, []).append(sequence)
            self.context.copy(TRUNK, sequence, 0, len(preamble))
        rows, wanted = Rows(), set(ends)
        for node in range(1, len(tree) + 1):  # numbered parents first
            rows.add(tree.token[node], len(preamble) + tree.depth[node] - 1, below[node], node in wanted)
        logits = dict(zip(sorted(wanted), self.context.decode(rows), strict=True))
        asked = sum(len(preamble) + len(requests[i].tokens) for _, i in admitted)
        self.usage += Usage(asked=asked, computed=len(tree), requests=len(admitted))
        for (sequence, index), end in zip(admitted, ends, strict=True):
            active[sequence] = writer = _Writer(self.context, index, requests[index])
            writer.take(logits[end])


class _Writer:
    """One completion being written: picks tokens, joins their bytes, and knows when to stop."""

    def __init__(self, context: Context, index: int, request: SampleRequest) -> None:
        self.index, self.request = index, request
        self._context = context
        self._bytes = b""
        # every draw is fixed before the first token: what else is in the batch cannot shift it
        self._uniform = request.key.rng.random(request.sampling.tokens)
        self.position = len(request.preamble) + len(request.tokens) - 1
        self.next = -1
        self.written = 0
        self._text: str | None = None

    @property
    def done(self) -> bool:
        return self._text is not None or self.written >= self.request.sampling.tokens

    def take(self, logits: npt.NDArray[np.float32]) -> None:
        """Choose the next token from the logits after the last one."""
        self.next = pick(logits, self.request.sampling, float(self._uniform[self.written]))
        self.written += 1
        self.position += 1
        if self._context.ends(self.next):
            self._text = self._decoded()
            return
        self._bytes += self._context.piece(self.next)
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


def pick(logits: npt.NDArray[np.float32], sampling: Sampling, uniform: float) -> int:
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


def _at(weights: npt.NDArray[np.float32], uniform: float) -> int:
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


def _logsumexp(logits: npt.NDArray[np.float32]) -> float:
    top = float(logits.max())
    return top + float(np.log(np.exp(logits.astype(np.float64) - top).sum()))


def _by_preamble(requests: Sequence[ScoreRequest | SampleRequest]) -> dict[tuple[int, ...], list[int]]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault(request.preamble, []).append(index)
    return groups
