"""A loaded network as a function from tokens to logits, whatever the names of its arguments.

`Net.packed` computes tokens that lie in a `Memory` in any order, each seeing what a mask allows; `Net.plain` computes
one text as its authors' code does. Knows nothing about trees, requests or text.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from thinkaloud.models.requests import Logits
from thinkaloud.models.transformers.memory import Memory

FEW, NARROW = 16, 1024  # rows, and width of a network

Seen = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


class Net:
    """A causal language model of transformers on its device."""

    def __init__(self, model: Any, threads: int) -> None:
        self.model, self.threads = model, threads
        self.config = model.config.get_text_config()
        self.device: torch.device = model.device
        self.dtype: torch.dtype = model.dtype
        self.vocabulary = int(self.config.vocab_size)
        accepted = inspect.signature(model.forward).parameters
        self._memory_as = next(
            (name for name in ("cache", "past_key_values", "cache_params") if name in accepted), None
        )
        self._keeps = "logits_to_keep" in accepted
        self._positions = "position_ids" in accepted
        self._narrow = (getattr(self.config, "hidden_size", None) or NARROW + 1) <= NARROW

    def use_threads(self, rows: int) -> None:
        """Set torch's number of threads, which is global and may have been changed by another model. A few rows of a
        narrow network are computed with one thread: a second one doubles the cost and saves no time."""
        threads = 1 if self._narrow and rows <= FEW else self.threads
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)

    # ------------------------------------------------------------------------------------------------ packed

    def windows(self) -> dict[str, int | None]:
        """The attention window of each kind of layer (None: unlimited). Raises for kinds that a mask cannot express."""
        kinds = set(getattr(self.config, "layer_types", None) or ())
        window = getattr(self.config, "sliding_window", None)
        if not kinds:
            return {"full_attention": window}
        if not kinds <= {"full_attention", "sliding_attention"}:
            raise NotImplementedError(f"layers of the kinds {sorted(kinds)}")
        return {kind: window if kind == "sliding_attention" else None for kind in sorted(kinds)}

    def packed(
        self,
        tokens: list[int],
        positions: tuple[Positions, Positions],
        seen: Seen | None,
        memory: Memory,
        wanted: list[int],
    ) -> Logits:
        """Compute tokens into new slots of the memory; the logits after the wanted ones (indices into `tokens`).

        `positions`: of the tokens, and of all slots including theirs. `seen[i, j]`: token i sees slot j; None: the
        memory was empty and every token sees those before it.
        """
        mask: Any = None
        windows = self.windows()
        if seen is not None or any(windows.values()):
            if seen is None:
                seen = np.tri(len(tokens), dtype=np.bool_)
            masks = {kind: self._mask(seen, positions, window) for kind, window in windows.items()}
            mask = next(iter(masks.values())) if len(masks) == 1 else masks
        return self._forward(
            tokens,
            wanted,
            attention_mask=mask,
            position_ids=torch.from_numpy(positions[0])[None].to(self.device),
            use_cache=True,
            **{str(self._memory_as): memory.cache},
        )

    def _mask(self, seen: Seen, positions: tuple[Positions, Positions], window: int | None) -> torch.Tensor:
        if window is not None:
            seen = seen & (positions[0][:, None] - positions[1][None, :] < window)
        hidden = torch.from_numpy(~seen).to(self.device)
        # the least finite number, as in transformers: its exponential is exactly 0 relative to anything that is seen
        mask = torch.zeros(hidden.shape, dtype=self.dtype, device=self.device)
        return mask.masked_fill_(hidden, torch.finfo(self.dtype).min)[None, None]

    # ------------------------------------------------------------------------------------------------ plain

    def fresh(self) -> Any:
        """An empty cache of the model's own kind."""
        from transformers.cache_utils import DynamicCache

        return DynamicCache(config=self.config)

    def plain(self, tokens: list[int], cache: Any, start: int, wanted: list[int]) -> Logits:
        """Continue one text of `start` tokens under the model's own mask. `cache` None: without one (`start` is 0)."""
        extra: dict[str, Any] = {"use_cache": False}
        if cache is not None:
            extra = {"use_cache": True, str(self._memory_as): cache}
        if self._positions:
            extra["position_ids"] = torch.arange(start, start + len(tokens), device=self.device)[None]
        return self._forward(tokens, wanted, **extra)

    def _forward(self, tokens: list[int], wanted: list[int], **extra: Any) -> Logits:
        self.use_threads(len(tokens))
        ids = torch.tensor([tokens], device=self.device)
        keep = torch.tensor(wanted or [len(tokens) - 1], device=self.device)
        with torch.no_grad():
            if self._keeps:
                logits = self.model(input_ids=ids, logits_to_keep=keep, **extra).logits[0]
            else:
                logits = self.model(input_ids=ids, **extra).logits[0].index_select(0, keep)
            out: Logits = logits.float().cpu().numpy()
        return out[: len(wanted)]
