"""The tree of what happened in one attempt, as plain rows that point to their parents.

A node is a process (`arm`, `sub`), a call of the model (`call`) or a call of a tool (`tool`). Its texts are what was
asked, without the examples (which are the same for a whole unit), and the reply. Token sequences are kept only until
the attempt is counted (`recount`), and never written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from thinkaloud.budget.ledger import Prefixes, Spend, Tokens

Kind = Literal["arm", "call", "sub", "tool"]


@dataclass(slots=True)
class Node:
    """One thing that happened. `edited`: which intervention changed its result; `prompt` and `written` are tokens."""

    id: int
    parent: int | None
    kind: Kind
    title: str
    asked: str
    text: str = ""
    spend: Spend = field(default_factory=Spend)
    cut: bool = False
    edited: str | None = None
    error: str | None = None
    prompt: Tokens = ()
    written: Tokens = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "id": self.id,
            "parent": self.parent,
            "kind": self.kind,
            "title": self.title,
            "asked": shortened(self.asked),
            "text": shortened(self.text),
            "spend": self.spend.as_dict(),
            "cut": self.cut,
            "edited": self.edited,
            "error": self.error,
        }


LONGEST = 4000
"""Most characters of one text that a record keeps."""


def shortened(text: str) -> str:
    """The text, with its middle replaced by the number of missing characters if it is very long."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n... ({len(text) - 2 * half} characters left out) ...\n{text[-half:]}"


class Trace:
    """All nodes in the order in which they began. The first is the arm itself."""

    def __init__(self, title: str, asked: str) -> None:
        self.nodes = [Node(0, None, "arm", title, asked)]

    def add(self, parent: int, kind: Kind, title: str, asked: str) -> Node:
        """A new node below another."""
        node = Node(len(self.nodes), parent, kind, title, asked)
        self.nodes.append(node)
        return node

    @property
    def spend(self) -> Spend:
        """The total cost of all nodes."""
        each = [node.spend for node in self.nodes if node.kind in ("call", "tool")]  # processes cost nothing themselves
        return Spend(
            sum(s.uncached for s in each),
            sum(s.cached for s in each),
            sum(s.cache_write for s in each),
            sum(s.output for s in each),
            sum(s.reasoning for s in each),
            sum(s.calls for s in each),
            sum(s.tool_seconds for s in each),
            sum(s.wall for s in each),
        )


def recount(traces: Iterable[Trace], block: int = 1) -> None:
    """Recount cached tokens as if the attempts had run one after the other, in order, with one cache.

    Attempts run concurrently; which of them pays for a shared prefix must not depend on timing.
    """
    prefixes = Prefixes(block)
    for trace in traces:
        for node in trace.nodes:
            if not node.prompt:
                continue
            cached = prefixes.shared(node.prompt)
            old, fresh = node.spend, len(node.prompt) - cached
            node.spend = Spend(
                fresh, cached, fresh, old.output, old.reasoning, old.calls, old.tool_seconds, old.wall
            )  # fmt: skip
            prefixes.add(node.prompt)
            if node.written:
                prefixes.add((*node.prompt, *node.written))
