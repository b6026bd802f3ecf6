"""A small disk of one's own that can be full or read-only: a file system in memory, where this may be mounted.

Elsewhere a full disk is played by a limit on the size of files, and a read-only one not at all, which is said.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOM = 64 * 2**20
SMALL = 20_000
"""Bytes that a file may have while a limit plays a full disk: a unit does not fit."""


def _mount(*words: str) -> bool:
    done = subprocess.run(["mount", *words], capture_output=True)
    return done.returncode == 0


class Disk:
    """A folder on such a disk. `real`: it could be mounted."""

    def __init__(self, where: Path) -> None:
        self.where = where
        where.mkdir()
        self.real = hasattr(os, "geteuid") and os.geteuid() == 0
        self.real = self.real and _mount("-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(where))

    def room(self, free: int | None) -> None:
        """So many bytes beside what is there; None: enough."""
        if self.real:
            state = os.statvfs(self.where)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            size = ROOM if free is None else max(state.f_frsize, used + free)  # none at all would be no limit
            assert _mount("-o", f"remount,size={size}", str(self.where))

    def writable(self, may: bool) -> bool:
        """Whether that could be done: no file is open there to be written."""
        return self.real and _mount("-o", f"remount,{'rw' if may else 'ro'}", str(self.where))

    def gone(self) -> None:
        """Take it away again."""
        if self.real:
            subprocess.run(["umount", str(self.where)], check=False, capture_output=True)
