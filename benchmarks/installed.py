"""What was built, installed in empty environments and tried: the wheel alone and with extras, and the source archive.

    python benchmarks/installed.py dist [EXTRA...]

For each: an environment of its own, the installation, the command's version, a small run, its report and its
verification, and something that needs the extra. The first failure ends it. Installing needs an index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

EXTRAS = {
    "http": "import httpx",
    "chess": "import chess",
    "tools": "import pydantic_monty",
    "tuning": "import gepa",
    "llama": "import gguf, xllamacpp",
    "inspect": "import thinkaloud.interop.tasks",
    "gym": "from thinkaloud.tasks import open_tasks; assert open_tasks(['gym:knights_knaves'])",
    "math": "import math_verify",
}
"""Extra -> what can be done with it alone; those that need torch take minutes and are left out."""
RUN = ("run", "channels", "--model", "scripted:faithful", "--task", "chain_sum", "--items", "8", "--difficulty", "3",
       "--out")  # fmt: skip


def tried(built: Path, extra: str, where: Path) -> None:
    """One installation."""
    venv.create(where / "env", with_pip=True)
    python = where / "env" / "bin" / "python"

    def call(*words: str) -> None:
        done = subprocess.run([str(python), *words], cwd=where, capture_output=True, text=True)
        if done.returncode:
            sys.exit(
                f"{built.name} [{extra}]: {' '.join(words)[:80]} ended with {done.returncode}\n{done.stderr[-3000:]}"
            )

    call("-m", "pip", "install", "-q", f"{built.resolve()}{f'[{extra}]' if extra else ''}")
    asked = [str(python.with_name("thinkaloud")), "--version"]
    version = subprocess.run(asked, capture_output=True, text=True)
    if version.returncode or not built.name.startswith(f"thinkaloud-{version.stdout.split()[-1]}"):
        sys.exit(f"{built.name} [{extra}]: thinkaloud --version says {version.stdout + version.stderr!r}")
    call("-m", "thinkaloud", *RUN, "run")
    for command in ("report", "verify"):
        call("-m", "thinkaloud", command, "run")
    if extra in EXTRAS:
        call("-c", EXTRAS[extra])


def main() -> None:
    """The archive, and the wheel with every extra."""
    folder, *asked = sys.argv[1:]
    (wheel,), (archive,) = (sorted(Path(folder).glob(form))[-1:] for form in ("*.whl", "*.tar.gz"))
    for built, extra in [(wheel, ""), (archive, ""), *((wheel, one) for one in asked or EXTRAS)]:
        with tempfile.TemporaryDirectory(prefix="installed-") as where:
            tried(built, extra, Path(where))
        print(f"{built.name} [{extra}]: installed, run, reported, verified", flush=True)


if __name__ == "__main__":
    main()
