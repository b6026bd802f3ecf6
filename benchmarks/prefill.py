"""How much of this machine's own matrix rate prefill reaches, and where the rest goes.

    python benchmarks/prefill.py [--tokens 512] [--repeats 5] [--threads 2]

The limit: float32 matrix products by NumPy's BLAS on as many threads, divided by the multiplications that a token
needs (two operations a weight that is multiplied; the output head only where logits are wanted). Parts are told apart
by asking for less: with and without logits for every token, and with an empty and a full memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)

    import numpy as np

    from thinkaloud.models.llama_cpp import LlamaCpp
    from thinkaloud.models.llama_cpp.lib import Rows
    from thinkaloud.models.loading import Loading
    from thinkaloud.open_model import open_model

    size = 2048
    a = np.random.default_rng(0).random((size, size), np.float32)
    a @ a
    rate = 2 * size**3 / median_seconds(lambda: a @ a, args.repeats)
    model = open_model("smollm2-135m", Loading(threads=args.threads))
    assert isinstance(model, LlamaCpp)
    context, n = model._context, args.tokens
    rng = np.random.default_rng(1)
    tokens = [int(t) for t in rng.integers(1000, 40000, 2 * n)]

    def prefill(wanted: int, before: int = 0) -> Callable[[], object]:
        def work() -> object:
            rows = Rows()
            for i in range(n):
                rows.add(tokens[before + i], before + i, (0,), i >= n - wanted)
            if before:
                context.lib.llama_memory_seq_rm(context._memory, 0, before, -1)
            else:
                context.clear()
            return context.decode(rows)

        return work

    prefill(1)()
    plain = median_seconds(prefill(1), args.repeats)
    every = median_seconds(prefill(n), args.repeats)
    later = median_seconds(prefill(1, n), args.repeats)
    head = context.vocab_size * 576  # the output matrix is the embedding matrix: width 576
    body = context.parameters - head
    limit = rate / (2 * body)
    print(
        f"float32 matrix products: {rate / 1e9:.0f} GFLOP/s on {args.threads} threads, so at most {limit:.0f} tokens/s"
    )
    print(f"prefill of {n}: {n / plain:.0f} tokens/s, {n / plain / limit:.0%} of that limit")
    head_us, memory_us = ((x - plain) / n * 1e6 for x in (every, later))
    print(f"logits for every token: {n / every:.0f} tokens/s; head and copying of logits cost {head_us:.0f} us a token")
    print(f"after {n} tokens in memory: {n / later:.0f} tokens/s; attention to them costs {memory_us:.0f} us a token")


if __name__ == "__main__":
    main()
