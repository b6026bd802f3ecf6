"""Long reasoning in a block: many cuts of one text, with the prefix tree against one prompt at a time.

    python benchmarks/long_reasoning.py [--blocks 1024,2048,4096,7680] [--cuts 20,100] [--repeats 3] [--threads 2]

One question, a block of so many tokens, and a probe with 5 options after each of so many cuts. Tree: all cuts at once,
as studies ask them. One by one: each in a session of its own, `--alone` of the cuts spread over the block (all of them
would take an hour), given as seconds a cut. Printed: tokens computed over unique tokens (1 is the least there can be),
seconds of the tree, seconds a cut for both with their ratio (median, least and most over repeats), peak memory, and the
largest disagreement in nats.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from collections.abc import Sequence

from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import ScoreRequest
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.open_model import open_model
from thinkaloud.vocabulary import Reading, Usage

QUESTION, CLOSE, OPTIONS = 100, 8, 5


def requests(block: int, cuts: int, rng: random.Random) -> list[ScoreRequest]:
    """The probes after each cut; the last is behind the whole block."""

    def draw(n: int) -> tuple[int, ...]:
        return tuple(rng.randrange(1000, 40000) for _ in range(n))

    question, text, close = draw(QUESTION), draw(block), draw(CLOSE)
    options = tuple((100 + i, 30) for i in range(OPTIONS))
    ends = [block * (i + 1) // cuts for i in range(cuts)]
    return [ScoreRequest((), (*question, *text[:end], *close), options) for end in ends]


def unique(asked: Sequence[ScoreRequest]) -> int:
    """How many different tokens must be computed, whatever computes them."""
    tree = Tree()
    for one in asked:
        nodes = tree.insert(one.tokens)
        for option in one.options:
            tree.insert(option[:-1], nodes[-1] if nodes else ROOT)
    return len(tree)


def timed(model: LlamaCpp, batches: Sequence[Sequence[ScoreRequest]]) -> tuple[float, int, list[Reading]]:
    """Seconds, tokens computed and the readings of some batches, none of which knows of another."""
    seconds, computed, found = 0.0, 0, list[Reading]()
    for batch in batches:
        model.engine.usage = Usage()
        started = time.perf_counter()
        answers = model.engine.score(batch)
        seconds += time.perf_counter() - started
        computed += model.engine.usage.computed
        found += [answer for answer in answers if isinstance(answer, Reading)]
    return seconds, computed, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", default="1024,2048,4096,7680")
    parser.add_argument("--cuts", default="20,100")
    parser.add_argument("--alone", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="smollm2-135m")
    args = parser.parse_args()
    model = open_model(args.model, Loading(threads=args.threads))
    assert isinstance(model, LlamaCpp)
    print(f"{model.card.name}, {model.card.precision}, {args.threads} threads")
    timed(model, [requests(64, 2, random.Random(0))])  # the first batch touches memory for the first time
    print("block  cuts  computed/unique  tree s  s/cut tree  s/cut alone  ratio (least..most)  peak GB  disagreement")
    for block in map(int, args.blocks.split(",")):
        for cuts in map(int, args.cuts.split(",")):
            print(row(model, block, cuts, args.alone, args.repeats), flush=True)


def row(model: LlamaCpp, block: int, cuts: int, alone: int, repeats: int) -> str:
    trees, each, ratios, over, gap = list[float](), list[float](), list[float](), 0.0, 0.0
    for repeat in range(repeats):
        asked = requests(block, cuts, random.Random(repeat))
        tree_s, tokens, shared = timed(model, [asked])
        picked = [cuts * (i + 1) // alone - 1 for i in range(alone)]
        alone_s, _, one_by_one = timed(model, [[asked[i]] for i in picked])
        trees.append(tree_s)
        each.append(alone_s / alone)
        ratios.append(each[-1] / (tree_s / cuts))
        over = max(over, tokens / unique(asked))
        for i, reading in zip(picked, one_by_one, strict=True):
            gap = max(gap, *(abs(x - y) for x, y in zip(shared[i].logprobs, reading.logprobs, strict=True)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    middle = statistics.median
    return (
        f"{block:5d}  {cuts:4d}  {over:15.3f}  {middle(trees):6.2f}  {middle(trees) / cuts:10.3f}  {middle(each):11.3f}"
        f"  {middle(ratios):5.1f} ({min(ratios):.1f}..{max(ratios):.1f})  {peak:7.2f}  {gap:.1e}"
    )


if __name__ == "__main__":
    main()
