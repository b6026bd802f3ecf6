"""What the peers on transformers share: threads, and counting the tokens that go through a model."""

from __future__ import annotations

from typing import Any


class Counter:
    """Counts the tokens of every forward pass of a transformers model, padding included: it is computed too."""

    def __init__(self, model: Any, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.total = 0
        model.eval()
        model.register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        ids = kwargs.get("input_ids", args[0] if args else None)
        self.total += 0 if ids is None else int(ids.numel())

    def take(self, before: int | None) -> int:
        """What was counted since the last time, added to `before`."""
        counted, self.total = self.total, 0
        return (before or 0) + counted
