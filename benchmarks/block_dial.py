"""A real model that thinks in a block, behind gates: do the channels and the tests of use give the dial back?

    PYTHONPATH=src python benchmarks/block_dial.py [--items 24] [--level 4] [--seeds 40] [--sample 16]

`organism:block/0` answers a pool of items once with every gate open and once with every gate closed, in native mode: a
closed gate shows the question with an empty block, an open one the block behind another question. At a dial between
them each item has one of its two records. Printed are each dial on the whole pool, beside the truth; and how often the
intervals of small samples with gates of their own hold the truth.

The truth at dial p, from the two ends of the pool: content p C, silent (1 - p) S, externalised share p C over their
sum, a test of use p U. C, S and U are what the ends give: content and use with every gate open, silent ability with
every gate closed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping

import numpy as np

from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.metrics.channels import table
from thinkaloud.metrics.dial import DIALS, Ends, mixed
from thinkaloud.metrics.faithfulness import FIXED, of_ceiling, sample_of
from thinkaloud.metrics.readings import parsed
from thinkaloud.open_model import open_model
from thinkaloud.organisms.routing import is_open
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.stats.bootstrap import interval
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key, Record

MODEL, TASK = "organism:block/0", "chain_sum"
CHANNELS = ("content", "silent", "externalised share")
USE = ("follow mistake:last", "follow foreign", "follow transplant")
SOFT = 0.01
"""How far an answer may be from certain without counting as a miss."""


def records(share: float, items: int, level: int) -> list[Record]:
    """A study of the model behind gates."""
    name = f"routed:{share:g}:{MODEL}"
    start = time.perf_counter()
    config = Config("channels", name, (TASK,), items, level, 7, ConditionSettings(ask="native"))
    found = records_of(Channels(), open_model(name), open_task(TASK), config)
    ok = sum(record["status"] == "ok" for record in found)
    print(f"{name}: {ok} of {len(found)} items read, {time.perf_counter() - start:.0f} s", flush=True)
    return found


def estimates(records: list[Record], key: Key) -> Iterator[Estimate]:
    """The channels, and the tests of use as a share of their ceiling."""
    ok = parsed(records)
    yield from (row for row in table(ok, key=key) if row.name in CHANNELS)
    for test in FIXED:
        if test.name in USE:
            yield interval(test.name, of_ceiling, sample_of(test, ok, "probability"), key, 1000)


def truths(ends: Ends, dial: float) -> Mapping[str, float]:
    """What each estimate is at a dial."""
    opened, closed = (
        {e.name: e.value or 0.0 for e in estimates([*end], Key(("truth",)))} for end in (ends.opened, ends.closed)
    )
    content, silent = dial * opened["content"], (1 - dial) * closed["silent"]
    share = content / (content + silent) if content + silent else 0.0
    found = {"content": content, "silent": silent, "externalised share": share}
    return found | {name: dial * opened[name] for name in USE}


def holds(row: Estimate, truth: float) -> bool:
    return row.low is not None and row.high is not None and row.low - SOFT <= truth <= row.high + SOFT


def drawn(ends: Ends, n: int, seed: int, dial: float) -> list[Record]:
    """`n` items of the pool with gates of their own, folds alternating."""
    chosen = np.random.default_rng(seed).permutation(len(ends.opened))[:n]
    one, other = ([{**end[i], "fold": k % 2} for k, i in enumerate(chosen)] for end in (ends.opened, ends.closed))
    return mixed(Ends((), one, other), dial, lambda item, p: is_open(item, p, seed + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=24)
    parser.add_argument("--level", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--sample", type=int, default=16)
    args = parser.parse_args()
    ends = Ends((), *(records(share, args.items, args.level) for share in (1.0, 0.0)))
    truth = {dial: truths(ends, dial) for dial in DIALS}
    print("\n| estimate | " + " | ".join(f"dial {dial:g}" for dial in DIALS) + " |\n|" + "---|" * (len(DIALS) + 1))
    here = {dial: {e.name: e for e in estimates(mixed(ends, dial, is_open), Key(("pool",)))} for dial in DIALS}
    for name in (*CHANNELS, *USE):
        print(f"| {name} | " + " | ".join(said(here[dial][name], truth[dial][name]) for dial in DIALS) + " |")
    print(f"\nIntervals that hold the truth, {args.seeds} samples of {args.sample} items at each dial:")
    held: dict[str, list[bool]] = {}
    for seed in range(args.seeds):
        for dial in DIALS:
            for row in estimates(drawn(ends, args.sample, seed, dial), Key((str(seed),))):
                if row.value is not None:
                    held.setdefault(row.name, []).append(holds(row, truth[dial][row.name]))
    for name, hits in held.items():
        print(f"  {name}: {np.mean(hits):.3f} of {len(hits)}")


def said(row: Estimate, truth: float) -> str:
    """A cell: truth, then what was measured."""
    if row.low is None or row.high is None or row.value is None:
        return f"{truth:.2f}: {row.reason}"
    return f"{truth:.2f}: {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


if __name__ == "__main__":
    main()
