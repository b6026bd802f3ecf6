"""Several names in one text, separated by commas, where a name may be a path that has commas and spaces itself.

The rule: from the left, the longest run of pieces that together names an existing file is that file; every other piece
is a name without the spaces around it. What follows a `?` is no part of a file's name. Nothing between two commas is
no name.
"""

from __future__ import annotations

from pathlib import Path


def split_names(text: str) -> tuple[str, ...]:
    """`chain_sum, my file.jsonl` is two names; `a,b.jsonl` is one where there is such a file."""
    pieces = text.split(",")
    found, start = [], 0
    while start < len(pieces):
        name, end = _first(pieces, start)
        found += [name] if name else []
        start = end
    return tuple(found)


def _first(pieces: list[str], start: int) -> tuple[str, int]:
    """The name that begins at a piece, and the piece after it."""
    for end in range(len(pieces), start, -1):
        whole = ",".join(pieces[start:end])
        for name in (whole, whole.strip()):
            if name and (end - start > 1 or name != whole.strip()) and _is_file(name):
                return name, end
    return pieces[start].strip(), start + 1


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file() or ("?" in name and Path(name.rpartition("?")[0]).is_file())
    except (OSError, ValueError):  # too long, or with a NUL: no file's name
        return False
