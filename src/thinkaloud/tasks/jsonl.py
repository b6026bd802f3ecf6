"""A task from a file of one JSON object a line (`files.py` says which files, and how they are opened).

    {"question": "...", "options": ["...", "..."], "answer": "...", "reasoning": ["...", ...], "level": 1, "id": "..."}

`question` and `answer` are required. With `options` (or `choices`) the answer is one of them, its letter, or its place;
without them it is any text, and the question is answered freely. `reasoning` is the worked transcript, `level` is 1
without one, `id` is made from the line's whole content without one; what else a line may hold, and how it is read, is
in `lines.py`. The file is read once, when the task is opened.

    "transcript": "..." or ["...", "..."], "meta": {"writer": "...", "example": true, ...}

`transcript` is existing reasoning about this question, right or wrong: studies use it in place of the model's own
(`transcripts.py`). `meta` is anything else that is known; items that are an `example` come first, so that they are what
is shown before the others. Texts may have several lines. The options are listed to the model below the question, unless
the question lists them itself (`options.py`).

A line that cannot be used (two options that are one answer, an answer that is no option, an item that is there already)
is left out, and the others are used: `notes` says which and why, and every run repeats it. The file is refused where a
line has not the form of a question, or none can be used.

Such a task cannot parse its sentences: it cannot reword them, insert a mistake, or check them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from os.path import isdir, isfile
from pathlib import Path

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.tasks.answers import canonical
from thinkaloud.tasks.check import is_gold
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.files import holds_questions, question_lines
from thinkaloud.tasks.identity import contents
from thinkaloud.tasks.lines import REQUIRED, Seen, Unusable, item_of, parsed
from thinkaloud.tasks.options import lists
from thinkaloud.tasks.transcripts import given
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Item, Key

EXAMPLE = "example"
NAMED = 5
"""How many left-out lines are named with their reasons; the others are only counted."""


class JsonlTask(Unread):
    """The questions of a file. Satisfies `vocabulary.Task`; `UserError` naming file and line if it is malformed."""

    meaning = "the level given in the file"

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = self.stream = name or self.path.stem
        self._items, self.notes = _read(self.path, self.name)
        self.digest = contents(self._items)
        self.levels = tuple(sorted({item.level for item in self._items}))

    def called(self, name: str) -> JsonlTask:
        """The same questions under another name, to distinguish two tasks; draws and ids do not change."""
        other = copy(self)
        other.name, other._items = name, [replace(item, task=name) for item in self._items]
        return other

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` of the file's questions of this level in an order given by the key, as are options that the question does
        not list."""
        there = [item for item in self._items if item.level == level]
        if not there:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        if n > len(there):
            raise TooFewItems(f"{self.path} has {len(there)} questions at level {level}, not {n}", len(there))
        drawn = shuffled(key.child(self.stream, level).rng, there)
        chosen = sorted(drawn, key=lambda item: not item.meta.get(EXAMPLE))[:n]
        return [_shuffled(item, key) for item in chosen]

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)


def _shuffled(item: Item, key: Key) -> Item:
    """The item with its options in an order given by the key; those that the question lists keep its order."""
    if not item.shown and lists(item.question, item.options):
        return item
    return replace(item, options=tuple(shuffled(key.child(item.id).rng, item.options)))


def _read(path: Path, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """The items of all usable lines, and notes about the others; blank lines are ignored."""
    if not isfile(path):
        raise UserError(f"no such file: {str(path)!r}{_nearest(path)}")
    lines = question_lines(path)
    seen, items, left = Seen(), list[Item](), dict[int, str]()
    known: dict[object, int] = {}
    ids: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            data = parsed(line, where, seen)
            item = item_of(data, name, seen)
            if (first := known.setdefault(_content(item), number)) != number:
                raise Unusable(f"it is the same as line {first}")
            if (first := ids.setdefault(item.id, number)) != number:
                raise Unusable(f"the id {item.id!r} is that of line {first} already")
            items.append(item)
        except Unusable as reason:
            left[number] = str(reason)
    if not items and not left:
        raise UserError(f"{path} is empty: it needs one JSON object a line, with {', '.join(REQUIRED)}")
    if not items:
        raise UserError(f"{path}: no line can be used: {_named(left)}")
    total = len(items) + len(left)
    notes = [f"{name}: {len(left)} of {total} questions of {path.name} are left out: {_named(left)}"] if left else []
    notes += [f"{name}: {count} of {total} {what}" for what, count in seen.done.items()]
    if seen.ignored:
        names = ", ".join(f"{field!r}" for field in seen.ignored)
        notes.append(f"{name}: fields that are not read here: {names} (what else is known belongs into 'meta')")
    return items, tuple(notes)


def _content(item: Item) -> object:
    """What identifies an item: everything but its id, independent of the order of options."""
    options = frozenset(map(canonical, item.options))
    return canonical(item.question), options, canonical(item.gold), item.level, item.worked.text, given(item)


def _named(left: Mapping[int, str]) -> str:
    """The first lines that are left out, with their reasons, and how many more there are."""
    said = [f"line {number}: {reason}" for number, reason in list(left.items())[:NAMED]]
    more = len(left) - len(said)
    return "; ".join([*said, *([f"and {more} more"] if more else [])])


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
    return f"; the folder has {', '.join(others)}" if others else "; the folder has no .jsonl file"
