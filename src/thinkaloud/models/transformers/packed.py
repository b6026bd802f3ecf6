"""The tree in one packed sequence: every token once, each seeing only its ancestors.

Reading: the tree is cut depth-first into chunks. What later chunks can see of earlier ones lies on the path to their
first node, so everything else is let go after each chunk: cost and memory are linear in unique tokens.
Writing: many texts grow in one memory, one new slot each a step; finished ones leave and others enter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.requests import Logits, Pieces, SampleRequest, Writer
from thinkaloud.models.transformers.memory import Memory, Saved
from thinkaloud.models.transformers.net import Net, Seen
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Usage

CHUNK = {"cpu": 512}  # tokens computed in one call; larger ones gain nothing on a processor
CHUNK_ELSEWHERE = 2048
BRANCH = 128  # tokens of a branch that is worth a chunk of its own
LOGIT_BYTES = 1 << 27  # logits held at a time
WRITERS = 32  # texts written at a time
SLOTS = 6144  # and how many slots they may hold together, if there is more than one of them

Read = Callable[[int, Logits], None]


class Packed:
    """How a tree is computed on a network that lets a mask say who sees whom."""

    name = "packed tree"

    def __init__(self, net: Net) -> None:
        self.net = net
        self.chunk = CHUNK.get(net.device.type, CHUNK_ELSEWHERE)
        self.memory = Memory()

    # ------------------------------------------------------------------------------------------------ preamble

    def preamble(self, tokens: Sequence[int]) -> tuple[Saved, Logits]:
        """The preamble's slots, computed alone and in one shape, and the logits after it."""
        self.memory.restore([])
        logits = np.empty((0, 0), np.float32)
        for start in range(0, len(tokens), self.chunk):
            stop = min(start + self.chunk, len(tokens))
            positions = np.arange(stop)
            seen = np.tri(stop - start, stop, start, dtype=np.bool_) if start else None
            last = [stop - start - 1]
            logits = self.net.packed(list(tokens[start:stop]), (positions[start:], positions), seen, self.memory, last)
        return self.memory.save(), logits[0]

    # ------------------------------------------------------------------------------------------------ reading

    def read(self, preamble: Saved, offset: int, tree: Tree, wanted: set[int], read: Read) -> int:
        """Logits after every wanted node but the root; returns how many tokens were computed."""
        self.memory.restore(preamble)
        order, last = preorder(tree)
        rank = np.arange(len(order))
        place = {node: i for i, node in enumerate(order)}
        above = [place.get(tree.parent[node], -1) for node in order]  # rank of the parent
        depth = np.array([offset + tree.depth[node] - 1 for node in order])
        held = np.empty(0, np.int64)  # ranks of the nodes in memory, after the preamble
        most = max(1, LOGIT_BYTES // (4 * self.net.vocabulary))
        start = 0
        while start < len(order):
            stop = self._end(start, above)
            marked = [i for i in range(start, stop) if order[i] in wanted]
            if len(marked) > most:
                stop, marked = marked[most - 1] + 1, marked[:most]
            new = rank[start:stop]
            slots = np.concatenate([held, new])
            seen = np.ones((len(new), offset + len(slots)), np.bool_)
            seen[:, offset:] = (slots[None, :] <= new[:, None]) & (last[slots][None, :] >= new[:, None])
            positions = np.concatenate([np.arange(offset), depth[slots]])
            logits = self.net.packed(
                [tree.token[order[i]] for i in range(start, stop)],
                (depth[new], positions),
                seen,
                self.memory,
                [i - start for i in marked],
            )
            for i, row in zip(marked, logits, strict=True):
                read(order[i], row)
            needed = last[slots] >= stop  # ancestors of what comes next
            if not needed.all():
                kept = np.concatenate([np.arange(offset), offset + np.flatnonzero(needed)])
                self.memory.keep(torch.from_numpy(kept).to(self.net.device))
            held = slots[needed]
            start = stop
        return len(order)

    def _end(self, start: int, above: list[int]) -> int:
        """Where the chunk from `start` ends: early where a long branch does, for the next one does not see it."""
        stop = min(start + self.chunk, len(above))
        for i in range(start + BRANCH, stop):
            if i - 1 - above[i] >= BRANCH:
                return i
        return stop

    # ------------------------------------------------------------------------------------------------ writing

    def write(
        self, preamble: Saved, offset: int, requests: Sequence[SampleRequest], pieces: Pieces
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """One completion a request, and what it cost."""
        self.memory.restore(preamble)
        page = _Page(self.net, self.memory, offset)
        done: dict[int, Completion | ThinkaloudError] = {}
        queue = list(range(len(requests)))
        active: list[Writer] = []
        usage = Usage()
        while queue or active:
            entering: list[int] = []
            while queue and len(active) + len(entering) < WRITERS:
                room = [requests[i] for i in (queue[0], *entering)] + [writer.request for writer in active]
                if len(room) > 1 and offset + sum(len(r.tokens) + r.sampling.tokens for r in room) > SLOTS:
                    break
                entering.append(queue.pop(0))
            if entering:
                computed, ends = page.enter([requests[i] for i in entering], self.chunk)
                asked = sum(offset + len(requests[i].tokens) for i in entering)
                usage += Usage(asked=asked, computed=computed, requests=len(entering))
                for i, logits in zip(entering, ends, strict=True):
                    active.append(Writer(pieces, i, requests[i]))
                    active[-1].take(logits)
            for at in reversed(range(len(active))):
                if active[at].done:
                    writer = active.pop(at)
                    page.leave(at)
                    done[writer.index] = writer.completion()
                    usage += Usage(generated=writer.written)
            if active:
                following = page.step([w.next for w in active], [w.position for w in active])
                for writer, logits in zip(active, following, strict=True):
                    writer.take(logits)
        return [done[i] for i in range(len(requests))], usage


class _Page:
    """Texts growing in one memory. `sees[i]`: the slots of text i after the preamble, in order."""

    def __init__(self, net: Net, memory: Memory, offset: int) -> None:
        self.net, self.memory, self.offset = net, memory, offset
        self.sees: list[list[int]] = []
        self.position: list[int] = list(range(offset))  # of every slot
        self._tree = Tree()  # the prompts so far
        self._slot: dict[int, int] = {}  # of those of its nodes that are in memory
        self._ends: dict[int, Logits] = {}  # logits after nodes in memory at which a prompt ended

    def enter(self, requests: Sequence[SampleRequest], chunk: int) -> tuple[int, list[Logits]]:
        """Compute what is not there yet of some prompts; how much that was, and the logits after each."""
        paths = [self._tree.insert(request.tokens) for request in requests]
        ends = {path[-1] for path in paths}
        missing: dict[int, list[int]] = {}  # node -> its path
        for path in paths:
            for depth, node in enumerate(path):
                # an end whose logits were never taken is computed again: it was the middle of another prompt
                if node not in self._slot or (node in ends and node not in self._ends):
                    missing[node] = path[: depth + 1]
        nodes = list(missing)
        for start in range(0, len(nodes), chunk):
            part = nodes[start : start + chunk]
            for node in part:
                self._slot[node] = len(self.position)
                self.position.append(self.offset + self._tree.depth[node] - 1)
            logits = self._compute(
                [self._tree.token[node] for node in part],
                [[self._slot[above] for above in missing[node]] for node in part],
                [i for i, node in enumerate(part) if node in ends],
            )
            self._ends |= dict(zip((node for node in part if node in ends), logits, strict=True))
        self.sees += [[self._slot[node] for node in path] for path in paths]
        return len(nodes), [self._ends[path[-1]] for path in paths]

    def leave(self, at: int) -> None:
        """A text is finished. Its slots go when too many are of no use."""
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
        """One token more for every text."""
        for sees, position in zip(self.sees, positions, strict=True):
            sees.append(len(self.position))
            self.position.append(position)
        return self._compute(tokens, self.sees, list(range(len(tokens))))

    def _compute(self, tokens: list[int], sees: Sequence[Sequence[int]], wanted: list[int]) -> Logits:
        positions = np.array(self.position)
        seen: Seen = np.zeros((len(tokens), len(positions)), np.bool_)
        seen[:, : self.offset] = True
        for row, slots in zip(seen, sees, strict=True):
            row[slots] = True
        return self.net.packed(tokens, (positions[-len(tokens) :], positions), seen, self.memory, wanted)


def preorder(tree: Tree) -> tuple[list[int], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Nodes depth-first without the root, and for each the rank of the last node below it (itself: a leaf)."""
    order: list[int] = []
    stack = list(reversed(tree.children[ROOT].values()))
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(reversed(tree.children[node].values()))
    rank = {node: i for i, node in enumerate(order)}
    last = np.arange(len(order))
    for i in range(len(order) - 1, -1, -1):
        above = tree.parent[order[i]]
        if above != ROOT:
            last[rank[above]] = max(last[rank[above]], last[i])
    return order, last
