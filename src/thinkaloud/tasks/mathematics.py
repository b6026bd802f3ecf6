"""Whether an answer to a question of mathematics is right, also where it is another way to write the same expression.

    is_right(item, r"\\sqrt{8}")      True where the gold is 2\\sqrt{2}, if math-verify is installed

The rules for all answers come first (`check.py`). Where they say no and the gold or the answer is more than a number,
math-verify is asked about what the text states, never about the whole text: it takes the last number out of any prose.
Numbers are not its business: `5!` is not 5 here. Without the extra `math` only the rules decide; `verifier` says which.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version

from thinkaloud.tasks.answer_statement import last_statement
from thinkaloud.tasks.answers import bare
from thinkaloud.tasks.check import ACCEPTED, STATED_IN, is_gold
from thinkaloud.tasks.quantities import quantity
from thinkaloud.vocabulary import Item

LONGEST = 120
"""Characters of an expression that is worked out."""
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}\s+[A-Za-z]{2,}")
_HUGE = re.compile(r"\^\s*\{?\s*\d{4,}|\^\s*\{?[^{}^]*\^|\d{3,}\s*!")
"""Powers and factorials that would take for ever."""


def is_right(item: Item, answer: str) -> bool:
    """Whether a free-text answer is the gold, or an expression that equals it."""
    if is_gold(item, answer):
        return True
    if not installed() or (item.options and not item.meta.get(ACCEPTED)):
        return False
    found = last_statement(answer[-STATED_IN:])
    said = bare(answer if found is None else found.answer)
    return any(_equal(right, said) for right in map(bare, (item.gold, *item.meta.get(ACCEPTED, ()))))


def verifier() -> str:
    """Who decides, in a few words for a report."""
    if not installed():
        return "numbers, letters, words and dates normalised (other expressions: pip install 'thinkaloud[math]')"
    return f"numbers, letters, words and dates normalised, other expressions by math-verify {version('math-verify')}"


@cache
def installed() -> bool:
    """Whether math-verify is there."""
    try:
        return bool(version("math-verify"))
    except PackageNotFoundError:
        return False


def _equal(gold: str, said: str) -> bool:
    """Whether two expressions are equal; never asked of two numbers, of prose, or of what is long or huge."""
    texts = (gold, said)
    if all(map(quantity, texts)) or any(not text or len(text) > LONGEST for text in texts):
        return False
    if any(_PROSE.search(text) or _HUGE.search(text) for text in texts):
        return False
    return _verified(gold, said)


@lru_cache(maxsize=4096)
def _verified(gold: str, said: str) -> bool:
    """What math-verify says. Its own time limits need a signal, which only the main thread has, so they are off."""
    from math_verify import parse, verify

    right, found = (parse(f"${text}$", parsing_timeout=None) for text in (gold, said))
    return bool(right and found and verify(right, found, timeout_seconds=None))
