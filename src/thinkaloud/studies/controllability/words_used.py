"""Which word a model is told to keep out of its reasoning, and whether a text has it.

The word is a content word of the model's own reasoning: the most frequent one, of equals the longest. It is none of a
question's options, none that the answer is announced with, and in letters of a script that puts spaces between words. A
text has a word where it stands there by itself, in any case; another form of it (plural, tense) is another word.

This module knows texts only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from thinkaloud.joining import UNSPACED
from thinkaloud.tasks.text import NO_SPACES

SHORTEST = 4
"""Letters of a content word."""
_COMMON = """
    about above after again also answer answers because been before being below between both boxed cannot choice
    come correct could does doing done each else even every final find first from give given going have here
    hence into just know known let's like make many mathrm means might more most much must need next none only
    option options other over question same second should simply since some step steps still such take than that
    their them then there therefore these they thing think this those three through thus under until upon very
    want well were what when where whether which while will with without would your
"""
COMMON = frozenset(_COMMON.split())
"""Words that no text can be written without, and those of answers."""
_WORD = re.compile(rf"(?<![\w'\\])[^\W\d_{UNSPACED}{NO_SPACES}]+(?![\w'{UNSPACED}{NO_SPACES}])")


def content_words(text: str) -> list[str]:
    """Its content words in lower case, as often as they stand there."""
    found = (word.lower() for word in _WORD.findall(text))
    return [word for word in found if len(word) >= SHORTEST and word not in COMMON]


def word_to_avoid(text: str, options: Sequence[str]) -> str | None:
    """The word of a reasoning that it is told to keep out; None where it has no content word."""
    answers = {word for option in options for word in content_words(option)}
    counts = Counter(word for word in content_words(text) if word not in answers)
    return max(counts, key=lambda word: (counts[word], len(word)), default=None)


def another_word(texts: Sequence[str], own: str, taken: Collection[str]) -> str | None:
    """The most frequent content word of other reasonings that stands neither in `own` nor in `taken`."""
    counts = Counter(word for text in texts for word in content_words(text))
    there = [word for word, _ in counts.most_common() if word not in taken and not has(own, word)]
    return there[0] if there else None


def has(text: str, word: str) -> bool:
    """Whether the word stands in the text, in any case."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
