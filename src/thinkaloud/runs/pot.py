"""What may be spent in all, taken before and given back after: of one command, or of all that name the same file.

What was taken and never given back counts as spent, so a process that was killed in the middle of a batch cannot make
room for others. On one machine, and on a file system that knows locks; anywhere else a shared pot is refused, since a
cap that cannot be kept must not look kept. A file may hold several amounts, each by its name (`tokens`, `money`). This
module knows no model and no run, and not what an amount is of.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of

WIDTH = 128
"""Bytes of the file, written in one call: a process that is killed has written all of them or none."""


class Pot(Protocol):
    """What may be spent in all."""

    @property
    def taken(self) -> int:
        """So much is spent, or kept back for what is being done."""
        ...

    def take(self, amount: int, most: int) -> bool:
        """Take it, unless more than `most` would then be taken in all."""
        ...

    def add(self, amount: int) -> None:
        """Take what was spent without asking; or, below 0, give back."""
        ...


class Own:
    """The pot of one command, whose requests to a server are made by another of its threads."""

    def __init__(self) -> None:
        self.taken, self._lock = 0, threading.Lock()

    def take(self, amount: int, most: int) -> bool:
        """See `Pot`."""
        with self._lock:
            if self.taken + amount > most:
                return False
            self.taken += amount
            return True

    def add(self, amount: int) -> None:
        """See `Pot`."""
        with self._lock:
            self.taken += amount


class Shared:
    """A pot in a file: of all commands of this machine that name it, now and later. It is made where it is not there,
    and then holds what was `spent` before; `UserError` where it is something else, or cannot be locked. `option`: what
    named the file, for messages."""

    def __init__(self, path: str | Path, name: str = "tokens", spent: int = 0, option: str = "--share-caps") -> None:
        self.path, self.name, self._option = Path(path), name, option
        with self._open() as file:
            if name not in (there := self._read(file)):
                self._write(file, {**there, name: spent})

    @property
    def taken(self) -> int:
        """See `Pot`."""
        with self._open() as file:
            return self._read(file).get(self.name, 0)

    def take(self, amount: int, most: int) -> bool:
        """See `Pot`."""
        with self._open() as file:
            there = self._read(file)
            now = there.get(self.name, 0) + amount
            if now > most:
                return False
            self._write(file, {**there, self.name: now})
            return True

    def add(self, amount: int) -> None:
        """See `Pot`."""
        with self._open() as file:
            there = self._read(file)
            self._write(file, {**there, self.name: max(0, there.get(self.name, 0) + amount)})

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, locked: nobody else reads or writes it meanwhile."""
        said = f"{self._option} {str(self.path)!r}"
        try:
            import fcntl
        except ImportError as error:
            raise UserError(f"{said}: this system knows no locks of files") from error
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(f"{said} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        except OSError as error:
            raise UserError(f"{said} cannot be kept: {error.strerror}") from error
        finally:
            os.close(file)  # which lets go of the lock

    def _read(self, file: int) -> dict[str, int]:
        text = os.pread(file, 4096, 0)
        try:
            found = json_of(text) if text else {}
            if isinstance(found, dict) and all(type(one) is int and one >= 0 for one in found.values()):
                return found
        except ValueError:
            pass
        raise UserError(
            f"{self._option} {str(self.path)!r} is no file of what was spent: {text[:40]!r}; give another one"
        )

    def _write(self, file: int, spent: dict[str, int]) -> None:
        os.pwrite(file, json.dumps(spent).ljust(WIDTH).encode() + b"\n", 0)
