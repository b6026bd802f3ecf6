"""A class of a user's own file: `mine.py:Lengths` is the class `Lengths` of mine.py, made without arguments."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from os.path import isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown


def from_file(spec: str, kind: str) -> Any:
    """The object; `kind` is what a message calls it. The file is run once, as a module of its own."""
    path, colon, name = spec.rpartition(":")
    if not colon or not path.endswith(".py"):
        raise UserError(f"{spec!r} does not name a class: give FILE.py:CLASS")
    if not isfile(path):
        raise UserError(f"there is no file {path!r} with a {kind}")
    module = _module(Path(path), kind)
    found = getattr(module, name, None)
    if not isinstance(found, type):
        own = [n for n, one in vars(module).items() if isinstance(one, type) and one.__module__ == module.__name__]
        raise unknown(f"class in {path}", name, own)
    try:
        return found()
    except TypeError as error:
        raise UserError(f"{spec!r} cannot be made without arguments: {error}") from error


def _module(path: Path, kind: str) -> Any:
    whole = path.resolve()
    name = f"thinkaloud_{kind}_{whole.stem}_{hashlib.sha256(str(whole).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, whole)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UserError(f"{str(path)!r} cannot be run: {type(error).__name__}: {error}") from error
    return module


def source_of(thing: object) -> str:
    """The SHA-256 of the file that an object's class stands in, or empty where there is none (a notebook)."""
    try:
        return hashlib.sha256(Path(inspect.getfile(type(thing))).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return ""
