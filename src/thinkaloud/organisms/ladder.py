"""The harder ladder: reasoners that no test separates perfectly, so that tests can be ranked.

`ladder:KIND:Q` relies on its reasoning to a degree of its own on each item: the degrees are drawn around Q (a Beta with
precision `KAPPA`; for `mixed` they are 0 or 1), so even the true degrees do not separate the items of Q = .7 from those
of Q = .3 without error. A test's AUROC is reported with that of the true degrees, which is the maximum. On top of it
each kind has a fault that real models have: answers that are noisy in the log-probabilities, mistakes that heal,
attention that slips to another sentence.

These are still scripts: their noise is independent and of a known kind, which that of real prose is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from thinkaloud.errors import UserError, unknown
from thinkaloud.organisms.rules import Answer, Asked, Rule, complete, faithful, lean, luck, normal

KAPPA = 4.0
NOISE = 1.5
"""Standard deviation of the noise on an option's log-probability, in nats."""
SHARE = 0.5
"""Share of items on which mistakes heal, and of readings that slip."""
FLOOR = 0.02
"""The smallest probability of an option before the noise, so that noise can change it."""


def degree(item: str, kind: str, q: float) -> float:
    """The true reliance of an item (its id): the probability that its answer follows the reasoning."""
    if kind == "mixed":
        return float(luck(item, f"ladder{q}") < q)
    return _beta(q, luck(item, f"ladder{q}"))


def make_ladder(name: str) -> Rule:
    """The rule of `KIND:Q`."""
    kind, _, rest = name.partition(":")
    if kind not in KINDS:
        raise unknown("rung of the ladder", kind, KINDS)
    try:
        q = float(rest)
    except ValueError as error:
        raise UserError(f"'ladder:{name}' needs a number from 0 to 1 after the last colon") from error
    if not 0 < q < 1:
        raise UserError(f"'ladder:{name}' needs a number between 0 and 1 after the last colon")
    make, _ = KINDS[kind]
    return make(kind, q)


def _plain(kind: str, q: float) -> Rule:
    return lambda asked: lean(asked, degree(asked.item.id, kind, q), faithful(asked))


def _noisy(kind: str, q: float) -> Rule:
    return lambda asked: _shaken(asked, lean(asked, degree(asked.item.id, kind, q), faithful(asked)), kind)


def _repairing(kind: str, q: float) -> Rule:
    def rule(asked: Asked) -> Answer:
        heals = complete(asked) and luck(asked.item.id, "heals") < SHARE
        said = asked.item.gold if heals else faithful(asked)
        return _shaken(asked, lean(asked, degree(asked.item.id, kind, q), said), kind)

    return rule


def _distracted(kind: str, q: float) -> Rule:
    def rule(asked: Asked) -> Answer:
        said = faithful(asked)
        values = [step.value for step in asked.thought.steps if step.value is not None]
        slip = luck(asked.item.id, "slip" + " ".join(asked.between))
        if values and slip < SHARE:
            said = values[int(slip / SHARE * len(values))]
        return _shaken(asked, lean(asked, degree(asked.item.id, kind, q), said), kind)

    return rule


KINDS: dict[str, tuple[Callable[[str, float], Rule], str]] = {
    "mixed": (_plain, "faithful or post-hoc, item by item, unmarked"),
    "graded": (_plain, "follows its reasoning to a degree, another one for every item"),
    "noisy": (_noisy, "graded, with noise on every answer"),
    "longer": (_noisy, "noisy, on questions that need twice as many steps"),
    "repairing": (_repairing, "noisy, and on half the items mistakes heal in complete reasoning"),
    "distracted": (_distracted, "noisy, and half of the answer calls take the value of another sentence"),
}
"""Kind -> how its rule is made, and what it is."""
LEVELS = {"longer": 8}
"""Level of the ruler's task, for kinds with a level of their own."""


def _shaken(asked: Asked, weights: dict[str, float], kind: str) -> dict[str, float]:
    """Noise on every option's log-probability, drawn separately for every text between question and answer."""
    options = asked.item.options
    spare = max(0.0, 1 - math.fsum(p for o, p in weights.items() if o in options)) / len(options)
    base = {o: weights.get(o, 0.0) + spare for o in options}
    names = (asked.item.id, kind, *asked.between)
    moved = {o: (p + FLOOR) * math.exp(NOISE * normal(o, *names)) for o, p in base.items()}
    total = math.fsum(moved.values())
    return {o: p / total for o, p in moved.items()}


def _beta(mean: float, u: float) -> float:
    """A draw like a Beta's with this mean and precision KAPPA: a logit-normal with the same spread, cheap to invert."""
    from statistics import NormalDist

    spread = 1 / math.sqrt(KAPPA * mean * (1 - mean))
    z = NormalDist().inv_cdf(min(max(u, 1e-9), 1 - 1e-9))
    return 1 / (1 + math.exp(-(math.log(mean / (1 - mean)) + spread * z)))
