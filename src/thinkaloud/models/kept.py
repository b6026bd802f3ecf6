"""Texts that a session has written, kept by their tokens, so that an engine continues from them instead of computing
them again.

A text is written, then read with a probe after it, cut, corrupted and continued: all of these share a prefix with it.
An engine keeps the state of every text that it finished (`add`), and finds which nodes of a tree of requests it need
not compute (`known`). A session is one unit of work and asks in a fixed order, so what is kept is a function of the
unit.

What a state is, only the engine knows. Kept states were computed in batches of another shape than they would be now,
which changes numbers by rounding: engines keep states only where this is negligible (float32).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from thinkaloud.models.tree import ROOT, Tree

Tokens = tuple[int, ...]

BYTES = 1 << 28  # kept in a session; the oldest goes first


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A text after its preamble: its `tokens`, and the state that the engine needs to continue after any of them."""

    tokens: Tokens
    state: Any
    size: int


class Kept:
    """The texts of one session, by preamble."""

    def __init__(self, room: int = BYTES) -> None:
        self.room = room
        self._entries: list[tuple[Tokens, Entry]] = []
        self._trees: dict[Tokens, tuple[Tree, dict[int, Entry]]] = {}

    def add(self, preamble: Tokens, tokens: Sequence[int], state: Any, size: int) -> None:
        """Keep a text, unless it alone is too large."""
        if not tokens or size > self.room:
            return
        entry = Entry(tuple(tokens), state, size)
        self._entries.append((preamble, entry))
        self._place(preamble, entry)
        if sum(one.size for _, one in self._entries) > self.room:
            while sum(one.size for _, one in self._entries) > self.room:
                self._entries.pop(0)
            self._trees = {}
            for where, one in self._entries:
                self._place(where, one)

    def _place(self, preamble: Tokens, entry: Entry) -> None:
        tree, entries = self._trees.setdefault(preamble, (Tree(), {}))
        entries.update(dict.fromkeys(tree.insert(entry.tokens), entry))

    def known(self, preamble: Tokens, tree: Tree, wanted: Set[int]) -> dict[int, Entry]:
        """Nodes of a tree of requests that need not be computed, each with an entry that has its path as a prefix.

        If a node is known, so are all nodes above it. A wanted node is never known (its logits are not kept), nor are
        the nodes below it.
        """
        if preamble not in self._trees:
            return {}
        kept, entries = self._trees[preamble]
        found: dict[int, Entry] = {}
        stack = [(ROOT, ROOT)]
        while stack:
            node, twin = stack.pop()
            for token, child in tree.children[node].items():
                same = kept.children[twin].get(token)
                if same is not None and child not in wanted:
                    found[child] = entries[same]
                    stack.append((child, same))
        return found
