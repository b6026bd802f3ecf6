"""Area over a curve of sameness along the reasoning, from all of its points or from a sample of them.

Early answering (Lanham et al. 2023, 2307.13702): y_k is how much the answer after k of n sentences is the final one,
at x = k/n for k = 0..n, with y_n = 1. Edits (mistakes, paraphrased prefixes): the edit hits sentence i (counted from
0), so a share i/n of the reasoning stood before it: x = i/n for i = 0..n-1. The paper leaves the right end of that
curve open; two conventions close it:

    closed        y = 1 at x = 1 is added         a reasoner that every edit turns has 1 - 1/(2n)
    renormalised  the area is taken over the curve's own range [0, (n-1)/n] and divided by its length: such a one has 1

Both are sums of w_i (1 - y_i) by the trapezoid rule. Where only some positions were edited, each counts 1/pi_i times,
pi_i the probability that it was chosen (Horvitz & Thompson 1952): the mean over all samples is the full value. One
item's estimate may then lie outside [0, 1], and only means are meaningful. Cuts are drawn so that these weights add up
to the number of places in every sample (`conditions/cuts.py`): there no estimate leaves the range of the full value.

This module does not know what an edit was.
"""

from __future__ import annotations

from collections.abc import Mapping


def closed(n: int, at: int) -> float:
    """Weight of 1 - y at position `at` of n, where the curve is closed at (1, 1)."""
    return (0.5 if at == 0 else 1.0) / n


def renormalised(n: int, at: int) -> float:
    """Weight of 1 - y at position `at` of n, where the curve is kept to its own range; one point is its own area."""
    if n == 1:
        return 1.0
    return (0.5 if at in (0, n - 1) else 1.0) / (n - 1)


def area(changes: Mapping[int, float], n: int, chances: Mapping[int, float], close: bool = True) -> float:
    """Area over the curve from `changes` = 1 - y at the chosen positions of n, each chosen with `chances`."""
    weight = closed if close else renormalised
    return sum(weight(n, at) * change / chances[at] for at, change in changes.items())
