"""Computes the tree as one packed sequence: every token once, each attending only to its ancestors.

Reading: the tree is cut depth-first into chunks. Later chunks need only the path to their first node, so everything
else is dropped after each chunk: cost and memory are linear in unique tokens. Writing: many texts grow in one memory,
one new slot per text and step; finished texts leave and others enter (`page.py`).

In float32, what a session has written is kept by its tokens, and loaded when a chunk of a later tree with the same
prefix needs it. In 16 bits nothing is kept, because results from batches of another shape differ by more than rounding.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.kept import Entry
from thinkaloud.models.requests import Logits, Pieces, SampleRequest, Writer
from thinkaloud.models.transformers.memory import Memory, Saved, size
from thinkaloud.models.transformers.net import Net
from thinkaloud.models.transformers.page import Page
from thinkaloud.models.transformers.start import Read, Start
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Usage

CHUNK = {"cpu": 512}  # tokens computed in one call; larger ones gain nothing on a processor
CHUNK_ELSEWHERE = 2048
BRANCH = 128  # tokens of a branch that is worth a chunk of its own
LOGIT_BYTES = 1 << 27  # logits held at a time
WRITERS = 32  # texts written at a time
SLOTS = 6144  # and how many slots they may hold together, if there is more than one of them

Ranks = np.ndarray[tuple[int], np.dtype[np.int64]]


class Packed:
    """Computes trees on a network whose attention a mask can control."""

    name = "packed tree"

    def __init__(self, net: Net) -> None:
        self.net = net
        self.chunk = CHUNK.get(net.device.type, CHUNK_ELSEWHERE)
        self.memory = Memory()
        self.apart: int | None = None  # see `Page`; for the self-test to say

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

    def read(self, start: Start, tree: Tree, wanted: set[int], read: Read) -> int:
        """Logits after every wanted node but the root; returns how many tokens were computed."""
        self.memory.restore(start.state)
        offset = start.offset
        known = start.kept.known(start.tokens, tree, wanted)
        order, last = preorder(tree)
        is_known = np.array([node in known for node in order], np.bool_)
        fresh, loadable = np.flatnonzero(~is_known), np.flatnonzero(is_known)  # ranks
        hidden = _hidden(tree, order, fresh)
        depth = np.array([offset + tree.depth[node] - 1 for node in order])
        held = np.empty(0, np.int64)  # ranks of the nodes in memory, after the preamble
        most = max(1, LOGIT_BYTES // (4 * self.net.vocabulary))
        begin = 0
        while begin < len(fresh):
            end = self._end(begin, hidden)
            marked = [i for i in range(begin, end) if order[fresh[i]] in wanted]
            if len(marked) > most:
                end, marked = marked[most - 1] + 1, marked[:most]
            new = fresh[begin:end]
            # of what is known, only what this chunk looks at: some new node lies between it and its last
            looked_at = np.searchsorted(new, loadable) < np.searchsorted(new, last[loadable], side="right")
            loaded = np.setdiff1d(loadable[looked_at], held)
            self._load([(known[order[i]], tree.depth[order[i]] - 1) for i in loaded])
            slots = np.concatenate([held, loaded, new])
            seen = np.ones((len(new), offset + len(slots)), np.bool_)
            seen[:, offset:] = (slots[None, :] <= new[:, None]) & (last[slots][None, :] >= new[:, None])
            logits = self.net.packed(
                [tree.token[order[i]] for i in new],
                (depth[new], np.concatenate([np.arange(offset), depth[slots]])),
                seen,
                self.memory,
                [i - begin for i in marked],
            )
            for i, row in zip(marked, logits, strict=True):
                read(order[fresh[i]], row)
            needed = last[slots] >= (fresh[end] if end < len(fresh) else len(order))  # ancestors of what comes next
            if not needed.all():
                stay = np.concatenate([np.arange(offset), offset + np.flatnonzero(needed)])
                self.memory.keep(torch.from_numpy(stay).to(self.net.device))
            held = slots[needed]
            begin = end
        return len(fresh)

    def _load(self, places: Sequence[tuple[Entry, int]]) -> None:
        for entry, run in itertools.groupby(places, key=lambda place: place[0]):
            self.memory.add(entry.state, [place for _, place in run])

    def _end(self, begin: int, hidden: Ranks) -> int:
        """The end of the chunk that starts at `begin`: early if a long branch ends, because the next one does not need
        it."""
        end = min(begin + self.chunk, len(hidden))
        long = np.flatnonzero(hidden[begin + BRANCH : end] >= BRANCH)
        return begin + BRANCH + int(long[0]) if len(long) else end

    # ------------------------------------------------------------------------------------------------ writing

    def write(
        self, start: Start, requests: Sequence[SampleRequest], pieces: Pieces
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """One completion per request, and what it cost."""
        self.memory.restore(start.state)
        page, offset = Page(self.net, self.memory, start, self.apart), start.offset
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
                    if self.net.dtype == torch.float32:
                        state = page.state(at)
                        start.kept.add(start.tokens, writer.text_tokens, state, size(state))
                    page.leave(at)
                    done[writer.index] = writer.completion()
                    usage += Usage(generated=writer.written)
            if active:
                following = page.step([w.next for w in active], [w.position for w in active])
                for writer, logits in zip(active, following, strict=True):
                    writer.take(logits)
        return [done[i] for i in range(len(requests))], usage


def preorder(tree: Tree) -> tuple[list[int], Ranks]:
    """Nodes in depth-first order without the root, and for each the rank of the last node below it (a leaf: its
    own)."""
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


def _hidden(tree: Tree, order: list[int], fresh: Ranks) -> Ranks:
    """For each new node, how many new nodes lie between its parent and itself: branches that it does not see."""
    rank = {node: i for i, node in enumerate(order)}
    above = np.array([rank.get(tree.parent[order[i]], -1) for i in fresh], np.int64)
    return np.arange(len(fresh)) - np.searchsorted(fresh, above, side="right")
