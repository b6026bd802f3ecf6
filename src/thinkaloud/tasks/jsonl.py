"""A task from a file of one JSON object a line (`files.py` says which files, and how they are opened).

    {"question": "...", "options": ["...", "..."], "answer": "...", "reasoning": ["...", ...], "level": 1, "id": "..."}

`question`, `options` and `answer` (one of the options) are required. `reasoning` is the worked transcript, `level` is 1
without one, `id` is made from the line's whole content without one. The file is read once, when the task is opened.

    "transcript": "..." or ["...", "..."], "meta": {"writer": "...", "example": true, ...}

`transcript` is reasoning that somebody wrote about this question already, right or wrong: studies take it in place of
the model's own (`transcripts.py`). `meta` is anything else that is known; items that are an `example` come first, so
that they are what is shown before the others. Texts may have several lines. The options are listed to the model below
the question, unless the question lists them itself (`options.py`).

Such a task does not know what its sentences mean: it cannot reword them, put a mistake in, or check them.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.tasks.check import check_item, is_gold
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.files import holds_questions, question_lines
from thinkaloud.tasks.identity import contents, named
from thinkaloud.tasks.options import lists
from thinkaloud.tasks.text import entries, sentences
from thinkaloud.tasks.transcripts import TRANSCRIPT, cut, given
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Item, Key, Step, Transcript

TEXTS = (str, list)
FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "question": str, "options": list, "answer": str, "reasoning": list, "level": int, "id": str, "transcript": TEXTS,
    "meta": dict,
}  # fmt: skip
LARGEST = 1 << 63
"""A level is kept in 64 bits: a time stamp in nanoseconds fits."""
REQUIRED = ("question", "options", "answer")
EXAMPLE = "example"
"""Knows no form: cuts a text into sentences and reads none of them."""


class JsonlTask(Unread):
    """The questions of a file. Satisfies `vocabulary.Task`; `UserError` naming file and line if it is malformed."""

    meaning = "the level given in the file"

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = self.stream = name or self.path.stem
        self._items = _read(self.path, self.name)
        self.digest = contents(self._items)
        self.levels = tuple(sorted({item.level for item in self._items}))

    def called(self, name: str) -> JsonlTask:
        """The same questions under another name, which tells them from another task's; draws and ids stay."""
        other = copy(self)
        other.name, other._items = name, [replace(item, task=name) for item in self._items]
        return other

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` of the file's questions of this level, in an order and with options in an order given by the key."""
        there = [item for item in self._items if item.level == level]
        if not there:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        if n > len(there):
            raise TooFewItems(f"{self.path} has {len(there)} questions at level {level}, not {n}", len(there))
        drawn = shuffled(key.child(self.stream, level).rng, there)
        chosen = sorted(drawn, key=lambda item: not item.meta.get(EXAMPLE))[:n]
        return [replace(item, options=tuple(shuffled(key.child(item.id).rng, item.options))) for item in chosen]

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)


def _read(path: Path, name: str) -> list[Item]:
    """Every line as a checked item; blank lines are passed over."""
    if not isfile(path):
        raise UserError(f"no such file: {str(path)!r}{_nearest(path)}")
    lines = question_lines(path)
    items: list[Item] = []
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        item = _item(_object(line, where), name, where)
        for what, value in (("question", item.question), ("id", item.id)):
            if (first := seen.setdefault((what, value), number)) != number:
                raise UserError(f"{where}: the {what} {value!r} is that of line {first} already")
        items.append(item)
    if not items:
        raise UserError(f"{path} is empty: it needs one JSON object a line, with {', '.join(REQUIRED)}")
    return items


def _object(line: str, where: str) -> dict[str, Any]:
    """The line's object with fields of the right types."""
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}: not JSON ({error.msg} at column {error.colno}): {_short(line)}") from None
    if not isinstance(data, dict):
        raise UserError(f"{where}: not a JSON object: {_short(line)}")
    for name in REQUIRED:
        if name not in data:
            raise UserError(f"{where}: no field {name!r}; the line has {', '.join(map(repr, data)) or 'none'}")
    for name, kind in FIELDS.items():
        value = data.get(name)
        if name in data and (not isinstance(value, kind) or isinstance(value, bool)):
            raise UserError(f"{where}: {name!r} must be {_KINDS[kind]}, not {_short(json.dumps(value))}")
        if isinstance(value, list) and not all(isinstance(text, str) for text in value):
            raise UserError(f"{where}: {name!r} must be {_KINDS[kind]}, not {_short(json.dumps(value))}")
    if abs(data.get("level", 1)) >= LARGEST:
        raise UserError(f"{where}: the level {_short(str(data['level']))} is not below 2 to the 63rd")
    return data


_KINDS: Mapping[type | tuple[type, ...], str] = {
    str: "a text", list: "a list of texts", int: "a whole number", TEXTS: "a text or a list of texts",
    dict: "an object",
}  # fmt: skip


def _item(data: Mapping[str, Any], name: str, where: str) -> Item:
    level = data.get("level", 1)
    item = Item(
        id=data.get("id", ""),
        task=name,
        level=level,
        question=data["question"],
        options=tuple(data["options"]),
        gold=data["answer"],
        worked=Transcript(tuple(Step(text) for text in sentences(entries(data.get("reasoning", []))))),
        meta={**data.get("meta", {}), **({TRANSCRIPT: data[TRANSCRIPT]} if TRANSCRIPT in data else {})},
        shown=not lists(data["question"], data["options"]),
    )
    if TRANSCRIPT in data and not cut(given(item) or ""):
        raise UserError(f"{where}: the transcript is empty: {data[TRANSCRIPT]!r}; leave the field out")
    if not item.question.strip():
        raise UserError(f"{where}: the question is empty: {item.question!r}")
    try:
        return check_item(item if "id" in data else named(item))
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def _nearest(path: Path) -> str:
    """Names like the missing one, or what else is in its folder."""
    if isdir(path):
        return "; it is a folder"
    if not isdir(path.parent):
        return f"; there is no folder {str(path.parent)!r} either"
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    others = [name for name in names if holds_questions(name)][:5]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; the folder has {', '.join(others)}" if others else "; the folder has no .jsonl file"


def _short(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[:limit] + " ..."
