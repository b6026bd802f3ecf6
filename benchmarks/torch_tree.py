"""Ways of computing a tree in torch, by shape: one packed sequence with a tree mask, or branching the model's cache.

    python benchmarks/torch_tree.py [--model smollm2-135m] [--threads 1] [--repeats 3]

Same network, tokens and threads, interleaved; printed are CPU-seconds (least over repeats) for: a plain forward pass
over as many tokens as the tree has (its attention is causal, so it looks at half of what a chain's mask covers), the
packed tree, and the branching cache. Then writing: tokens a second by how many at once.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from thinkaloud.models.kept import Kept
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import Merged, SampleRequest, ScoreRequest
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.branching import Branching
from thinkaloud.models.transformers.engine import Engine
from thinkaloud.models.transformers.packed import Packed
from thinkaloud.vocabulary import Key, Sampling


def draw(rng: random.Random, n: int) -> tuple[int, ...]:
    return tuple(rng.randrange(1000, 40000) for _ in range(n))


def chain(rng: random.Random, sentences: int) -> list[ScoreRequest]:
    """Early answering: a probe with five options after every sentence of one chain."""
    text, probe, out = draw(rng, 400), draw(rng, 5), []
    for k in range(sentences + 1):
        text += draw(rng, 25) if k else ()
        out.append(ScoreRequest((), (*text, *probe), tuple((100 + i,) for i in range(5))))
    return out


def fan(rng: random.Random, preamble: int, branches: int, length: int) -> list[ScoreRequest]:
    """Many branches from one preamble."""
    shared = draw(rng, preamble)
    return [ScoreRequest(shared, draw(rng, length), ((100,), (101,))) for _ in range(branches)]


SHAPES: dict[str, Callable[[random.Random], list[ScoreRequest]]] = {
    "early answering, 10 sentences": lambda rng: chain(rng, 10),
    "early answering, 40 sentences": lambda rng: chain(rng, 40),
    "wide and shallow: 200 branches of 8": lambda rng: fan(rng, 100, 200, 8),
    "deep and few: 4 branches of 300": lambda rng: fan(rng, 100, 4, 300),
    "long preamble: 1000, 60 branches of 15": lambda rng: fan(rng, 1000, 60, 15),
}


def cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--precision", default="exact")
    args = parser.parse_args()
    where = args.model
    if where == "smollm2-135m":
        from thinkaloud.models.named import smollm2

        where = smollm2()
    model = open_transformers(where, Loading(threads=args.threads, precision=args.precision))
    net = model.net
    print(model.card.name, model.card.precision, model.card.details)
    print("shape                                    tokens  plain s  packed s (of plain)  branching s (of plain)")
    for name, make in SHAPES.items():
        asked = make(random.Random(0))
        tokens = len(asked[0].preamble) + len(Merged(asked).tree)
        text = list(draw(random.Random(1), tokens))
        ways: dict[str, Callable[[], object]] = {"plain": lambda t=text: net.plain(t, None, 0, [len(t) - 1])}  # type: ignore[misc]
        for way in (Packed, Branching):
            # a new engine each time: the preamble is part of the work
            ways[way.name] = lambda w=way, a=asked: Engine(w(net), model.engine.pieces, 1 << 20).score(a)  # type: ignore[misc]
        least = dict.fromkeys(ways, float("inf"))
        for _ in range(args.repeats):
            for key, work in ways.items():
                least[key] = min(least[key], cpu(work))
        plain, packed, branching = least.values()
        print(
            f"{name:40s} {tokens:6d}  {plain:7.2f}  {packed:8.2f} ({packed / plain:.2f})     "
            f"{branching:8.2f} ({branching / plain:.2f})",
            flush=True,
        )
    for count in (1, 8, 32):
        writing = [
            SampleRequest(
                tuple(range(300, 700)), draw(random.Random(i), 30), Sampling(32, temperature=1.0), Key((str(i),))
            )
            for i in range(count)
        ]
        engine = Engine(model.engine.way, model.engine.pieces, 1 << 20)
        engine.sample(writing[:1])
        engine.kept = Kept()  # the preamble is known, the text is not
        before = engine.usage.generated
        seconds = cpu(lambda e=engine, w=writing: e.sample(w))  # type: ignore[misc]
        print(
            f"{count:3d} written at once: {(engine.usage.generated - before) / seconds:.0f} tokens a CPU-second",
            flush=True,
        )


if __name__ == "__main__":
    main()
