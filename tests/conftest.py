"""What the tests share: one copy of each model a session, and a cache folder of their own for exact copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random model as a file."""
    from tiny import tiny_gguf

    return tiny_gguf(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny(tiny_path: Path) -> Iterator[LlamaCpp]:
    """The tiny random model in exact mode, asked in completion form (it has no meaning, only arithmetic)."""
    yield LlamaCpp(tiny_path, "tiny", Loading(precision="exact", format="completion", threads=1))


@pytest.fixture(scope="session")
def smollm2() -> LlamaCpp:
    """The real model, as `make run` loads it."""
    from thinkaloud.models.open import open_model

    model = open_model("smollm2-135m", Loading(threads=2))
    assert isinstance(model, LlamaCpp)
    return model
