"""The adapter that ships: narrow matrices by the names of the base model's GGUF file, and how they change its weights.

`weights/block-SEED.safetensors` holds for each adapted tensor `NAME.lora_a` [rank, in] and `NAME.lora_b` [out, rank] in
float16; the tensor becomes W + lora_b lora_a. The `.json` beside it says how it was trained and what was measured on
the rounded weights. This module knows no torch and no model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.errors import unknown
from thinkaloud.models.llama_cpp.dequantise import Changes, Tensor
from thinkaloud.organisms.block.template import template
from thinkaloud.organisms.library import read_weights

WEIGHTS = Path(__file__).with_name("weights")


@dataclass(frozen=True, slots=True)
class Adapter:
    """Matrices by name, the SHA-256 of their file, and what is known about them."""

    matrices: Mapping[str, NDArray[np.float16]]
    sha256: str
    about: Mapping[str, Any]

    def changed(self, name: str, values: Tensor) -> Tensor:
        """A tensor of the base model with the adapter in it."""
        if f"{name}.lora_a" not in self.matrices:
            return values
        a, b = (self.matrices[f"{name}.{part}"].astype(np.float32) for part in ("lora_a", "lora_b"))
        return values + b @ a

    @property
    def changes(self) -> Changes:
        """What a copy of the base model has changed: these tensors, and the chat template."""
        return Changes(self.changed, {"tokenizer.chat_template": template()})

    def digest(self, base: str) -> str:
        """SHA-256 over the base model's, the adapter's and the template."""
        parts = (base, self.sha256, hashlib.sha256(template().encode()).hexdigest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def seeds(folder: Path = WEIGHTS) -> list[int]:
    """The seeds of the adapters in a folder."""
    return sorted(int(path.stem.removeprefix("block-")) for path in folder.glob("block-*.json"))


def load(seed: int, folder: Path = WEIGHTS) -> Adapter:
    """The adapter of a seed; `UserError` if there is none or its file is not what was stored."""
    from safetensors.numpy import load as unpack

    if seed not in seeds(folder):
        raise unknown("organism", f"block/{seed}", [f"block/{one}" for one in seeds(folder)])
    path = folder / f"block-{seed}.safetensors"
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Adapter(unpack(read_weights(path, about["sha256"])), about["sha256"], about)


def store(blob: bytes, seed: int, about: Mapping[str, Any], folder: Path = WEIGHTS) -> None:
    """Write an adapter's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"block-{seed}.safetensors"
    path.write_bytes(blob)
    said = {"seed": seed, "sha256": hashlib.sha256(blob).hexdigest(), "bytes": len(blob), **about}
    path.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
