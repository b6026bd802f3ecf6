"""Standard streams that are closed, full or a pipe that nobody reads any more.

A command's work must not be lost because its words cannot be shown. Only the command line uses this; it does not know
what is printed.
"""

from __future__ import annotations

import errno
import os
import sys

UNREAD = 141
"""Exit code of a program whose reader went away, as the shell gives it (128 + SIGPIPE)."""


def open_closed_streams() -> None:
    """Give a stream that is closed to nothing. Else the next file that is opened would get its number, and what a
    library prints would land in a record."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  (open to the end of the process)


def lost_output(error: OSError) -> str | None:
    """If the error is that standard output cannot be written: why, or "" where its reader went away. What was to be
    printed is thrown away, so that nothing is tried again at exit. None for any other error."""
    if error.filename is not None:  # a file of its own, not a stream
        return None
    try:
        os.write(1, b"\n")
        return None
    except OSError as again:
        error = again
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    return "" if error.errno == errno.EPIPE else error.strerror or str(error)
