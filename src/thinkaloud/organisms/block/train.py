"""Teaches SmolLM2-135M to reason inside a block: LoRA in torch, on one core, about a quarter of an hour.

Only the learned part of a lesson is in the loss. The matrices of the adapter are named and laid out as in the GGUF file
of the base model, so that whoever merges it need not know torch. Same machine and libraries: same weights.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud._version import __version__
from thinkaloud.models.named import SMOLLM2_SHA256, smollm2
from thinkaloud.models.transformers.unpack import unpacked
from thinkaloud.organisms.block.adapter import store
from thinkaloud.organisms.block.lessons import Lesson, lessons
from thinkaloud.organisms.block.measured import Share, measure
from thinkaloud.organisms.block.opened import open_block
from thinkaloud.organisms.fit import Plan, need_torch
from thinkaloud.organisms.library import pack
from thinkaloud.vocabulary import Key

if TYPE_CHECKING:
    import torch

Progress = Callable[[int, int, float], None]
"""(step, of how many, loss)"""
PLAN = Plan(steps=64, rate=2e-3, warmup=5, batch=8)
RANK = 4
SCALE = 2.0
PARTS = 2
"""Lessons of a step are computed in so many groups of similar length."""
TARGETS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Which matrices of each layer are adapted: transformers' name -> GGUF's."""


@dataclass(frozen=True, slots=True)
class Base:
    """The model to teach, as transformers loads it, and its tokenizer."""

    model: Any
    tokenizer: Any

    def tokens(self, lesson: Lesson) -> tuple[list[int], int]:
        """The tokens of a whole lesson, and how many of them are given."""
        learned = self._of(lesson.learned)
        given = self._of(lesson.given) if lesson.apart else self._of(lesson.given + lesson.learned)[: -len(learned)]
        return given + learned, len(given)

    def _of(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def opened(folder: Path) -> Base:
    """The base model from a folder of transformers, its weights frozen."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=need_torch().float32)
    return Base(model.eval().requires_grad_(False), AutoTokenizer.from_pretrained(folder))


def make(seed: int, folder: Path, progress: Progress | None = None, items: int = 20) -> list[Share]:
    """Train, round to float16, store, and measure what is stored; returns what was measured. About half an hour."""
    blob = pack(train(opened(unpacked(smollm2(), digest=SMOLLM2_SHA256)), seed, PLAN, progress))
    about = {"base": SMOLLM2_SHA256, "rank": RANK, **asdict(PLAN), "date": datetime.date.today().isoformat(),
             "thinkaloud": __version__}  # fmt: skip
    store(blob, seed, about, folder)
    found = measure(open_block(seed, folder=folder), items)
    store(blob, seed, {**about, "measured": [asdict(share) for share in found]}, folder)
    return found


def train(base: Base, seed: int, plan: Plan = PLAN, progress: Progress | None = None) -> dict[str, NDArray[np.float32]]:
    """Teach the base model (it keeps the adapter) and return the adapter's matrices."""
    torch = need_torch()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    pairs = _adapt(base.model)
    learned = [weight for pair in pairs.values() for weight in pair]
    optimizer = torch.optim.AdamW(learned, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
    for step in range(plan.steps):
        for group in optimizer.param_groups:
            group["lr"] = plan.at(step)
        optimizer.zero_grad(set_to_none=True)
        loss = _backward(base, lessons(Key(("organisms", "block", str(seed), str(step))), plan.batch))
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        if progress:
            progress(step + 1, plan.steps, loss)
    return _exported(base.model.config, pairs)


def _adapt(model: Any) -> dict[str, tuple[Any, Any]]:
    """Add a product of two narrow matrices to each target; returns (a [rank, in], b [out, rank]) by GGUF's name."""
    torch = need_torch()
    pairs = {}
    for number, layer in enumerate(model.model.layers):
        for target, name in TARGETS.items():
            linear = layer.get_submodule(target)
            a = torch.nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
            b = torch.nn.Parameter(torch.zeros(linear.out_features, RANK))
            linear.register_forward_hook(partial(_added, a, b))
            pairs[f"blk.{number}.{name}.weight"] = (a, b)
    return pairs


def _added(a: torch.Tensor, b: torch.Tensor, linear: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> Any:
    return output + SCALE * (inputs[0] @ a.T @ b.T)


def _backward(base: Base, taught: Sequence[Lesson]) -> float:
    """Gradients of the mean cross-entropy of all learned tokens; returns it."""
    found = sorted((base.tokens(lesson) for lesson in taught), key=lambda pair: len(pair[0]))
    total = sum(len(tokens) - given for tokens, given in found)
    size, loss = -(-len(found) // PARTS), 0.0
    for start in range(0, len(found), size):
        part = _summed(base.model, found[start : start + size]) / total
        part.backward()
        loss += float(part.detach())
    return loss


def _summed(model: Any, rows: Sequence[tuple[list[int], int]]) -> Any:
    """Summed cross-entropy of the learned tokens. Rows are padded on the right, where nothing looks back at."""
    torch = need_torch()
    width = max(len(tokens) for tokens, _ in rows)
    padded = torch.tensor([tokens + [0] * (width - len(tokens)) for tokens, _ in rows])
    states = model.model(padded, use_cache=False).last_hidden_state
    before = torch.cat([states[row, given - 1 : len(tokens) - 1] for row, (tokens, given) in enumerate(rows)])
    wanted = torch.tensor([token for tokens, given in rows for token in tokens[given:]])
    return torch.nn.functional.cross_entropy(model.lm_head(before), wanted, reduction="sum")


def _exported(config: Any, pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, NDArray[np.float32]]:
    """The matrices as the GGUF file has them; `lora_b` holds the scale."""
    found = {}
    for name, (a, b) in pairs.items():
        rows = SCALE * b.detach().numpy()
        found[f"{name}.lora_a"] = a.detach().numpy().copy()
        found[f"{name}.lora_b"] = _interleaved(rows, config.num_attention_heads) if ".attn_q." in name else rows
    return found


def _interleaved(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The rows of a query matrix in llama.cpp's order: the two halves that a rotation mixes stand side by side."""
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
