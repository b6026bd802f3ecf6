"""Computes the tree by copying the model's own cache at branches, one text at a time: for networks that an attention
mask cannot control.

Used for recurrent layers, position biases that count slots, and anything unforeseen: the shared prefix is computed
once, its cache is copied where the tree branches, and the model's own mask is used everywhere. `Alone` does not use
caches at all. Neither keeps what a session has written, because that would need a whole cache after every token.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.requests import Logits, Pieces, SampleRequest, Writer
from thinkaloud.models.transformers.net import Net
from thinkaloud.models.transformers.start import Read, Start
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.vocabulary import Completion, Usage


class Branching:
    """Computes every unique token once, in the model's own cache."""

    name = "branching cache"

    def __init__(self, net: Net) -> None:
        self.net = net

    def preamble(self, tokens: Sequence[int]) -> tuple[Any, Logits]:
        """A cache that holds the preamble, and the logits after it."""
        cache = self.net.fresh()
        return cache, self.net.plain(list(tokens), cache, 0, [len(tokens) - 1])[0]

    def read(self, start: Start, tree: Tree, wanted: set[int], read: Read) -> int:
        """Logits after every wanted node but the root; returns how many tokens were computed."""
        trunk = start.state or self.net.fresh()
        stack: list[tuple[int, Any]] = [(child, trunk) for child in reversed(tree.children[ROOT].values())]
        while stack:
            node, cache = stack.pop()
            # the last one that needs a cache may have it; the preamble's own is never written to
            if cache is trunk or any(other is cache for _, other in stack):
                cache = copy.deepcopy(cache)
            chain = [node]
            while len(tree.children[chain[-1]]) == 1:
                chain.extend(tree.children[chain[-1]].values())
            marked = [i for i, one in enumerate(chain) if one in wanted]
            position = start.offset + tree.depth[node] - 1
            logits = self.net.plain([tree.token[one] for one in chain], cache, position, marked)
            for i, row in zip(marked, logits, strict=True):
                read(chain[i], row)
            stack.extend((child, cache) for child in reversed(tree.children[chain[-1]].values()))
        return len(tree)

    def write(
        self, start: Start, requests: Sequence[SampleRequest], pieces: Pieces
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """One completion per request, and what it cost."""
        done: list[Completion | ThinkaloudError] = []
        usage = Usage()
        for index, request in enumerate(requests):
            cache = copy.deepcopy(start.state) if start.state else self.net.fresh()
            writer = Writer(pieces, index, request)
            logits = self.net.plain(list(request.tokens), cache, start.offset, [len(request.tokens) - 1])
            writer.take(logits[0])
            while not writer.done:
                writer.take(self.net.plain([writer.next], cache, writer.position, [0])[0])
            done.append(writer.completion())
            asked = start.offset + len(request.tokens)
            usage += Usage(asked=asked, computed=len(request.tokens), generated=writer.written, requests=1)
        return done, usage


class Alone:
    """Computes every text from its first token to its last; nothing is shared or kept. Correct by definition, and
    slow."""

    name = "one by one"

    def __init__(self, net: Net) -> None:
        self.net = net

    def preamble(self, tokens: Sequence[int]) -> tuple[tuple[int, ...], Logits]:
        """The preamble's tokens, and the logits after it."""
        return tuple(tokens), self.net.plain(list(tokens), None, 0, [len(tokens) - 1])[0]

    def read(self, start: Start, tree: Tree, wanted: set[int], read: Read) -> int:
        """Logits after every wanted node but the root; returns how many tokens were computed."""
        computed, missing = 0, set(wanted)
        for leaf in tree.leaves():
            path = tree.path(leaf)
            marked = [i for i, node in enumerate(path) if node in missing]
            if not marked:
                continue
            path = path[: marked[-1] + 1]
            tokens = [*start.tokens, *(tree.token[node] for node in path)]
            logits = self.net.plain(tokens, None, 0, [start.offset + i for i in marked])
            computed += len(tokens)
            for i, row in zip(marked, logits, strict=True):
                missing.discard(path[i])
                read(path[i], row)
        return computed

    def write(
        self, start: Start, requests: Sequence[SampleRequest], pieces: Pieces
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """One completion per request, and what it cost."""
        done: list[Completion | ThinkaloudError] = []
        usage = Usage()
        for index, request in enumerate(requests):
            tokens = [*start.tokens, *request.tokens]
            writer = Writer(pieces, index, request)
            while not writer.done:
                writer.take(self.net.plain(tokens, None, 0, [len(tokens) - 1])[0])
                tokens.append(writer.next)
            done.append(writer.completion())
            asked = start.offset + len(request.tokens)
            computed = sum(asked + i for i in range(writer.written))
            usage += Usage(asked=asked, computed=computed, generated=writer.written, requests=1)
        return done, usage
