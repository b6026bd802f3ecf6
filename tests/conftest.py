"""What the tests share: one copy of each model a session, and a cache folder of their own for exact copies."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading

if TYPE_CHECKING:
    from thinkaloud.models.transformers.model import Transformers
    from thinkaloud.runs.folder import Run


def pytest_collection_finish() -> None:
    """What is there for all tests is not looked through again each time that Python looks for what is left over."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def sandbox() -> None:
    """For tests that run programs: the extra `tools`."""
    pytest.importorskip("pydantic_monty")


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
    """The real model, with one thread: two processes that compute with two each wait for one another."""
    from thinkaloud.open_model import open_model

    model = open_model("smollm2-135m", Loading(threads=1))
    assert isinstance(model, LlamaCpp)
    return model


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random checkpoints, by architecture."""
    from tiny_torch import KINDS, checkpoint

    where = tmp_path_factory.mktemp("checkpoints")
    return {kind: checkpoint(where, kind) for kind in KINDS}


@pytest.fixture(scope="session")
def models(folders: dict[str, Path]) -> dict[str, Transformers]:
    """The checkpoints, opened."""
    from thinkaloud.models.transformers import open_transformers
    from tiny_torch import LOADING

    opened = {kind: open_transformers(folder, LOADING) for kind, folder in folders.items()}
    return opened  # type: ignore[return-value]


@pytest.fixture
def llama(models: dict[str, Transformers]) -> Transformers:
    """The one that most tests are about."""
    return models["llama"]


@pytest.fixture(scope="session")
def faithful_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """A finished run of a study on the faithful reasoner: chain_sum at level 3, 9 items in two units where no other
    number is given, as a run to compare others with. Nobody writes in its folder."""

    @cache
    def made(study: str, items: int = 9) -> Run:
        import thinkaloud as ta

        out = tmp_path_factory.mktemp("faithful") / study
        return ta.run(study, "scripted:faithful", ["chain_sum"], items=items, difficulty=3, out=out)

    return made


@pytest.fixture(scope="session", autouse=True)
def engines_ended() -> Iterator[None]:
    """A process waits for engines that were left running before it ends, for ever."""
    yield
    from thinkaloud.games.programs import close_all

    close_all()
