"""Texts that are written in one memory, one new slot per text and step; finished texts leave and others enter.

Prompts share common prefixes, also with what the session has written before. This module does not know how a token is
chosen or when a text is finished.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch

from thinkaloud.models.kept import Entry
from thinkaloud.models.requests import Logits, SampleRequest
from thinkaloud.models.transformers.memory import Memory, Saved
from thinkaloud.models.transformers.net import Net, Seen
from thinkaloud.models.transformers.own import own_slots
from thinkaloud.models.transformers.start import Start
from thinkaloud.models.tree import Tree


class Page:
    """Texts that are written in one memory. `sees[i]`: the slots of text i after the preamble, in order. `apart`: from
    how many texts on each attends only to its own slots (None: never)."""

    def __init__(self, net: Net, memory: Memory, start: Start, apart: int | None) -> None:
        self.net, self.memory, self.start, self.offset = net, memory, start, start.offset
        self.apart = apart
        self.sees: list[list[int]] = []
        self.position: list[int] = list(range(self.offset))  # of every slot
        self._tree = Tree()  # the prompts so far
        self._slot: dict[int, int] = {}  # of those of its nodes that are in memory
        self._ends: dict[int, Logits] = {}  # logits after nodes in memory at which a prompt ended

    def enter(self, requests: Sequence[SampleRequest], chunk: int) -> tuple[int, list[Logits]]:
        """Compute the missing parts of some prompts; returns how many tokens that was, and the logits after each."""
        paths = [self._tree.insert(request.tokens) for request in requests]
        ends = {path[-1] for path in paths}
        missing: dict[int, list[int]] = {}  # node -> its path
        for path in paths:
            for depth, node in enumerate(path):
                # an end whose logits were never taken is computed again: it was the middle of another prompt
                if node not in self._slot or (node in ends and node not in self._ends):
                    missing[node] = path[: depth + 1]
        known = self.start.kept.known(self.start.tokens, self._tree, ends - self._ends.keys())
        self._load([(known[node], node) for node in missing if node in known])
        nodes = [node for node in missing if node not in known]
        for start in range(0, len(nodes), chunk):
            part = nodes[start : start + chunk]
            self._place(part)
            logits = self._prompts(
                [self._tree.token[node] for node in part],
                [[self._slot[above] for above in missing[node]] for node in part],
                [i for i, node in enumerate(part) if node in ends],
            )
            self._ends |= dict(zip((node for node in part if node in ends), logits, strict=True))
        self.sees += [[self._slot[node] for node in path] for path in paths]
        return len(nodes), [self._ends[path[-1]] for path in paths]

    def _load(self, places: Sequence[tuple[Entry, int]]) -> None:
        for entry, run in itertools.groupby(places, key=lambda place: place[0]):
            nodes = [node for _, node in run]
            self._place(nodes)
            self.memory.add(entry.state, [self._tree.depth[node] - 1 for node in nodes])

    def _place(self, nodes: Sequence[int]) -> None:
        for node in nodes:
            self._slot[node] = len(self.position)
            self.position.append(self.offset + self._tree.depth[node] - 1)

    def state(self, at: int) -> Saved:
        """A copy of a text's slots after the preamble, in order."""
        return self.memory.take(self.sees[at])

    def leave(self, at: int) -> None:
        """Remove a finished text. Its slots are freed once enough slots are unused."""
        del self.sees[at]
        live = {slot for sees in self.sees for slot in sees}
        if self.sees and 2 * len(live) >= len(self.position) - self.offset:
            return
        kept = sorted(live)
        moved = {slot: self.offset + i for i, slot in enumerate(kept)}
        self.memory.keep(torch.tensor([*range(self.offset), *kept], dtype=torch.long, device=self.net.device))
        self.position = [*range(self.offset), *(self.position[slot] for slot in kept)]
        self.sees = [[moved[slot] for slot in sees] for sees in self.sees]
        self._slot = {node: moved[slot] for node, slot in self._slot.items() if slot in moved}
        self._ends = {node: logits for node, logits in self._ends.items() if node in self._slot}

    def step(self, tokens: list[int], positions: list[int]) -> Logits:
        """Compute one more token for every text."""
        for sees, position in zip(self.sees, positions, strict=True):
            sees.append(len(self.position))
            self.position.append(position)
        wanted = list(range(len(tokens)))
        if self.apart is None or len(tokens) < self.apart:
            return self._compute(tokens, self.sees, wanted)
        with own_slots(self.net.config, self.sees, self.offset, self.net.device):
            return self._compute(tokens, self.sees, wanted)

    def _prompts(self, tokens: list[int], sees: Sequence[Sequence[int]], wanted: list[int]) -> Logits:
        """Compute parts of prompts, beside a copy of what they attend to: in the memory itself they would be multiplied
        with the slots of every other text, which took more time than all the rest."""
        first = len(self.position) - len(tokens)  # the first of the new slots
        above = sorted({slot for slots in sees for slot in slots if slot < first})
        if 2 * len(above) >= first - self.offset:
            return self._compute(tokens, sees, wanted)
        aside = Memory()
        aside.restore(self.memory.take([*range(self.offset), *above]))
        copied = {slot: self.offset + i for i, slot in enumerate([*above, *range(first, len(self.position))])}
        position = self.position[: self.offset] + [self.position[slot] for slot in copied]
        logits = self._computed(tokens, [[copied[slot] for slot in slots] for slots in sees], wanted, position, aside)
        self.memory.add(aside.save(), range(aside.used - len(tokens), aside.used))
        return logits

    def _compute(self, tokens: list[int], sees: Sequence[Sequence[int]], wanted: list[int]) -> Logits:
        return self._computed(tokens, sees, wanted, self.position, self.memory)

    def _computed(
        self,
        tokens: list[int],
        sees: Sequence[Sequence[int]],
        wanted: list[int],
        position: Sequence[int],
        memory: Memory,
    ) -> Logits:
        positions = np.array(position)
        seen: Seen = np.zeros((len(tokens), len(positions)), np.bool_)
        seen[:, : self.offset] = True
        for row, slots in zip(seen, sees, strict=True):
            row[slots] = True
        return self.net.packed(tokens, (positions[-len(tokens) :], positions), seen, memory, wanted)
