"""Reads the answer of a question without options: one text or number, a list of accepted ones, or a worked solution.

    18000, "18,000"                          the answer
    ["colour", "color"]                      all are right; the first is the gold
    "3 * 6 = <<3*6=18>>18\\n#### 18"          18, and what stands before it is worked reasoning
    "So $x = \\\\boxed{18}$."                  likewise

A text of several sentences that states no answer cannot be compared with what a model writes: it is `Unreadable`. This
module knows nothing of files or items.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.errors import ThinkaloudError
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.text import cut

LONGEST = 500
"""Characters of an answer; more is a text."""
SENTENCES = 2
"""Sentences of an answer; more are a text."""
CALCULATOR = re.compile(r"<<[^<>\n]*>>")
"""What GSM8K writes before a result that its calculator found."""
_MARKED = re.compile(r"####|\\(?:boxed|fbox)\b")

Said = str | int | float


class Unreadable(ThinkaloudError):
    """The reason why an answer cannot be compared with what a model writes."""


@dataclass(frozen=True, slots=True)
class Free:
    """The right answer, the others that are right as well, and the reasoning that came with it (empty: none)."""

    gold: str
    others: tuple[str, ...] = ()
    reasoning: str = ""


def free_answer(said: Said | Sequence[Said]) -> Free:
    """The answer as given in a file. Raises `Unreadable`."""
    several = [said] if isinstance(said, str | int | float) else list(said)
    texts = [one.strip() for one in map(_text, several)]
    texts = [text for text in texts if text]
    if not texts:
        raise Unreadable(f"the answer is empty: {said!r}")
    if len(texts) > 1:
        read = list(dict.fromkeys(_single(text).gold for text in texts))
        return Free(read[0], tuple(read[1:]))
    return _single(texts[0])


def _text(one: Said) -> str:
    """A number as JSON writes it; a text as it is."""
    if isinstance(one, float) and one.is_integer():
        one = int(one)
    return one if isinstance(one, str) else json.dumps(one)


def _single(text: str) -> Free:
    long = len(text) > LONGEST or len(cut(text)) > SENTENCES
    if not long and not _MARKED.search(text):
        return Free(text)
    split = split_answer(CALCULATOR.sub("", text))
    if split.answer is None or len(split.answer) > LONGEST:
        raise Unreadable(
            f"the answer is a text of {len(text)} characters that states no answer, so nothing can be compared with "
            f"it: {text[:40]!r} ..."
        )
    return Free(split.answer, (), split.text)
