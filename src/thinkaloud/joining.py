"""How the parts of a text are put together, and taken apart, without losing a character.

A reasoning is kept as sentences, and a prompt as parts, so that one of them can be changed and the others stay. What
stood between two of them must come back as it was. One rule says what stands there:

    a part that begins with white space brings its own space:  "8 + 7 = 15." and "\\n\\nSo 15."
    nothing, where one of the two is in a script that puts no space between sentences (Chinese, Japanese)
    else a single space

This module knows no sentences, models or prompts; everything that joins parts asks it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

UNSPACED = "\u3001-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff9f"
UNSPACED += "\U00020000-\U0003ffff"
"""Ranges of a regular expression: characters of Chinese and Japanese, and their full-width marks."""
_UNSPACED = re.compile(f"[{UNSPACED}]")


def gap(before: str, after: str) -> str:
    """What stands between two parts: nothing or a single space."""
    if after[:1].isspace() or _UNSPACED.match(after) or _UNSPACED.match(before[-1:]):
        return ""
    return " "


def spaced(parts: Sequence[str]) -> tuple[str, ...]:
    """The parts, each but the first with what stands before it: put together they are the text."""
    pairs = pairwise(parts)
    return (*parts[:1], *(gap(before, after) + after for before, after in pairs))


def joined(parts: Sequence[str]) -> str:
    """The parts as one text."""
    return "".join(spaced(parts))


def lead(text: str) -> str:
    """The white space that a text begins with."""
    return text[: len(text) - len(text.lstrip())]


def written(text: str, begun: bool) -> str:
    """What a model wrote, without the space around it. Where it goes on from something `begun`, line ends before it
    belong to what it wrote and are kept; a space alone is what any part begins with."""
    before = lead(text)
    return before + text.strip() if begun and "\n" in before and text.strip() else text.strip()
