"""An append-only ledger: one line of JSON an entry, each with the hash of the one before.

    {"entry":3,"prev":"<hash of entry 2>","time":"2026-11-29T08:00:00Z","kind":"bet","question":"...",...,"hash":"..."}

`hash` is the SHA-256 of the line without it. One changed byte breaks the chain, and `read` names the line. What the
chain does not show: entries cut off at its end, or a ledger that was written anew as a whole. For that, publish the
last hash where somebody else keeps time (a tag, a commit, a timestamping service). Times are those of the writer's
clock: the order is self-attested. This module does not know what an entry means.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thinkaloud.errors import CannotWrite, UserError
from thinkaloud.reading import json_of

Entry = dict[str, Any]
NAME = "ledger.jsonl"
FIRST = "0" * 64
"""What the first entry has as the hash of the one before."""


def read(path: Path) -> list[Entry]:
    """All entries, held to the chain; none where there is no ledger. `UserError` with the first line that breaks it."""
    try:
        raw = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    entries: list[Entry] = []
    lines = raw.split(b"\n")
    for i, line in enumerate(lines[:-1]):
        entries.append(_entry(line, entries[-1]["hash"] if entries else FIRST, f"{str(path)!r}, line {i + 1}", i))
    if lines[-1]:
        raise UserError(f"{str(path)!r} ends within line {len(lines)}: take that piece away, it was never acknowledged")
    return entries


def append(path: Path, known: list[Entry], content: Mapping[str, Any]) -> Entry:
    """One more entry behind those that are `known`, written whole and through to the disk."""
    entry: Entry = {"entry": len(known), "prev": known[-1]["hash"] if known else FIRST, **content}
    entry["hash"] = _hash(entry)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(file, _line(entry) + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise CannotWrite(f"cannot write {str(path)!r}: {error.strerror}") from error
    return entry


def _entry(line: bytes, before: str, where: str, n: int) -> Entry:
    """One line as an entry that follows the one before."""
    try:
        entry = json_of(line)
        told = entry["hash"]
        if _line(entry) != line:
            raise ValueError("it is not written as entries are")
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{where}: the chain is broken, this is no entry ({error})") from error
    if entry.get("entry") != n or entry.get("prev") != before:
        raise UserError(f"{where}: the chain is broken, this entry does not follow the one before")
    if _hash(entry) != told:
        raise UserError(f"{where}: the chain is broken, this entry was changed after it was written")
    return dict(entry)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_line({name: value for name, value in entry.items() if name != "hash"})).hexdigest()
