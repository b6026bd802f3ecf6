"""One process at a time works in a run folder.

`run.lock` names the process, its host and when it began. The system's lock on that file (`flock`) shows whether the
process still exists, so the lock of a killed process is taken over without asking. The lock of another host cannot be
checked: it is refused, and the message says what to do. Readers take no lock. This module knows nothing about runs.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from thinkaloud.errors import UserError

NAME = "run.lock"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Holder:
    """Which process works in a folder. `boot` identifies the running system, if known: processes of one system share
    locks."""

    pid: int
    host: str
    since: str
    boot: str = ""

    @staticmethod
    def here() -> Holder:
        """This process."""
        boot = ""
        with suppress(OSError):
            boot = _BOOT.read_text().strip()
        return Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"), boot)


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Create the folder if necessary and hold its lock. Raises `UserError` if another process works in it or it is
    read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _taken(folder)
    except OSError as error:
        raise UserError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # a disk that can no longer be written: the next one takes the lock over
            os.unlink(folder / NAME)
        os.close(file)


def _taken(folder: Path) -> int:
    """The open lock file, once this process holds the lock."""
    path = folder / NAME
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            free = _flock(file)
            if not _still(path, file):  # the previous holder has removed it in the meantime
                os.close(file)
                continue
            holder = _read(file)
            if free is False or (holder is not None and not _left_behind(holder, free is True)):
                raise UserError(_refusal(folder, holder))
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps(asdict(Holder.here())).encode(), 0)
            return file
        except BaseException:
            with suppress(OSError):
                os.close(file)
            raise


def _flock(file: int) -> bool | None:
    """True: this process has the system's lock. False: another process has it. None: there is no `flock` on this
    system."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that knows no locks
        return None
    return True


def _still(path: Path, file: int) -> bool:
    """Whether the path still refers to this open file."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _read(file: int) -> Holder | None:
    """The holder that the file names; None if it cannot be read."""
    try:
        return Holder(**json.loads(os.pread(file, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _left_behind(holder: Holder, locked: bool) -> bool:
    """Whether the holder has certainly ended. `locked`: the system gave us the lock on the file."""
    here = Holder.here()
    if holder.boot == here.boot and (holder.boot or holder.host == here.host):
        return locked or not _alive(holder.pid)
    return holder.host == here.host and bool(holder.boot and here.boot)  # this machine has been started anew since


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # asking would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _refusal(folder: Path, holder: Holder | None) -> str:
    if holder is None:
        return f"another process works in {str(folder)!r}: wait for it, or give another --out"
    who = f"process {holder.pid} on host {holder.host!r} works in {str(folder)!r} since {holder.since}"
    if holder.host == socket.gethostname():
        return f"{who}: wait for it or stop it, or give another --out"
    return f"{who}: wait for it, give another --out, or, if it is no longer running, delete {str(folder / NAME)!r}"
