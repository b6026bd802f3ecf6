"""A task from a file of questions (`files.py` says which files, and how they are opened).

    {"question": "...", "options": ["...", "..."], "answer": "...", "reasoning": ["...", ...], "level": 1, "id": "..."}

`question` and `answer` are required. With `options` (or `choices`) the answer is one of them, its letter, or its place;
without them it is any text, and the question is answered freely. `reasoning` is the worked transcript, `level` is 1
without one, `id` is made from the line's whole content without one; what else a line may hold, and how it is read, is
in `lines.py`. Columns of other names are recognised or mapped (`columns.py`). The file is read once, when the task is
opened.

    "transcript": "..." or ["...", "..."], "meta": {"writer": "...", "example": true, ...}

`transcript` is existing reasoning about this question, right or wrong: studies use it in place of the model's own
(`transcripts.py`). `meta` is anything else that is known; items that are an `example` come first, so that they are what
is shown before the others. Texts may have several lines. The options are listed to the model below the question, unless
the question lists them itself (`options.py`).

What cannot be used is left out, and `notes` says which and why (`gather.py`).
"""

from __future__ import annotations

import difflib
from copy import copy
from dataclasses import replace
from os.path import isdir, isfile
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.tasks.columns import Columns
from thinkaloud.tasks.files import holds_questions, table_kind
from thinkaloud.tasks.gather import Source, gathered
from thinkaloud.tasks.questions import Questions
from thinkaloud.tasks.tables import Row, rows


class JsonlTask(Questions):
    """The questions of a file. Satisfies `vocabulary.Task`; `UserError` naming file and line if it is malformed.
    `columns`: which of its columns are read."""

    def __init__(self, path: str | Path, name: str | None = None, columns: Columns | None = None) -> None:
        self.path = Path(path)
        called = name or self.path.stem
        source = Source(called, self.path.name, str(self.path), columns, table_kind(self.path.name) == "json")
        super().__init__(called, str(self.path), *gathered(file_rows(self.path), source))

    def called(self, name: str) -> JsonlTask:
        """The same questions under another name, to distinguish two tasks; draws and ids do not change."""
        other = copy(self)
        other.name, other._items = name, [replace(item, task=name) for item in self._items]
        return other


def file_rows(path: Path) -> list[Row]:
    """The rows of a file that has to be there."""
    if not isfile(path):
        raise UserError(f"no such file: {str(path)!r}{_nearest(path)}")
    return rows(path)


def _nearest(path: Path) -> str:
    """Names similar to the missing one, or other files of its folder."""
    if isdir(path):
        return "; it is a folder"
    if not isdir(path.parent):
        return f"; there is no folder {str(path.parent)!r} either"
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    others = [name for name in names if holds_questions(name)][:5]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; the folder has {', '.join(others)}" if others else "; the folder has no file of questions"
