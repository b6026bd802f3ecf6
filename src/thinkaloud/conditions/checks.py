"""Signs that a text does not say what another one says: what a program can see in any text.

Every number in its order, as many negations, the same quantifiers, no comparison or direction reversed, the same
options named and the same one last (`astray`). Where a model rewrote a piece of a longer text, also: its formulas as
they were, about as long, in the same script, not nearly a copy, and no answer stated that was not stated before
(`misshapen`).

It cannot see who did what to whom, a number that moved to another thing in its old order, nor anything implied; its
words are English, so in other languages it sees numbers, formulas and options alone. Good paraphrases are refused, too
("A is larger than B" as "B is smaller than A"). `benchmarks/editor.py` measures both errors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from thinkaloud.vocabulary import PROBE

_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_SMALL = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMBER_WORDS = {"zero": "0", **{word: str(i) for i, word in enumerate((*_SMALL, *_TEENS, "twenty"), start=2)}}
"""Numbers as words; not `one`, which is more often no number."""
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_NUMBER = re.compile(rf"(?<![\w.])-?{_DIGITS}|{_DIGITS}|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
_NEGATION = (
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|impossible|unable|false|untrue|"
    r"incorrect|incorrectly|wrong|wrongly|invalid|fails?|failed|lacks?|lacked|except|unless|hardly|barely)\b|n['\u2019]t\b"
)
_QUANTIFIERS = (
    ("all", r"\b(?:all|every|each|both|always|everyone|everybody|everything|any)\b"),
    ("some", r"\b(?:some|someone|somebody|something|sometimes|partly|partially)\b"),
    ("most", r"\b(?:most|mostly|majority|usually)\b"),
    ("few", r"\b(?:few|fewest|rarely|seldom|minority)\b"),
    ("only", r"\b(?:only|solely|exclusively|just)\b"),
)
_OPPOSITES = (
    (r"more|larger|largest|greater|greatest|bigger|biggest|higher|highest|taller|tallest|older|oldest|heavier|"
     r"heaviest|faster|fastest|longer|longest|exceeds?|at least",
     r"less|least|smaller|smallest|fewer|fewest|lower|lowest|shorter|shortest|younger|youngest|lighter|lightest|"
     r"slower|slowest|at most"),
    (r"plus|adds?|added|adding|sum|gains?|gained|increases?|increased|\+",
     r"minus|subtracts?|subtracted|subtracting|takes? away|loses?|lost|decreases?|decreased|(?<=\s)-(?=\s)"),
    (r"after|later|afterwards|next|following", r"before|earlier|previously|preceding"),
    ("left", "right"), ("north", "south"), ("east", "west"), ("above|over|up", "below|under|beneath|down"),
    ("first", "last"), ("yes|true|correct", "no|false|incorrect|wrong"), ("possible", "impossible"),
    ("same|equal|equals", "different|unequal"), ("inside|into|enters?", "outside|out|leaves?"),
)  # fmt: skip
_FORMULA = re.compile(
    r"\\\(.*?\\\)|\\\[.*?\\\]|\$\$.*?\$\$|\$(?=\S)[^$\n]*[\\^_=][^$\n]*(?<=\S)\$"
    r"|`[^`\n]+`|<<[^<>\n]*>>|\\boxed\{[^{}]*\}",
    re.DOTALL,
)
"""Formulas, code and a calculator's notes inside a sentence; sums of money (`$5 and $6`) are none."""
_WORD = re.compile(r"\w+")
LONGER, SHORTER, SPARE = 2.0, 0.4, 6
"""A paraphrase has at most so many times the words of the original, and at least; `SPARE` words more or less never
count, since a short sentence may need them."""

COPIED = 0.9
"""The most that the words of two texts may have in common (matching blocks over all words), for one to be a paraphrase
of the other."""


def astray(old: str, new: str, options: Sequence[str] = ()) -> str | None:
    """A sign that `new` does not say what `old` says, or is a copy of it; None if there is none."""
    if new.split() == old.split():
        return "it is a copy"
    if numbers(new) != numbers(old):
        return f"other numbers, or in another order ({_listed(numbers(old))} became {_listed(numbers(new))})"
    if _count(_NEGATION, new) != _count(_NEGATION, old):
        return f"{_count(_NEGATION, old)} negations became {_count(_NEGATION, new)}"
    for name, pattern in _QUANTIFIERS:
        if bool(_count(pattern, new)) != bool(_count(pattern, old)):
            return f"a quantifier came or went ({name!r})"
    for one, other in _OPPOSITES:
        if _leaning(one, other, old) * _leaning(one, other, new) < 0:
            return f"a relation was turned round ({one.split('|')[0]!r} and {other.split('|')[0]!r})"
    before, after = _named(old, options), _named(new, options)
    if Counter(set(before)) != Counter(set(after)) or before[-1:] != after[-1:]:
        return f"other options are named, or another one last ({_listed(before)} became {_listed(after)})"
    return None


def numbers(text: str) -> list[str]:
    """All numbers of a text in order, in digits: `1,000` is 1000, `three` is 3; a minus before a number belongs to
    it."""
    found = (match[0].casefold() for match in _NUMBER.finditer(text))
    return [NUMBER_WORDS.get(number, number.replace(",", "")) for number in found]


def misshapen(old: str, new: str) -> str | None:
    """A sign that `new` is not `old` in other words but something else, such as an answer to it, or as good as a copy;
    None if there is none."""
    words, others = (_WORD.findall(text.casefold()) for text in (old, new))
    if SequenceMatcher(None, words, others, autojunk=False).ratio() > COPIED:
        return "hardly a word is another one"
    before, after = len(words), len(others)
    if after > LONGER * before + SPARE:
        return f"much longer ({before} words became {after})"
    if after + SPARE < SHORTER * before:
        return f"much shorter ({before} words became {after})"
    if abs(_foreign(old) - _foreign(new)) > 0.5:
        return "another script"
    if formulas(old) != formulas(new):
        return f"other formulas ({_listed(formulas(old))} became {_listed(formulas(new))})"
    if PROBE in new and PROBE not in old:
        return "it states an answer"
    return None


def formulas(text: str) -> list[str]:
    """The formulas, code and notes inside a text, in order."""
    return _FORMULA.findall(text)


def formula_spans(text: str) -> list[tuple[int, int]]:
    """Where they begin and end."""
    return [found.span() for found in _FORMULA.finditer(text)]


def without_formulas(text: str) -> str:
    """The text with a space in the place of each of them."""
    return _FORMULA.sub(" ", text)


def _foreign(text: str) -> float:
    """The share of a text's letters that are not Latin."""
    letters = [c for c in text if c.isalpha()]
    return sum(c > "\u024f" for c in letters) / max(1, len(letters))


def _count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text, re.IGNORECASE))


def _leaning(one: str, other: str, text: str) -> int:
    """Which of two opposite words a text has more of: 1, -1 or 0."""
    first, second = (_count(rf"(?<!\w)(?:{words})(?!\w)", text) for words in (one, other))
    return (first > second) - (first < second)


def _named(text: str, options: Sequence[str]) -> list[str]:
    """The options (of two characters or more that are no numbers) in the order in which a text names them."""
    words = [option for option in options if len(option) > 1 and not numbers(option)]
    places = [(m.start(), option) for option in words
              for m in re.finditer(rf"(?<!\w){re.escape(option)}(?!\w)", text, re.IGNORECASE)]  # fmt: skip
    return [option for _, option in sorted(places)]


def _listed(things: Sequence[str]) -> str:
    return ", ".join(things) or "none"
