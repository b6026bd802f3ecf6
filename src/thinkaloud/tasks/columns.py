"""Which columns of somebody's table are the question, the answer and so on, and a row read by them.

    Columns.of("question=prompt,answer=target,options=choices.text")     as `--map` says it
    Columns.of("options=A|B|C|D")                                        several columns, an option each
    guessed(("prompt", "target", "topic"))                               question from prompt, answer from target

A dotted name is a field inside a field (`choices.text`), where no column has the whole name. `labels` are what the
options are called (`A`, `B` or `1`, `2`), if the answer is one of these. What is not said is guessed from the usual
names. This module knows names and rows; `tables.py` reads files, `lines.py` says what the fields mean.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.reading import json_of
from thinkaloud.tasks.tables import plain

USUAL: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "prompt", "problem", "input", "query", "question_text"),
    "answer": ("answer", "target", "label", "gold", "final_answer", "answerkey", "correct", "correct_answer",
               "answers.text", "answers", "solution", "output"),
    "options": ("options.text", "options", "choices.text", "choices", "endings"),
    "labels": ("options.label", "choices.label"),
    "reasoning": ("reasoning", "rationale", "explanation", "chain_of_thought", "cot", "solution"),
    "transcript": ("transcript",),
    "level": ("level", "difficulty"),
    "id": ("id",),
    "meta": ("meta",),
}  # fmt: skip
"""Field -> names of columns that usually hold it, the likeliest first; case and spaces make no difference."""
NEEDED = ("question", "answer")
SEVERAL = "|"
_MARKED = re.compile(r"\(?([A-Z])[).:]\s*(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Columns:
    """Field -> the columns in which it stands: one, or several for options. What is missing is guessed."""

    named: Mapping[str, tuple[str, ...]]

    @staticmethod
    def of(text: str) -> Columns:
        """From `FIELD=COLUMN,FIELD=COLUMN`. Raises `UserError` with the nearest field."""
        pairs = []
        for part in filter(None, map(str.strip, text.split(","))):
            name, equals, column = part.partition("=")
            if not equals or not column.strip():
                raise UserError(f"the map has {part!r}: give FIELD=COLUMN, as in question=prompt,answer=target")
            pairs.append((name.strip(), tuple(one.strip() for one in column.split(SEVERAL))))
        return Columns.paired(pairs)

    @staticmethod
    def paired(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> Columns:
        """From pairs of a field and its columns."""
        found: dict[str, tuple[str, ...]] = {}
        for name, columns in pairs:
            if name not in USUAL:
                raise unknown("field to map", name, USUAL)
            if half := [one for one in columns if one.encode("utf-8", "replace").decode() != one]:
                raise UserError(f"the map gives {name!r} the column {half[0]!r}, which is not UTF-8 text")
            if name in found:
                raise UserError(f"the map gives the field {name!r} twice")
            if len(columns) > 1 and name != "options":
                several = f"{len(columns)} columns ({SEVERAL.join(columns)})"
                raise UserError(f"the map gives {name!r} {several}: only options may have several")
            found[name] = columns
        return Columns(found)

    def fitted(self, there: Sequence[str], where: str) -> Columns:
        """With what is not named guessed from the columns that are `there` (`a.b` where a field holds others). Raises
        `UserError` for a column that is not, or where none can be the question or the answer."""
        for name, columns in self.named.items():
            for column in columns:
                if column not in there:
                    raise _absent(column, name, there, where)
        taken = {column for columns in self.named.values() for column in columns}
        found = dict(self.named)
        for name, usual in USUAL.items():
            likely = _usual(usual, [one for one in there if one not in taken])
            if name not in found and likely is not None:
                found[name] = (likely,)
                taken.add(likely)
        if lacking := next((name for name in NEEDED if name not in found), None):
            listed = ", ".join(map(repr, there)) or "none"
            raise UserError(
                f"{where} has no column that is known to be the {lacking}: its columns are {listed}; say which it is "
                f"with --map {lacking}=COLUMN"
            )
        return Columns({name: found[name] for name in USUAL if name in found})

    @property
    def sentence(self) -> str:
        """Which field is read from which column, where they have not the same name."""
        other = [f"{name} from {SEVERAL.join(columns)!r}" for name, columns in self.named.items() if columns != (name,)]
        return ", ".join(other)

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as the fields of a question (`lines.py`); fields without a value are left out."""
        found = {name: plain(_value(row, columns)) for name, columns in self.named.items()}
        found = {name: value for name, value in found.items() if value not in (None, "")}
        labels = found.pop("labels", None)
        if "options" in found:
            options = _unmarked(_listed(found.pop("options")))
            placed = _placed(found.get("answer"), options, labels)
            called = self.named["options"][0].partition(".")[0].lower()
            found["choices" if placed is not None or called == "choices" else "options"] = options
            found |= {"answer": placed} if placed is not None else {}
        if "level" in found:
            found["level"] = _whole(found["level"])
        return found

    def unread(self, there: Iterable[str]) -> list[str]:
        """Columns that no field is read from."""
        used = {column.partition(".")[0] for columns in self.named.values() for column in columns}
        used |= {column for columns in self.named.values() for column in columns}
        return [column for column in there if column not in used and column.partition(".")[0] not in used]

    def without(self, name: str) -> Columns:
        """The same, but for a field."""
        return Columns({field: columns for field, columns in self.named.items() if field != name})


