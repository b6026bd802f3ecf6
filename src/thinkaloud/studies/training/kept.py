"""Arrays in files that only save time: what is missing or broken is made again, and is the same then.

A training goes on from here after a kill. Nothing that is reported is read from these files without having been made by
the same code from the same seeds. This module does not know what the arrays are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def kept(folder: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays of this name in the folder, or made now and kept there (None: nowhere)."""
    if folder is None:
        return make()
    if (found := stored(folder, name)) is not None:
        return found
    made = make()
    keep(folder, name, made)
    return made


def stored(folder: Path | None, name: str) -> Arrays | None:
    """The arrays of this name, None where there are none that can be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if folder is None:
        return None
    try:
        found: Arrays = load_file(_path(folder, name))
    except (OSError, SafetensorError):
        return None
    return found


def keep(folder: Path | None, name: str, arrays: Arrays) -> None:
    """Write them; a half-written file never has the name. A full or read-only disk costs time, no number."""
    from safetensors.numpy import save_file

    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{name}.{os.getpid()}"
        save_file(arrays, beside)
        beside.replace(_path(folder, name))
    except OSError:
        return


def forget(folder: Path | None, name: str) -> None:
    """Remove what is kept under this name, if anything is."""
    if folder is not None:
        _path(folder, name).unlink(missing_ok=True)


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"
