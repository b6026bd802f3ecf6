"""What the families that calculate share: how a sum is said, and which wrong numbers stand beside the right one.

Knows no questions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.draws import pick
from thinkaloud.tasks.grammar import Form, Grammar

ADD = Form(
    "add",
    (
        "{a} plus {b} is {c}.",
        "{a} plus {b} makes {c};",
        "Adding {b} to {a} gives {c}.",
        "We get {c} from {a} and {b} together.",
    ),
    value="c",
    sound=lambda a, b, c: int(a) + int(b) == int(c),
    symmetric=("a", "b"),
)

TAKE = Form(
    "take",
    (
        "{a} minus {b} is {c}.",
        "{a} minus {b} leaves {c};",
        "Taking {b} from {a} gives {c}.",
        "We get {c} when {b} is taken off {a}.",
    ),
    value="c",
    sound=lambda a, b, c: int(a) - int(b) == int(c),
)

SUMS = Grammar(ADD, TAKE)


def numbers_beside(gold: int, slips: Sequence[int], rng: np.random.Generator) -> list[str]:
    """Three wrong numbers: the gold off by one, a typical slip, and that slip off by one in the same direction.

    With the gold they make two pairs of neighbours, of which the slip is as often the upper as the lower where slips
    allow: nothing in the options alone tells the gold. Slips nearer than 2 or below 0 are passed over; without any
    other, 2 or 3 too many or too few stand in.
    """
    shift = pick(rng, (1, -1)) if gold > 0 else 1
    side = pick(rng, (1, -1))
    usable = [s for s in slips if abs(s - gold) >= 2 and s >= 0 and s + shift >= 0]
    near = [s for s in (gold + 2 * side, gold + 3 * side) if s >= 1]
    slip = pick(rng, [s for s in usable if (s - gold) * side > 0] or usable or near or [gold + 2, gold + 3])
    return [str(gold + shift), str(slip), str(slip + shift)]
