"""Which files hold questions, by their names, and how they are opened. `jsonl.py` reads their lines.

    .jsonl, .ndjson    one JSON object a line
    .json              the same, or one list of objects (an entry of the list counts as a line)
    any of them .gz    compressed

Capital letters and spaces at the end of a name make no difference.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from thinkaloud.errors import UserError

LINES, LIST = (".jsonl", ".ndjson"), ".json"
OTHERS = (".csv", ".tsv", ".parquet", ".txt", ".xlsx", ".yaml", ".yml", ".arrow", ".zip", ".bz2", ".xz", ".zst")
"""Endings of question files of other programs, which are refused by name."""


def holds_questions(spec: str) -> bool:
    """Whether the name is that of a file of questions."""
    return _ending(spec).endswith((*LINES, LIST))


def refused(spec: str) -> str | None:
    """Why a name that is not a task is not a file of questions either, if it is the name of a file."""
    is_file = False
    try:
        is_file = Path(spec).is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return None
    if is_file or _ending(spec).endswith(OTHERS):
        about = "is not read as questions" if is_file else "is no kind of file that questions are read from"
        return f"{spec!r} {about}: make it one JSON object a line (.jsonl; .json and .gz are read too)"
    return None


def question_lines(path: Path) -> list[str]:
    """The lines of a file of questions, each of them JSON. Raises `UserError` if the file cannot be read."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.name.strip().lower().endswith(".gz") else raw).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a whole gzip file: {error}") from None
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    if _ending(path.name).endswith(LIST) and text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(f"{path} is not JSON: {error.msg} in line {error.lineno}") from None
        return [json.dumps(entry, ensure_ascii=False) for entry in found]
    return text.split("\n")


def _ending(name: str) -> str:
    return name.strip().lower().removesuffix(".gz")
