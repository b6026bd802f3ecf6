"""The few pieces of SVG that the figures are made of, as text. Escapes everything; knows nothing about findings.

Coordinates are pixels of the view box, written with at most two digits, so that equal figures are equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

MARGIN = 12
"""Pixels around a figure that stands alone."""


def tag(name: str, attributes: dict[str, str | float], *inside: str) -> str:
    """An element; `inside` is SVG already."""
    given = "".join(f' {key}="{number(v) if isinstance(v, int | float) else safe(v)}"' for key, v in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start", tip: str = "") -> str:
    """A line of text; `tip` is shown when pointed at."""
    attributes: dict[str, str | float] = {"x": x, "y": y, "class": style, "text-anchor": anchor}
    shown = {key: value for key, value in attributes.items() if value not in ("", "start")}
    return tag("text", shown, safe(words), title(tip) if tip else "")


def title(words: str) -> str:
    """What an element is, for whoever points at it or cannot see it."""
    return tag("title", {}, safe(words))


def rect(x: float, y: float, width: float, height: float, **attributes: str) -> str:
    """A rectangle."""
    return tag("rect", {"x": x, "y": y, "width": width, "height": height, **_keys(attributes)})


def path(d: str, style: str, *inside: str) -> str:
    """A path of a class."""
    return tag("path", {"d": d, "class": style}, *inside)


def vertical(x: float, top: float, bottom: float, style: str, *inside: str) -> str:
    """A vertical line."""
    return path(f"M{number(x)},{number(top)}V{number(bottom)}", style, *inside)


def whisker(x: Callable[[float], float], y: float, low: float, high: float, style: str) -> str:
    """A horizontal line from x(low) to x(high) with ends."""
    a, b, top = number(x(low)), number(x(high)), number(y - 3)
    return path(f"M{a},{number(y)}H{b}M{a},{top}v6M{b},{top}v6", style)


def at(x: float, y: float, inside: str) -> str:
    """Something moved to a place."""
    return tag("g", {"transform": f"translate({number(x)},{number(y)})"}, inside)


def document(size: tuple[float, float], words: tuple[str, str], body: Iterable[str], style: str | None = None) -> str:
    """The figure: width and height, a title and what it shows in words. `style`: for one that stands alone."""
    width, height = size
    margin = 0 if style is None else MARGIN
    box = f"{-margin} {-margin} {number(width + 2 * margin)} {number(height + 2 * margin)}"
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "ta-fig",
        "viewBox": box,
        "role": "img",
        "aria-label": f"{words[0]}. {words[1]}",
    }
    if style is None:
        return tag("svg", attributes, *body) + "\n"
    ground = rect(-margin, -margin, width + 2 * margin, height + 2 * margin, class_="ta-ground")
    return tag("svg", attributes, tag("style", {}, style), ground, *body) + "\n"


def safe(words: str) -> str:
    """Escaped, and without characters that XML does not know."""
    return escape("".join(c if c.isprintable() else " " for c in words))


def number(value: float) -> str:
    """A coordinate: at most two digits, no `-0`, no trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def _keys(attributes: dict[str, str]) -> dict[str, str]:
    """`class_` is class, `data_task` is data-task."""
    return {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
