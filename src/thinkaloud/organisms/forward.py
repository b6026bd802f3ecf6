"""A small GPT in numpy: pre-norm, learned positions, ReLU, untied head; float32, batched, with a memory for decoding.

It computes logits from tokens and knows nothing of tasks, text or training. Weights are a mapping from names to arrays
laid out as torch does ([out, in]); `blank` says which there are. Rows of a batch have equal lengths: callers sort them
by length, which is cheaper than padding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Tokens = NDArray[np.int64]

EPSILON = 1e-5  # torch's, inside the square root of the norm


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network."""

    vocabulary: int
    positions: int
    width: int
    layers: int
    heads: int


@dataclass
class Memory:
    """Keys and values of the tokens read so far: two arrays [rows, heads, length, width / heads] per layer."""

    keys: list[Array] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Tokens read."""
        return self.keys[0].shape[2] if self.keys else 0

    def keep(self, rows: NDArray[Any]) -> None:
        """Drop all rows but these (a mask, or indices)."""
        self.keys = [k[rows] for k in self.keys]
        self.values = [v[rows] for v in self.values]


class Gpt:
    """The network with its weights."""

    def __init__(self, weights: Mapping[str, NDArray[Any]], shape: Shape) -> None:
        wrong = {name: size for name, size in blank(shape).items() if weights[name].shape != size}
        if wrong:
            raise ValueError(f"weights do not fit the shape {shape}: {wrong}")
        self.shape = shape
        self.parameters = sum(math.prod(size) for size in blank(shape).values())
        # matrices transposed and contiguous once: x @ w is what is computed
        self._w = {name: np.ascontiguousarray(weights[name].T if weights[name].ndim == 2 else weights[name], np.float32)
                   for name in blank(shape)}  # fmt: skip
        for name in ("tokens", "positions"):  # looked up by row, not multiplied
            self._w[name] = np.ascontiguousarray(weights[name], np.float32)

    def __call__(self, tokens: Tokens, memory: Memory | None = None, every: bool = False) -> Array:
        """Logits after the last token, [rows, vocabulary]; with `every`, after each, [rows, length, vocabulary].

        tokens [rows, length] continue the contents of `memory`, and are added to it.
        """
        w, shape = self._w, self.shape
        past = memory.length if memory else 0
        x: Array = w["tokens"][tokens] + w["positions"][past : past + tokens.shape[1]]
        for i in range(shape.layers):
            # above the last layer's keys and values only the last token is looked at
            x = self._layer(i, x, memory, last=not every and i == shape.layers - 1)
        x = _norm(x if every else x[:, -1], w["norm.weight"], w["norm.bias"])
        logits: Array = x @ w["head"]
        return logits

    def _layer(self, i: int, x: Array, memory: Memory | None, last: bool) -> Array:
        w, name = self._w, f"{i}."
        h = _norm(x, w[name + "norm1.weight"], w[name + "norm1.bias"])
        q, k, v = (self._heads(part) for part in np.split(_linear(h, w, name + "qkv"), 3, axis=-1))
        if memory is not None:
            if len(memory.keys) > i:
                k, v = np.concatenate([memory.keys[i], k], axis=2), np.concatenate([memory.values[i], v], axis=2)
                memory.keys[i], memory.values[i] = k, v
            else:
                memory.keys.append(k)
                memory.values.append(v)
        if last:
            x, q = x[:, -1:], q[:, :, -1:]
        x = x + _linear(self._attend(q, k, v), w, name + "out")
        h = _linear(_norm(x, w[name + "norm2.weight"], w[name + "norm2.bias"]), w, name + "up")
        np.maximum(h, 0, out=h)
        out: Array = x + _linear(h, w, name + "down")
        return out

    def _heads(self, x: Array) -> Array:
        rows, length, width = x.shape
        return x.reshape(rows, length, self.shape.heads, width // self.shape.heads).transpose(0, 2, 1, 3)

    def _attend(self, q: Array, k: Array, v: Array) -> Array:
        """Causal attention of the last q.shape[2] tokens to all."""
        rows, heads, asked, size = q.shape
        scores: Array = (q * np.asarray(size**-0.5, np.float32)) @ k.transpose(0, 1, 3, 2)
        if asked > 1:
            seen = k.shape[2]
            scores += np.triu(np.full((asked, seen), -np.inf, np.float32), 1 + seen - asked)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ v).transpose(0, 2, 1, 3).reshape(rows, asked, heads * size)


def blank(shape: Shape) -> dict[str, tuple[int, ...]]:
    """The names of all weights and their shapes, as torch lays them out."""
    d = shape.width
    sizes: dict[str, tuple[int, ...]] = {"tokens": (shape.vocabulary, d), "positions": (shape.positions, d)}
    for i in range(shape.layers):
        for name, (out, into) in {"qkv": (3 * d, d), "out": (d, d), "up": (4 * d, d), "down": (d, 4 * d)}.items():
            sizes |= {f"{i}.{name}.weight": (out, into), f"{i}.{name}.bias": (out,)}
        for name in ("norm1", "norm2"):
            sizes |= {f"{i}.{name}.weight": (d,), f"{i}.{name}.bias": (d,)}
    return sizes | {"norm.weight": (d,), "norm.bias": (d,), "head": (shape.vocabulary, d)}


def log_softmax(logits: Array) -> NDArray[np.float64]:
    """Log-probabilities over the last axis, in double precision."""
    x = logits.astype(np.float64)
    x -= x.max(axis=-1, keepdims=True)
    found: NDArray[np.float64] = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return found


def _linear(x: Array, w: Mapping[str, Array], name: str) -> Array:
    """One matrix product for all rows and positions (numpy would otherwise do one a row)."""
    weight = w[name + ".weight"]
    y: Array = x.reshape(-1, weight.shape[0]) @ weight
    y += w[name + ".bias"]
    return y.reshape(*x.shape[:-1], weight.shape[1])


def _norm(x: Array, weight: Array, bias: Array) -> Array:
    centred: Array = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("...i,...i->...", centred, centred)[..., None] / np.float32(x.shape[-1])
    centred /= np.sqrt(variance + np.float32(EPSILON))
    centred *= weight
    centred += bias
    return centred
