"""Training of the model that thinks in a block, on a tiny random network: it learns, only the adapter changes, and what
is exported is what the network computes."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from thinkaloud.organisms.block.train import SCALE, TARGETS, opened, train  # noqa: E402
from thinkaloud.organisms.fit import Plan  # noqa: E402
from tiny_torch import KINDS, checkpoint  # noqa: E402

PLAN = Plan(steps=12, rate=1e-2, warmup=1, batch=8)


@pytest.mark.slow
def test_the_exported_adapter_in_the_base_weights_computes_what_was_trained(tmp_path: Path) -> None:
    """transformers' own way back from llama.cpp's order of query rows is the oracle."""
    from transformers.modeling_gguf_pytorch_utils import LlamaTensorProcessor

    folder, losses = checkpoint(tmp_path, "llama"), []
    taught, base = opened(folder), opened(folder)
    found = train(taught, 0, PLAN, lambda step, steps, loss: losses.append(loss))
    assert sum(losses[-3:]) / 3 < 0.95 * losses[0]
    for one, other in zip(taught.model.parameters(), base.model.parameters(), strict=True):
        assert torch.equal(one, other), "the base is frozen"
    tokens = torch.arange(3, 43)[None]
    assert not torch.allclose(taught.model(tokens).logits, base.model(tokens).logits, atol=1e-2)

    back = LlamaTensorProcessor(config={})._reverse_permute_weights
    for number, layer in enumerate(base.model.model.layers):
        for target, name in TARGETS.items():
            a, b = (found[f"blk.{number}.{name}.weight.lora_{part}"] for part in "ab")
            rows = back(b, KINDS["llama"]["num_attention_heads"]) if name == "attn_q" else b
            layer.get_submodule(target).weight.data += torch.tensor(rows @ a)
    assert torch.allclose(taught.model(tokens).logits, base.model(tokens).logits, atol=1e-4)
    assert SCALE != 1, "or the scale that the export holds is not tried"


@pytest.mark.slow
def test_training_again_gives_the_same_adapter(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, "llama")
    one, other = (train(opened(folder), 3, Plan(3, 1e-2, 1, 4)) for _ in range(2))
    assert all((one[name] == other[name]).all() for name in one)