def names(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """All columns of the rows, in order of appearance; behind one that holds fields stand these as `a.b`."""
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name)
            if isinstance(value, Mapping):
                found |= {f"{name}.{inner}": None for inner in value}
    return tuple(found)


def _absent(column: str, field: str, there: Sequence[str], where: str) -> UserError:
    near = get_close_matches(column, there, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"its columns are {', '.join(map(repr, there))}"
    return UserError(f"{where} has no column {column!r} for the {field}; {hint}")


def _usual(usual: Sequence[str], there: Sequence[str]) -> str | None:
    """The first usual name that is there, as it is spelled there."""
    spelled = {re.sub(r"[\s_-]+", "_", one.strip().lower()): one for one in there}
    return next((spelled[name] for name in usual if name in spelled), None)


def _value(row: Mapping[str, Any], columns: Sequence[str]) -> Any:
    """What stands in the columns: of several, a list of those that are not empty."""
    if len(columns) > 1:
        return [value for value in (_at(row, column) for column in columns) if value not in (None, "")]
    return _at(row, columns[0])


def _at(row: Mapping[str, Any], column: str) -> Any:
    if column in row:
        return row[column]
    first, dot, rest = column.partition(".")
    inner = row.get(first)
    return _at(inner, rest) if dot and isinstance(inner, Mapping) else None


def _listed(there: Any) -> Any:
    """Options as a list, also where a cell holds them as text: a list of JSON or Python, or parted by `|` or lines."""
    if not isinstance(there, str):
        return there
    text = there.strip()
    if text[:1] in "[(":
        for read in (json_of, ast.literal_eval):
            try:
                found = read(text)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # what literal_eval may raise
                continue
            if isinstance(found, list | tuple):
                return list(found)
    parts = re.split(r"\s*\|\s*|\s*\n\s*", text) if "|" in text or "\n" in text else re.split(r"\s*;\s*", text)
    return parts


def _unmarked(options: Any) -> Any:
    """Options without `A)`, `B)`, ... before them, once or twice, where all have these in order."""
    if not isinstance(options, list) or not all(isinstance(one, str) for one in options):
        return options
    found = [_MARKED.fullmatch(one.strip()) for one in options]
    marked = [one for one in found if one is not None]
    if len(marked) < len(options) or [one[1] for one in marked] != [chr(65 + i) for i in range(len(marked))]:
        return options
    return _unmarked([one[2] for one in marked])


def _placed(answer: Any, options: Any, labels: Any) -> int | None:
    """The place of the answer among the options, where it is one of their labels, a 1 among zeros, or a number in a
    cell of text that is no option; None where it is something else."""
    if not isinstance(options, list) or answer is None:
        return None
    said = str(answer).strip()
    if isinstance(labels, list) and len(labels) == len(options):
        places = [i for i, name in enumerate(labels) if str(name) == said]
        return places[0] if len(places) == 1 else None
    if isinstance(answer, list) and len(answer) == len(options) and set(answer) == {0, 1} and answer.count(1) == 1:
        return answer.index(1)
    cell = isinstance(answer, str) and said.isdecimal() and said not in [str(one).strip() for one in options]
    return int(said) if cell else None


def _whole(level: Any) -> Any:
    """A level as a whole number, also from a text such as `Level 3`; anything else as it is."""
    found = re.fullmatch(r"\D*(\d{1,18})\D*", level) if isinstance(level, str) else None
    return int(found[1]) if found else level
