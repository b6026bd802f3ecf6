"""Paths as a user writes them, also where there is no home folder."""

from __future__ import annotations

from pathlib import Path

from thinkaloud.errors import UserError


def expanded(path: str | Path) -> Path:
    """The path with a leading `~` replaced by the home folder; `UserError` where there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{str(path)!r} begins at a home folder, and there is none: write the whole path") from error
