"""Filler: as many meaningless tokens as the reasoning had (Lanham et al. 2023, 2307.13702; Pfau et al. 2024).

Several kinds, because one kind that hurts a model says nothing about compute: dots, the question repeated, and words
that think without saying anything. Length is counted without a tokenizer (`tasks/text.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice

from thinkaloud.tasks.text import length as length
from thinkaloud.vocabulary import Item, Step, Transcript

_MUSING = ("Let", "me", "think", "about", "this", "step", "by", "step", ".")

Filler = Callable[[Item, Transcript], Transcript]


def dots(item: Item, thought: Transcript) -> Transcript:
    """`... ... ...`, as long as the thought."""
    return _one(" ".join(["..."] * max(1, length(thought.text))))


def repeat(item: Item, thought: Transcript) -> Transcript:
    """The question, repeated and cut to the length of the thought."""
    return _one(_cut(item.asked, length(thought.text)))


def musing(item: Item, thought: Transcript) -> Transcript:
    """`Let me think about this step by step.`, repeated and cut to the length of the thought."""
    return _one(_cut(" ".join(_MUSING).replace(" .", "."), length(thought.text)))


KINDS: dict[str, Filler] = {"dots": dots, "repeat": repeat, "musing": musing}


def _one(text: str) -> Transcript:
    return Transcript((Step(text),))


def _cut(text: str, units: int) -> str:
    """`text` over and over, whole words, until it holds at least `units` units."""
    words, total = text.split(), 0
    out: list[str] = []
    for word in islice(cycle(words), max(1, units)):
        if total >= units and out:
            break
        out.append(word)
        total += length(word)
    return " ".join(out)
