"""Which files hold questions, by their names, and how they are opened. `tables.py` reads their rows.

    .jsonl, .ndjson    one JSON object a line
    .json              the same, or one list of objects, or an object that holds one (an entry counts as a line)
    .csv, .tsv         a table whose first line names the columns
    .parquet           the same, as many datasets are published
    any text .gz       compressed

Capital letters and spaces at the end of a name make no difference.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Literal

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of

LINES, LIST = (".jsonl", ".ndjson"), ".json"
TABLES = (".csv", ".tsv", ".parquet")
OTHERS = (".txt", ".xlsx", ".yaml", ".yml", ".arrow", ".zip", ".bz2", ".xz", ".zst")
"""Endings of question files of other programs, which are refused by name."""


def holds_questions(spec: str) -> bool:
    """Whether the name is that of a file of questions."""
    return _ending(spec).endswith((*LINES, LIST, *TABLES))


def table_kind(name: str) -> Literal["json", "csv", "tsv", "parquet"]:
    """What a file of this name holds."""
    ending = _ending(name)
    if ending.endswith(".parquet"):
        return "parquet"
    return "csv" if ending.endswith(".csv") else "tsv" if ending.endswith(".tsv") else "json"


def refused(spec: str) -> str | None:
    """Why a name that is not a task is not a file of questions either, if it is the name of a file."""
    is_file = False
    try:
        is_file = Path(spec).is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return None
    if is_file or _ending(spec).endswith(OTHERS):
        about = "is not read as questions" if is_file else "is no kind of file that questions are read from"
        return f"{spec!r} {about}: make it one JSON object a line (.jsonl; .json, .csv, .tsv, .parquet are read too)"
    return None


def text_of(path: Path) -> str:
    """The text of a file, also of a compressed one. Raises `UserError` if the file cannot be read."""
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.name.strip().lower().endswith(".gz") else raw).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a whole gzip file: {error}") from None
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror or error}") from error


def question_lines(path: Path) -> list[str]:
    """The lines of a file of questions, each of them JSON. Raises `UserError` if the file cannot be read."""
    text = text_of(path)
    if _ending(path.name).endswith(LIST) and text.lstrip().startswith(("[", "{")):
        try:
            found = _entries(json_of(text))
        except json.JSONDecodeError as error:
            if text.lstrip().startswith("{"):  # an object a line
                return text.split("\n")
            raise UserError(f"{path} is not JSON: {error.msg} in line {error.lineno}") from None
        return [json.dumps(entry, ensure_ascii=False) for entry in found]
    return text.split("\n")


def _entries(whole: object) -> list[object]:
    """A list itself; of an object, the longest list of objects that it holds; else the object alone."""
    if isinstance(whole, list):
        return whole
    inner = whole.values() if isinstance(whole, dict) else ()
    lists = [one for one in inner if isinstance(one, list) and one and all(isinstance(entry, dict) for entry in one)]
    return max(lists, key=len, default=[whole])


def _ending(name: str) -> str:
    return name.strip().lower().removesuffix(".gz")
