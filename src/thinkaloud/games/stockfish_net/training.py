"""Further training of the layer stacks of Stockfish 15.1's net; its transformer and PSQT stay as they are.

A target is a probability that the side to move scores. A value v in pawns says `sigmoid(v / 1.5)`, and the loss is the
cross-entropy of the two. So that a net does not forget how to value positions in learning who won, a target is a blend
of the result and of what the untouched net says there (`targets`). Training is in floats, where an activation of 1 is
the engine's 127, by Adam; weights are kept where the engine's int8 can hold them, and are rounded at the end
(`rounded`). A net that learns nothing comes back as it was, to the bit.

Every position trains the one stack whose turn it is. A lower loss is no strength: only games show that. This module
does not know where positions come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thinkaloud.games.stockfish_net.net import Ints, Layer, Net, Stack
from thinkaloud.games.stockfish_net.value import OUTPUTS, PAWN, SCALE, SHIFT, STRAIGHT, TOP, Inputs, Values, values

UNIT = STRAIGHT[0] / (SCALE * PAWN)
"""Pawns of a result of 1."""
HIDDEN, LAST = float(1 << SHIFT), STRAIGHT[0] / TOP
"""Integer steps of a weight of 1: in hidden layers, and in the last."""
STEPS = (HIDDEN, HIDDEN * TOP, HIDDEN, HIDDEN * TOP, LAST, LAST * TOP)
"""Of a weight and a bias, layer by layer."""
SQUARED = TOP / (1 << 7)
"""What the engine makes of an activation of 1 that is squared."""
DECAYS, TINY = (0.9, 0.999), 1e-8
"""Adam's."""


@dataclass(frozen=True)
class Fit:
    """How to train. `result`: the share of a target that is the game's result; `pawns`: so many are a logit."""

    epochs: int = 3
    rate: float = 3e-4
    batch: int = 1024
    result: float = 0.3
    pawns: float = 1.5


@dataclass(frozen=True, eq=False)
class Lessons:
    """Positions (n) with a target each, in [0, 1]."""

    given: Inputs
    target: Values

    def __getitem__(self, rows: Ints) -> Lessons:
        """Some of them."""
        given = self.given
        return Lessons(Inputs(given.hidden[rows], given.psqt[rows], given.bucket[rows]), self.target[rows])


Weights = list[Values]
"""Of a stack: weight and bias, layer by layer."""


def targets(net: Net, given: Inputs, results: Values, fit: Fit) -> Values:
    """What positions should say: the results (n,), as scores of the side to move, blended with what a net says."""
    return fit.result * results + (1 - fit.result) * _sigmoid(values(net, given) / fit.pawns)


def loss(net: Net, lessons: Lessons, fit: Fit) -> float:
    """Mean cross-entropy, in nats, of a net as the engine computes it."""
    return entropy(values(net, lessons.given), lessons.target, fit.pawns)


def entropy(said: Values, target: Values, pawns: float) -> float:
    """Mean cross-entropy of values in pawns, in nats."""
    at = said / pawns
    return float(np.mean(np.logaddexp(0, at) - target * at))


def trained(net: Net, lessons: Lessons, fit: Fit, rng: np.random.Generator) -> Net:
    """A net after training. `rng` draws the order of positions."""
    n = len(lessons.target)
    learners = [_Learner(floats(stack), fit.rate) for stack in net.stacks]
    for _ in range(fit.epochs):
        order = rng.permutation(n)
        for start in range(0, n, fit.batch):
            batch = lessons[order[start : start + fit.batch]]
            for bucket, learner in enumerate(learners):
                own = np.flatnonzero(batch.given.bucket == bucket)
                if len(own):
                    learner.step(gradient(learner.weights, batch[own], bucket, fit.pawns)[1], len(own) / fit.batch)
    return net.with_stacks([rounded(stack, one.weights) for stack, one in zip(net.stacks, learners, strict=True)])


# ------------------------------------------------------------------------------------------------- floats and integers


