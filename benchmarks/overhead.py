"""The library's own cost: a whole run with a model that answers at once, CPU time a probe.

    python benchmarks/overhead.py [--items 200] [--repeats 3]

A probe is one request (a reading or a generation). Counted is everything: drawing items, asking through a batcher,
parsing, interventions, records synced to disk; estimates and report, made once a run, are shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from started import started
from thinkaloud import api
from thinkaloud.models.batching import Batcher
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Completion, Item, Key, ModelCard, Prompt, Reading, Sampling


class Instant:
    """Answers at once, through a batcher like a real model's."""

    def __init__(self) -> None:
        self.card = ModelCard("instant", "benchmark", "instant", "scripted", "none", 1 << 20, frozenset())
        self.probes = 0
        self._worked: dict[str, str] = {}
        self._batcher = Batcher({"score": self._scores, "sample": self._samples})

    def know(self, items: Iterable[Item]) -> None:
        self._worked |= {item.question: item.worked.text for item in items}

    def _scores(self, requests: Sequence[int]) -> list[Reading]:
        self.probes += len(requests)
        return [Reading((-1.0,) * n) for n in requests]

    def _samples(self, requests: Sequence[str]) -> list[Completion]:
        self.probes += len(requests)
        return [Completion(text, 1, "stop") for text in requests]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        done: Completion = await self._batcher.ask("sample", self._worked[prompt.question])
        return done

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        reading: Reading = await self._batcher.ask("score", len(options))
        return reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    study, tasks = open_study("channels"), [open_task("chain_sum")]
    costs, ends, probes = [], [], 0
    for _ in range(args.repeats):
        with tempfile.TemporaryDirectory() as folder:
            model = Instant()
            config = Config("channels", "object:Instant", ("chain_sum",), args.items, 4)
            run, execution = started(config.fits(study), study, model, tasks, Path(folder) / "run")
            began = time.process_time()
            asyncio.run(execution.run())
            middle = time.process_time()
            run.journal.seal()
            api.rescore(run.folder)
            costs.append((middle - began) / model.probes)
            ends.append(time.process_time() - middle)
            probes = model.probes
    print(f"{probes} probes: {statistics.median(costs) * 1e3:.3f} ms of CPU a probe", end=" ")
    print(f"({min(costs) * 1e3:.3f}..{max(costs) * 1e3:.3f} over {args.repeats} runs);")
    print(f"estimates, sealing and report, once a run: {statistics.median(ends):.2f} s of CPU")


if __name__ == "__main__":
    main()
