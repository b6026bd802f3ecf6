"""Turns the prefix tree into requests to a server: one per node that is read, in an order that suits the server's
prefix cache.

Requests with the same preamble are merged (`Merged`), and the nodes at which options branch are asked depth first, so
that each prompt shares as much as it can with the one before. If a server has slots, each of which caches one prompt,
all are asked on one slot (a second one would compute the shared prefix again). A server with one cache for all is asked
the first one, and then as many chains of the rest at once as there are connections. Everything that is needed at a node
is read with one request. A failed request fails only the readings that need it.

This module does not know the protocol of a server.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from typing import Any

from thinkaloud.errors import ModelError, ThinkaloudError
from thinkaloud.models.gate import Gate, most_read, requested
from thinkaloud.models.http.client import CALLS
from thinkaloud.models.http.served import Node, Served, Tokens
from thinkaloud.models.kept import Kept
from thinkaloud.models.requests import Merged, SampleRequest, ScoreRequest, by_preamble, places
from thinkaloud.models.tree import ROOT, common
from thinkaloud.vocabulary import Completion, Reading, Usage

SEED_BITS = 63


class Asked(Merged):
    """Merged requests whose nodes are read by a server. A failed node fails the requests that need it."""

    def __init__(self, requests: Sequence[ScoreRequest]) -> None:
        super().__init__(requests)
        self._failed: dict[int, ThinkaloudError] = {}

    def nodes(self, preamble: Tokens) -> list[tuple[int, Node]]:
        """The nodes to read, depth first."""
        out, stack = [], [ROOT]
        while stack:
            at = stack.pop()
            stack.extend(reversed(self.tree.children[at].values()))
            if at in self.targets:
                tokens = (*preamble, *(self.tree.token[n] for n in self.tree.path(at)))
                out.append((at, Node(tokens, tuple(sorted(self.targets[at])))))
        return out

    def take(self, at: int, found: dict[int, float] | ThinkaloudError) -> None:
        """Store the result of a node's request."""
        if isinstance(found, ThinkaloudError):
            self._failed[at] = found
            return
        self._logprob |= {(at, token): value for token, value in found.items()}

    def outcomes(self) -> list[Reading | ThinkaloudError]:
        """One outcome per request."""
        return [self._outcome(i) for i in range(len(self._needs))]

    def _outcome(self, index: int) -> Reading | ThinkaloudError:
        for at, token in places(self._needs[index]):
            if at in self._failed:
                return self._failed[at]
            if (at, token) not in self._logprob:
                return ModelError(f"the server gave no log-probability for token {token}, which an option needs")
        return self._reading(index)


