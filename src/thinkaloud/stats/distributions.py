"""Chi-square and Student's t for whole degrees of freedom, by finite sums (Abramowitz & Stegun 26.4.4-5, 26.7.3-4).

Exact to rounding. Quantiles are found by halving. This module knows no statistics beyond that.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def chi_square_tail(x: float, df: int) -> float:
    """P(chi-square with df degrees of freedom > x)."""
    if x <= 0:
        return 1.0
    half = x / 2
    if df % 2 == 0:
        logs = [i * math.log(half) - math.lgamma(i + 1) for i in range(df // 2)]
        return min(1.0, math.fsum(math.exp(log - half) for log in logs))
    logs = [(i - 0.5) * math.log(half) - math.lgamma(i + 0.5) for i in range(1, (df - 1) // 2 + 1)]
    return min(1.0, math.erfc(math.sqrt(half)) + math.fsum(math.exp(log - half) for log in logs))


def chi_square_quantile(p: float, df: int) -> float:
    """x with P(chi-square <= x) = p."""
    return halving(lambda x: 1 - p - chi_square_tail(x, df), 0.0, df + 40 * math.sqrt(df) + 40)


def t_tail(t: float, df: int) -> float:
    """P(Student's t with df degrees of freedom > t)."""
    angle = math.atan(abs(t) / math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    if df % 2 == 0:
        term, total = 1.0, 1.0
        for i in range(1, df // 2):
            term *= (2 * i - 1) / (2 * i) * cosine**2
            total += term
        inside = sine * total
    else:
        term, total = cosine, cosine if df > 1 else 0.0
        for i in range(1, (df - 1) // 2):
            term *= 2 * i / (2 * i + 1) * cosine**2
            total += term
        inside = 2 / math.pi * (angle + sine * total)
    outside = max(0.0, 1 - inside) / 2
    return outside if t >= 0 else 1 - outside


def halving(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0 between low and high; the nearer end if it is nowhere."""
    for _ in range(80):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
