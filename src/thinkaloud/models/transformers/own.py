"""Attention for texts that are written at the same time in one memory: each attends to the preamble and to its own
slots only.

With a mask alone, every query is multiplied with the slots of all other texts, with a weight of 0. Here all queries
attend to the preamble's slots in one product, and each text's own slots are gathered. It replaces
`scaled_dot_product_attention` within `own_slots`; the self-test checks that an architecture gives the same numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

NAME = "thinkaloud_own_slots"
UNKNOWN = ("softcap", "position_bias", "s_aux")
"""Changes to attention scores that some networks make and this does not support."""

_slots: ContextVar[tuple[int, torch.Tensor, torch.Tensor]] = ContextVar("own_slots")


@contextlib.contextmanager
def own_slots(config: Any, sees: Sequence[Sequence[int]], offset: int, device: torch.device) -> Iterator[None]:
    """Within this block, a network of `config` computes one token per text: text i sees the first `offset` slots and
    `sees[i]`, as far as its mask allows."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attention)
    slots = pad_sequence([torch.tensor(one) for one in sees], batch_first=True, padding_value=-1).to(device)
    before = config._attn_implementation
    token = _slots.set((offset, slots.clamp(min=0), slots < 0))
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _slots.reset(token)


def _attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Shapes: query (1, heads, texts, width), key and value (1, fewer heads, slots, width), the mask (1, 1, texts,
    slots), to be added."""
    if any(more.get(name) is not None for name in UNKNOWN):
        raise NotImplementedError("attention with " + ", ".join(name for name in UNKNOWN if more.get(name) is not None))
    offset, slots, nothing = _slots.get()
    groups, texts, width = key.shape[1], query.shape[2], query.shape[3]
    scaling = more.get("scaling") or width**-0.5
    # (groups, texts, heads of a group, width)
    asked = query[0].reshape(groups, -1, texts, width).transpose(1, 2) * scaling
    mask = attention_mask[0, 0]
    own = mask.gather(1, slots).masked_fill(nothing, torch.finfo(mask.dtype).min)
    scores = asked @ _gathered(key, slots).transpose(2, 3) + own[:, None]
    if offset:
        shared = (asked.flatten(1, 2) @ key[0, :, :offset].transpose(1, 2)).view(groups, texts, -1, offset)
        scores = torch.cat([shared + mask[:, None, :offset], scores], 3)
    weights = scores.softmax(3)
    out = weights[..., offset:] @ _gathered(value, slots)
    if offset:
        out += (weights[..., :offset].flatten(1, 2) @ value[0, :, :offset]).view(out.shape)
    return out.transpose(0, 1).flatten(1, 2)[None], None


def _gathered(data: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
    """Shape (groups, texts, slots of a text, width)."""
    return data[0].index_select(1, slots.flatten()).view(len(data[0]), *slots.shape, -1)
