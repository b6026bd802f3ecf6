"""The name of a file of questions together with the map of its columns: one text that stands in commands and in files.

    scores.csv?question=prompt&answer=target&options=A|B|C|D

What follows `?` are columns as in `columns.py`; `%2C` is a comma, `%26` an ampersand and so on. On the command line
`--map question=prompt,answer=target` says the same for a file given by `--task`. This module reads no file.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote

from thinkaloud.errors import UserError
from thinkaloud.tasks.benchmarks.table import is_benchmark
from thinkaloud.tasks.benchmarks.table import rebased as benchmark_rebased
from thinkaloud.tasks.columns import SEVERAL, Columns
from thinkaloud.tasks.files import holds_questions


def parted(spec: str) -> tuple[str, Columns | None]:
    """The path in a spec, and its map (None: it has none)."""
    path, mark, query = spec.rpartition("?")
    if not mark or not holds_questions(path) or os.path.exists(spec):
        return spec, None
    pairs = []
    for part in query.split("&"):
        name, equals, columns = part.partition("=")
        if not equals or not columns:
            raise UserError(f"{spec!r}: {part!r} names no column: give FIELD=COLUMN&FIELD=COLUMN after the '?'")
        pairs.append((unquote(name), tuple(unquote(one) for one in columns.split(SEVERAL))))
    return path, Columns.paired(pairs)


def mapped(spec: str, text: str) -> str:
    """The spec of a file with the map that `--map` says. `UserError` where it is no file or has a map already."""
    path, columns = parted(spec)
    if not holds_questions(path):
        raise UserError(f"--map says which columns of a file are read, and {spec!r} is no file of questions")
    if columns is not None:
        raise UserError(f"{spec!r} has a map already, and --map gives another: {text!r}")
    said = [f"{n}={SEVERAL.join(quote(c, safe=' ') for c in found)}" for n, found in Columns.of(text).named.items()]
    return f"{path}?{'&'.join(said)}" if said else spec


def rebased(spec: str, base: Path) -> str:
    """The spec with a relative path (of a file with a map, of a benchmark's local copy) that begins at `base`."""
    if is_benchmark(spec):
        return benchmark_rebased(spec, base)
    path, mark, query = spec.rpartition("?")
    there = bool(mark) and holds_questions(path) and os.path.exists(base / path)
    return f"{base / path}?{query}" if there else spec
