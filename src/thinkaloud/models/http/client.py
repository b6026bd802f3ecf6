"""Requests to a server, with a pool of connections, retries and rate limits.

Temporary failures are retried, with waits that double and have a random part: 429 (which also holds back all other
requests for as long as the server says), 408, 409, 425, 500 and above, connections refused, reset or cut, timeouts, and
malformed replies. A server that cannot be reached is retried for `patience` seconds (for `FIRST` where nothing was ever
heard of it: a misspelt address is no server that is away); one that answers with errors, `TRIES` times. After that the
request fails (`ModelError`: its item is recorded as failed). Other refusals are for the user to fix (`UserError`); if
they are about the key or the model's name, they hold for every request (`FatalError`).
Each answer goes to its own question. After a server was away, `known` is awaited before an answer is taken: whoever
opened the model says there whether it is the same one that came back.

The client lives in an event loop of its own (`CALLS`), because a run makes and closes loops as it goes. It does not
know what a model is. The key goes into a header and nowhere else.
"""

from __future__ import annotations

import asyncio
import functools
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from thinkaloud.errors import FatalError, ModelError, Unreached, UserError
from thinkaloud.models.gate import AGAIN
from thinkaloud.models.http.address import KEYS, Address, api_key
from thinkaloud.models.loop import BackgroundLoop
from thinkaloud.reading import json_of

if TYPE_CHECKING:
    import ssl

    import httpx

T = TypeVar("T")
CALLS = BackgroundLoop("thinkaloud-http")
TRIES = 10
FEW = 3  # of what may well not be there
LONGEST = 20.0  # seconds between two tries
FIRST = 10.0  # seconds that nobody at an address is waited for, until the first reply
PASSING = {408, 409, 425, 429}


class Malformed(Exception):
    """A reply that does not have the expected form."""


