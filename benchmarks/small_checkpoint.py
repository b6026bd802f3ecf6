"""A small random checkpoint with a real tokenizer and its real chat template, to be served and compared.

    python benchmarks/small_checkpoint.py TOKENIZER FOLDER [--shape qwen3|llama] [--width 64] [--layers 2]

TOKENIZER is a folder with a published model's `tokenizer.json` and `tokenizer_config.json`. The weights are noise, the
same every time. The rows of its output for digits, for the full stop, for what ends a turn and for `</think>` are made
`LOUD` times as large, so that it writes numbers, closes its block and ends its turn within a few tokens; else
nothing that depends on these would ever be seen. What it says means nothing. Heads are 32 wide, the least that vLLM's
attention on a CPU takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

HEAD, LOUD, NOISE, CONTEXT = 32, 4.0, 0.4, 16384
WORDS = (*"0123456789", ".", "</think>")


def make(tokenizer: Path, folder: Path, shape: str = "qwen3", width: int = 64, layers: int = 2) -> None:
    """Write the checkpoint into the folder."""
    import torch
    import transformers as hf

    own: Any = hf.AutoTokenizer.from_pretrained(tokenizer)
    torch.manual_seed(0)
    sizes = {
        "vocab_size": len(own), "hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": layers,
        "num_attention_heads": width // HEAD, "num_key_value_heads": 1, "head_dim": HEAD,
        "max_position_embeddings": CONTEXT, "initializer_range": NOISE, "tie_word_embeddings": False,
        "eos_token_id": own.eos_token_id,
    }  # fmt: skip
    kinds: dict[str, Any] = {
        "qwen3": (hf.Qwen3Config, hf.Qwen3ForCausalLM),
        "llama": (hf.LlamaConfig, hf.LlamaForCausalLM),
    }
    config, model = kinds[shape]
    made = model(config(**sizes)).eval().float()
    with torch.no_grad():
        for text in (*WORDS, own.eos_token):
            if len(tokens := own(text, add_special_tokens=False).input_ids) == 1:
                made.lm_head.weight[tokens[0]] *= LOUD
    made.save_pretrained(folder)
    own.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=("qwen3", "llama"), default="qwen3")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    args = parser.parse_args()
    make(args.tokenizer, args.folder, args.shape, args.width, args.layers)


if __name__ == "__main__":
    main()
