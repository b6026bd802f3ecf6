"""A transformers model as a thinkaloud model, with hidden states and gradients besides.

`exact` precision (the default up to a billion weights) is float32 throughout; `native` is the checkpoint's own type.
Which way of computing trees is correct for the architecture is tested when the model is loaded (`selftest.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from thinkaloud.models.detect import recommended
from thinkaloud.models.loading import Loading, cores
from thinkaloud.models.local import Local, Lowering
from thinkaloud.models.transformers import inside
from thinkaloud.models.transformers.engine import Engine
from thinkaloud.models.transformers.files import digest, located
from thinkaloud.models.transformers.loaded import Loaded, load, weights_digest
from thinkaloud.models.transformers.net import Net
from thinkaloud.models.transformers.selftest import choose
from thinkaloud.models.transformers.turns import spelled
from thinkaloud.vocabulary import ModelCard, Prompt


class Transformers(Local):
    """A causal model of transformers."""

    engine: Engine

    def __init__(self, card: ModelCard, lowering: Lowering, engine: Engine, net: Net) -> None:
        super().__init__(card, lowering, engine)
        self.net = net

    async def hidden(
        self, prompt: Prompt, layers: Sequence[int] | None = None, at: Literal["last", "parts"] = "last"
    ) -> npt.NDArray[np.float32]:
        """Hidden states, shape (layers, places, width). Layer 0 is the embedding, layer i the output of block i (the
        last one after the final norm, as transformers has it). Places: the prompt's last token, or the last token
        before the prefill and of each of its parts."""
        tokens = self._all(prompt)
        ends = [len(tokens)]
        if at == "parts":
            cuts = range(len(prompt.prefill) + 1)
            ends = [len(self._all(replace(prompt, prefill=prompt.prefill[:k]))) for k in cuts]
        return inside.hidden(self.net, tokens, [end - 1 for end in ends], layers)

    async def gradient(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> inside.Attribution:
        """How much each token of the prompt supports each option: gradient times input at the embeddings."""
        request = self.lowering.scored(prompt, options, closing)
        tokens = [*request.preamble, *request.tokens]
        values, logprobs = inside.gradients(self.net, tokens, request.ways)
        pieces = tuple(self.engine.pieces.piece(token) for token in tokens)
        return inside.Attribution(pieces, tuple(options), logprobs, values)

    def _all(self, prompt: Prompt) -> list[int]:
        preamble, tokens, _ = self.lower(prompt)
        return [*preamble, *tokens]


def opened(where: str | Path, loading: Loading, name: str | None = None) -> Transformers:
    """Load the model and run its self-test."""
    path, known_as = located(where)
    # of a hub's cache, the commit
    source = path.name if path.is_file() or path.parent.name == "snapshots" else "folder"
    file = path if path.is_file() else None
    return _made(load(path, loading), loading, _Origin(name or known_as, digest(path), source, file))


def live(network: Any, tokenizer: Any, name: str, loading: Loading | None = None) -> Transformers:
    """A network that is in memory already, such as one that is being trained, as a model; a LoRA adapter in it counts.

    It is used as it is, in evaluation mode and its own precision, and must not change while it is asked: what is asked
    later belongs to a `live` model of its own. Its digest is of all its weights.
    """
    inner = network.get_base_model() if hasattr(network, "get_base_model") else network
    loaded = Loaded(inner, tokenizer, exact=False)
    return _made(loaded, loading or Loading(), _Origin(name, weights_digest(inner), "memory", None))


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a model is called, the digest of what it is made of, where it is from, and its GGUF file if it has one."""

    name: str
    digest: str
    source: str
    file: Path | None


def _made(loaded: Loaded, loading: Loading, origin: _Origin) -> Transformers:
    net = Net(loaded.model, loading.threads or cores())
    chosen = choose(net)
    spelling = spelled(loaded.tokenizer, _ends(loaded), loading.format, origin.file, loading.profile)
    vocabulary, turns = spelling.vocabulary, spelling.turns
    card = ModelCard(
        name=origin.name,
        backend="transformers",
        digest=f"sha256:{origin.digest}",
        format=turns.form,
        precision=f"{_short(net.dtype)}{', exact' if loaded.exact else ''}",
        context=min([loading.context, *_trained(net.config)]),
        capabilities=frozenset({"prefill", "logprobs", "raw_reasoning", "hidden_states", "gradients"}),
        details={"source": origin.source, **_details(net)}
        | {"computed_by": chosen.way.name, "self_test_nats": chosen.floor, "not_computed_by": chosen.refused}
        | dict(turns.notes),
    )
    engine = Engine(chosen.way, vocabulary, card.context, net.vocabulary)
    model = Transformers(card, spelling.lowering, engine, net)
    model.reference = spelling.reference
    if model.profile is not None:
        model.profile = recommended(model.profile, _sampling(loaded), "the model's generation_config.json")
    return model


def _details(net: Net) -> dict[str, Any]:
    import torch
    import transformers

    return {
        "architecture": str(net.config.model_type),
        "parameters": sum(weight.numel() for weight in net.model.parameters()),
        "dtype": _short(net.dtype),
        "device": str(net.device),
        "attention": str(getattr(net.model.config, "_attn_implementation", "its own")),
        "torch": str(torch.__version__),
        "transformers": str(transformers.__version__),
    }


def _trained(config: Any) -> list[int]:
    """The longest text that the model supports here. Rotary embeddings that change with the text's length do so beyond
    the original length; a short text's states would then be wrong for a long one, so the limit is the original
    length."""
    limits = [getattr(config, "max_position_embeddings", None)]
    rotations = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    for entry in (rotations, *rotations.values()):
        if isinstance(entry, dict) and entry.get("rope_type") in ("dynamic", "longrope"):
            limits.append(entry.get("original_max_position_embeddings"))
            limits.append(getattr(config, "original_max_position_embeddings", None))
    return [limit for limit in limits if limit]


def _sampling(loaded: Loaded) -> dict[str, float]:
    """How the model's own files want it to be sampled, by the names of `Recommended`; empty where they do not say."""
    config: Any = loaded.model.generation_config  # untyped
    said = {} if config is None else config.to_diff_dict()
    if not said.get("do_sample"):
        return {}
    return {name: float(said[name]) for name in ("temperature", "top_p", "top_k") if said.get(name) is not None}


def _short(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


def _ends(loaded: Loaded) -> set[int]:
    """Tokens that end a turn, as the model's own files say."""
    said: list[Any] = [loaded.tokenizer.eos_token_id, loaded.model.config.get_text_config().eos_token_id]
    said.append(getattr(loaded.model.generation_config, "eos_token_id", None))
    flat = [one for entry in said for one in (entry if isinstance(entry, Iterable) else [entry])]
    return {int(one) for one in flat if one is not None}
