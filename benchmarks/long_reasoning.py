"""Long reasoning in a block: many cuts of one text, by the prefix tree, one prompt at a time, and by servers.

    python benchmarks/long_reasoning.py [--model smollm2-135m] [--blocks 1024,2048] [--cuts 20,100] [--repeats 3]
        [--threads 1] [--alone 4] [--context 8192] [--server http://127.0.0.1:8000/v1 ...]

One question, a block of so many tokens, and a probe with 5 options of 2 tokens after each of so many cuts. The tree:
all cuts at once, as studies ask them. Naive: each in a session of its own, `--alone` of the cuts in the middle of as
many equal parts of the block (all of them would take an hour), and their mean time is taken for every cut. A server
(with the same weights in float32, started as docs/servers.md says) is asked the same through the http backend, and
keeps prefixes itself. Every repeat has another text, so that no server knows it, and all contenders take turns within a
repeat: ratios are of one repeat.

Printed: tokens computed over unique tokens (1 is the least there can be), CPU seconds of all threads (of this process
and of the server's; other work on the machine changes them less than wall time) and CPU seconds a cut, how many times
the tree's CPU seconds that is (median, least and most over repeats), wall seconds, peak memory of the process or of the
server's processes together, and the largest difference to the tree in nats. Linux only.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Local
from thinkaloud.models.requests import ScoreRequest
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.open_model import open_model
from thinkaloud.vocabulary import Reading, Usage

QUESTION, CLOSE, OPTIONS = 100, 8, 5
HEAD = (
    "| block | cuts | by | computed / unique | CPU s | a cut | times the tree | wall s | peak GB | nats |\n"
    + "|---" * 10 + "|"
)  # fmt: skip


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


def asked_of(model: Local, batches: Sequence[Sequence[ScoreRequest]]) -> tuple[int, list[Reading]]:
    """Tokens computed and the readings of some batches, none of which knows of another."""
    computed, found = 0, list[Reading]()
    for batch in batches:
        model.engine.usage = Usage()
        answers = model.engine.score(batch)
        computed += model.engine.usage.computed
        found += [answer for answer in answers if isinstance(answer, Reading)]
    assert len(found) == sum(map(len, batches)), "a reading failed"
    return computed, found


# ------------------------------------------------------------------------------------------------------ processes


def processes(url: str | None) -> list[int]:
    """This process, or those of the server at an address of this machine."""
    import os

    import psutil

    if url is None:
        return [os.getpid()]
    port = urlsplit(url).port
    found = [c.pid for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == port and c.pid]
    return [pid for top in found for pid in (top, *(child.pid for child in psutil.Process(top).children(True)))]


def spent(pids: Sequence[int]) -> float:
    """CPU seconds of this process and these."""
    import os

    import psutil

    times = [psutil.Process(pid).cpu_times() for pid in {os.getpid(), *pids}]
    return sum(one.user + one.system for one in times)


def forget_peak(pids: Sequence[int]) -> None:
    """The peak is counted anew from here."""
    for pid in pids:
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pids: Sequence[int]) -> float:
    """Gigabytes that they held at most, together; 0 where it is not known. What they share is counted for each."""
    total = 0.0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            total += sum(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6
    return total


# ------------------------------------------------------------------------------------------------------ the table


@dataclass
class Contender:
    """Whoever answers, and what was seen of it. `alone`: one prompt at a time, only some cuts."""

    name: str
    model: Local
    url: str | None = None
    alone: bool = False
    seconds: list[float] = field(default_factory=list)  # of CPU
    wall: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    over: float = 0.0
    gap: float = 0.0
    held: float = 0.0

    def add(self, asked: Sequence[ScoreRequest], picked: Sequence[int], tree: Contender | None) -> list[Reading]:
        """One repeat; what it read, of the picked cuts or of all."""
        pids = processes(self.url)
        forget_peak(pids)
        batches = [[asked[i]] for i in picked] if self.alone else [asked]
        started, before = time.perf_counter(), spent(pids)
        tokens, found = asked_of(self.model, batches)
        many = len(asked) / len(found)
        seconds = (spent(pids) - before) * many
        self.wall.append((time.perf_counter() - started) * many)
        self.held = max(self.held, peak(pids))
        self.seconds.append(seconds)
        self.ratios.append(seconds / tree.seconds[-1] if tree else 1.0)
        every = sum(unique([one]) for one in asked) if self.alone else tokens
        self.over = max(self.over, every / unique(asked))
        return found

    def differ(self, found: Sequence[Reading], shared: Sequence[Reading]) -> None:
        """Remember the largest difference to what the tree read."""
        pairs = [pair for a, b in zip(found, shared, strict=True) for pair in zip(a.logprobs, b.logprobs, strict=True)]
        self.gap = max(self.gap, *(abs(x - y) for x, y in pairs))

    def row(self, block: int, cuts: int) -> str:
        """As the table has it."""
        middle = statistics.median
        s, r = middle(self.seconds), self.ratios
        times = f"{middle(r):.2f} ({min(r):.2f} to {max(r):.2f})"
        said = [block, cuts, self.name, f"{self.over:.3f}", f"{s:.1f}", f"{s / cuts:.3f}", times]
        return f"| {' | '.join(map(str, said))} | {middle(self.wall):.1f} | {self.held:.2f} | {self.gap:.1e} |"


def compared(
    own: Local, servers: Sequence[tuple[str, str, Local]], sizes: tuple[int, int], many: tuple[int, int]
) -> str:
    """The rows of one size (tokens of the block, cuts); `many`: cuts that are asked alone, repeats."""
    (block, cuts), (alone, repeats) = sizes, many
    tree = Contender("tree", own)
    others = [Contender("naive", own, alone=True)] if alone else []
    others += [Contender(name, model, url) for name, url, model in servers]
    picked = [cuts * (2 * i + 1) // (2 * alone) for i in range(alone)]  # spread, and of mean length
    for repeat in range(repeats):
        asked = requests(block, cuts, random.Random(f"{block} {cuts} {repeat} {time.time_ns()}"))
        shared = tree.add(asked, (), None)
        for one in others:
            found = one.add(asked, picked, tree)
            one.differ(found, [shared[i] for i in picked] if one.alone else shared)
    return "\n".join(one.row(block, cuts) for one in (tree, *others))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--server", action="append", default=[])
    parser.add_argument("--blocks", default="1024,2048,4096,7680")
    parser.add_argument("--cuts", default="20,100")
    parser.add_argument("--alone", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=8192)
    args = parser.parse_args()
    loading = Loading(precision="exact", threads=args.threads, context=args.context)
    own = open_model(args.model, loading)
    assert isinstance(own, Local)
    print(f"{own.card.name}, {own.card.backend}, {own.card.precision}, {args.threads} threads\n\n{HEAD}")
    servers = []
    for url in args.server:
        there = open_model(f"{url}?patience=30&timeout=600", loading)
        assert isinstance(there, Local)
        servers.append((str(there.card.details["server"]), url, there))
    for one in (own, *(model for _, _, model in servers)):
        asked_of(one, [requests(64, 2, random.Random(0))])  # the first batch touches memory for the first time
    for block in map(int, args.blocks.split(",")):
        for cuts in map(int, args.cuts.split(",")):
            print(compared(own, servers, (block, cuts), (args.alone, args.repeats)), flush=True)


if __name__ == "__main__":
    main()
