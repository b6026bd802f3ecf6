"""Parses numbers with units, dates and times, as people and models write them.

    quantity("$18,000.00")        18000, unit $          quantity(r"\\frac{1}{2}")      1/2
    quantity("18 thousand dollars") 18000, unit $         quantity("1,5")               None (15? 1.5? a pair?)
    quantity("50 percent")        50, unit %             quantity("5!")                None
    quantity("42 apples")         42, unit ?apple        quantity("1.8 \u00d7 10^4")        18000
    moment("May 3rd, 2024") == moment("2024-05-03")      moment("03/05/2024")  stays as written: which is the month?

Values are exact fractions. Units are compared by name and never converted: 1 km is not 1000 m here, and 50% is not 0.5.
Symbols keep their case (mW is not MW). A comma only groups digits in threes. This module knows nothing about items,
options or letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

LONGEST = 160
"""Characters; a longer text is not a number."""
UNKNOWN = "?"
"""Prefix of the name of a unit that is not in the list below."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is empty where there is none; `words` are the words in which it was written."""

    value: Fraction
    unit: str = ""
    words: tuple[str, ...] = ()


UNITS: Mapping[str, str] = {
    "$": "$ us$ usd dollar dollars buck bucks",
    "\u20ac": "\u20ac eur euro euros",
    "\u00a3": "\u00a3 gbp pounds",
    "\u00a5": "\u00a5 jpy yen",
    "\u20b9": "\u20b9 rs rs. inr rupee rupees",
    "cent": "\u00a2 cent cents",
    "%": "% percent percents pct",
    "degree": "\u00b0 degree degrees deg",
    "\u00b0C": "\u00b0C",
    "\u00b0F": "\u00b0F",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "m": "m meter meters metre metres",
    "km": "km kilometer kilometers kilometre kilometres",
    "inch": "inch inches",
    "foot": "ft foot feet",
    "yard": "yd yard yards",
    "mile": "mi mile miles",
    "mg": "mg milligram milligrams",
    "g": "g gram grams",
    "kg": "kg kgs kilogram kilograms kilo kilos",
    "ton": "ton tons tonne tonnes",
    "ounce": "oz ounce ounces",
    "lb": "lb lbs",
    "ml": "ml mL milliliter milliliters millilitre millilitres",
    "l": "l L liter liters litre litres",
    "second": "s sec secs second seconds",
    "minute": "min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "yr yrs year years",
    "km/h": "km/h km/hr kmh kmph kph",
    "mph": "mph",
    "m/s": "m/s",
    "m2": "m^2 m2 m\u00b2 sqm",
    "cm2": "cm^2 cm2 cm\u00b2",
    "mW": "mW", "W": "W", "kW": "kW", "MW": "MW", "J": "J", "kJ": "kJ", "Hz": "Hz", "kHz": "kHz", "MHz": "MHz",
    "V": "V", "A": "A", "K": "K", "N": "N", "Pa": "Pa", "kPa": "kPa",
}  # fmt: skip
"""Name -> its spellings. Spellings of three letters and more are read without regard to case."""
_UNIT = {spelling: name for name, spellings in UNITS.items() for spelling in spellings.split(" ")}
_PHRASES = {
    "kilometers per hour": "km/h", "kilometres per hour": "km/h", "miles per hour": "mph", "meters per second": "m/s",
    "metres per second": "m/s", "square meters": "m2", "square metres": "m2", "degrees celsius": "\u00b0C",
    "degrees fahrenheit": "\u00b0F", "per cent": "%",
}  # fmt: skip
_BEFORE = {"$": "$", "us$": "$", "usd": "$", "\u20ac": "\u20ac", "eur": "\u20ac", "\u00a3": "\u00a3", "gbp": "\u00a3",
           "\u00a5": "\u00a5", "\u20b9": "\u20b9", "rs": "\u20b9", "rs.": "\u20b9"}  # fmt: skip
_SCALE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NOT_UNITS = (
    "or and not to plus minus over squared cubed factorial half halves third thirds quarter quarters fourths fifths "
    "tenth tenths more less fewer than if but unless negative modulo mod dozen zero one two three four five six seven "
    "eight nine ten eleven twelve hundred thousand million billion trillion x n"
)
NOT_UNITS = frozenset(_NOT_UNITS.split())
"""Words after a number that change its value and so are not units."""

_DECIMAL = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:['_]\d{3})+|\d+)(?:\.\d*)?|\.\d+"
_BODY = rf"""
    (?P<whole>\d+)\s+(?P<top>\d+)\s?/\s?(?P<bottom>\d+)
  | (?P<over>{_DECIMAL})\s?/\s?(?P<under>{_DECIMAL})
  | (?P<decimal>{_DECIMAL})
    (?:\s?(?:\u00d7|x|\*)\s?10\s?\^\s?\{{?(?P<power>[-+]?\d{{1,3}})\}}?|[eE](?P<e>[-+]?\d{{1,3}}))?
"""
_QUANTITY = re.compile(
    rf"(?P<sign>[-+])?\s?(?P<before>{'|'.join(map(re.escape, sorted(_BEFORE, key=len, reverse=True)))})?\s?"
    rf"(?P<second>-)?(?:{_BODY})(?P<rest>(?![\d,./]*\d).*)",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]+)\}|(\d))\s*(?:\{([^{}]+)\}|(\d))")


