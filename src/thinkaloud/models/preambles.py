"""What a bill says of preambles: the examples before a question, which an engine computes once and keeps.

Which unit pays for a preamble hangs on which came first in its process: two processes pay twice, and so does a run that
was killed and resumed. So a bill also says which preambles were used, and how many of its computed tokens are theirs;
then a whole run can be billed each of them once (`once`), however many processes it took. This module computes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.vocabulary import Usage


@dataclass(frozen=True, slots=True)
class Prefaced(Usage):
    """A bill with the tokens of every preamble that was used, by digest; `afresh`: how many of the computed tokens
    were of preambles that were not kept yet."""

    preambles: Mapping[str, int] = field(default_factory=dict)
    afresh: int = 0

    def __add__(self, other: Usage) -> Prefaced:
        both = Usage.__add__(self, other)
        more = other if isinstance(other, Prefaced) else Prefaced()
        return Prefaced(
            both.asked, both.computed, both.generated, both.requests, both.seconds,
            {**self.preambles, **more.preambles}, self.afresh + more.afresh,
        )  # fmt: skip

    __radd__ = __add__


def used(tokens: Sequence[int], kept: bool) -> Prefaced:
    """The bill of using a preamble: its tokens are computed where it was not `kept`."""
    name = hashlib.sha256(",".join(map(str, tokens)).encode()).hexdigest()[:16]
    computed = 0 if kept else len(tokens)
    return Prefaced(computed=computed, preambles={name: len(tokens)}, afresh=computed)


def once(usages: Iterable[Mapping[str, Any]]) -> int:
    """Prompt tokens to compute for recorded bills where every preamble is computed once."""
    preambles: dict[str, int] = {}
    own = 0
    for usage in usages:
        preambles.update(usage.get("preambles", {}))
        own += usage["computed"] - usage.get("afresh", 0)
    return own + sum(preambles.values())
