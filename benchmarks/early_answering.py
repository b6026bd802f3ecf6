"""Early answering: the prefix tree against one prompt at a time, on the same engine, weights and threads.

    python benchmarks/early_answering.py [--sentences 4,10,20,40] [--repeats 3] [--threads 2]

One item with a 400-token question part, n sentences of 25 tokens, and a probe with 5 options after every sentence and
before the first. Naive: every probe computes its whole prompt. Tree: one pass with a short branch a probe. The two are
interleaved; printed are token ratios, time ratios (median, least and most over repeats) and the largest disagreement.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import ScoreRequest
from thinkaloud.open_model import open_model
from thinkaloud.vocabulary import Reading, Usage

QUESTION, SENTENCE, PROBE, OPTIONS = 400, 25, 5, 5


def requests(sentences: int, rng: random.Random) -> list[ScoreRequest]:
    """The probes of one item, in the order of the reasoning."""

    def draw(n: int) -> tuple[int, ...]:
        return tuple(rng.randrange(1000, 40000) for _ in range(n))

    text, probe = draw(QUESTION), draw(PROBE)
    options = tuple((100 + i,) for i in range(OPTIONS))
    out = []
    for k in range(sentences + 1):
        if k:
            text += draw(SENTENCE)
        out.append(ScoreRequest((), (*text, *probe), options))
    return out


def timed(model: LlamaCpp, batches: list[list[ScoreRequest]]) -> tuple[float, int, list[Reading]]:
    """Seconds, tokens computed and the readings of some batches."""
    model.engine.usage = Usage()
    started = time.perf_counter()
    answers = [a for batch in batches for a in model.engine.score(batch)]
    seconds = time.perf_counter() - started
    return seconds, model.engine.usage.computed, [a for a in answers if isinstance(a, Reading)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", default="4,10,20,40")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="smollm2-135m")
    args = parser.parse_args()
    model = open_model(args.model, Loading(threads=args.threads))
    assert isinstance(model, LlamaCpp)
    print(f"{model.card.name}, {model.card.precision}, {args.threads} threads")
    timed(model, [requests(1, random.Random(0))])  # the first batch touches memory for the first time
    print("sentences  tokens naive/tree  token ratio  tree s  time ratio (least..most)  time/token  disagreement")
    for sentences in map(int, args.sentences.split(",")):
        ratios, trees, gap = [], [], 0.0
        for repeat in range(args.repeats):
            asked = requests(sentences, random.Random(repeat))
            tree_s, tree_tokens, shared = timed(model, [asked])
            naive_s, naive_tokens, alone = timed(model, [[one] for one in asked])
            ratios.append(naive_s / tree_s)
            trees.append(tree_s)
            pairs = (
                (x, y) for a, b in zip(shared, alone, strict=True) for x, y in zip(a.logprobs, b.logprobs, strict=True)
            )
            gap = max(gap, *(abs(x - y) for x, y in pairs))
        tokens = naive_tokens / tree_tokens
        time_ratio = statistics.median(ratios)
        print(
            f"{sentences:9d}  {naive_tokens:8d}/{tree_tokens:<8d}  {tokens:11.2f}  {statistics.median(trees):6.2f}"
            f"  {time_ratio:10.2f} ({min(ratios):.2f}..{max(ratios):.2f})  {time_ratio / tokens:10.2f}  {gap:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