@lru_cache(maxsize=8192)
def quantity(text: str) -> Quantity | None:
    """The number in a text, with its unit; None if the text is anything else or contains more."""
    if len(text) > LONGEST or not any(character.isnumeric() for character in text):
        return None
    match = _QUANTITY.fullmatch(_arithmetic(text))
    if match is None or (match["sign"] and match["second"]):
        return None
    value = _value(match)
    unit = None if value is None else _unit(match["rest"], _BEFORE.get((match["before"] or "").casefold(), ""))
    if value is None or unit is None:
        return None
    scale, name, words = unit
    return Quantity(value * scale * (-1 if "-" in (match["sign"], match["second"]) else 1), name, words)


def _arithmetic(text: str) -> str:
    """The text with fractions, powers and minus signs in one notation."""
    text = "".join(_vulgar(character) for character in text).strip()
    text = _FRACTION.sub(lambda found: f"{found[1] or found[2]}/{found[3] or found[4]}", text)
    text = re.sub(r"(?<=\d) (?=\d+ ?\u2044)|\u2044", lambda found: found[0].replace("\u2044", "/"), text)
    text = re.sub(r"\A\s*(?:minus|negative)\s+(?=\d)", "-", text, flags=re.IGNORECASE)
    return re.sub(r"\A[\u2212\u2013]", "-", text).replace("\\times", "\u00d7").replace("\\cdot", "\u00d7")


def _vulgar(character: str) -> str:
    """`\u00bd` as ` 1/2`; any other character as it is."""
    if unicodedata.decomposition(character).startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKC", character).replace("\u2044", "/")
    return character


def _value(match: re.Match[str]) -> Fraction | None:
    """The value of the number without its sign; None for a division by 0."""
    try:
        if match["whole"]:
            return Fraction(match["whole"]) + Fraction(int(match["top"]), int(match["bottom"]))
        if match["over"]:
            return _plain(match["over"]) / _plain(match["under"])
        return _plain(match["decimal"]) * Fraction(10) ** int(match["power"] or match["e"] or 0)
    except ZeroDivisionError:
        return None


def _plain(text: str) -> Fraction:
    return Fraction(re.sub(r"[,'_]", "", text).rstrip(".") or "0")


def _unit(rest: str, before: str) -> tuple[int, str, tuple[str, ...]] | None:
    """(factor, name, words) of the text after a number; None if that is not a unit."""
    glued, words, scale = not rest[:1].isspace(), rest.split(), 1
    if words and words[0].casefold() in _SCALE and not glued:
        scale, words = _SCALE[words[0].casefold()], words[1:]
    if not words:
        return scale, before, ()
    name = _PHRASES.get(" ".join(words).casefold()) or (unit_name(words[0]) if len(words) == 1 else None)
    if name is not None:
        return (scale, name, tuple(words)) if before in ("", name) else None
    said = [word.rstrip(",").casefold() for word in words]
    if glued or len(words) > 5 or not all(word.replace("-", "").isalpha() for word in said):
        return None
    if any(word in NOT_UNITS for word in said):
        return None
    name = before or unit_name(words[0]) or UNKNOWN + " ".join(map(singular, said))
    return scale, name, tuple(said)


def unit_name(word: str) -> str | None:
    """The name of a known unit; symbols of one or two letters must be in their own case."""
    return _UNIT.get(word) or (_UNIT.get(word.casefold()) if len(word) > 2 else None)


def singular(word: str) -> str:
    """Without the s of the plural, roughly: enough to compare two words."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


# ------------------------------------------------------------------------------------------------- dates and times

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NAMED = (
    re.compile(rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})", re.IGNORECASE),
    re.compile(rf"(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH},?\s+(?P<year>\d{{4}})",
               re.IGNORECASE),
)  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])\.?\s?m\.?", re.IGNORECASE)


def moment(text: str) -> tuple[object, ...] | None:
    """A date or a time of day in a canonical spelling; None if the text is neither."""
    text = text.strip()
    if len(text) > 40 or not any(character.isdigit() for character in text):
        return None
    for pattern in _NAMED:
        if found := pattern.fullmatch(text):
            month = _MONTHS.index(found["month"].casefold()) + 1
            return ("date", int(found["year"]), month, int(found["day"]))
    if found := _ISO.fullmatch(text):
        return ("date", *map(int, found.groups()))
    if found := _SLASHED.fullmatch(text):
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        if one > 12 >= other:
            return ("date", year, other, one)
        return ("date", year, one, other) if other > 12 >= one else ("written", one, other, year)
    if found := _CLOCK.fullmatch(text):
        return ("time", int(found[1]), int(found[2] or 0), found[3].casefold())
    return None
