"""Whether a text declines to answer: by its first words, in English, and only where it states nothing else.

Words of a list, so a refusal in other words or languages is not seen, and a polite beginning before an answer must not
be taken for one: who asks this asks it of texts that state no answer. An honest "I don't know" is a refusal here, too:
it is no wrong answer.
"""

from __future__ import annotations

import re

_REFUSAL = re.compile(
    r"\W*(?:(?:i(?:'|\u2019)?m|i am) (?:sorry|afraid|unable|not able)|sorry\b|i apologi[sz]e"
    r"|i (?:can(?:'|\u2019)?t|cannot|can not|won(?:'|\u2019)?t|will not|must decline)\b"
    r"|i (?:don(?:'|\u2019)?t|do not) know\b"
    r"|as an ai\b|(?:it is|it's) (?:not possible|impossible) (?:for me )?to (?:answer|help|assist|say))",
    re.IGNORECASE,
)


def refuses(text: str) -> bool:
    """Whether the text begins like a refusal."""
    return _REFUSAL.match(text) is not None
