"""Values as they are written on a command line: a budget (`4k`), tokens (`2M`), a duration (`10m`), a run with its size
(`FOLDER=135e6`)."""

from __future__ import annotations

import math
import os
import re

from thinkaloud.errors import UserError

THOUSANDS = {"k": 1_000, "m": 1_000_000}
DIGITS = "[0-9]{1,18}"
"""A whole number that is written down: not a superscript, and not one of more digits than anything has."""
NUMBER = rf"{DIGITS}(?:\.{DIGITS})?"
SECONDS = {"h": 3600, "m": 60, "s": 1}


def whole(given: str) -> int | None:
    """The whole number that a text is; None where it is none."""
    return int(given) if re.fullmatch(DIGITS, given) else None


def budget(given: str) -> int:
    """`4k` is 4000."""
    found = re.fullmatch(rf"({DIGITS})(k?)", given.strip().lower())
    if found is None:
        raise UserError(f"{given!r} is no budget: give one like 500 or 4k")
    return int(found[1]) * THOUSANDS.get(found[2], 1)


def run_size(given: str) -> tuple[str, float | None]:
    """`FOLDER` or `FOLDER=PARAMETERS`; a folder may have an equals sign in its name."""
    folder, equals, parameters = given.rpartition("=")
    if not equals or os.path.isdir(given):
        return given, None
    try:
        found = float(parameters)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise UserError(f"{parameters!r} is no number of parameters: give one like {folder}=135e6")
    return folder, found


def tokens(given: str) -> int:
    """`500000`, `500k` or `2M` tokens."""
    found = re.fullmatch(rf"({DIGITS})([km]?)", given.strip().lower().replace("_", ""))
    if found is None:
        raise UserError(f"{given!r} is no number of tokens: give one like 50000, 500k or 2M")
    return int(found[1]) * THOUSANDS.get(found[2], 1)


def duration(given: str) -> float:
    """Seconds of `90s`, `10m`, `2h`, `1h30m`, or of a number of seconds."""
    text = given.strip().lower()
    found = re.fullmatch(rf"(?:({NUMBER})h)?(?:({NUMBER})m)?(?:({NUMBER})s?)?", text)
    if not text or found is None:
        raise UserError(f"{given!r} is no duration: give one like 90s, 10m, 2h or 1h30m")
    return sum(float(part or 0) * SECONDS[unit] for part, unit in zip(found.groups(), SECONDS, strict=True))
