"""Programs that pretend to be engines: `fake_uci.py` and `fake_gtp.py`, each of which behaves as it is told."""

from __future__ import annotations

import stat
import sys
from pathlib import Path


def program(folder: Path, fake: str, how: str) -> str:
    """The path of one, made in a folder."""
    path = folder / f"fake-{how}"
    path.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name(fake)} {how}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)
