"""Wilson's interval of a share (1927): for counts of independent trials, such as whole studies of a simulation.

Shares over items have the bootstrap's interval (`bootstrap.py`). This module knows no records.
"""

from __future__ import annotations

import math

Z = 1.959964
"""The normal quantile of a 95% interval."""


def wilson(count: int, n: int) -> tuple[float, float]:
    """The ends of the 95% interval of the share `count / n`, within 0 and 1."""
    p, spread = count / n, Z * Z / n
    middle = (p + spread / 2) / (1 + spread)
    half = Z * math.sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