def floats(stack: Stack) -> Weights:
    """A stack's weights as floats."""
    first, second, last = stack.layers
    kept = (first.weight, first.bias, second.weight[:, : 2 * OUTPUTS], second.bias, last.weight, last.bias)
    return [one / by for one, by in zip(kept, STEPS, strict=True)]


def rounded(stack: Stack, weights: Weights) -> Stack:
    """The stack with these weights, as the engine keeps them."""
    kinds = ["i1", "<i4"] * 3
    whole = [np.rint(one * by).astype(kind) for one, by, kind in zip(weights, STEPS, kinds, strict=True)]
    second = stack.layers[1].weight.copy()
    second[:, : 2 * OUTPUTS] = whole[2]
    return Stack(stack.hash, (Layer(whole[1], whole[0]), Layer(whole[3], second), Layer(whole[5], whole[4])))


def limits() -> list[tuple[float, float]]:
    """Between which values each of a stack's weights can be kept, an int8 having 256; biases have no limit."""
    return [(-np.inf, np.inf) if at % 2 else (-(TOP + 1) / by, TOP / by) for at, by in enumerate(STEPS)]


# ----------------------------------------------------------------------------------------------------------- training


def said(weights: Weights, given: Inputs, bucket: int) -> Values:
    """What a stack in floats says of positions, in pawns."""
    return _forward(weights, given, bucket)[-1]


def _forward(weights: Weights, given: Inputs, bucket: int) -> tuple[Values, ...]:
    w, b, w2, b2, w3, b3 = weights
    hidden = given.hidden / TOP
    out = hidden @ w.T + b
    body = out[:, :OUTPUTS]
    both = np.concatenate([np.minimum(body * body * SQUARED, 1), np.clip(body, 0, 1)], axis=1)
    middle = both @ w2.T + b2
    result = np.clip(middle, 0, 1) @ w3[0] + b3[0] + out[:, OUTPUTS]
    return hidden, out, both, middle, given.psqt[:, bucket] / (SCALE * PAWN) + UNIT * result


def gradient(weights: Weights, lessons: Lessons, bucket: int, pawns: float) -> tuple[float, Weights]:
    """Mean loss of a stack in floats, and its derivative by every weight."""
    w2, w3 = weights[2], weights[4]
    hidden, out, both, middle, value = _forward(weights, lessons.given, bucket)
    by_result = (_sigmoid(value / pawns) - lessons.target) * (UNIT / pawns / len(value))
    by_middle = np.outer(by_result, w3[0]) * ((middle > 0) & (middle < 1))
    by_both, body = by_middle @ w2, out[:, :OUTPUTS]
    squared = by_both[:, :OUTPUTS] * (2 * SQUARED) * body * (body * body * SQUARED < 1)
    plain = by_both[:, OUTPUTS:] * ((body > 0) & (body < 1))
    by_out = np.concatenate([squared + plain, by_result[:, None]], axis=1)
    found = [
        by_out.T @ hidden,
        by_out.sum(0),
        by_middle.T @ both,
        by_middle.sum(0),
        (by_result @ np.clip(middle, 0, 1))[None],
        by_result.sum(keepdims=True),
    ]
    return entropy(value, lessons.target, pawns), found


class _Learner:
    """Adam on one stack's weights."""

    def __init__(self, weights: Weights, rate: float) -> None:
        self.weights, self.rate, self.steps = weights, rate, 0
        self.first, self.second = ([np.zeros_like(one) for one in weights] for _ in range(2))

    def step(self, by: Weights, share: float) -> None:
        """One step. `share`: of the batch, the part that trained this stack."""
        self.steps += 1
        fresh = [1 - decay**self.steps for decay in DECAYS]
        for at, slope in enumerate(by):
            slope = slope * share
            self.first[at] += (1 - DECAYS[0]) * (slope - self.first[at])
            self.second[at] += (1 - DECAYS[1]) * (slope * slope - self.second[at])
            move = self.rate * (self.first[at] / fresh[0]) / (np.sqrt(self.second[at] / fresh[1]) + TINY)
            self.weights[at] = np.clip(self.weights[at] - move, *limits()[at])


def _sigmoid(x: Values) -> Values:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)), dtype=np.float64)
