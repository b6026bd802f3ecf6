"""The prefix tree: many token sequences merged so that every shared prefix is computed once.

`Tree` merges paths; `waves` cuts the tree into pieces that fit into a memory of a given number of cells and sequences,
in an order in which every node comes after its parent and nothing is computed twice. All of this is bookkeeping on
integers: this module knows nothing about models, text or llama.cpp.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass

from thinkaloud.errors import ContextTooSmall

ROOT = 0


class Tree:
    """Merged paths. Node 0 is the root and has no token; a node's parent always has a smaller number."""

    def __init__(self) -> None:
        self.token = [-1]
        self.parent = [-1]
        self.depth = [0]
        self.children: list[dict[int, int]] = [{}]

    def __len__(self) -> int:
        """Number of nodes without the root: the unique tokens."""
        return len(self.token) - 1

    def insert(self, tokens: Sequence[int], at: int = ROOT) -> list[int]:
        """Add a path below node `at`; returns its nodes, one per token."""
        nodes = []
        for token in tokens:
            child = self.children[at].get(token)
            if child is None:
                child = len(self.token)
                self.children[at][token] = child
                self.token.append(token)
                self.parent.append(at)
                self.depth.append(self.depth[at] + 1)
                self.children.append({})
            nodes.append(child)
            at = child
        return nodes

    def leaves(self) -> list[int]:
        """Nodes without children, in depth-first order (children in order of insertion). Empty for an empty tree."""
        found, stack = [], [ROOT]
        while stack:
            node = stack.pop()
            stack.extend(reversed(self.children[node].values()))
            if not self.children[node] and node != ROOT:
                found.append(node)
        return found

    def path(self, node: int) -> list[int]:
        """Nodes from below the root to `node`."""
        nodes = []
        while node != ROOT:
            nodes.append(node)
            node = self.parent[node]
        return nodes[::-1]


@dataclass(frozen=True, slots=True)
class Wave:
    """A piece of the tree that is computed at once.

    `leaves`: the leaves it reaches, each of which takes one sequence. `shared[i]`: how many nodes from the root on leaf
    i's path are already in memory, under the *last* leaf of the wave before; `known[i]`: how many need not be computed
    at all. `rows`: the new nodes in order, each with the indices (into `leaves`) of the leaves below it.
    """

    leaves: tuple[int, ...]
    shared: tuple[int, ...]
    known: tuple[int, ...]
    rows: tuple[tuple[int, tuple[int, ...]], ...]


def waves(
    tree: Tree, sequences: int, cells: int, rows: int | None = None, known: Set[int] = frozenset()
) -> Iterator[Wave]:
    """Cut the tree into waves of at most `sequences` leaves that hold at most `cells` nodes in memory at a time, and
    compute at most `rows` new ones (more where one leaf alone needs them). `known` nodes are not computed: the parent
    of each is known too, and none is a leaf.

    Leaves come in depth-first order, so all that a wave shares with earlier ones lies on the path of the last leaf
    before it: keeping that one sequence is enough to compute every node exactly once.
    """
    pending = [tree.path(leaf) for leaf in tree.leaves()]
    last: list[int] = []
    while pending:
        held: set[int] = set()  # the wave before is let go, but for what this one shares with it
        chosen: list[list[int]] = []
        there = known | set(last)
        for path in pending[:sequences]:
            if len(path) > cells:
                raise ContextTooSmall(len(path), cells, "one prompt")
            both = held.union(path)
            if len(both) > cells or (rows is not None and chosen and len(both - there) > rows):
                break
            held = both
            chosen.append(path)
        yield _wave(chosen, set(last), known)
        last = chosen[-1]
        pending = pending[len(chosen) :]


def _wave(paths: list[list[int]], last: Set[int], known: Set[int]) -> Wave:
    below: dict[int, list[int]] = {}
    for index, path in enumerate(paths):
        for node in path:
            if node not in last and node not in known:
                below.setdefault(node, []).append(index)
    # dicts keep insertion order, and a path inserts parents before children: the rows are in depth-first order
    return Wave(
        tuple(path[-1] for path in paths),
        tuple(sum(node in last for node in path) for path in paths),
        tuple(sum(node in known for node in path) for path in paths),
        tuple((node, tuple(indices)) for node, indices in below.items()),
    )


def common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Length of the beginning that two sequences share, by halving: slices are compared as a whole."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low + 1 < high:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low if one[low] != other[low] else low + 1
