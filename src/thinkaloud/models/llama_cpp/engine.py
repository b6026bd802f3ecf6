"""Computes batches of requests on one llama.cpp context: the prefix tree as multi-sequence decoding.

The result is a pure function of the list of requests. The memory starts empty for every group of requests with the same
preamble; the preamble's cells are computed once, alone and in one canonical shape, saved, and restored from then on. So
a number depends only on the requests of its own batch, never on earlier or concurrent ones (and in exact mode, up to
rounding of 1e-5, not even on those).

This module does not know about items, strategies or asyncio.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.kept import Entry, Kept
from thinkaloud.models.llama_cpp.lib import Context, Rows
from thinkaloud.models.preambles import used
from thinkaloud.models.requests import Logits, Merged, Pieces, SampleRequest, ScoreRequest, Writer, by_preamble
from thinkaloud.models.tree import ROOT, Tree, waves
from thinkaloud.vocabulary import Completion, Reading, Usage

WAVE_ROWS = 192  # attention looks at every cell in memory, other branches' too: many small waves beat few large ones
WRITERS = 32  # completions written at a time: more share the reading of the weights, and look at each other's cells
TRUNK = 0  # the sequence that holds the preamble
SAVED_BYTES = 1 << 29  # preambles kept; the least recently used goes first and is recomputed to the same bits


class Engine:
    """Answers lists of requests; `usage` counts what it cost."""

    def __init__(
        self, context: Context, cells: int, sequences: int, wave_cells: int, pieces: Pieces | None = None
    ) -> None:
        self.context, self.cells, self.wave_cells = context, cells, wave_cells
        self.pieces: Pieces = pieces or context
        self.vocabulary = context.vocab_size
        self._scratch = sequences - 1  # never holds a text
        self.usage, self.kept = Usage(), Kept()
        self._saved: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    # ------------------------------------------------------------------------------------------------ scoring

    def score(self, requests: Sequence[ScoreRequest]) -> list[Reading | ThinkaloudError]:
        """One reading per request, or the error that this request alone ran into."""
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Reading | ThinkaloudError] = dict(errors)
        for preamble, indices in groups.items():
            merged = Merged([requests[i] for i in indices])
            self._compute(preamble, merged.tree, set(merged.targets), merged.read)
            self.usage += Usage(asked=merged.asked, requests=len(indices))
            results |= dict(zip(indices, merged.readings(), strict=True))
        return [results[i] for i in range(len(requests))]

    def logits(self, preamble: tuple[int, ...], texts: Sequence[tuple[int, ...]]) -> list[Logits]:
        """The logits after each text behind the preamble, shape (vocabulary,), in one pass over all of them."""
        tree, found = Tree(), dict[int, Logits]()
        ends = [(tree.insert(text) or [ROOT])[-1] for text in texts]
        self._compute(preamble, tree, set(ends), lambda node, row: found.update({node: row.copy()}))
        return [found[end] for end in ends]

    def _compute(
        self,
        preamble: tuple[int, ...],
        tree: Tree,
        wanted: set[int],
        read: Callable[[int, Logits], None],
    ) -> None:
        """Compute every node of the tree once after the preamble, and pass the logits of wanted nodes to `read`."""
        started = time.perf_counter()
        context, offset = self.context, len(preamble)
        root_logits = self._restore(preamble, ROOT in wanted)
        if root_logits is not None:
            read(ROOT, root_logits)
        room = max(min(self.wave_cells, self.cells - offset), max(tree.depth, default=0))
        known = self._known(preamble, tree, wanted, 2 * room)  # this wave and what is left of the last
        free = list(range(1, self._scratch))
        spine: int | None = None
        half = len(free) // 2  # the last wave's spine must stay while the next one is set up
        for wave in waves(tree, half, room, WAVE_ROWS, known.keys()):
            spent = [s for s in range(1, self._scratch) if s not in free and s != spine]
            for sequence in spent:
                context.remove(sequence)
                free.append(sequence)
            free.sort()
            taken = [free.pop(0) for _ in wave.leaves]
            goes_on: list[tuple[int, int, Entry]] = []
            for sequence, leaf, shared, kept in zip(taken, wave.leaves, wave.shared, wave.known, strict=True):
                context.copy(TRUNK, sequence, 0, offset)
                if kept > shared:
                    goes_on.append((sequence, kept, known[tree.path(leaf)[kept - 1]]))
                elif spine is not None and shared:
                    context.copy(spine, sequence, offset, offset + shared)
            self._go_on(goes_on, offset)
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
        self.usage += Usage(computed=len(tree) - len(known), seconds=time.perf_counter() - started)

    # ------------------------------------------------------------------------------------------------ what is kept

    def _known(self, preamble: tuple[int, ...], tree: Tree, wanted: set[int], room: int) -> dict[int, Entry]:
        """The nodes that the session has already written; none if they would not fit together with `room` cells."""
        known = self.kept.known(preamble, tree, wanted)
        longest = max((len(entry.tokens) for entry in known.values()), default=0)
        return known if len(preamble) + room + longest <= self.context.cells else {}

    def _go_on(self, sequences: Sequence[tuple[int, int, Entry]], offset: int) -> None:
        """Load the first cells of an entry into each sequence, as many as given."""
        by_entry: dict[Entry, list[tuple[int, int]]] = {}
        for sequence, count, entry in sequences:
            by_entry.setdefault(entry, []).append((sequence, count))
        for entry, takers in by_entry.items():
            self.context.restore(self._scratch, entry.state)
            for sequence, count in takers:
                self.context.copy(self._scratch, sequence, offset, offset + count)
            self.context.remove(self._scratch)

    def _keep(self, sequence: int, writer: Writer) -> None:
        """Keep a written text, without its preamble. Only in exact mode: otherwise the shape of the batch in which a
        cell was computed changes logits by more than rounding, and a reading after kept cells is compared with
        others."""
        if not self.context.exact:
            return
        offset, tokens = len(writer.request.preamble), writer.text_tokens
        self.context.copy(sequence, self._scratch, offset, offset + len(tokens))
        state = self.context.save(self._scratch)
        self.context.remove(self._scratch)
        self.kept.add(writer.request.preamble, tokens, state, len(state))

    def _restore(self, preamble: tuple[int, ...], logits_wanted: bool) -> Logits | None:
        """Empty the memory and load the preamble's cells into the shared sequence; returns its last logits if they are
        wanted."""
        self.context.clear()
        if not preamble:
            return None
        state = self._saved.get(preamble)
        if not logits_wanted:
            self.usage += used(preamble, kept=state is not None)
        if state is not None and not logits_wanted:
            self._saved.move_to_end(preamble)
            self.context.restore(TRUNK, state)
            return None
        rows = Rows()
        for position, token in enumerate(preamble):
            rows.add(token, position, (TRUNK,), position == len(preamble) - 1)
        logits = self.context.decode(rows)
        if logits_wanted:  # computed for them every time, kept or not
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
        """One completion per request; up to `WRITERS` are written at a time, and finished ones make room."""
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Completion | ThinkaloudError] = dict(errors)
        for preamble, queue in groups.items():
            started = time.perf_counter()
            self._restore(preamble, False)
            self._write(preamble, requests, queue, results)
            self.usage += Usage(seconds=time.perf_counter() - started)
        return [results[i] for i in range(len(requests))]

    def _write(
        self,
        preamble: tuple[int, ...],
        requests: Sequence[SampleRequest],
        queue: list[int],
        results: dict[int, Completion | ThinkaloudError],
    ) -> None:
        active: dict[int, Writer] = {}  # by sequence
        free = list(range(1, min(self._scratch, WRITERS + 1)))
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
                self._admit(requests, admitted, active, held)
            for sequence in [s for s, writer in active.items() if writer.done]:
                writer = active.pop(sequence)
                results[writer.index] = writer.completion()
                self._keep(sequence, writer)
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
        requests: Sequence[SampleRequest],
        admitted: list[tuple[int, int]],
        active: dict[int, Writer],
        held: int,
    ) -> None:
        """Compute the prompts of new requests (shared tokens once) and let each write its first token. `held`: cells
        that are reserved, theirs included."""
        preamble = requests[admitted[0][1]].preamble
        below: dict[int, list[int]] = {}
        tree, ends = Tree(), []
        for sequence, index in admitted:
            nodes = tree.insert(requests[index].tokens)
            ends.append(nodes[-1])
            for node in nodes:
                below.setdefault(node, []).append(sequence)
            self.context.copy(TRUNK, sequence, 0, len(preamble))
        wanted = set(ends)
        known = self._known(preamble, tree, wanted, held - len(preamble))
        goes_on = [(s, [n for n in tree.path(end) if n in known]) for (s, _), end in zip(admitted, ends, strict=True)]
        self._go_on([(s, len(path), known[path[-1]]) for s, path in goes_on if path], len(preamble))
        rows = Rows()
        for node in range(1, len(tree) + 1):  # numbered parents first
            if node not in known:
                rows.add(tree.token[node], len(preamble) + tree.depth[node] - 1, below[node], node in wanted)
        logits = dict(zip(sorted(wanted), self.context.decode(rows), strict=True))
        asked = sum(len(preamble) + len(requests[i].tokens) for _, i in admitted)
        self.usage += Usage(asked=asked, computed=len(tree) - len(known), requests=len(admitted))
        for (sequence, index), end in zip(admitted, ends, strict=True):
            active[sequence] = writer = Writer(self.pieces, index, requests[index])
            writer.take(logits[end])