MALFORMED = (Malformed, KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
"""What reading a reply raises that has not the expected form; the last for a number that is too large for a float."""


class Refused(UserError):
    """A refusal that a retry would not change."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class RefusedAll(Refused, FatalError):
    """A refusal of the key or of the model's name: every request would be refused."""


class _Again(Exception):
    """A failure worth a retry. `gone`: the server could not be reached; `after`: seconds that the server asks to
    wait; `computed`: it may have done what it was asked, and nothing of it came back."""

    def __init__(self, reason: str, gone: bool = False, after: float | None = None, computed: bool = True) -> None:
        super().__init__(reason)
        self.gone, self.after, self.computed = gone, after, computed


@dataclass(slots=True)
class Tally:
    """Counts: requests that were answered, and attempts that failed, by reason."""

    answered: int = 0
    retried: int = 0


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Whom this machine trusts. Read once: it takes a hundred times as long as all else about a client."""
    import httpx

    return httpx.create_ssl_context()


class Client:
    """A client of one server. Its coroutines must run in the loop `CALLS`."""

    def __init__(self, address: Address) -> None:
        self.address, self.tally = address, Tally()
        self._key = api_key()
        self._http: httpx.AsyncClient | None = None
        self._slots: asyncio.Semaphore | None = None
        self._free_from = 0.0  # by the clock of the loop: nothing is sent before
        self._gave_up, self._heard, self._away = False, False, False
        self.known: Callable[[], Awaitable[None]] | None = None
        # jitter only: it decides when something is asked, never what
        self._jitter = random.Random()

    async def post(self, path: str, body: Mapping[str, Any], read: Callable[[Any], T]) -> T:
        """The answer to POST, as `read` makes it from the JSON (`MALFORMED` there mean that the reply has not
        the expected form). `path` is added to the root of the address."""
        return await self._ask("POST", path, body, read)

    async def has(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an endpoint, or None if the server does not have it. A GET request if there is no body."""
        try:
            return await self._ask("GET" if body is None else "POST", path, body, _anything, FEW)
        except (Refused, ModelError) as error:
            if self._gave_up or (isinstance(error, Refused) and error.status in (401, 403)):
                raise
            return None

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    # ------------------------------------------------------------------------------------------------ trying

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, read: Callable[[Any], T], most: int = TRIES
    ) -> T:
        loop = asyncio.get_running_loop()
        # after a request was given up, the next ones are not waited for as long: a server that is gone stays gone
        patience = self.address.patience * (0.1 if self._gave_up else 1.0)
        started, wait, tries = loop.time(), self.address.backoff, 0
        while True:
            try:
                found = await self._once(method, path, body, read)
                if self._away and self.known:
                    await self.known()
            except _Again as error:
                tries += not error.gone
                pause = max(error.after or 0.0, wait * (0.5 + self._jitter.random()))
                allowed = patience if self._heard else min(patience, FIRST)
                if loop.time() + pause > started + allowed or tries >= most:
                    self._gave_up = self._gave_up or error.gone
                    kind = Unreached if error.gone and not error.computed else ModelError
                    raise kind(self._hide(f"{self.address.base} did not answer {path}: {error}")) from error
                if error.computed:
                    AGAIN.get()()
                self.tally.retried += 1
                await asyncio.sleep(pause)
                wait = min(wait * 2, LONGEST)
            else:
                self._gave_up = self._away = False
                self.tally.answered += 1
                return found

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None, read: Callable[[Any], T]) -> T:
        import httpx

        http, slots = self._opened()
        async with slots:
            await self._turn()
            try:
                reply = await http.request(method, self.address.root + path, json=body)
            except httpx.TimeoutException as error:
                connecting = isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout))
                self._away = self._away or connecting
                said = f"no answer within the timeout ({type(error).__name__})"
                raise _Again(said, connecting, computed=not connecting) from error
            except httpx.TransportError as error:
                self._away = self._away or _is_gone(error)
                taken = not isinstance(error, httpx.ConnectError)
                raise _Again(f"{type(error).__name__}: {error}", _is_gone(error), computed=taken) from error
            except (httpx.DecodingError, httpx.TooManyRedirects) as error:
                raise _Again(f"{type(error).__name__}: {error}") from error
            except httpx.InvalidURL as error:
                raise FatalError(f"{self.address.base!r} is no address: {error}") from error
        self._heard = True
        self._hold_back(reply)
        status = reply.status_code
        if status in PASSING or status >= 500:
            # a proxy says 502 to 504 while the server behind it is away, and a server that is starting says 503
            self._away = self._away or status in (502, 503, 504)
            said, gone = f"status {status}: {_reason(reply)}", status in (429, 502, 503, 504)
            raise _Again(said, gone, _retry_after(reply), computed=status not in (429, 503))
        if status >= 300:
            said = f"refuses {path} with status {status}"
            if status in (401, 403):
                said = f"refuses {'the key it was given' if self._key else 'to answer without a key'}"
                said += f" (set {' or '.join(KEYS)})"
            kind = RefusedAll if status in (401, 403, 404) else Refused
            raise kind(self._hide(f"{self.address.base} {said}: {_reason(reply)}"), status)
        try:
            return read(json_of(reply.content))
        except MALFORMED as error:
            raise _Again(f"a malformed reply ({type(error).__name__}: {str(error)[:80]})") from error

    def _opened(self) -> tuple[httpx.AsyncClient, asyncio.Semaphore]:
        import httpx

        if self._http is None:
            a = self.address
            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            limits = httpx.Limits(max_connections=a.connections, max_keepalive_connections=a.connections)
            timeout = httpx.Timeout(a.timeout, connect=a.connect, pool=None)
            self._http = httpx.AsyncClient(headers=headers, limits=limits, timeout=timeout, verify=_certificates())
            self._slots = asyncio.Semaphore(a.connections)
        assert self._slots is not None
        return self._http, self._slots

    # ------------------------------------------------------------------------------------------------ limits

    async def _turn(self) -> None:
        """Wait until a request may be sent, and keep to the limit `rpm`."""
        loop = asyncio.get_running_loop()
        while (ahead := self._free_from - loop.time()) > 0:
            await asyncio.sleep(ahead)
        if self.address.rpm:
            self._free_from = loop.time() + 60 / self.address.rpm

    def _hold_back(self, reply: httpx.Response) -> None:
        """Apply a rate limit that the server announced to all requests."""
        wait = 0.0
        if reply.status_code == 429:
            wait = _retry_after(reply) or 0.0
        if reply.headers.get("x-ratelimit-remaining-requests") == "0":
            wait = max(wait, _span(reply.headers.get("x-ratelimit-reset-requests", "")))
        if wait:
            self._free_from = max(self._free_from, asyncio.get_running_loop().time() + min(wait, 60.0))

    # ------------------------------------------------------------------------------------------------ words

    def _hide(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


def _anything(found: Any) -> Any:
    return found


def _is_gone(error: Exception) -> bool:
    import httpx

    return isinstance(error, (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError))


def _reason(reply: httpx.Response) -> str:
    """The server's own words, on one line."""
    try:
        found = json_of(reply.content)
    except ValueError:
        found = reply.text
    for key in ("error", "message", "detail"):
        while isinstance(found, dict) and key in found:
            found = found[key]
    return " ".join(str(found).split())[:300] or reply.reason_phrase


def _retry_after(reply: httpx.Response) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number or a date)."""
    said = reply.headers.get("retry-after")
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _span(text: str) -> float:
    """Seconds of `1s`, `6m0s`, `120ms`; 0 for anything else."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(n) * units[u] for n, u in re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)", text))
