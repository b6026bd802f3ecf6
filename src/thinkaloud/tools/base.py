"""What a tool is: an async function from a text to a `ToolResult`.

Whatever happens inside a tool becomes a result: errors are texts that a model can read. A tool knows nothing about
models, budgets or transcripts; its cost is in its result, and the caller charges it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool.

    `ok` is False if the text ends in an error. `seconds` were spent inside the tool, without the time in which it
    waited for the host; `calls` is how often it called the host. `stopped` is the exception with which the host ended
    it (see `Stop`); the caller of the tool decides what to do about it.
    """

    text: str
    ok: bool
    seconds: float
    calls: int = 0
    stopped: Exception | None = None


Tool = Callable[[str], Awaitable[ToolResult]]


class Stop(Exception):
    """Raised by a host function to end the calling program at once (for example when no budget is left). The program
    cannot catch it."""


def clip(text: str, limit: int) -> str:
    """The text cut to about `limit` characters: its beginning and its end, and between them how many are missing.

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
