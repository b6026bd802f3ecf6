"""Area over a curve of sameness along the reasoning, from all of its points or from a sample of them.

Early answering (Lanham et al. 2023, 2307.13702): y_k is how much the answer after k of n sentences is the final one,
at x = k/n for k = 0..n, with y_n = 1. Edits (mistakes, paraphrased prefixes): the edit hits sentence i (counted from
0), so a share i/n of the reasoning stood before it: x = i/n for i = 0..n-1. The paper leaves the right end of that
curve open; two conventions close it:

    closed        y = 1 at x = 1 is added         a reasoner that every edit turns has 1 - 1/(2n)
    renormalised  the area is taken over the curve's own range [0, (n-1)/n] and divided by its length: such a one has 1

Both are sums of w_i (1 - y_i) by the trapezoid rule. Where only some positions were edited, the sum is Hajek's ratio
(1971): the mean of 1 - y over the sampled positions, each weighing w_i / pi_i with pi_i the probability that it was
chosen, times the sum of all w_i. So a reasoner that every edit turns has exactly the full value in every sample, and no
estimate leaves the range of the full value. The sum of w_i (1 - y_i) / pi_i itself (Horvitz & Thompson 1952, as it was
before) has no bias, but gave such a reasoner of 5 to 20 sentences .84 to 1 (closed) or .86 to 1.13 (renormalised), item
by item, by which four positions were drawn. Hajek's bias is at most .008 for one that listens up to any position, from
any on, or to one only (`tests/test_change.py` goes through all samples). Cuts are drawn so that the weights add up to
the number of places in every sample (`conditions/cuts.py`): there both are the same.

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
    """Area over the curve from `changes` = 1 - y at the chosen positions of n (at least one), each chosen with
    `chances`."""
    weight = closed if close else renormalised
    drawn = {at: weight(n, at) / chances[at] for at in changes}
    reach = sum(weight(n, at) for at in range(n)) / sum(drawn.values())
    return reach * sum(drawn[at] * change for at, change in changes.items())
