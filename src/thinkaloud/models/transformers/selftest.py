"""Chooses how trees are computed for a network, by a test when it is loaded.

A small random tree is read in each way and text by text; the first way that agrees is taken. If layers have a sliding
window, the window is narrowed during the test, so that the tree is longer than it. For the packed tree, the test also
decides whether texts that are written at once may each attend only to their own slots (`own.py`).
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from thinkaloud.errors import UserError
from thinkaloud.models.kept import Kept
from thinkaloud.models.requests import Logits, SampleRequest, ScoreRequest, logsumexp
from thinkaloud.models.transformers.branching import Alone, Branching
from thinkaloud.models.transformers.engine import Engine, Way
from thinkaloud.models.transformers.net import Net
from thinkaloud.models.transformers.packed import Packed
from thinkaloud.models.transformers.page import Page
from thinkaloud.models.transformers.start import Start
from thinkaloud.vocabulary import Key, Reading, Sampling

LIMIT = 1e-4  # nats, in float32
NARROW_LIMIT = 0.5  # in 16 bits, where text by text is no exact oracle either: told apart from a wrong mask, no more
WINDOW = 5
APART = 8  # with fewer texts at once, looking at their own slots only gains nothing


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way that was chosen, its largest difference from text by text (nats), and why others were rejected."""

    way: Way
    floor: float
    refused: dict[str, str]


class _NoText:
    """A vocabulary for the self-test, which writes nothing."""

    def ends(self, token: int) -> bool:
        """Never."""
        return False

    def piece(self, token: int) -> bytes:
        """Nothing."""
        return b""


def choose(net: Net) -> Chosen:
    """Try the ways, the fastest first."""
    asked = requests(net.vocabulary, random.Random(0))
    limit = LIMIT if net.dtype in (torch.float32, torch.float64) else NARROW_LIMIT
    refused: dict[str, str] = {}
    with _narrow(net):
        truth = _oracle(net, asked)
        for make in (Packed, Branching):
            try:
                way: Way = make(net)
                gap = _gap(truth, _read(way, asked))
            except Exception as error:  # whatever a network does with arguments that it does not expect
                refused[make.name] = (next(iter(str(error).splitlines()), "") or type(error).__name__)[:120]
                continue
            if gap <= limit:
                # made anew: what it computed under the narrow window is not to be kept
                chosen: Way = make(net)
                if isinstance(chosen, Packed) and _apart(net, asked, limit):
                    chosen.apart = APART
                return Chosen(chosen, gap, refused)
            refused[make.name] = f"differs by {gap:.1e} nats from text by text"
    return Chosen(Alone(net), 0.0, refused)


def requests(vocabulary: int, rng: random.Random) -> list[ScoreRequest]:
    """A tree with a preamble, a shared prefix, branches of different depth, and options of one and two tokens."""

    def draw(n: int) -> tuple[int, ...]:
        return tuple(rng.randrange(vocabulary // 8, vocabulary) for _ in range(n))

    preamble, trunk = draw(4), draw(5)
    bodies = [trunk[:3], trunk, (*trunk, *draw(6)), (*trunk, *draw(1)), (*trunk[:3], *draw(4))]
    return [ScoreRequest(preamble, body, (draw(1), draw(2), draw(3))) for body in bodies]


def _read(way: Way, asked: list[ScoreRequest]) -> list[float]:
    answers = Engine(way, _NoText(), 1 << 20).score(asked)
    return [x for reading in answers if isinstance(reading, Reading) for x in reading.logprobs]


def _oracle(net: Net, asked: list[ScoreRequest]) -> list[float]:
    try:
        return _read(Alone(net), asked)
    except ValueError:
        # some networks need what only the plain attention kernel does (a soft cap on its scores)
        net.model.set_attn_implementation("eager")
    try:
        return _read(Alone(net), asked)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise UserError(
            f"this {net.config.model_type!r} model cannot be asked as a causal model: {reason[:200]}"
        ) from error


def _apart(net: Net, asked: list[ScoreRequest], limit: float) -> bool:
    """Whether texts that are written at once give the same logits if each attends only to its own slots."""
    way, preamble = Packed(net), asked[0].preamble
    start = Start(preamble, way.preamble(preamble)[0], Kept())
    prompts = [SampleRequest(preamble, r.tokens, Sampling(2), Key(())) for r in asked]
    found: list[Logits] = []
    for apart in (None, 1):
        way.memory.restore(start.state)
        page = Page(net, way.memory, start, apart)
        page.enter(prompts, way.chunk)
        ends = [len(preamble) + len(prompt.tokens) for prompt in prompts]
        try:
            page.step([prompt.tokens[0] for prompt in prompts], ends)
            found.append(page.step([prompt.tokens[1] for prompt in prompts], [end + 1 for end in ends]))
        except Exception:  # scores that this attention does not know how to make
            return False
    return float(abs(_logprobs(found[0]) - _logprobs(found[1])).max()) <= limit


def _logprobs(logits: Logits) -> Logits:
    return np.stack([row - np.float32(logsumexp(row)) for row in logits])


def _gap(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@contextlib.contextmanager
def _narrow(net: Net) -> Iterator[None]:
    window = getattr(net.config, "sliding_window", None)
    if window is None:
        yield
        return
    net.config.sliding_window = min(WINDOW, window)
    try:
        yield
    finally:
        net.config.sliding_window = window
