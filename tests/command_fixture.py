"""The command in this process, with what it prints and its exit code as a process of its own would give them.

A process takes half a second to start, and most claims about the command are not about processes. What is (streams,
signals, an environment, a first import) starts one.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from thinkaloud.cli.main import main


def thinkaloud(*words: str, cwd: Path | None = None) -> CompletedProcess[str]:
    """`thinkaloud WORDS`, begun in this folder, on a terminal of 200 columns. An error that the command does not catch
    is raised here."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["thinkaloud", *words])
        patch.setenv("COLUMNS", "200")
        if cwd is not None:
            patch.chdir(cwd)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    return CompletedProcess(words, int(ended.value.code or 0), out.getvalue(), err.getvalue())
