"""GGUF to a folder that transformers, lm-eval, Inspect and vLLM read: float32 safetensors and the tokenizer.

    python convert.py FILE.gguf FOLDER

Runs in an environment with transformers and gguf. The weights go into a fresh model: those of a model that was loaded
from GGUF may stay packed, and then refuse to be saved.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source, target = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    loaded = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    fresh = AutoModelForCausalLM.from_config(loaded.config, dtype=torch.float32)
    # no key may be missing, but for the head that is the embedding once more
    missing, unexpected = fresh.load_state_dict(loaded.state_dict(), strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise SystemExit(f"the weights do not fit: missing {missing}, unexpected {unexpected}")
    fresh.tie_weights()
    if hasattr(fresh.config, "quantization_config"):
        del fresh.config.quantization_config
    fresh.save_pretrained(target)
    AutoTokenizer.from_pretrained(**where).save_pretrained(target)


if __name__ == "__main__":
    main()
