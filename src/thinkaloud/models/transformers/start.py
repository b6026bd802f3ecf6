"""Where the texts of a batch begin: behind a preamble, and with what their session has written behind it before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thinkaloud.models.kept import Kept
from thinkaloud.models.requests import Logits

Read = Callable[[int, Logits], None]
"""Takes the logits after a node."""


@dataclass(frozen=True, slots=True)
class Start:
    """A preamble's tokens, the `state` that a way of computing keeps of it, and the texts `kept` behind it."""

    tokens: tuple[int, ...]
    state: Any
    kept: Kept

    @property
    def offset(self) -> int:
        """The position of the first token behind it."""
        return len(self.tokens)
