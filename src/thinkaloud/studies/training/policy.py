"""One update of a network: by rewards of its own turns, or by turns that it is taught. Needs torch.

By reward (GRPO with one update a batch, so that no ratio is needed): the log-probability of each token of a turn is
pushed by the turn's advantage; `kl` adds the distance to the first checkpoint, by the estimator e^d - 1 - d with
d = log first - log now (Schulman 2020), over the tokens that it wrote itself. Adam, gradients clipped at 1.

A `Learner` can be saved and gone on with: its next updates are then the same, bit for bit, on the same machine and
library. This module does not know what is rewarded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.fit import Weights, logits, need_torch, weighted_loss
from thinkaloud.organisms.forward import Gpt, Shape, blank
from thinkaloud.organisms.recipes import Floats, Ints
from thinkaloud.organisms.rollout import Turns

CLIP = 1.0


@dataclass(frozen=True, slots=True)
class Push:
    """How turns push: `kl`, the weight of the distance to the first checkpoint; the `temperature` they were drawn at,
    at which their probabilities are then taken, too."""

    kl: float = 0.0
    temperature: float = 1.0


class Learner:
    """Weights that are being trained, with Adam's moments. `updates`: how many there were; `pushed`: those by rewards
    that differed within some group, since equal ones teach nothing."""

    def __init__(self, weights: Weights, shape: Shape, rate: float) -> None:
        torch = need_torch()
        torch.set_num_threads(1)
        self.shape, self.updates, self.pushed = shape, 0, 0
        self._weights = {name: torch.nn.Parameter(torch.tensor(np.asarray(weights[name]))) for name in blank(shape)}
        self._adam = torch.optim.Adam(self._weights.values(), lr=rate)

    @property
    def weights(self) -> Weights:
        """A copy."""
        return {name: w.detach().numpy().copy() for name, w in self._weights.items()}

    @property
    def net(self) -> Gpt:
        """The network as it is now, without torch."""
        return Gpt({name: w.detach().numpy() for name, w in self._weights.items()}, self.shape)

    def taught(self, tokens: Ints, wanted: Floats) -> None:
        """Cross-entropy of tokens [rows, length] with these loss weights."""
        torch = need_torch()
        self._update(
            weighted_loss(self._weights, self.shape, torch.from_numpy(tokens), torch.from_numpy(wanted).float())
        )

    def rewarded(self, prompts: Ints, turns: Turns, advantages: Floats, push: Push, first: Weights) -> None:
        """Policy gradient of turns behind prompts."""
        torch = need_torch()
        tokens = torch.from_numpy(np.concatenate([prompts, turns.tokens], axis=1))
        mask = torch.from_numpy(turns.own.astype(np.float32))
        behind = prompts.shape[1]

        def logprobs(weights: Any) -> Any:
            found = (logits(weights, self.shape, tokens[:, :-1])[:, behind - 1 :] / push.temperature).log_softmax(-1)
            return found.gather(2, tokens[:, behind:, None])[..., 0]

        now = logprobs(self._weights)
        pushed = -(torch.from_numpy(advantages.astype(np.float32))[:, None] * now * mask).sum() / mask.sum()
        if push.kl:
            with torch.no_grad():
                then = logprobs({name: torch.from_numpy(np.asarray(w)) for name, w in first.items()})
            apart = then - now
            pushed = pushed + push.kl * ((apart.exp() - 1 - apart) * mask).sum() / mask.sum()
        self.pushed += bool(advantages.any())
        self._update(pushed)

    def _update(self, loss: Any) -> None:
        torch = need_torch()
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._weights.values(), CLIP)
        self._adam.step()
        self.updates += 1

    # ------------------------------------------------------------------------------------------------- kept and gone on

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that the next update depends on, as arrays."""
        found: dict[str, NDArray[Any]] = {"updates": np.array([self.updates]), "pushed": np.array([self.pushed])}
        for name, weight in self._weights.items():
            found[f"weights.{name}"] = weight.detach().numpy().copy()
            for moment, value in self._adam.state.get(weight, {}).items():
                found[f"{moment}.{name}"] = value.detach().numpy().copy()
        return found

    @classmethod
    def resumed(cls, state: dict[str, NDArray[Any]], shape: Shape, rate: float) -> Learner:
        """The learner whose `state` this is."""
        torch = need_torch()
        # in the order of a new learner: the norm of the gradients is summed in it, and a sum depends on its order
        made = cls({name: state[f"weights.{name}"] for name in blank(shape)}, shape, rate)
        made.updates, made.pushed = int(state["updates"][0]), int(state["pushed"][0])
        for name, weight in made._weights.items():
            moments = {m: state[f"{m}.{name}"] for m in ("step", "exp_avg", "exp_avg_sq") if f"{m}.{name}" in state}
            if moments:
                made._adam.state[weight] = {m: torch.from_numpy(value.copy()) for m, value in moments.items()}
        return made
