"""What a tool is: an async function from a text to a `ToolResult`.

Whatever happens inside a tool is a result: errors are texts that a model can read. A tool knows nothing about models,
budgets or transcripts; what it cost is in its result and is charged by whoever called it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back.

    `ok` is False where the text ends in an error. `seconds` were spent inside the tool, without the time it waited for
    the host; `calls` is how often it called the host. `stopped` is the exception with which the host ended it (see
    `Stop`): whoever asked the tool decides what becomes of it.
    """

    text: str
    ok: bool
    seconds: float
    calls: int = 0
    stopped: Exception | None = None


Tool = Callable[[str], Awaitable[ToolResult]]


class Stop(Exception):
    """Raised by a host function to end the program that called it at once, uncatchably (no budget is left, say)."""


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters: the first and the last half, and in between how many are missing.

    The end is kept because programs print their answer last.
    """
    if len(text) <= limit:
        return text
    head, tail = limit - limit // 2, limit // 2
    return f"{text[:head]}\n... ({len(text) - limit} characters left out) ...\n{text[len(text) - tail :]}"


def one_line(text: str, limit: int = 200) -> str:
    """The first line of a text, cut to `limit` characters."""
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= limit else line[:limit] + "..."
