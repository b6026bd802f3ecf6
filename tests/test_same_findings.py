"""The same study on the same weights finds the same, whichever backend computes it.

Greedy everywhere: a server draws with a generator of its own, which cannot follow our keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from files_fixture import make
from http_fixture import LlamaProcess, closing
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.runs.folder import Run

FORM = Loading(precision="exact", format="completion", threads=1)
GREEDY = {"resample_temperature": 0.0, "shots": 2}
LOGPROB = 2e-3
"""Nats: llama-server adds up its vocabulary's weights in float32, which shifts all options of a place alike."""
NUMBER = 1e-3


def agree(one: Run, other: Run) -> None:
    """Records with equal texts and numbers within rounding; findings too."""
    for a, b in zip(one.records, other.records, strict=True):
        assert a["item"] == b["item"]
        assert _texts(a["conditions"]) == _texts(b["conditions"])
        for name, condition in a["conditions"].items():
            if condition is not None:
                assert condition["logprobs"] == pytest.approx(b["conditions"][name]["logprobs"], abs=LOGPROB)
    for x, y in zip(one.findings, other.findings, strict=True):
        assert (x.estimate.name, x.estimate.n, x.estimate.reason) == (y.estimate.name, y.estimate.n, y.estimate.reason)
        for field in ("value", "low", "high"):
            p, q = getattr(x.estimate, field), getattr(y.estimate, field)
            assert (p is None and q is None) or math.isclose(p, q, abs_tol=NUMBER), (x.estimate, y.estimate)


def _texts(conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (c and (c["between"], c["wrote"], c["implied"])) for name, c in conditions.items()}


@pytest.mark.slow
def test_a_server_finds_what_the_embedded_backend_finds(tmp_path: Path, tiny_path: Path, tiny: LlamaCpp) -> None:
    """llama.cpp embedded, and a real llama-server with float32 memory and without flash attention, in its own slots."""

    def run(model: Any, out: str) -> Run:
        return ta.run(
            "channels", model, ["chain_sum"], items=8, difficulty=2, out=tmp_path / out, settings=GREEDY, loading=FORM
        )

    with closing(LlamaProcess(tiny_path, slots=2)) as server:
        agree(run(tiny, "here"), run(server.url, "there"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chatml", "llama3", "llama2", "gemma", "base"])
def test_files_of_each_sort_find_the_same_on_every_backend(kind: str, tmp_path: Path) -> None:
    """Turns as each file wants them: embedded, through transformers, and behind a real server."""
    pytest.importorskip("transformers")
    file = make(kind, tmp_path)
    loading = Loading(precision="exact", threads=1, device="cpu")

    def run(model: str, out: str) -> Run:
        return ta.run(
            "channels",
            model,
            ["chain_sum"],
            items=2,
            difficulty=2,
            out=tmp_path / out,
            settings=GREEDY,
            loading=loading,
        )

    here = run(str(file), "llama_cpp")
    agree(here, run(f"transformers:{file}", "transformers"))
    with closing(LlamaProcess(file, slots=1)) as server:
        agree(here, run(server.url, "http"))


@pytest.mark.slow
def test_the_real_model_finds_the_same_on_every_backend(tmp_path: Path, smollm2: LlamaCpp) -> None:
    """SmolLM2's float32 weights through llama.cpp in exact mode, through transformers, and through a real server."""
    pytest.importorskip("transformers")
    from thinkaloud.models.llama_cpp.dequantise import exact_copy
    from thinkaloud.models.named import SMOLLM2_SHA256
    from thinkaloud.models.named import smollm2 as weights

    loading = Loading(precision="exact", threads=1)

    def run(model: Any, out: str) -> Run:
        return ta.run(
            "channels",
            model,
            ["chain_sum"],
            items=1,
            difficulty=2,
            out=tmp_path / out,
            settings={**GREEDY, "shots": 1},
            loading=loading,
        )

    here = run(smollm2, "llama_cpp")
    agree(here, run("transformers:smollm2-135m", "transformers"))
    with closing(LlamaProcess(exact_copy(weights(), SMOLLM2_SHA256), slots=1)) as server:
        agree(here, run(server.url, "http"))
