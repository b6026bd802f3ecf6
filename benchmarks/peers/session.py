"""A peer's process, talked to in lines: started, given workloads one at a time, ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contenders import Contender

HERE = Path(__file__).parent
STARTING = 600.0  # seconds that a peer may take to load and warm up


class Gone(Exception):
    """The process did not answer; says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are: the weights (twice), the folder for what peers print, and how many threads they may use."""

    folder: Path
    gguf: Path
    logs: Path
    threads: int


class Session:
    """One process of a peer. `facts` is what it said about itself."""

    def __init__(self, name: str, contender: Contender, python: Path, place: Place) -> None:
        threads = str(place.threads)
        variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        quiet = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
        around = str(python.parent.parent)
        settings = {key: value.format(environment=around) for key, value in contender.settings.items()}
        where = ["--folder", str(place.folder), "--gguf", str(place.gguf), "--threads", threads]
        place.logs.mkdir(parents=True, exist_ok=True)
        with (place.logs / f"{name}.log").open("a") as log:
            self._process = subprocess.Popen(
                [str(python), str(HERE / "worker.py"), contender.engine, *where],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **dict.fromkeys(variables, threads), **quiet, **settings},
                start_new_session=True,
            )
        try:
            self.facts: dict[str, Any] = self._line(STARTING)["ready"]
        except Gone:
            self.end()
            raise

    def measure(self, workload: dict[str, Any], limit: float) -> dict[str, Any]:
        """The result of a workload; raises `Gone` if there was none within `limit` seconds."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(workload).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Gone("its process had ended") from error
        return self._line(limit)

    def _line(self, limit: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        buffer, end = bytearray(), time.monotonic() + limit
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            while not buffer.endswith(b"\n"):
                if not ready.select(max(0.0, end - time.monotonic())):
                    raise Gone(f"no answer in {limit:.0f} s")
                piece = os.read(self._process.stdout.fileno(), 1 << 20)
                if not piece:
                    raise Gone("its process ended without an answer")
                buffer += piece
        line: dict[str, Any] = json.loads(buffer)
        if "error" in line:
            raise Gone(line["error"])
        return line

    def end(self) -> None:
        """End the process and everything that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its own group: nobody else is in it
        self._process.wait()
