"""A task from a file of one JSON object a line.

    {"question": "...", "options": ["...", "..."], "answer": "...", "reasoning": ["...", ...], "level": 1, "id": "..."}

`question`, `options` (or `choices`) and `answer` (an option, its letter, or its place) are required. `reasoning` is the
worked transcript, `level` is 1 without one, `id` is made from the question without one; what else a line may hold, and
how it is read, is in `lines.py`. The file is read once, when the task is opened.

    "transcript": "..." or ["...", "..."], "meta": {"writer": "...", "example": true, ...}

`transcript` is reasoning that somebody wrote about this question already, right or wrong: studies take it in place of
the model's own (`transcripts.py`). `meta` is anything else that is known; items that are an `example` come first, so
that they are what is shown before the others.

A line that cannot be used (two options that are one answer, an answer that is no option, an item that is there already)
is left out, and the others are used: `notes` says which and why, and every run repeats it. The file is refused where a
line has not the form of a question, or none can be used.

Such a task does not know what its sentences mean: it cannot reword them, put a mistake in, or check them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.tasks.answers import canonical
from thinkaloud.tasks.check import is_gold, item_id
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.lines import REQUIRED, Seen, Unusable, item_of, parsed
from thinkaloud.tasks.transcripts import cut, given
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Item, Key, Step, Transcript

EXAMPLE = "example"
NAMED = 5
"""Lines that are left out and named with their reason; of the others there is the number."""


class JsonlTask(Unread):
    """The questions of a file. Satisfies `vocabulary.Task`; `UserError` naming file and line if it is malformed."""

    meaning = "the level given in the file"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.stem
        self._items, self.notes = _read(self.path, self.name)
        self.levels = tuple(sorted({item.level for item in self._items}))

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` of the file's questions of this level, in an order and with options in an order given by the key."""
        there = [item for item in self._items if item.level == level]
        if not there:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        if n > len(there):
            raise UserError(f"{self.path} has {len(there)} questions at level {level}, not {n}")
        drawn = shuffled(key.child(self.name, level).rng, there)
        chosen = sorted(drawn, key=lambda item: not item.meta.get(EXAMPLE))[:n]
        return [replace(item, options=tuple(shuffled(key.child(item.id).rng, item.options))) for item in chosen]

    def parse(self, text: str) -> Transcript:
        """Cut a text into sentences, the number of a list's entry with its entry; none is read."""
        return Transcript(tuple(Step(sentence) for sentence in cut(text)))

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)


def _read(path: Path, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """The items of all lines that can be used, and what there is to know about the others; blank lines are passed
    over."""
    lines = _lines(path)
    seen, items, left = Seen(), list[Item](), dict[int, str]()
    contents: dict[object, int] = {}
    ids: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            data = parsed(line, where, seen)
            item = item_of(data, name, seen)
            if (first := contents.setdefault(_content(item), number)) != number:
                raise Unusable(f"it is the same as line {first}")
            if "id" not in data and item.id in ids:  # the same question with other options
                item = replace(item, id=item_id(name, item.level, "\n".join((item.question, *item.options))))
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


def _lines(path: Path) -> list[str]:
    """The file's lines; `UserError` where there is no such file, or no text in it."""
    if not path.is_file():
        raise UserError(f"no such file: {str(path)!r}{_nearest(path)}")
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None


def _content(item: Item) -> object:
    """What makes an item another one: all of it but its id, whatever the order of the options."""
    options = frozenset(map(canonical, item.options))
    return canonical(item.question), options, canonical(item.gold), item.level, item.worked.text, given(item)


def _named(left: Mapping[int, str]) -> str:
    """The first lines that are left out, with their reasons, and how many more there are."""
    said = [f"line {number}: {reason}" for number, reason in list(left.items())[:NAMED]]
    more = len(left) - len(said)
    return "; ".join([*said, *([f"and {more} more"] if more else [])])


def _nearest(path: Path) -> str:
    """Names like the missing one, or what else is in its folder."""
    if path.is_dir():
        return "; it is a folder"
    if not path.parent.is_dir():
        return f"; there is no folder {str(path.parent)!r} either"
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    others = [name for name in names if name.endswith(".jsonl")][:5]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; the folder has {', '.join(others)}" if others else "; the folder has no .jsonl file"
