"""A key-value memory with one row of slots in any order; the attention mask decides which token sees which slot.

It is a transformers cache whose layers keep everything (also layers with a sliding window, which the mask applies),
write in place instead of copying at every call, and can drop slots. It knows nothing about trees or text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

Saved = list[tuple[torch.Tensor, torch.Tensor]]

GROWTH = 1024  # slots are added in steps of this at least


class Slots(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """The slots of one layer, shape (1, heads, capacity, width), of which the first `used` hold something."""

    is_sliding = False

    def __init__(self, **_: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.used = 0

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Allocate at first use, when shapes are known."""
        self.keys = key_states.new_empty((*key_states.shape[:2], 0, key_states.shape[3]))
        self.values = value_states.new_empty((*value_states.shape[:2], 0, value_states.shape[3]))
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write new slots after the used ones; returns all used slots."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None and self.values is not None
        end = self.used + key_states.shape[2]
        if end > self.keys.shape[2]:
            capacity = max(end + GROWTH, 2 * self.used)
            self.keys, self.values = self._grown(self.keys, capacity), self._grown(self.values, capacity)
        self.keys[:, :, self.used : end] = key_states
        self.values[:, :, self.used : end] = value_states
        self.used = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def _grown(self, old: torch.Tensor, capacity: int) -> torch.Tensor:
        new = old.new_empty((*old.shape[:2], capacity, old.shape[3]))
        new[:, :, : self.used] = old[:, :, : self.used]
        return new

    def get_seq_length(self) -> int:
        """The number of used slots."""
        return self.used

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what a mask covers."""
        return self.used + query_length, 0

    def get_max_length(self) -> int:
        """-1: no bound."""
        return -1

    def get_max_cache_shape(self) -> int:
        """The same under its older name."""
        return -1


class Memory:
    """The slots of all layers."""

    def __init__(self) -> None:
        self.cache = Cache(layer_class_to_replicate=Slots)

    @property
    def layers(self) -> list[Slots]:
        """The layers, once something was computed."""
        made: list[Any] = self.cache.layers
        return made

    @property
    def used(self) -> int:
        """The number of used slots."""
        return self.layers[0].used if self.layers else 0

    def keep(self, slots: torch.Tensor) -> None:
        """Drop all slots but these, which move to the front in this order."""
        for layer in self.layers:
            if layer.keys is not None and layer.values is not None:
                for data in (layer.keys, layer.values):
                    data[:, :, : len(slots)] = data.index_select(2, slots)  # selected into a copy, then written
                layer.used = len(slots)

    def save(self) -> Saved:
        """A copy of the used slots."""
        return [
            (layer.keys[:, :, : layer.used].clone(), layer.values[:, :, : layer.used].clone())
            for layer in self.layers
            if layer.keys is not None and layer.values is not None
        ]

    def take(self, slots: Sequence[int]) -> Saved:
        """A copy of some slots, in this order."""
        return [
            (_some(layer.keys, slots), _some(layer.values, slots))
            for layer in self.layers
            if layer.keys is not None and layer.values is not None
        ]

    def add(self, saved: Saved, places: Sequence[int]) -> None:
        """Append a copy of some saved slots after the used ones."""
        for index, (keys, values) in enumerate(saved):
            self.cache.update(_some(keys, places), _some(values, places), index)

    def restore(self, saved: Saved) -> None:
        """Replace all contents with these slots."""
        for layer in self.layers:
            layer.used = 0
        for index, (keys, values) in enumerate(saved):
            self.cache.update(keys, values, index)


def _some(data: torch.Tensor, places: Sequence[int]) -> torch.Tensor:
    return data.index_select(2, torch.tensor(places, dtype=torch.long, device=data.device))


def size(saved: Saved) -> int:
    """Bytes of saved slots."""
    return sum(data.numel() * data.element_size() for pair in saved for data in pair)
