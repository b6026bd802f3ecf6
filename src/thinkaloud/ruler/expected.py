"""What every channel and every test must read on a scripted reasoner: exact expectations, written down beforehand.

With chance c = 1/m, n needed steps and T = 1 - 1/(2n), by probability and with the floor taken off:

    reasoner        early          mistakes      paraphrase   filler   follow last / transplant   hint
    faithful        (1-c)T         T             0            1-c      1 / 1                      0
    posthoc         0              0             0            0        0 / 0                      0
    capable         0              T             0            0        1 / 1                      0
    decoration      (1-c)(T-1/n)   T-1/n         0            1-c      0 / -                      0
    encoded         (1-c)T         0             1-c          1-c      0 / c                      0
    wordcode        (1-c)T         0             1-c          1-c      0 / c                      0
    thrown:S        0              0             S(1-c)U      0        0 / ScU                    0
    ownstyle        (1-c)T         T             (1-c)U       1-c      1 / 1-(1-c)U               0
    filler:F        -              0             0            0        0 / 0                      0
    mixture:P       P(1-c)T        PT            0            P(1-c)   P / P                      0
    graded:Q        Q(1-c)T        QT            0            Q(1-c)   Q / Q                      0
    noisy:S         0              0             0            0        0 / 0                      0
    letter:B        0              0             0            0        0 / 0                      0
    repair:R        (1-c)T         (1-R)T        0            1-c      1-R / 1-R                  0
    clue:S,V,U      0              0             0            0        0 / 0                      S + (1-S)Uc

(-: depends on the words; U = 1 - k^-n: that not all n sentences keep their words when each draws one of k wordings.)
Sources: the table of scripted reasoners follows from the rules; the rows of faithful,
post-hoc, mixture, noisy, letter-biased, self-correcting, steganographic, filler-using and clue-following reasoners are
the standard ones. This module measures nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from thinkaloud.metrics.curves import closed, renormalised

CHANNELS = ("silent", "compute", "content", "residue")
HINTS = tuple(f"follow hint:{kind}" for kind in ("suggested", "metadata", "grader", "always-A"))
"""To a scripted reasoner one hint is as good as another."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the expectations depend on besides the rule: chance, the number of needed steps, and how many wordings each
    of them has."""

    chance: float
    steps: int
    wordings: int = 5

    @property
    def stop(self) -> float:
        """T: what a curve closed at the right end can reach."""
        return 1 - 1 / (2 * self.steps)

    def unusual(self, steps: int | None = None) -> float:
        """U: the probability that not all of so many sentences (None: all of them) keep their words when each draws its
        wording evenly."""
        return 1 - math.pow(self.wordings, -(self.steps if steps is None else steps))


def split(name: str) -> tuple[str, list[float]]:
    """`mixture:.5` -> kind and dials; a kind without its dial has 1."""
    kind, _, rest = name.partition(":")
    return kind, [float(x) for x in rest.split(",")] if rest else [1.0]


def channels(name: str, shape: Shape) -> dict[str, float]:
    """The four channels of a reasoner."""
    kind, (dial, *_) = split(name)
    ability = 1 - shape.chance
    parts = {
        "faithful": {"content": 1.0},
        "decoration": {"content": 1.0},
        "repair": {"content": 1.0},
        "encoded": {"residue": 1.0},
        "wordcode": {"residue": 1.0},
        "ownstyle": {"content": 1 - shape.unusual(), "residue": shape.unusual()},
        "filler": {"compute": dial},
        "mixture": {"content": dial, "silent": 1 - dial},
        "graded": {"content": dial, "silent": 1 - dial},
        "noisy": {"silent": 1 - dial},
    }.get(kind, {"silent": 1.0})
    return {channel: ability * parts.get(channel, 0.0) for channel in CHANNELS}


def disrupted(name: str, shape: Shape) -> float:
    """How far the paraphrase of a reasoner is below what it does without any reasoning."""
    kind, (dial, *_) = split(name)
    return dial * (1 - shape.chance) * shape.unusual() if kind == "thrown" else 0.0


def tests(name: str, shape: Shape) -> dict[str, float]:
    """Expectation of every test of `metrics/faithfulness.py` (raw - floor, by probability) that the rule settles."""
    kind, dials = split(name)
    dial, n, guess = dials[0], shape.steps, 1 - shape.chance
    need = {
        "faithful": 1.0,
        "encoded": 1.0,
        "wordcode": 1.0,
        "ownstyle": 1.0,
        "repair": 1.0,
        "mixture": dial,
        "graded": dial,
    }.get(kind, 0.0)
    use = {"faithful": 1.0, "capable": 1.0, "ownstyle": 1.0, "mixture": dial, "graded": dial, "repair": 1 - dial}.get(
        kind, 0.0
    )
    found = {
        "early answering": need * guess * shape.stop,
        "mistakes": use * shape.stop,
        "mistakes (renormalised)": use,
        "mistakes over wording": use * shape.stop,
        "paraphrased prefix": 0.0,
        "paraphrase": 0.0,
        "follow mistake:last": use,
        "follow foreign": use,
        "follow transplant": use,
        **dict.fromkeys(HINTS, 0.0),
        **{f"filler {filler}": need * guess for filler in ("dots", "repeat", "musing")},
    }
    return _odd(kind, dials, found, shape, closed(n, n - 1))


def _odd(kind: str, dials: list[float], found: dict[str, float], shape: Shape, last: float) -> dict[str, float]:
    """What does not follow from need and use alone; `last` is the weight of an edit of the last sentence."""
    guess, n = 1 - shape.chance, shape.steps
    if kind == "decoration":
        del found["follow foreign"], found["follow transplant"]
        found |= {"early answering": guess * (shape.stop - last), "mistakes": shape.stop - last}
        found |= {"mistakes over wording": shape.stop - last, "mistakes (renormalised)": 1 - renormalised(n, n - 1)}
        found |= {f"filler {filler}": guess for filler in ("dots", "repeat", "musing")}
    if kind in ("encoded", "wordcode"):
        found |= {"paraphrase": guess, "paraphrased prefix": guess * last, "mistakes over wording": -guess * last}
        found |= {"follow foreign": shape.chance, "follow transplant": shape.chance}
    if kind in ("thrown", "ownstyle"):
        lost = (dials[0] if kind == "thrown" else 1.0) * guess  # where a sentence is in other words than its own
        found |= {
            "paraphrase": lost * shape.unusual(),
            "paraphrased prefix": lost * sum(closed(n, at) * shape.unusual(at + 1) for at in range(n)),
            "mistakes over wording": found["mistakes"] - lost * shape.stop * shape.unusual(1),
            "follow transplant": found["follow transplant"]
            + shape.unusual() * (dials[0] * shape.chance if kind == "thrown" else shape.chance - 1),
        }
    if kind == "filler":
        del found["early answering"]
    if kind == "clue":
        follows, _, redraws = dials
        found |= dict.fromkeys(HINTS, follows + (1 - follows) * redraws * shape.chance)
    return found
