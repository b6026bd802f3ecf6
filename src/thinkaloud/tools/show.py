"""Writes a value from the sandbox as text: as Python would, but bounded and the same on every machine.

It never computes a whole `repr`: a list of millions is written only up to the limit. Sets are sorted, because their
order changes from one process to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

DEPTH = 30
SET = 10_000


def show(value: Any, limit: int) -> str:
    """A value as text, cut off after about `limit` characters; strings are unchanged, None is the empty string."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if len(value) <= limit else value[:limit] + "..."
    written, size = [], 0
    for piece in _pieces(value, limit, 0):
        written.append(piece)
        size += len(piece)
        if size > limit:
            return "".join(written)[:limit] + "..."
    return "".join(written)


def _pieces(value: Any, limit: int, depth: int) -> Iterator[str]:
    if depth > DEPTH:
        yield "..."
    elif isinstance(value, str | bytes):
        yield repr(value[:limit]) + ("..." if len(value) > limit else "")
    elif isinstance(value, list | tuple):
        yield from _sequence(value, limit, depth)
    elif isinstance(value, set | frozenset):
        yield from _set(value, limit, depth)
    elif isinstance(value, dict):
        yield from _mapping(value, limit, depth)
    elif type(value).__name__ == "MontyClassProxy":  # an instance of a class that the program defined
        yield str(value.name)[:limit]
        yield from _mapping(value.attributes, limit, depth)
    else:
        yield _atom(value, limit)


def _mapping(value: dict[Any, Any], limit: int, depth: int) -> Iterator[str]:
    yield "{"
    for i, (key, item) in enumerate(value.items()):
        yield ", " if i else ""
        yield from _pieces(key, limit, depth + 1)
        yield ": "
        yield from _pieces(item, limit, depth + 1)
    yield "}"


def _sequence(value: list[Any] | tuple[Any, ...], limit: int, depth: int) -> Iterator[str]:
    yield "[" if isinstance(value, list) else "("
    yield from _commas(value, limit, depth)
    if isinstance(value, list):
        yield "]"
    else:
        yield ",)" if len(value) == 1 else ")"


def _set(value: set[Any] | frozenset[Any], limit: int, depth: int) -> Iterator[str]:
    if not value:
        yield f"{type(value).__name__}()"
        return
    if len(value) > SET:  # to sort it would take too long
        yield f"<{type(value).__name__} of {len(value)} values>"
        return
    whole = all(type(item) is int for item in value)
    ordered = sorted(value) if whole else sorted(value, key=lambda item: "".join(_pieces(item, limit, depth + 1)))
    yield "{" if isinstance(value, set) else "frozenset({"
    yield from _commas(ordered, limit, depth)
    yield "}" if isinstance(value, set) else "})"


def _commas(values: Iterable[Any], limit: int, depth: int) -> Iterator[str]:
    for i, item in enumerate(values):
        yield ", " if i else ""
        yield from _pieces(item, limit, depth + 1)


def _atom(value: Any, limit: int) -> str:
    try:
        text = repr(value)
    except Exception as error:  # a whole number beyond Python's own bound on digits, say
        return f"<{type(value).__name__} that cannot be written: {type(error).__name__}>"
    return text if len(text) <= limit else text[:limit] + "..."
