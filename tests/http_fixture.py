"""Servers to ask: a real llama-server on the tiny model, and a proxy that puts faults before it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# Exact: float32 memory, no flash attention, and no memory of prompts beside the slots.
SERVE = """
import sys, time, xllamacpp as x
p = x.CommonParams()
p.model.path, p.port, p.n_parallel, p.n_ctx = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 4096 * int(sys.argv[3])
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.n_gpu_layers, p.warmup, p.fit_params, p.cache_ram_mib, p.n_threads_http = 0, False, False, 0, 2
p.cache_type_k = p.cache_type_v = x.ggml_type.GGML_TYPE_F32
p.flash_attn_type = x.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
p.verbosity = 0
if len(sys.argv) > 4:
    p.api_keys = [sys.argv[4]]
server = x.Server(p)
while True:
    time.sleep(60)
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class LlamaProcess:
    """A real llama-server in a process of its own, which can be killed and started again on the same port."""

    def __init__(self, model: Path, slots: int = 1, key: str | None = None) -> None:
        self.port = free_port()
        self._arguments = [str(model), str(self.port), str(slots), *([key] if key else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address, without options."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-c", SERVE, *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError("the server did not start")
            with suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).read()
                return
            time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def kill(self) -> None:
        """As if the power had gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


FAULTS = ("429", "500", "503", "drop", "cut", "garbage", "wrong", "refuse", "slow")
SLOW = 2.5
"""Seconds that a slow answer takes: more than the timeouts that the tests give."""


class Proxy:
    """Before a server: passes questions on, and does to each what `schedule` says next (None: nothing). `seen` counts
    the questions (POST: what a server says of itself is none), `done` the faults."""

    def __init__(self, target: int, schedule: Iterable[str | None] = ()) -> None:
        self.target, self.seen = target, 0
        self.done: list[str] = []
        self._schedule, self._lock = iter(schedule), threading.Lock()
        self._server, self.port = serve(self._handle)

    @property
    def url(self) -> str:
        """Its address, without options."""
        return f"http://127.0.0.1:{self.port}/v1"

    def follow(self, schedule: Iterable[str | None]) -> None:
        """From now on these."""
        with self._lock:
            self._schedule, self.seen, self.done = iter(schedule), 0, []

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, asked: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self.seen += asked.command == "POST"
            fault = next(self._schedule, None) if asked.command == "POST" else None
            if fault:
                self.done.append(fault)
        if fault in ("429", "500", "503"):
            return reply(asked, {"error": {"message": f"an injected {fault}"}}, int(fault), {"Retry-After": "0"})
        if fault == "refuse":
            return hang_up(asked)
        if fault == "slow":
            time.sleep(SLOW)
        status, answer = self._pass_on(asked, body)
        if fault == "garbage":
            answer = b"<html>Bad Gateway</html>"
        elif fault == "cut":
            answer = answer[: len(answer) // 2]
        elif fault == "wrong":  # well formed, and not what was asked for: one token less was taken
            answer = json.dumps(_less(json.loads(answer))).encode()
        with suppress(OSError):
            asked.send_response(status)
            asked.send_header("Content-Length", str(len(answer)))
            asked.end_headers()
            asked.wfile.write(answer[: len(answer) // 2] if fault == "drop" else answer)
            if fault == "drop":
                asked.wfile.flush()
                hang_up(asked)
        return None

    def _pass_on(self, asked: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        url = f"http://127.0.0.1:{self.target}{asked.path}"
        headers = {k: v for k, v in asked.headers.items() if k.lower() in ("content-type", "authorization")}
        request = urllib.request.Request(url, body or None, headers, method=asked.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as found:
                return found.status, found.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 502, b'{"error": "the server behind is away"}'


def hang_up(asked: BaseHTTPRequestHandler) -> None:
    """Cut the connection now (closing alone would wait for the files that are open on it)."""
    asked.close_connection = True
    with suppress(OSError):
        asked.connection.shutdown(socket.SHUT_RDWR)


def _less(found: Any) -> Any:
    if isinstance(found, dict):
        if "tokens_evaluated" in found:
            return {**found, "tokens_evaluated": found["tokens_evaluated"] - 1}
        return {k: v for k, v in found.items() if k not in ("tokens", "usage", "meta_info")}
    return found


def serve(handle: Callable[[BaseHTTPRequestHandler, bytes], None]) -> tuple[ThreadingHTTPServer, int]:
    """A server in threads; `handle` gets the request and its body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is written in two parts, and the second would wait for the client

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with suppress(ConnectionError):
                handle(self, body)

        do_GET = do_POST = _do

        def log_message(self, *args: Any) -> None:
            """Nothing."""

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server, server.server_address[1]


def reply(asked: BaseHTTPRequestHandler, found: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """Answer with JSON."""
    raw = found if isinstance(found, bytes) else json.dumps(found).encode()
    asked.send_response(status)
    for name, value in {"Content-Length": str(len(raw)), **(headers or {})}.items():
        asked.send_header(name, value)
    asked.end_headers()
    asked.wfile.write(raw)


@contextmanager
def closing(server: Any) -> Iterator[Any]:
    """The server, stopped afterwards."""
    try:
        yield server
    finally:
        server.kill() if isinstance(server, LlamaProcess) else server.close()
