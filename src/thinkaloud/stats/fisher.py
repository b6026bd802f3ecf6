"""Fisher's F: how likely is a ratio of two variances that is as large (Abramowitz & Stegun 26.6.2, 26.5.8).

By the continued fraction of the incomplete beta function; exact to about 12 digits. This module knows no statistics
beyond that.
"""

from __future__ import annotations

import math

TERMS, TINY = 300, 1e-300
"""More than any degrees of freedom of a ladder need, and what stands for 0 in a quotient."""
CLOSE = 1e-15


def f_tail(f: float, above: int, below: int) -> float:
    """P(F > f) with `above` and `below` degrees of freedom."""
    if f <= 0:
        return 1.0
    return _beta(below / (below + above * f), below / 2, above / 2)


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function."""
    if x > (a + 1) / (a + b + 2):  # there the fraction of the other end is the short one
        return 1 - _beta(1 - x, b, a)
    if x <= 0:
        return 0.0
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return min(1.0, math.exp(logs) / a / _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1 / (1 + d2 / (1 + ...)), by Lentz's method."""
    found, up, down = 1.0, 1.0, 0.0
    for i in range(1, TERMS):
        m = i // 2
        d = (m * (b - m) / (a + i)) if i % 2 == 0 else (-(a + m) * (a + b + m) / (a + i))
        d *= x / (a + i - 1)
        down = 1 / (1 + d * down or TINY)
        up = 1 + d / up or TINY
        found *= up * down
        if abs(up * down - 1) < CLOSE:
            break
    return found
