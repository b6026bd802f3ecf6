"""Filler: as many meaningless tokens as the reasoning had (Lanham et al. 2023, 2307.13702; Pfau et al. 2024).

Several kinds, because one kind that hurts a model says nothing about compute: dots, the question repeated, and words
that think without saying anything. A filler is at least as long as it is asked to be, in the unit of the `Count` it is
given, and longer by less than a word: filler that is shorter than the reasoning would leave the missing tokens' share
of the ability to content. Studies count in the model's own tokens where it shows them (`counted`); words
(`tasks/text.py`) are a poor stand-in, since a number is one word and often several tokens.

This module does not know how long a filler should be, nor what it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import cycle

from thinkaloud.joining import UNSPACED, joined
from thinkaloud.models.session import Tokenizes
from thinkaloud.tasks.text import length as length
from thinkaloud.vocabulary import Item, Model, Step, Transcript

_WORD = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
_MUSING = ("Let", "me", "think", "about", "this", "step", "by", "step.")

Count = Callable[[str], int]
"""A measure of a text's length; appending words never makes it smaller."""
Filler = Callable[[Item, int, Count], Transcript]
"""(item, least length, measure of length) -> filler."""


def counted(model: Model) -> Count:
    """Length in this model's tokens; where it does not show them, in words, digits and marks."""
    if not isinstance(model, Tokenizes):
        return length
    tokens = model.tokens
    return lambda text: len(tokens(f" {text}")) if text else 0


def dots(item: Item, long: int, count: Count) -> Transcript:
    """`... ... ...`"""
    return _until(("...",), long, count)


def repeat(item: Item, long: int, count: Count) -> Transcript:
    """The question, over and over, cut at a word (in Chinese and Japanese at a character)."""
    return _until(_WORD.findall(item.asked), long, count)


def musing(item: Item, long: int, count: Count) -> Transcript:
    """`Let me think about this step by step.`, over and over, cut at a word."""
    return _until(_MUSING, long, count)


KINDS: dict[str, Filler] = {"dots": dots, "repeat": repeat, "musing": musing}


def _until(words: Sequence[str], long: int, count: Count) -> Transcript:
    """These words, repeated, as few as reach the length `long`; at least one.

    Words are counted one by one and the whole text once, so that a server that makes the tokens gets few short texts.
    """
    endless = cycle(words)
    said = [next(endless)]
    total = max(1, count(said[0]))
    while total < long or count(joined(said)) < long:
        said.append(next(endless))
        total += max(1, count(said[-1]))
    while len(said) > 1 and count(joined(said[:-1])) >= long:
        said.pop()
    return Transcript((Step(joined(said)),))