class Slots:
    """Assigns slots to requests. A slot caches its last prompt, so the slot that shares most with the next prompt is
    taken."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._held: dict[int, Tokens] = {}
        self._free = list(range(count))
        self._waiting: asyncio.Condition | None = None

    async def take(self, tokens: Tokens) -> int:
        """Wait for a free slot and take it."""
        self._waiting = self._waiting or asyncio.Condition()
        async with self._waiting:
            await self._waiting.wait_for(lambda: self._free)
            best = max(self._free, key=lambda s: (common(self._held.get(s, ()), tokens), -s))
            self._free.remove(best)
            return best

    async def give(self, slot: int, tokens: Tokens) -> None:
        """Give a slot back, with the prompt that it now caches."""
        assert self._waiting is not None
        async with self._waiting:
            self._held[slot] = tokens
            self._free.append(slot)
            self._waiting.notify()


class Remote:
    """Computes lists of requests on a server."""

    def __init__(self, served: Served, cells: int, connections: int) -> None:
        self.served, self.cells = served, cells
        self.usage, self.kept = Usage(), Kept()  # the server keeps what was written, if it has a cache
        # without slots there is one memory for all, and any number may ask at once
        count = min(served.about.slots, connections) if served.about.slots else connections
        self._slots = Slots(count)

    def score(self, requests: Sequence[ScoreRequest]) -> Sequence[Reading | ThinkaloudError]:
        """One reading per request. Blocks the caller's event loop."""
        found, usage = CALLS.wait(self.reading(requests))
        self.usage += usage
        return found

    def sample(self, requests: Sequence[SampleRequest]) -> Sequence[Completion | ThinkaloudError]:
        """One completion per request. Blocks the caller's event loop."""
        found, usage = CALLS.wait(self.writing(requests))
        self.usage += usage
        return found

    # ------------------------------------------------------------------------------------------------ reading

    async def reading(
        self, requests: Sequence[ScoreRequest], gate: Gate | None = None
    ) -> tuple[list[Reading | ThinkaloudError], Usage]:
        """One reading per request, and the bill. Runs in the client's loop; every request to the server passes the
        gate."""
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Reading | ThinkaloudError] = dict(errors)
        usage = Usage()
        for preamble, indices in groups.items():
            merged = Asked([requests[i] for i in indices])
            usage += await self._read(merged, merged.nodes(preamble), gate)
            usage += Usage(asked=merged.asked, requests=len(indices))
            results |= dict(zip(indices, merged.outcomes(), strict=True))
        return [results[i] for i in range(len(requests))], usage

    async def _read(self, merged: Asked, nodes: Sequence[tuple[int, Node]], gate: Gate | None) -> Usage:
        started = time.perf_counter()

        async def follow(part: range) -> int:
            computed, last = 0, nodes[part[0]][1].tokens
            slot = await self._slots.take(last)
            try:
                for i in part:
                    at, node = nodes[i]
                    try:
                        with requested(gate, most_read(len(node.tokens), len(node.wanted))) as told:
                            read = await self.served.read(node, slot)
                            told(read.usage)
                    except ModelError as error:
                        merged.take(at, error)
                        continue
                    last = node.tokens
                    merged.take(at, dict(read.logprobs))
                    computed += read.usage.computed
            finally:
                await self._slots.give(slot, last)
            return computed

        whole = range(len(nodes))
        if self.served.about.slots:
            computed = [await follow(whole)]
        else:
            computed = [await follow(whole[:1])]
            rest = chains([node.tokens for _, node in nodes[1:]], self._slots.count) if nodes[1:] else []
            computed += await _all(follow(range(part.start + 1, part.stop + 1)) for part in rest)
        return Usage(computed=sum(computed), seconds=time.perf_counter() - started)

    # ------------------------------------------------------------------------------------------------ writing

    async def writing(
        self, requests: Sequence[SampleRequest], gate: Gate | None = None
    ) -> tuple[list[Completion | ThinkaloudError], Usage]:
        """One completion per request, and the bill. Runs in the client's loop; every request to the server passes the
        gate."""
        started = time.perf_counter()
        groups, errors = by_preamble(requests, self.cells)
        results: dict[int, Completion | ThinkaloudError] = dict(errors)
        bills: list[Usage] = []

        async def one(index: int) -> None:
            request = requests[index]
            tokens = (*request.preamble, *request.tokens)
            seed = int.from_bytes(request.key.digest[:8], "big") >> (64 - SEED_BITS)
            slot = await self._slots.take(tokens)
            try:
                with requested(gate, Usage(computed=len(tokens), generated=request.sampling.tokens)) as told:
                    written = await self.served.write(tokens, request.sampling, seed, slot)
                    told(written.usage)
                results[index] = written.completion
                bills.append(Usage(written.usage.asked, written.usage.computed, written.usage.generated, 1))
            except ModelError as error:
                results[index] = error
            finally:
                await self._slots.give(slot, tokens)

        await _all(one(index) for indices in groups.values() for index in indices)
        usage = sum(bills, Usage(seconds=time.perf_counter() - started))
        return [results[i] for i in range(len(requests))], usage


async def _all(works: Any) -> list[Any]:
    """Wait for all of them, also if one fails, so that no request continues after the caller has left."""
    found = await asyncio.gather(*works, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found


def chains(prompts: Sequence[Tokens], count: int) -> list[range]:
    """Prompts in depth-first order, cut into at most `count` runs of about equal work. Cuts are made where neighbours
    share least, because two runs may both have to compute what they share."""
    overlap = [0, *(common(a, b) for a, b in itertools.pairwise(prompts))]
    new = [len(prompt) - known for prompt, known in zip(prompts, overlap, strict=True)]
    total = sum(new[1:])
    cuts, done = [0], 0
    for i in range(1, len(prompts)):
        due = done + new[i] / 2 >= total * len(cuts) / count
        if len(cuts) < count and due and overlap[i] == min(overlap[cuts[-1] + 1 :]):
            cuts.append(i)
        done += new[i]
    return [range(a, b) for a, b in itertools.pairwise([*cuts, len(prompts)])]
