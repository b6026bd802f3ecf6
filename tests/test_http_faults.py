"""Faults between a run and its server lose nothing and double nothing: what is recorded is the same, byte for byte.

The server is a real llama-server. With `cache=off` and one slot it computes every prompt in the same way whatever was
asked before, so a question that is asked twice has the same answer to the last bit.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thinkaloud as ta
from http_fakes import FakeVLLM
from http_fixture import FAULTS, LlamaProcess, Proxy, closing, free_port, reply, serve
from thinkaloud.check import _OPTIONS, prompts
from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.http import open_http
from thinkaloud.models.http.address import parse
from thinkaloud.models.http.client import CALLS, TRIES, Client
from thinkaloud.models.http.model import ServedModel
from thinkaloud.models.loading import Loading
from thinkaloud.runs.folder import Run
from thinkaloud.vocabulary import Completion, Key, Reading, Sampling, Usage

EXACT = "cache=off&connections=1&backoff=0.002"
FORM = Loading(format="completion")
SEED = 10
GREEDY = {"resample_temperature": 0.0, "shots": 1}


@pytest.fixture(scope="module")
def llama(tiny_path: Path) -> Iterator[LlamaProcess]:
    with closing(LlamaProcess(tiny_path)) as process:
        yield process


@pytest.fixture(scope="module")
def calm(llama: LlamaProcess, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run without faults. Some of this model's noise ends in a line end, as reasoning does, so there are readings
    to compare in both units: with this seed in five items and in two."""
    found = run(llama.url, tmp_path_factory.mktemp("calm") / "run")
    assert all(any(record["conditions"] for record in unit["records"]) for unit in found.units)
    return found


def run(url: str, out: Path, more: str = "") -> Run:
    return ta.run(
        "channels", f"{url}?{EXACT}{more}", ["recall"], items=12, difficulty=2, seed=SEED, out=out, settings=GREEDY,
        loading=FORM,
    )  # fmt: skip


def same(one: Run, other: Run) -> None:
    """The records, their bills and the findings, byte for byte."""
    assert [u["status"] for u in other.units] == ["ok"] * len(one.units)
    assert json.dumps(one.records) == json.dumps(other.records)
    assert (one.folder / "findings.json").read_bytes() == (other.folder / "findings.json").read_bytes()
    for key in ("asked", "computed", "generated", "requests"):
        assert one.bill[key] == other.bill[key], key


@pytest.mark.slow
def test_a_run_under_faults_is_the_run_without(llama: LlamaProcess, calm: Run, tmp_path: Path) -> None:
    """Bursts of 429, errors, connections dropped in the middle, truncated, malformed and wrong replies."""
    rng = random.Random(1)
    quick = [f for f in FAULTS if f != "slow"]
    each = [fault for one in ("slow", *quick) for fault in (one, None)]  # waits double while one question has no answer
    schedule = [*["429"] * 6, None, *each, *(rng.choice(quick) if rng.random() < 0.1 else None for _ in range(4000))]
    with closing(Proxy(llama.port)) as proxy:
        proxy.follow([None] * 30 + schedule)  # what it takes to open the model
        faulty = run(proxy.url, tmp_path / "run", "&timeout=2")
        assert set(proxy.done) == set(FAULTS) and len(proxy.done) > 15
    same(calm, faulty)


@pytest.mark.slow
def test_a_server_that_dies_and_returns_is_waited_for(llama: LlamaProcess, calm: Run, tmp_path: Path) -> None:
    """A real kill, in the middle of a unit, and a start on the same port."""

    def schedule() -> Iterator[str | None]:
        yield from [None] * 60
        llama.kill()
        threading.Timer(0.4, llama.start).start()
        yield None

    with closing(Proxy(llama.port)) as proxy:
        proxy.follow(schedule())
        back = run(proxy.url, tmp_path / "run")
        assert proxy.seen > 70
    same(calm, back)


