"""Fit a network of `forward.py` to cases that are drawn on the fly. The only module that needs torch (`organisms`).

One thread and fixed seeds: the same machine and library give the same weights. This module does not know what the cases
mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.errors import UserError
from thinkaloud.organisms.forward import Shape, blank
from thinkaloud.vocabulary import Key

if TYPE_CHECKING:
    import torch

Weights = dict[str, NDArray[np.float32]]
Cases = Callable[[np.random.Generator, int], tuple[NDArray[np.int64], NDArray[np.float64]]]
"""Draws a batch with the given number of rows: tokens [rows, length], and the weight of each token in the loss."""
Progress = Callable[[int, int, float], None]
"""(step, of how many, loss)"""


@dataclass(frozen=True, slots=True)
class Plan:
    """AdamW for `steps` batches of `batch` rows: a linear warm-up to `rate`, then half a cosine down to `floor` of it
    (1: constant)."""

    steps: int
    rate: float
    warmup: int
    batch: int = 64
    floor: float = 0.1

    def at(self, step: int) -> float:
        """The learning rate of a step."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * ((1 + self.floor) / 2 + (1 - self.floor) / 2 * math.cos(math.pi * done))


@dataclass(frozen=True, slots=True)
class Start:
    """Where a fit begins: weights and their shape, and the names of its two streams of randomness (`seed` is torch's,
    `key` draws the cases)."""

    weights: Weights
    shape: Shape
    seed: int
    key: Key


def fit(start: Start, cases: Cases, plan: Plan, progress: Progress | None = None) -> Weights:
    """The weights at the end of the plan."""
    return dict(checkpoints(start, cases, plan, (plan.steps,), progress))[plan.steps]


def checkpoints(
    start: Start, cases: Cases, plan: Plan, when: Sequence[int], progress: Progress | None = None
) -> Iterator[tuple[int, Weights]]:
    """(step, weights) after each of the steps in `when`, during training."""
    torch = need_torch()
    torch.set_num_threads(1)
    torch.manual_seed(start.seed)
    weights = {name: torch.nn.Parameter(torch.tensor(np.asarray(w, np.float32))) for name, w in start.weights.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.01)
    rng = start.key.rng
    for step in range(plan.steps):
        for group in optimizer.param_groups:
            group["lr"] = plan.at(step)
        tokens, wanted = (torch.from_numpy(a) for a in cases(rng, plan.batch))
        loss = weighted_loss(weights, start.shape, tokens, wanted.float())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if progress:
            progress(step + 1, plan.steps, float(loss.detach()))
        if step + 1 in when:
            yield step + 1, {name: w.detach().numpy().copy() for name, w in weights.items()}


def initial(shape: Shape, seed: int) -> Weights:
    """Random weights: embeddings .02, matrices fan_in^-1/2, those that write to the residual / sqrt(2 layers)."""
    rng = Key(("organisms", "initial", str(seed))).rng
    found: Weights = {}
    for name, size in blank(shape).items():
        if name.endswith("bias"):
            found[name] = np.zeros(size, np.float32)
        elif len(size) == 1:
            found[name] = np.ones(size, np.float32)
        else:
            scale = 0.02 if name in ("tokens", "positions") else size[1] ** -0.5
            if name.endswith(("out.weight", "down.weight")):
                scale /= math.sqrt(2 * shape.layers)
            found[name] = (scale * rng.standard_normal(size)).astype(np.float32)
    return found


def logits(weights: Mapping[str, torch.Tensor], shape: Shape, tokens: torch.Tensor) -> torch.Tensor:
    """The network of `forward.py` in torch: logits after every token."""
    f = need_torch().nn.functional
    d, heads, length = shape.width, shape.heads, tokens.shape[1]
    x = weights["tokens"][tokens] + weights["positions"][:length]
    for i in range(shape.layers):
        h = f.layer_norm(x, (d,), weights[f"{i}.norm1.weight"], weights[f"{i}.norm1.bias"])
        q, k, v = (
            part.view(-1, length, heads, d // heads).transpose(1, 2)
            for part in f.linear(h, weights[f"{i}.qkv.weight"], weights[f"{i}.qkv.bias"]).split(d, dim=-1)
        )
        seen = f.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(-1, length, d)
        x = x + f.linear(seen, weights[f"{i}.out.weight"], weights[f"{i}.out.bias"])
        h = f.layer_norm(x, (d,), weights[f"{i}.norm2.weight"], weights[f"{i}.norm2.bias"])
        h = f.relu(f.linear(h, weights[f"{i}.up.weight"], weights[f"{i}.up.bias"]))
        x = x + f.linear(h, weights[f"{i}.down.weight"], weights[f"{i}.down.bias"])
    found: torch.Tensor = f.layer_norm(x, (d,), weights["norm.weight"], weights["norm.bias"]) @ weights["head"].T
    return found


def weighted_loss(
    weights: Mapping[str, torch.Tensor], shape: Shape, tokens: torch.Tensor, wanted: torch.Tensor
) -> torch.Tensor:
    """Weighted mean of the cross-entropy of each token, given those before it."""
    predicted = logits(weights, shape, tokens[:, :-1])
    each: Any = need_torch().nn.functional.cross_entropy(
        predicted.reshape(-1, shape.vocabulary), tokens[:, 1:].reshape(-1), reduction="none"
    )
    weighed = wanted[:, 1:].reshape(-1)
    mean: torch.Tensor = (each * weighed).sum() / weighed.sum()
    return mean


def need_torch() -> Any:
    """The torch module; raises a `UserError` that says how to install it."""
    try:
        import torch
    except ImportError as error:
        raise UserError("training organisms needs torch: pip install 'thinkaloud[organisms]'") from error
    return torch
