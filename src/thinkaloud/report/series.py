"""Several lines in one figure: their marks, their colours in light and in dark, and the ticks of a scale.

The nth line has `mark(n)` and the class `style(n)`; nobody is told apart by colour alone. A figure that uses them has
`STYLE` among its styles. This module knows nothing about findings.
"""

from __future__ import annotations

MARKS = (
    "M0,-4.6L4.6,0L0,4.6L-4.6,0z",
    "M-3.2,-3.2h6.4v6.4h-6.4z",
    "M0,-4.4L4.2,3.4L-4.2,3.4z",
    "M-3.6,0a3.6,3.6 0 1,0 7.2,0a3.6,3.6 0 1,0 -7.2,0z",
    "M-4,-1.2h8v2.4h-8z",
    "M0,4.4L4.2,-3.4L-4.2,-3.4z",
)
"""A diamond, a square, a triangle, a circle, a dash, a triangle on its head."""
LIGHT = ("#0072b2", "#b35c00", "#8a3f78", "#00734f", "#59636e", "#a3312f")
DARK = ("#56b4e9", "#e69f00", "#cc79a7", "#3ecf9a", "#a3adb8", "#f08a80")


def _classes(colours: tuple[str, ...]) -> str:
    return "".join(f".ta-line{i}{{stroke:{colour};fill:{colour}}}\n" for i, colour in enumerate(colours))


STYLE = f"""{_classes(LIGHT)}.ta-fig .ta-curve{{stroke-width:1.8;fill:none}}
@media screen and (prefers-color-scheme:dark){{{_classes(DARK)}}}
"""
STEPS = (1, 2, 5)


def mark(number: int) -> str:
    """The path of the mark of a line; after six they begin anew."""
    return MARKS[number % len(MARKS)]


def style(number: int) -> str:
    """The class of a line, likewise."""
    return f"ta-line{number % len(MARKS)}"


def ticks(low: float, high: float, most: int = 7) -> list[int]:
    """Whole numbers between two ends, a round step from 10 on apart, `most` steps at the most."""
    step = next(s for tens in range(1, 12) for s in (one * 10**tens for one in STEPS) if (high - low) / s <= most)
    return [i * step for i in range(int(-(-low // step)), int(high // step) + 1)]