@pytest.mark.slow
def test_a_client_that_is_killed_resumes(llama: LlamaProcess, calm: Run, tmp_path: Path) -> None:
    """The units that were done are kept, the one that was being done is done again."""
    folder = tmp_path / "run"
    program = (
        "import thinkaloud as ta; from thinkaloud.models.loading import Loading; "
        f"ta.run('channels', '{llama.url}?{EXACT}', ['recall'], items=12, difficulty=2, seed={SEED}, "
        f"out={str(folder)!r}, settings={GREEDY!r}, loading=Loading(format='completion'))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(p.stat().st_size for p in folder.glob("segments/*")):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "findings.json").exists()  # it was killed in the middle
    same(calm, ta.resume(folder))


@pytest.mark.slow
def test_a_server_that_stays_away_fails_units_and_resume_does_them(
    llama: LlamaProcess, calm: Run, tmp_path: Path
) -> None:
    """Nothing is invented for a unit that could not be asked."""
    with closing(Proxy(llama.port)) as proxy:
        proxy.follow(itertools.chain([None] * 60, itertools.repeat("503")))
        failed = run(proxy.url, tmp_path / "run", "&patience=0.3")
        errors = [u["error"] for u in failed.units if u["status"] == "failed"]
        assert errors and all("503" in error for error in errors)
        lost = [record for record in failed.records if record.get("again")]
        reasons = [why for record in lost for why in (record.get("failed") or {"item": record["error"]}).values()]
        assert lost and all("503" in why for why in reasons)
        # what was answered before is what it is without faults, and nothing else is there
        for record, whole in zip(failed.records, calm.records, strict=True):
            made = record["conditions"]
            assert made == {name: whole["conditions"][name] for name in made}
            assert record.get("again") or record == whole
        assert sum(len(r["conditions"]) for r in failed.records) < sum(len(r["conditions"]) for r in calm.records)
        proxy.follow([])
        same(calm, ta.resume(failed.folder))


# ------------------------------------------------------------------------------------------ any schedule


@pytest.fixture(scope="module")
def proxy(llama: LlamaProcess) -> Iterator[Proxy]:
    with closing(Proxy(llama.port)) as found:
        yield found


@pytest.fixture(scope="module")
def model(proxy: Proxy) -> ServedModel:
    found = open_http(f"{proxy.url}?{EXACT}&patience=60", FORM)
    assert isinstance(found, ServedModel)
    return found


def ask(model: ServedModel) -> tuple[list[Reading], list[Completion], Usage]:
    async def work() -> tuple[list[Reading], list[Completion]]:
        asked, sampling = prompts()[:3], Sampling(4)
        read = await asyncio.gather(*(session.score(p, _OPTIONS[:2]) for p in asked))
        wrote = await asyncio.gather(*(session.generate(p, sampling, Key((str(i),))) for i, p in enumerate(asked)))
        return list(read), list(wrote)

    session = model.session()
    read, wrote = asyncio.run(work())
    return read, wrote, session.usage


@pytest.fixture(scope="module")
def sound(model: ServedModel, proxy: Proxy) -> tuple[list[Reading], list[Completion], Usage, int]:
    """What is answered without faults, and in how many requests, once the texts are tokenised."""
    ask(model)
    proxy.follow([])
    return (*ask(model), proxy.seen)


@settings(max_examples=10, deadline=None)
@given(
    schedule=st.lists(st.none() | st.sampled_from([f for f in FAULTS if f != "slow"]), max_size=6),
    gap=st.integers(0, 3),
)
def test_any_schedule_of_faults_changes_no_answer_and_no_bill(
    model: ServedModel,
    proxy: Proxy,
    sound: tuple[list[Reading], list[Completion], Usage, int],
    schedule: list[str | None],
    gap: int,
) -> None:
    """Property: whatever goes wrong, and where: the same answers, charged once, and each fault is one try more."""
    read, wrote, usage, seen = sound
    retried = model.retried
    proxy.follow([None] * gap + schedule)
    again, rewrote, charged = ask(model)
    assert (again, rewrote) == (read, wrote)
    assert (charged.asked, charged.computed, charged.generated, charged.requests) == (
        usage.asked, usage.computed, usage.generated, usage.requests,
    )  # fmt: skip
    assert model.retried - retried == len(proxy.done) == proxy.seen - seen


# ------------------------------------------------------------------------------------------ replies out of order


@pytest.mark.slow
def test_each_answer_goes_to_its_own_question() -> None:
    """Replies come back in another order than the questions went."""

    class Jumbled(FakeVLLM):
        def answer(self, path: str, body: object) -> object:
            if path == "/v1/completions":
                time.sleep(random.random() * 0.02)
            return super().answer(path, body)

    def read(connections: int) -> list[Reading]:
        found = open_http(f"{server.url}?connections={connections}", FORM)

        async def work() -> list[Reading]:
            return list(await asyncio.gather(*(found.score(p, _OPTIONS) for p in prompts()[:12])))

        return asyncio.run(work())

    with closing(Jumbled()) as server:
        assert read(8) == read(1)


# ------------------------------------------------------------------------------------------ the client by itself


def post(client: Client, path: str = "/x") -> object:
    return CALLS.wait(client.post(path, {}, lambda found: found))


def test_a_refusal_is_the_users_to_mend_and_asked_once() -> None:
    asked: list[bytes] = []

    def refuse(handler: object, body: bytes) -> None:
        asked.append(body)
        reply(handler, {"error": {"message": "no such\nmodel"}}, 422)  # type: ignore[arg-type]

    server, port = serve(refuse)  # type: ignore[arg-type]
    with closing(_Stop(server)), pytest.raises(UserError, match="status 422: no such model") as refused:
        post(Client(parse(f"http://127.0.0.1:{port}/v1")))
    assert "\n" not in str(refused.value) and len(asked) == 1


def test_a_server_that_only_errs_is_given_up_after_some_tries() -> None:
    asked: list[bytes] = []

    def err(handler: object, body: bytes) -> None:
        asked.append(body)
        reply(handler, {"error": "out of order"}, 500)  # type: ignore[arg-type]

    server, port = serve(err)  # type: ignore[arg-type]
    client = Client(parse(f"http://127.0.0.1:{port}/v1?backoff=0.001"))
    with closing(_Stop(server)), pytest.raises(ModelError, match="out of order"):
        post(client)
    assert len(asked) == TRIES and client.tally.retried == TRIES - 1 and client.tally.answered == 0


def test_a_limit_holds_back_everybody() -> None:
    """Of twenty questions at once the first is refused for half a second: the others wait too, and all are answered."""
    times: list[float] = []

    def limit(handler: object, body: bytes) -> None:
        times.append(time.monotonic())
        first = len(times) == 1
        reply(handler, {"n": 1}, 429 if first else 200, {"Retry-After": "0.5"} if first else None)  # type: ignore[arg-type]

    server, port = serve(limit)  # type: ignore[arg-type]
    client = Client(parse(f"http://127.0.0.1:{port}/v1?connections=1"))

    async def many() -> list[object]:
        return list(await asyncio.gather(*(client.post("/x", {}, lambda found: found) for _ in range(20))))

    with closing(_Stop(server)):
        assert CALLS.wait(many()) == [{"n": 1}] * 20
    assert times[1] - times[0] >= 0.45 and len(times) == 21


def test_the_key_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINKALOUD_API_KEY", "sesame-123")

    def tell(handler: object, body: bytes) -> None:
        reply(handler, {"error": f"what is {handler.headers['Authorization']}?"}, 400)  # type: ignore[arg-type, attr-defined]

    server, port = serve(tell)  # type: ignore[arg-type]
    with closing(_Stop(server)), pytest.raises(UserError, match=r"Bearer \*\*\*") as refused:
        post(Client(parse(f"http://127.0.0.1:{port}/v1")))
    assert "sesame" not in str(refused.value)


@pytest.mark.slow
def test_after_giving_up_the_next_question_is_not_waited_for_as_long() -> None:
    """A run whose server is gone for good ends in the time of one patience, not of one a unit."""
    client = Client(parse(f"http://127.0.0.1:{free_port()}/v1?patience=1&backoff=0.05"))
    spans = []
    for _ in range(2):
        before, started = client.tally.retried, time.monotonic()
        with pytest.raises(ModelError):
            post(client)
        spans.append((client.tally.retried - before, time.monotonic() - started))
    assert spans[0][0] > spans[1][0]


def test_nobody_at_an_address_is_not_waited_for_as_a_server_that_is_away_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt address is told at once; a server that was heard of once is waited for, also if it only said 503."""
    monkeypatch.setattr("thinkaloud.models.http.client.FIRST", 0.0)
    nobody = Client(parse(f"http://127.0.0.1:{free_port()}/v1?patience=0.2&backoff=0.001"))
    with pytest.raises(ModelError, match="did not answer"):
        post(nobody)
    assert nobody.tally.retried == 0

    seen: list[bytes] = []

    def load(handler: object, body: bytes) -> None:
        seen.append(body)
        reply(handler, {"n": 1}, 503 if len(seen) < 3 else 200)  # type: ignore[arg-type]

    server, port = serve(load)  # type: ignore[arg-type]
    loading = Client(parse(f"http://127.0.0.1:{port}/v1?backoff=0.001"))
    with closing(_Stop(server)):
        post(loading)
    assert (loading.tally.retried, loading.tally.answered) == (2, 1)


class _Stop:
    def __init__(self, server: object) -> None:
        self._server = server

    def close(self) -> None:
        self._server.shutdown()  # type: ignore[attr-defined]
        self._server.server_close()  # type: ignore[attr-defined]
