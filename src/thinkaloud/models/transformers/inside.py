"""What torch can show and an API cannot: hidden states, and how an answer depends on each token of its prompt.

Both compute one text under the model's own mask, as the code of its authors does; nothing is shared or kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from thinkaloud.errors import UserError
from thinkaloud.models.closed import Way
from thinkaloud.models.requests import ROUNDING
from thinkaloud.models.transformers.net import Net


@dataclass(frozen=True, slots=True)
class Attribution:
    """Gradient times input. `values[i, t]`: the embedding of prompt token t, dotted with the gradient of the
    log-probability of option i there; `pieces[t]`: that token's bytes (control tokens have none); `logprobs[i]`: that
    log-probability. To first order, removing token t's embedding changes it by `-values[i, t]`."""

    pieces: tuple[bytes, ...]
    options: tuple[str, ...]
    logprobs: tuple[float, ...]
    values: npt.NDArray[np.float32]


def hidden(
    net: Net, tokens: Sequence[int], places: Sequence[int], layers: Sequence[int] | None
) -> npt.NDArray[np.float32]:
    """Hidden states after the given places, shape (layers, places, width)."""
    net.use_threads(len(tokens))
    ids = torch.tensor([list(tokens)], device=net.device)
    with torch.no_grad():
        states: Sequence[torch.Tensor] = net.model(
            input_ids=ids, output_hidden_states=True, use_cache=False
        ).hidden_states
        chosen = range(len(states)) if layers is None else layers
        for layer in chosen:
            if not -len(states) <= layer < len(states):
                raise UserError(f"no layer {layer}: this model has 0 (the embedding) to {len(states) - 1}")
        picked = [states[layer][0, list(places)].float().cpu().numpy() for layer in chosen]
    return np.stack(picked)


def gradients(
    net: Net, tokens: Sequence[int], options: Sequence[Sequence[Way]]
) -> tuple[npt.NDArray[np.float32], tuple[float, ...]]:
    """Gradient times input of each option's log-probability (over all its token sequences) at each prompt token, and
    those log-probabilities."""
    net.use_threads(len(tokens))
    embed = net.model.get_input_embeddings()
    rows, logprobs = [], []
    for own in options:
        prompt = torch.tensor([list(tokens)], device=net.device)
        inputs = embed(prompt).detach().requires_grad_(True)
        total = torch.stack([_logprob(net, embed, inputs, way) for way in own]).logsumexp(0)
        (slope,) = torch.autograd.grad(total, inputs)
        rows.append((slope * inputs)[0].sum(-1).detach().float().cpu().numpy())
        logprobs.append(float(total.detach()))
    return np.stack(rows), tuple(logprobs)


def _logprob(net: Net, embed: Any, prompt: torch.Tensor, way: Way) -> Any:
    following = torch.tensor(list(way.tokens), device=net.device)
    inputs = torch.cat([prompt, embed(following[None]).detach()], 1)
    logprobs = (
        net.model(inputs_embeds=inputs, use_cache=False).logits[0, -len(way.tokens) - 1 :].float().log_softmax(-1)
    )
    total = logprobs[:-1].gather(1, following[:, None]).sum()
    if not way.onward:
        return total
    elsewhere = logprobs[-1][list(way.onward)].exp().sum()
    return total + (1 - elsewhere).clamp(min=ROUNDING).log()
