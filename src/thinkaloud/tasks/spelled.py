"""How a number is spelled, and other numbers spelled in the same way.

    style("$1,250.00")             $ before it, digits grouped, two decimals
    written(Fraction(999), ...)    $999.00
    near_misses("$1,250.00", rng)  $1,251.00, $1,240.00, $12,500.00, $1,520.00, ...

A near miss is a number to which a small slip leads: off by one or ten, ten times too large or too small, doubled or
halved, two digits exchanged. Knows nothing of items or verifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.quantities import quantity

_NUMBER = re.compile(
    r"(?P<minus>[-\u2212])?(?P<before>[$\u20ac\u00a3\u00a5\u20b9])?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<decimals>\d+))?(?P<rest>(?:[^\d.,/^].*)?)",
    re.DOTALL,
)
DECIMALS = 6
"""Most decimals that a number is written with; one that needs more cannot be written."""


@dataclass(frozen=True, slots=True)
class Style:
    """`before`: a currency; `grouped`: thousands are set apart by commas; `rest`: what follows the digits (` apples`,
    `%`); `scale`: what that multiplies the number by (` thousand`)."""

    before: str = ""
    grouped: bool = False
    decimals: int = 0
    rest: str = ""
    scale: Fraction = Fraction(1)


def style(text: str) -> Style | None:
    """How the number is spelled; None where the text is no single number, or one in a form that is not known here."""
    found, whole = _NUMBER.fullmatch(text), quantity(text)
    if found is None or whole is None:
        return None
    one = quantity(f"{found['before'] or ''}1{found['rest']}")
    scale = one.value if one is not None else Fraction(1)
    made = Style(found["before"] or "", "," in found["whole"], len(found["decimals"] or ""), found["rest"], scale)
    return made if written(whole.value, made) is not None else None


def written(value: Fraction, how: Style) -> str | None:
    """The number in this style, with more decimals where it needs them; None where it cannot be written in it."""
    places = _places(value, how)
    if places is None:
        return None
    face = abs(value) / how.scale
    whole, part = divmod(int(face * 10**places), 10**places)
    digits = (f"{whole:,}" if how.grouped else str(whole)) + (f".{part:0{places}d}" if places else "")
    text = f"{'-' if value < 0 else ''}{how.before}{digits}{how.rest}"
    read = quantity(text)
    return text if read is not None and read.value == value else None


def fitting(value: Fraction, how: Style) -> Style:
    """The style with as many decimals as the number needs."""
    return replace(how, decimals=_places(value, how) or how.decimals)


def _places(value: Fraction, how: Style) -> int | None:
    """Decimals with which the number is written in this style; None where it needs too many."""
    face = abs(value) / how.scale
    return next((n for n in range(how.decimals, DECIMALS + 1) if (face * 10**n).denominator == 1), None)


def near_misses(value: Fraction, how: Style, rng: np.random.Generator) -> Iterator[str]:
    """Other numbers in the same style: those that one slip leads to in random order, then ever farther ones."""
    last = Fraction(1, 10**how.decimals) * how.scale  # one in the last place
    one = how.scale if how.decimals <= 2 else last
    slips = [value + one, value - one, value + 10 * one, value - 10 * one, value * 2, value / 2, value * 10, value / 10]
    slips += [value + last, value - last, *_exchanged(value, how)] + ([-value] if value < 0 else [])
    farther = [value + sign * step * one for step in range(2, 30) for sign in (1, -1)]
    seen = {value}
    for other in (*shuffled(rng, slips), *farther):
        if other in seen or (other <= 0 < value) or (other < 0 == value):
            continue
        seen.add(other)
        if (abs(other) / how.scale * 10**how.decimals).denominator == 1 and (text := written(other, how)) is not None:
            yield text


def _exchanged(value: Fraction, how: Style) -> list[Fraction]:
    """The number with two neighbouring digits exchanged, for each pair."""
    digits = str(int(abs(value) / how.scale * 10**how.decimals))
    swapped = [digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)]
    sign = -1 if value < 0 else 1
    return [sign * Fraction(int(one), 10**how.decimals) * how.scale for one in swapped if one[0] != "0"]


def altered(text: str, rng: np.random.Generator) -> Iterator[str]:
    """A text that holds numbers and more (`3\\\\sqrt{2}`, `(3, 4)`, `2024-05-03`), with one of them a little larger or
    smaller, in random order."""
    places = [found for found in re.finditer(r"(?<!\d)\d{1,9}(?!\d)", text)]
    changed = [(found, step) for found in places for step in (1, -1, 2, -2, 3)]
    for found, step in shuffled(rng, changed):
        number = int(found[0]) + step
        if number > 0 or (number >= 0 and not int(found[0])):
            yield f"{text[: found.start()]}{number:0{len(found[0])}d}{text[found.end() :]}"
