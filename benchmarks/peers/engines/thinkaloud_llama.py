"""Our llama.cpp backend, exact: float32 weights and memory, no flash attention."""

from __future__ import annotations

from engines.base import Given
from engines.thinkaloud import Thinkaloud, never


class Engine(Thinkaloud):
    """See the module."""

    def __init__(self, given: Given) -> None:
        super().__init__("smollm2-135m", given)
        self.model.engine.context.ends = never
