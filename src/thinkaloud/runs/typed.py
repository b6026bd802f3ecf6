"""A file of a run folder that holds one dataclass as JSON, read with its types held to. Knows no such file by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of

T = TypeVar("T")


def typed(path: Path, kind: type[T], way_out: str) -> T | None:
    """What the file holds; None where there is none, and a `UserError` that says the way out where it is damaged."""
    if not os.path.isfile(path):
        return None
    try:
        return msgspec.convert(json_of(path.read_bytes()), kind)
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except ValueError as error:
        why = next(iter(str(error).splitlines()), "")
        raise UserError(f"{str(path)!r} is damaged ({why}): {way_out}") from error
