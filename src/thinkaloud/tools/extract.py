"""Take the code out of what a model wrote. Knows Markdown fences, not Python."""

from __future__ import annotations

import re
import textwrap

_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)


def code_in(text: str) -> str:
    """The last block fenced as Python, else the last block without a language, else the whole text.

    A block that was cut off before its closing fence counts. The code is dedented.
    """
    blocks = [(language.lower(), body) for language, body in _FENCE.findall(text)]
    for wanted in ({"python", "py", "python3"}, {""}):
        found = [body for language, body in blocks if language in wanted]
        if found:
            return textwrap.dedent(found[-1]).rstrip() + "\n"
    return textwrap.dedent(text).strip() + "\n"
