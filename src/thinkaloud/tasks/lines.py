"""Reads one row of a file of questions, in any of the usual forms, as an item; or says why it cannot be used.

    {"question": "...", "options": ["iron", "cork"], "answer": "iron", "reasoning": ["..."], "level": 1, "id": "..."}
    {"question": "...", "choices": ["iron", "cork"], "answer": 0}        the place of the answer, counted from 0
    {"question": "...", "options": ["iron", "cork"], "answer": "A"}      its letter
    {"question": "...", "answer": "iron"}                                answered freely (`free.py` reads the answer)
    {"question": "...\\n(A) iron\\n(B) cork", "answer": "A"}              the question lists its options (`inside.py`)

* Space around an option is no part of it. A full stop at its end is dropped (unless two options then were equal): the
  sentence that gives the answer ends with one, and `None of the above..` is not a form of an answer.
* `answer` is the text of an option. Where no option has this text, a letter or a whole number is read as its place; a
  whole number beside `choices` is always a place. Where both readings are possible and differ, the line is unusable.
* `reasoning` and `transcript` are a text or a list of texts, cut before they state the answer (`answer_statement.py`);
  an imported transcript was cut already, which its `answered` shows.

A line that does not have the form of a question (no JSON, a field missing, of a wrong type, or misspelt) is a
`UserError`: the file is probably something else. A line whose content cannot be used is `Unusable`, and the other lines
are used. This module knows nothing about other lines, models or how an item is asked.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.answers import canonical, match, same_option
from thinkaloud.tasks.check import ACCEPTED, check_item
from thinkaloud.tasks.columns import Columns
from thinkaloud.tasks.free import Unreadable, free_answer
from thinkaloud.tasks.identity import named
from thinkaloud.tasks.inside import inside
from thinkaloud.tasks.options import lists
from thinkaloud.tasks.tables import Row, short
from thinkaloud.tasks.text import entries, sentences
from thinkaloud.tasks.transcripts import TRANSCRIPT
from thinkaloud.vocabulary import Item, Step, Transcript

TEXTS = (str, list)
ANSWERS = (str, int, float, list)
FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "question": str, "options": list, "choices": list, "answer": ANSWERS, "reasoning": TEXTS, "level": int,
    "id": (str, int), "transcript": TEXTS, "meta": dict,
}  # fmt: skip
LARGEST = 1 << 63
"""A level is kept in 64 bits: a time stamp in nanoseconds fits."""
REQUIRED = ("question", "answer")
ANSWERED, STATED = "answered", "stated"
"""In `meta`: what the writer of an imported transcript answered; what a transcript stated before it was cut here."""
_KINDS: Mapping[type | tuple[type, ...], str] = {
    str: "a text", list: "a list of texts", int: "a whole number", TEXTS: "a text or a list of texts",
    dict: "an object", (str, int): "a text or a whole number", ANSWERS: "a text, a number or a list of them",
}  # fmt: skip
_INVISIBLE = "\u200b\u2060\ufeff"
_LETTER = re.compile(r"\(?([A-Za-z])[).]?")


class Unusable(ThinkaloudError):
    """The reason why the content of a line cannot be used."""


@dataclass
class Seen:
    """How the lines of a file were read: counts by what was done, for notes."""

    ignored: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)


CUT = "transcripts were cut where they state their answer"
UNSTATED = "transcripts state no answer in a form that is known here: if they end with one, it is still in them"
SHORTENED = "reasonings were cut where they state the answer"
BARE = "reasonings were nothing but the answer, and are left out"
FULL_STOP = "questions have options that ended in a full stop, which is dropped"
PLACED = "answers were read as the letter or place of an option"
SOLVED = "answers were worked solutions: what they state is the answer, what leads to it the reasoning"


def fields(row: Row, seen: Seen) -> dict[str, Any]:
    """The fields of a row that have a value. Raises `UserError` if it does not have the form of a question."""
    if row.twice is not None:
        raise Unusable(f"the field {row.twice!r} is there twice")
    data = {name: value for name, value in row.data.items() if value is not None}
    _known(data, row.where, seen)
    if data.get("choices") and data.get("options"):
        raise Unusable("it has both 'options' and 'choices'")
    for name in REQUIRED:
        if name not in data:
            raise UserError(f"{row.where}: no field {name!r}; the line has {', '.join(map(repr, data)) or 'none'}")
    return typed(data, row.where)


def mapped_fields(row: Row, columns: Columns) -> dict[str, Any]:
    """The fields of a row of somebody's table. Raises `Unusable` where question or answer have no value, and
    `UserError` for one of another type than its field has."""
    if row.twice is not None:
        raise Unusable(f"the field {row.twice!r} is there twice")
    data = columns.read(row.data)
    for name in REQUIRED:
        if name not in data:
            raise Unusable(f"it has no {name} in {'|'.join(columns.named[name])!r}")
    return typed(data, row.where)


def typed(data: dict[str, Any], where: str) -> dict[str, Any]:
    """The same fields, each of its type. Raises `UserError`."""
    for name, kind in FIELDS.items():
        if name in data:
            data[name] = _of_kind(data[name], name, kind, where)
    if abs(data.get("level", 1)) >= LARGEST:
        raise UserError(f"{where}: the level {short(str(data['level']))} is not below 2 to the 63rd")
    return data


def _known(data: Mapping[str, Any], where: str, seen: Seen) -> None:
    """Count fields that are not read; a misspelling of a known name is an error."""
    for name in data:
        if name in FIELDS:
            continue
        near = [known for known in difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.8) if known not in data]
        if near:
            raise UserError(f"{where}: no field is called {name!r}; did you mean {near[0]!r}?")
        seen.ignored[name] += 1


def _of_kind(value: Any, name: str, kind: type | tuple[type, ...], where: str) -> Any:
    """The value, with numbers in lists as texts and 1.0 as 1. Raises `UserError` if it has another type."""
    if isinstance(value, float) and value.is_integer() and name in ("level", "answer"):
        value = int(value)
    right = isinstance(value, kind) and not isinstance(value, bool)
    if isinstance(value, list):
        numbers = (str, int, float) if name in ("options", "choices", "answer") else (str,)
        right = right and all(isinstance(one, numbers) and not isinstance(one, bool) for one in value)
    if not right:
        raise UserError(f"{where}: {name!r} must be {_KINDS[kind]}, not {short(json.dumps(value, ensure_ascii=False))}")
    return value


def item_of(data: Mapping[str, Any], task: str, seen: Seen) -> Item:
    """The item made of the fields. Raises `Unusable` if that is not possible."""
    level, question = data.get("level", 1), data["question"]
    if not question.strip():
        raise Unusable(f"the question is empty: {question!r}")
    found = _answer(data, seen)
    meta, came = dict(data.get("meta", {})), ANSWERED in data.get("meta", {})
    meta |= {ACCEPTED: list(found.accepted)} if found.accepted else {}
    worked = _worked(data, None if came else found, seen)
    if TRANSCRIPT in data:
        meta |= _transcript(data[TRANSCRIPT], came, found.known, seen)
    thought = Transcript(tuple(map(Step, sentences(entries(worked)))))
    shown = bool(found.options) and not lists(question, found.options)
    item = Item(str(data.get("id", "")), task, level, question, found.options, found.gold, thought, meta, shown)
    item = item if "id" in data else named(item)
    try:
        return check_item(item)
    except UserError as error:
        raise Unusable(str(error).removeprefix(f"item {item.id!r} ").removeprefix(f"item {item.id!r}: ")) from None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a line says is right: the options (empty: answered freely), the gold, other accepted answers, and reasoning
    that stood before the answer. `letters`: those of the options, where the answer was given as one."""

    options: tuple[str, ...]
    gold: str
    accepted: tuple[str, ...] = ()
    reasoning: str = ""
    letters: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Texts that can be an answer to this question."""
        return (*(self.options or (self.gold,)), *self.letters)

    @property
    def right(self) -> tuple[str, ...]:
        """The gold, and its letter."""
        return (self.gold, *([self.letters[self.options.index(self.gold)]] if self.letters else []))


def _answer(data: Mapping[str, Any], seen: Seen) -> _Answer:
    """Options and answer of a line. Raises `Unusable`."""
    if data.get("options") or data.get("choices"):
        options, gold = _options(data, seen)
        return _Answer(options, gold, letters=_letters(data["answer"], options))
    try:
        free = free_answer(data["answer"])
    except Unreadable as error:
        raise Unusable(str(error)) from None
    if free.reasoning:
        seen.done[SOLVED] += 1
    if listing := inside(data["question"], free.gold):
        options, gold = listing
        return _Answer(options, gold, (), free.reasoning, _letters(gold, options))
    return _Answer((), free.gold, free.others, free.reasoning)


def _options(data: Mapping[str, Any], seen: Seen) -> tuple[tuple[str, ...], str]:
    """The options as they are asked, and the right one."""
    given = data.get("options", data.get("choices", []))
    options = tuple(one.strip().strip(_INVISIBLE).strip() if isinstance(one, str) else json.dumps(one) for one in given)
    numbers = bool(given) and not any(isinstance(one, str) for one in given)
    answer = _one(data["answer"])
    place = _place(answer, options, "choices" in data, numbers)
    said = str(answer).strip()
    if place is None:
        raise Unusable(f"the answer {said!r} is not among the options {list(options)!r}")
    if not same_option(options[place], said):
        seen.done[PLACED] += 1
    closed = tuple(one[:-1].rstrip() if one.endswith(".") and not one.endswith("..") else one for one in options)
    if closed != options and all(closed) and len(set(map(canonical, closed))) == len(closed):
        seen.done[FULL_STOP] += 1
        options = closed
    return options, options[place]


def _one(answer: str | int | float | list[str | int | float]) -> str | int:
    """The answer of a question with options; of a list, its only entry."""
    several = answer if isinstance(answer, list) else [answer]
    if len(several) != 1:
        raise Unusable(f"{len(several)} answers are given beside options, and one can be right: {answer!r}")
    (one,) = several
    return json.dumps(one) if isinstance(one, float) else one


def _place(answer: str | int, options: Sequence[str], choices: bool, numbers: bool) -> int | None:
    """Index of the option that the answer means: by its text, else by its letter or place; None if there is none."""
    text = str(answer).strip()
    by_text = next((i for i, option in enumerate(options) if same_option(option, text)), None)
    by_place = answer if isinstance(answer, int) else None
    if isinstance(answer, str) and (found := _LETTER.fullmatch(text)):
        by_place = ord(found[1].upper()) - ord("A")
    if by_place is not None and not 0 <= by_place < len(options):
        by_place = None
    if isinstance(answer, int) and choices and not numbers:
        return by_place
    unsure = choices or (isinstance(answer, int) and not numbers)  # with `options` a text is a text
    if unsure and None not in (by_text, by_place) and by_text != by_place:
        raise Unusable(f"the answer {answer!r} may be the option {text!r} or the place of {options[by_place or 0]!r}")
    return by_place if by_text is None else by_text


def _letters(answer: Any, options: Sequence[str]) -> tuple[str, ...]:
    """The letters of the options, where the answer is one of them: the reasoning may then end in one."""
    lettered = isinstance(answer, str) and len(options) <= 26 and _LETTER.fullmatch(answer.strip())
    return tuple(chr(ord("A") + place) for place in range(len(options))) if lettered else ()


def _worked(data: Mapping[str, Any], answer: _Answer | None, seen: Seen) -> tuple[str, ...]:
    """The worked reasoning, up to where it states the answer; as it is where the answer is not said (None)."""
    if answer is not None and answer.reasoning and "reasoning" not in data:
        return (answer.reasoning,)
    there = data.get("reasoning", [])
    texts = [there] if isinstance(there, str) else list(there)
    if answer is None or not texts:
        return tuple(texts)
    split = split_answer("\n".join(texts), answer.known)
    if split.answer is None:
        return (split.text,) if isinstance(there, str) else tuple(texts)
    while (before := split_answer(split.text, answer.known)).answer is not None and not before.after:
        if all(match(before.answer or "", (one,)) is None for one in answer.right):
            break
        split = before  # the same answer once more: its text before its letter
    seen.done[SHORTENED if split.text else BARE] += 1
    return (split.text,) if len(texts) == 1 else split.sentences


def _transcript(there: str | list[str], came: bool, options: Sequence[str], seen: Seen) -> dict[str, Any]:
    """What `meta` keeps of a transcript: its text up to where it states the answer, and the stated answer."""
    text = there if isinstance(there, str) else "\n".join(there)
    if not text.strip():
        raise Unusable(f"the transcript is empty: {there!r}; leave the field out")
    if came:
        return {TRANSCRIPT: there}
    split = split_answer(text, options)
    if split.answer is None:
        seen.done[UNSTATED] += 1
        return {TRANSCRIPT: there}
    if not split.text:
        raise Unusable("the transcript is an answer without reasoning")
    seen.done[CUT] += 1
    return {TRANSCRIPT: split.text if isinstance(there, str) else list(split.sentences), STATED: split.answer}
