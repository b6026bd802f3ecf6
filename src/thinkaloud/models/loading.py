"""How to load a model, for every backend that loads one. A backend ignores settings that do not concern it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from thinkaloud.settings import setting

CELLS = 8192  # the context of one prompt is the smaller of this and what the model was trained for


@dataclass(frozen=True, slots=True)
class Loading:
    """`precision`: `exact` is float32 without shortcuts, `native` the weights as they are, `auto` exact where the model
    is small enough. `format`: how turns are written. `threads` None: the cores this process may use. `context` in
    tokens. `device`: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`, for the backend that has devices. `profile`: how the model
    thinks in a block of its own (`profile.py`): detected, none, or as a TOML file says."""

    precision: Literal["auto", "exact", "native"] = setting(
        "auto", "exact: float32 without shortcuts; native: the weights as they are; auto: exact for small models."
    )
    format: Literal["auto", "chat", "completion"] = setting("auto", "How turns are written.")
    threads: int | None = setting(None, "Default: the cores this process may use.")
    context: int = setting(CELLS, "In tokens.")
    device: str = setting("auto", "transformers: auto, cpu, cuda, cuda:1 or mps.")
    profile: str = setting(
        "auto", "How it thinks in a block: auto (by its chat template), none, or your own FILE.toml.", path=True
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
