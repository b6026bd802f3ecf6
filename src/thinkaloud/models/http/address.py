"""The address of a server and how to ask it: `http://HOST:PORT/v1?timeout=60&connections=8#NAME`.

Everything but the key is in the address, so a run's configuration is complete. The key comes from the environment
(`THINKALOUD_API_KEY`, else `OPENAI_API_KEY`). An address with a password is refused, because it would be written to the
run folder. This module sends no requests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from thinkaloud.errors import UserError, unknown

KEYS = ("THINKALOUD_API_KEY", "OPENAI_API_KEY")


@dataclass(frozen=True, slots=True)
class Address:
    """`base` ends in the version (`.../v1`), `root` is the part before it; `name`: the model's name, None if the server
    serves only one. `timeout`: seconds to wait for an answer, `connect`: for a connection; `connections`: requests at
    the same time; `patience`: seconds during which a request is retried before it counts as failed; `backoff`: seconds
    before the first retry, doubled for each further one; `rpm`: most requests per minute (0: no limit); `cache`:
    whether the server may reuse prefixes (off: slower, but results do not depend on earlier requests)."""

    base: str
    name: str | None = None
    timeout: float = 120.0
    connect: float = 10.0
    connections: int = 8
    patience: float = 300.0
    backoff: float = 0.5
    rpm: float = 0.0
    cache: bool = True

    @property
    def root(self) -> str:
        """The address without the version, under which a server has its own endpoints."""
        return self.base.removesuffix("/v1")


def parse(spec: str) -> Address:
    """The address that the user wrote; raises a `UserError` that quotes it if it cannot be read."""
    parts = urlsplit(spec)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UserError(f"{shown(spec)!r} is no address of a server: write http://HOST:PORT/v1#NAME")
    if parts.username or parts.password:
        raise UserError(f"{shown(spec)!r} carries a key, and would be written down: put it into {KEYS[0]}")
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/v1", "", ""))
    options: dict[str, Any] = {}
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        if "key" in name or "token" in name:
            raise UserError(f"the option {name!r} would be written down with the run: put the key into {KEYS[0]}")
        if name not in _OPTIONS:
            raise unknown("option of a server", name, _OPTIONS)
        options[name] = _value(name, text)
    return Address(base, parts.fragment or None, **options)


def shown(spec: str) -> str:
    """The address without credentials (the part before an @), for messages."""
    parts = urlsplit(spec)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def api_key() -> str | None:
    """The API key from the environment, or None."""
    return next((value for name in KEYS if (value := os.environ.get(name))), None)


def _switch(text: str) -> bool:
    return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}[text.lower()]


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "timeout": float, "connect": float, "connections": int, "patience": float, "backoff": float, "rpm": float,
    "cache": _switch,
}  # fmt: skip
_LEAST = {"timeout": 0.001, "connect": 0.001, "connections": 1, "patience": 0, "backoff": 0.0, "rpm": 0}


def _value(name: str, text: str) -> Any:
    try:
        value = _OPTIONS[name](text)
        if name in _LEAST and not _LEAST[name] <= value < float("inf"):
            raise ValueError
    except (ValueError, KeyError) as error:
        wanted = "on or off" if name == "cache" else f"a number of at least {_LEAST[name]}"
        raise UserError(f"{name}={text!r} in the address of a server: give {wanted}") from error
    return value
