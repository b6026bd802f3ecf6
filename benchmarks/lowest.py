"""The least versions that pyproject.toml allows of what the core, servers and the tests need, as constraints for pip.

python benchmarks/lowest.py            name==version, a line each
python benchmarks/lowest.py --tests    the tests that are tried with them: those that import no other extra
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("http", "dev")
OTHER = ("inspect_ai", "torch", "xllamacpp", "llama_cpp", "gguf", "chess", "transformers", "reasoning_gym", "smollm2",
         "tiny", "pydantic_monty", "gepa", "peft", "trl", "organism_models", "rungs_fixture")  # fmt: skip
"""Words by which a test that needs another extra is known."""


def least() -> list[str]:
    """Each requirement with its least version for its exact one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in project["optional-dependencies"][extra])]
    return [re.sub(r"^([\w.-]+)\s*[>=]=\s*([\w.]+).*$", r"\1==\2", one) for one in wanted]


def tests() -> list[str]:
    """Files of tests of the core."""
    found = sorted((ROOT / "tests").glob("test_*.py"))
    return [f"tests/{path.name}" for path in found if not any(word in path.read_text() for word in OTHER)]


if __name__ == "__main__":
    print("\n".join(tests() if "--tests" in sys.argv else least()))
