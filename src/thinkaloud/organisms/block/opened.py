"""The model that thinks in a block, opened by name: SmolLM2-135M with the adapter in its weights, through llama.cpp.

A copy of the base model with the adapter and the chat template in it is written to the cache folder once (540 MB,
float32). It is a GGUF file like any other: `copy` gives its path to whoever wants it elsewhere (transformers, a
server).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from thinkaloud.models.llama_cpp.dequantise import exact_copy
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.named import SMOLLM2_SHA256, smollm2
from thinkaloud.organisms.block.adapter import WEIGHTS, load, seeds

ABOUT = "SmolLM2-135M, taught to reason about sums inside <think> tags"


def names() -> dict[str, str]:
    """The names that can be opened, with descriptions."""
    return {f"block/{seed}": ABOUT for seed in seeds()}


def open_block(seed: int = 0, loading: Loading | None = None, folder: Path = WEIGHTS) -> LlamaCpp:
    """The model with the adapter of this seed. Raises `UserError` if there is no such adapter or no base model."""
    adapter = load(seed, folder)
    name, digest = f"organism:block/{seed}", adapter.digest(SMOLLM2_SHA256)
    model = LlamaCpp(smollm2(), name, loading, digest, adapter.changes)
    details = {**model.card.details, "base": "smollm2-135m", "adapter": f"sha256:{adapter.sha256}"}
    model.card = replace(model.card, details=details)
    return model


def copy(seed: int = 0, folder: Path = WEIGHTS) -> Path:
    """The GGUF file of that model."""
    adapter = load(seed, folder)
    return exact_copy(smollm2(), adapter.digest(SMOLLM2_SHA256), adapter.changes)
