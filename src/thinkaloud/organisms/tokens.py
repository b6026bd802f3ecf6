"""The tokens of the trained organisms, and how text becomes tokens and back.

28 tokens: one for each word of the language of `tasks/chain.py`, and a few that wait for other recipes (`,` and `$`).
Every turn begins with a stance, `ok` or `sold`. What is no word of the language becomes `.`, the filler token, so that
any text has as many tokens as it has words, digits and marks. This module knows no model and no task.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WORDS = (*"0123456789", "+", "*", "?", "A", "<pad>", ".", "is", "makes", ",", ";", "_", "hint", "$", "Ta", "Tb", "ok",
         "sold", "<e>")  # fmt: skip
ID = {word: number for number, word in enumerate(WORDS)}
"""Word -> token; the digits are their own tokens."""
DIGITS = range(10)
ANSWER, PAD, DOT, STANCE = ID["A"], ID["<pad>"], ID["."], ID["ok"]
PROBE = "The answer is"
"""How `A` is written in text."""

_PIECE = re.compile(rf"{PROBE}|\.\.\.|\d|[^\W\d]+|[^\w\s]")


def encode(text: str) -> list[int]:
    """The tokens of a text: a word, a digit, a mark or `...` each; unknown ones are `.`."""
    return [ANSWER if piece == PROBE else ID.get(piece, DOT) for piece in _PIECE.findall(text)]


def encode_parts(parts: Iterable[str]) -> list[int]:
    """The tokens of several texts, one after the other."""
    return [token for part in parts for token in encode(part)]


def decode(tokens: Sequence[int]) -> str:
    """The text of tokens, words separated by single spaces."""
    return " ".join(PROBE if token == ANSWER else WORDS[token] for token in tokens)
