"""A small random model as a GGUF file in float32, with SmolLM2's tokenizer and a long context: for time, not for sense.

    python benchmarks/small_gguf.py FILE.gguf [--width 256] [--layers 8] [--context 16384]

`peers/convert.py` turns it into a folder that transformers and vLLM read. The weights are the same every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import numpy as np

from thinkaloud.models.named import smollm2

HEAD = 64


def make(path: Path, width: int, layers: int, context: int) -> None:
    """Write the file."""
    source = gguf.GGUFReader(smollm2())
    out = gguf.GGUFWriter(path, "llama")
    for name, field in source.fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            element = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            out.add_key_value(name, field.contents(), kind, sub_type=element)
    vocabulary = len(source.fields["tokenizer.ggml.tokens"].data)
    for said, value in (
        (out.add_context_length, context), (out.add_embedding_length, width), (out.add_block_count, layers),
        (out.add_feed_forward_length, 3 * width), (out.add_head_count, width // HEAD), (out.add_vocab_size, vocabulary),
        (out.add_head_count_kv, width // HEAD), (out.add_rope_dimension_count, HEAD),
    ):  # fmt: skip
        said(value)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_file_type(gguf.LlamaFileType.ALL_F32)
    rng = np.random.default_rng(0)

    def noise(name: str, *shape: int) -> None:
        out.add_tensor(name, (rng.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32))

    noise("token_embd.weight", vocabulary, width)
    out.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for at in (f"blk.{layer}" for layer in range(layers)):
        for norm in ("attn_norm", "ffn_norm"):
            out.add_tensor(f"{at}.{norm}.weight", np.ones(width, np.float32))
        for matrix in ("attn_q", "attn_k", "attn_v", "attn_output"):
            noise(f"{at}.{matrix}.weight", width, width)
        for matrix in ("ffn_gate", "ffn_up"):
            noise(f"{at}.{matrix}.weight", 3 * width, width)
        noise(f"{at}.ffn_down.weight", width, 3 * width)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--context", type=int, default=16384)
    args = parser.parse_args()
    make(args.file, args.width, args.layers, args.context)


if __name__ == "__main__":
    main()
