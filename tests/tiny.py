"""A tiny random model in a real GGUF file: the beginning of SmolLM2's tokenizer, two layers of noise. Fast, and free of
meaning.

Tokens of this tokenizer are numbered in the order of their merges, so its first ones are a whole tokenizer of its kind:
control tokens, bytes, and the merges that make the others. All of them would take most of the time of the tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from thinkaloud.models.named import smollm2

WIDTH, LAYERS, HEADS, HIDDEN = 64, 2, 4, 128
TOKENS, UNMERGED = 4096, 252
"""How many tokens are kept unless said otherwise; how many of them (control tokens, bytes) are no merge of others."""


def tiny_gguf(folder: Path, context: int = 4096, tokens: int = TOKENS) -> Path:
    """Write the model and return its path; the same bytes every time."""
    path = folder / f"tiny-{context}.gguf"
    source = gguf.GGUFReader(smollm2())
    writer = gguf.GGUFWriter(path, "llama")
    for name, field in source.fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            element = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, _beginning(name, field.contents(), tokens), kind, sub_type=element)
    weights(writer, context, tokens)
    return path


def _beginning(name: str, value: Any, tokens: int) -> Any:
    """What is said of the first tokens, where something is said of each."""
    if not isinstance(value, list):
        return value
    return value[: tokens - UNMERGED] if name.endswith(".merges") else value[:tokens]


def weights(writer: gguf.GGUFWriter, context: int, vocabulary: int) -> None:
    """Sizes and noise; closes the file."""
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    rng = np.random.default_rng(0)

    def noise(name: str, *shape: int, scale: float = 0.3) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * scale).astype(np.float32))

    noise("token_embd.weight", vocabulary, WIDTH, scale=1.0)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        at = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{at}.{norm}.weight", np.ones(WIDTH, np.float32))
        for matrix in ("attn_q", "attn_k", "attn_v", "attn_output"):
            noise(f"{at}.{matrix}.weight", WIDTH, WIDTH)
        noise(f"{at}.ffn_gate.weight", HIDDEN, WIDTH)
        noise(f"{at}.ffn_up.weight", HIDDEN, WIDTH)
        noise(f"{at}.ffn_down.weight", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
