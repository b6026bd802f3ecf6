"""Tiny random checkpoints of several architectures, as folders that transformers loads. Fast, and free of meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from thinkaloud.models.loading import Loading

LOADING = Loading(precision="exact", threads=1, device="cpu")
VOCABULARY = 265  # control tokens, bytes and merges of `byte_level`
SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": VOCABULARY}
GATED: dict[str, Any] = SIZES | {"num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 512}

KINDS: dict[str, dict[str, Any]] = {
    "llama": GATED,
    "qwen2": GATED,
    "mistral": GATED | {"sliding_window": 7},
    "gemma3_text": GATED
    | {"head_dim": 8, "sliding_window": 7, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
    "gemma2": GATED | {"head_dim": 8, "sliding_window": 7, "num_hidden_layers": 4},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512, "vocab_size": VOCABULARY},
    "gpt_neox": SIZES | {"intermediate_size": 64, "max_position_embeddings": 512},
    "phi": SIZES | {"intermediate_size": 64, "max_position_embeddings": 512},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4, "vocab_size": VOCABULARY},
    "mamba": {"hidden_size": 32, "state_size": 8, "num_hidden_layers": 2, "vocab_size": VOCABULARY},
}
"""Grouped queries, sliding windows (alone, alternating, with soft caps), learned positions, partial rotation, position
biases that count slots, and recurrence."""

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
)


def checkpoint(folder: Path, kind: str, seed: int = 0) -> Path:
    """Write a checkpoint of this kind with a tokenizer, and return its folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(seed)
    # large weights: on the usual small ones every distribution is nearly flat, and a wrong mask would hardly show
    config = AutoConfig.for_model(
        kind, initializer_range=0.4, bos_token_id=0, eos_token_id=1, pad_token_id=1, **KINDS[kind]
    )
    model = AutoModelForCausalLM.from_config(config).eval()
    for name, weight in model.named_parameters():
        if weight.dim() > 1 and "embed" in name:
            torch.nn.init.normal_(weight, std=1.0)
    path = folder / kind
    model.save_pretrained(path)
    (path / "tokenizer.json").write_text(json.dumps(byte_level()))
    described = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin|>",
        "eos_token": "<|im_end|>",
        "chat_template": TEMPLATE,
    }
    (path / "tokenizer_config.json").write_text(json.dumps(described))
    return path


SPECIAL = ["<|begin|>", "<|im_end|>", "<|im_start|>"]


def byte_level() -> dict[str, Any]:
    """A tokenizer.json with all bytes, a few merges, and control tokens; it puts `<|begin|>` before a text."""
    from thinkaloud.models.transformers.tokens import _byte_of

    letters = list(_byte_of())
    merges = [["t", "h"], ["th", "e"], ["\u0120", "the"], ["a", "n"], ["i", "s"], ["\u0120", "is"]]
    words = [*SPECIAL, *letters, *("".join(pair) for pair in merges)]
    bytes_as_letters = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    begin = {"SpecialToken": {"id": "<|begin|>", "type_id": 0}}
    text = [{"Sequence": {"id": side, "type_id": 0}} for side in "AB"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(i, content) for i, content in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": bytes_as_letters,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, text[0]],
            "pair": [begin, *text],
            "special_tokens": {"<|begin|>": {"id": "<|begin|>", "ids": [0], "tokens": ["<|begin|>"]}},
        },
        "decoder": bytes_as_letters,
        "model": {"type": "BPE", "vocab": {word: i for i, word in enumerate(words)}, "merges": merges},
    }


def _added(index: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": content, "special": True, **flags}


def pieces_with_marks() -> dict[str, Any]:
    """A tokenizer.json as sentencepiece makes them: leading spaces as marks, other bytes as `<0x0A>`."""
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"<0x{byte:02X}>": 3 + byte for byte in range(256)}
    for word in ["\u2581", *"abcdefghijklmnopqrstuvwxyz.", "th", "the", "\u2581the"]:
        vocab[word] = len(vocab)
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    back = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(i, content) for i, content in enumerate(["<unk>", "<s>", "</s>"])],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, space]},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {
            "type": "BPE",
            "vocab": vocab,
            "merges": [["t", "h"], ["th", "e"], ["\u2581", "the"]],
            "unk_token": "<unk>",
            "byte_fallback": True,
            "fuse_unk": True,
        },
    }
