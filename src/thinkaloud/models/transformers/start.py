"""Where the texts of a batch start: after a preamble, and after what their session has already written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thinkaloud.models.kept import Kept
from thinkaloud.models.requests import Logits

Read = Callable[[int, Logits], None]
"""A function that takes the logits after a node."""


@dataclass(frozen=True, slots=True)
class Start:
    """A preamble's tokens, the `state` that is kept of it, and the texts `kept` after it."""

    tokens: tuple[int, ...]
    state: Any
    kept: Kept

    @property
    def offset(self) -> int:
        """The position of the first token after it."""
        return len(self.tokens)
