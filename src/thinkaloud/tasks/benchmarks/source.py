"""Where a benchmark's rows are from: a local copy as it was published, or the hub through the package `datasets`.

A local copy is a file, or a folder in which the file is found by the names that the benchmark's splits and
configurations usually have (`test.jsonl`, `navigate.json`, `main/test-00000-of-00001.parquet`). This module does not
know what the columns mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.tasks.benchmarks.table import Named
from thinkaloud.tasks.files import holds_questions
from thinkaloud.tasks.tables import Row, plain, rows

SHOWN = 5
"""Most files of a folder that an error names."""


def rows_of(what: Named) -> tuple[list[Row], str]:
    """The rows, and where they are from in a few words."""
    if what.path is None:
        return _hub(what)
    files = [what.path] if what.path.is_file() else _found(what, what.path)
    return [row for file in files for row in rows(file)], ", ".join(map(str, files))


def _found(what: Named, folder: Path) -> list[Path]:
    """The file of a local copy, or its shards."""
    there = sorted(path for path in folder.rglob("*") if path.is_file() and holds_questions(path.name))
    stems = what.benchmark.stems(what.part)
    for stem in stems:
        exact = [path for path in there if path.name.partition(".")[0] == stem]
        shards = [path for path in there if re.match(rf"{re.escape(stem)}-\d+-of-\d+\.", path.name)]
        begun = [path for path in there if re.match(rf"{re.escape(stem)}[_-]", path.name)]
        for files in (exact[:1], _of_one_folder(shards, what), begun[:1]):
            if files:
                return files
    names = ", ".join(str(path.relative_to(folder)) for path in there[:SHOWN]) or "no file of questions"
    raise UserError(
        f"the folder {str(folder)!r} has no file for {what.name}: one that begins with {' or '.join(stems)} is looked "
        f"for, and it has {names}; give the file itself"
    )


def _of_one_folder(shards: list[Path], what: Named) -> list[Path]:
    """Shards of the configuration's folder, or of the first folder that has some."""
    wanted = what.benchmark.configured(what.part)
    folder = next((path.parent for path in shards if path.parent.name == wanted), shards[0].parent if shards else None)
    return [path for path in shards if path.parent == folder]


def _hub(what: Named) -> tuple[list[Row], str]:
    one, config = what.benchmark, what.benchmark.configured(what.part)
    local = f"or give a local copy: {what.name}{f':{what.part}' if what.part else ''}:PATH"
    try:
        from datasets import load_dataset
    except ImportError:
        raise UserError(
            f"{what.name} is loaded from the hub by a package that is not here: pip install 'thinkaloud[hub]', {local}"
        ) from None
    try:
        table: Iterable[Mapping[str, Any]] = load_dataset(one.dataset, config or None, split=one.split)
        found = [Row(i, f"{one.dataset}, row {i}", _clean(row)) for i, row in enumerate(table, 1)]
    except Exception as error:  # of the network, of the hub, of an account: the package has many
        said = " ".join(str(error).split())[:160]
        raise UserError(
            f"{one.dataset} cannot be loaded from the hub ({type(error).__name__}: {said}), {local}"
        ) from error
    return found, f"{one.dataset} ({', '.join(filter(None, (config, one.split)))}) on the hub"


def _clean(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items() if value is not None}
