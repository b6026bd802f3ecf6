"""Tokens that may be spent, taken before and given back after: of one command, or of all that name the same file.

What was taken and never given back counts as spent, so a process that was killed in the middle of a batch cannot make
room for others. On one machine, and on a file system that knows locks; anywhere else a shared pot is refused, since a
cap that cannot be kept must not look kept. This module knows no model and no run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from thinkaloud.errors import UserError


class Pot(Protocol):
    """What may be spent in all."""

    @property
    def taken(self) -> int:
        """So much is spent, or kept back for what is being done."""
        ...

    def take(self, tokens: int, most: int) -> bool:
        """Take them, unless more than `most` would then be taken in all."""
        ...

    def add(self, tokens: int) -> None:
        """Take what was spent without asking; or, below 0, give back."""
        ...


class Own:
    """The pot of one command."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, tokens: int, most: int) -> bool:
        """See `Pot`."""
        if self.taken + tokens > most:
            return False
        self.taken += tokens
        return True

    def add(self, tokens: int) -> None:
        """See `Pot`."""
        self.taken += tokens


class Shared:
    """A pot in a file: of all commands of this machine that name it, now and later. It is made where it is not there;
    `UserError` where it is something else, or cannot be locked."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._open():
            pass

    @property
    def taken(self) -> int:
        """See `Pot`."""
        with self._open() as file:
            return self._read(file)

    def take(self, tokens: int, most: int) -> bool:
        """See `Pot`."""
        with self._open() as file:
            there = self._read(file)
            if there + tokens > most:
                return False
            self._write(file, there + tokens)
            return True

    def add(self, tokens: int) -> None:
        """See `Pot`."""
        with self._open() as file:
            self._write(file, self._read(file) + tokens)

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, locked: nobody else reads or writes it meanwhile."""
        try:
            import fcntl
        except ImportError as error:
            raise UserError(f"--share-caps {str(self.path)!r}: this system knows no locks of files") from error
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(f"--share-caps {str(self.path)!r} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        except OSError as error:
            raise UserError(f"--share-caps {str(self.path)!r} cannot be kept: {error.strerror}") from error
        finally:
            os.close(file)  # which lets go of the lock

    def _read(self, file: int) -> int:
        text = os.pread(file, 4096, 0)
        try:
            found = json.loads(text)["tokens"] if text else 0
            if type(found) is int and found >= 0:
                return found
        except (ValueError, TypeError, KeyError):
            pass
        raise UserError(f"--share-caps {str(self.path)!r} is no file of spent tokens: {text[:40]!r}; give another one")

    def _write(self, file: int, tokens: int) -> None:
        """Longer never than before by more than a digit, and padded: a torn write leaves a number or nothing that is
        one, and never a smaller one."""
        os.pwrite(file, json.dumps({"tokens": max(0, tokens)}).ljust(64).encode() + b"\n", 0)
