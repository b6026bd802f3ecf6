"""A real llama-server from xllamacpp, for exact numbers: float32 memory, no flash attention, its slots keep prompts.

    python benchmarks/llama_server.py FILE.gguf PORT [--slots 1] [--context 16384] [--threads 1]

It runs until it is stopped. The file's weights are used as they are, so exact numbers need a file in float32.
"""

from __future__ import annotations

import argparse
import time
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("port", type=int)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--context", type=int, default=16384, help="tokens of one slot")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    import xllamacpp as x

    p: Any = x.CommonParams()
    p.model.path, p.port, p.n_parallel, p.n_ctx = args.file, args.port, args.slots, args.context * args.slots
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = args.threads
    p.n_gpu_layers, p.warmup, p.fit_params, p.cache_ram_mib, p.n_threads_http = 0, False, False, 0, 2
    p.cache_type_k = p.cache_type_v = x.ggml_type.GGML_TYPE_F32
    p.flash_attn_type = x.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    p.verbosity = 0
    server = x.Server(p)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
