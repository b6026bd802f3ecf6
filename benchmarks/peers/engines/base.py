"""What every peer offers, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from workload import Answers, Ask


@dataclass(frozen=True, slots=True)
class Given:
    """The same weights twice: `folder` of float32 safetensors with a tokenizer, and `gguf` in float32."""

    folder: Path
    gguf: Path
    threads: int


class Peer(Protocol):
    """`computed`: tokens that went through the model since it was last set to None, where the peer can tell. `facts`:
    versions and settings."""

    computed: int | None
    facts: dict[str, Any]

    def run(self, asks: list[Ask]) -> Answers:
        """Answer operations that do not need each other."""
        ...

    def forget(self) -> None:
        """Let go of what an earlier workload left in a cache, as far as it can."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...
