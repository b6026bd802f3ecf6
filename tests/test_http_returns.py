"""A server that was away and comes back is asked which model it has; and what it says of waiting may be anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from email.utils import formatdate

import httpx
import pytest

from http_fakes import FakeVLLM
from http_fixture import Proxy, closing
from thinkaloud.check import _OPTIONS, prompts
from thinkaloud.errors import FatalError, ModelError
from thinkaloud.models.http import open_http
from thinkaloud.models.http.client import _retry_after, _span
from thinkaloud.models.loading import Loading
from thinkaloud.vocabulary import Model, Reading


class Changing(FakeVLLM):
    """vLLM whose weights can be others, under the same name; `dumb`: it no longer says which."""

    root, dumb = "weights-1", False

    def answer(self, path: str, body: object) -> object:
        found = super().answer(path, body)
        if path == "/v1/models":
            return None if self.dumb else {"data": [{**found["data"][0], "root": self.root}]}  # type: ignore[index]
        return found


@pytest.fixture
def served() -> Iterator[tuple[Changing, Proxy, Model]]:
    with closing(Changing()) as server, closing(Proxy(server.port)) as proxy:
        yield server, proxy, open_http(f"{proxy.url}?backoff=0.001", Loading(format="completion"))


def read(model: Model) -> list[Reading]:
    async def all_of() -> list[Reading]:
        return list(await asyncio.gather(*(model.score(prompt, _OPTIONS[:2]) for prompt in prompts()[:3])))

    return asyncio.run(all_of())


@pytest.mark.parametrize("fault", ["503", "drop"])
def test_a_server_that_comes_back_with_other_weights_is_refused(
    fault: str, served: tuple[Changing, Proxy, Model]
) -> None:
    server, proxy, model = served
    whole = read(model)
    proxy.follow([fault])
    assert read(model) == whole and proxy.done == [fault], "the same weights are gone on with"
    server.root = "weights-2"
    proxy.follow([fault])
    with pytest.raises(FatalError, match="was away and came back with another model than this run's: vLLM with 'tiny'"):
        read(model)
    server.root, server.dumb = "weights-1", True
    proxy.follow([fault])
    with pytest.raises(ModelError, match="does not say which model it has now"):
        read(model)
    server.dumb = False
    assert read(model) == whole, "the run can be gone on with where the first one is back"


def test_one_that_only_held_back_is_not_asked_again(served: tuple[Changing, Proxy, Model]) -> None:
    server, proxy, model = served
    read(model)
    server.log.clear()
    proxy.follow(["429", "429"])
    read(model)
    assert proxy.done == ["429", "429"] and "/v1/models" not in {path for path, _ in server.log}


def test_a_clock_that_jumped_makes_no_negative_wait_and_no_odd_header_raises() -> None:
    """`Retry-After` may be a date by a clock that is not ours."""

    def wait(said: str) -> float | None:
        return _retry_after(httpx.Response(429, headers={"Retry-After": said}))

    assert wait(formatdate(time.time() - 9e6, usegmt=True)) == 0.0
    assert 100 < (wait(formatdate(time.time() + 120, usegmt=True)) or 0) <= 120
    assert wait("-5") == 0.0 and wait("nan") == 0.0 and wait("0.5") == 0.5
    for odd in ("soon", "", "Mon, 01 Jan 99999999999 00:00:00 GMT", "Mon, 32 Jan 2020 00:00:00 GMT"):
        assert wait(odd) is None
    assert [_span(said) for said in ("6m0s", "1.5s", "x", "..s")] == [360.0, 1.5, 0.0, 0.0]
    assert _span("1.2.3s") < 3
