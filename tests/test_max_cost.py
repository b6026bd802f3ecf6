"""A cap of money over a whole run, and caps while a server does a unit: never exceeded, whoever counts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import thinkaloud as ta
from http_fakes import FakePlain, FakeSGLang, FakeVLLM
from test_caps_hold import QUICK, Batch, Engine, Pass, Planned, plans
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.runs.held import Asked, Held, held
from thinkaloud.runs.price import UNIT, Price, price_of, told
from thinkaloud.vocabulary import Usage

PRICES = st.tuples(*[st.integers(0, 5)] * 3).map(lambda one: Price(max(one[0], one[2]), one[1], min(one[0], one[2])))
NOTHING = Usage()


class Charged(Engine):
    """An engine whose bill somebody else keeps as well, by the same prices."""

    def __init__(self, price: Price, bounded: bool = True) -> None:
        super().__init__(bounded)
        self.price, self.charged = price, [0]

    async def batch(self, most: int, cost: int, waits: int) -> None:
        await super().batch(most, cost, waits)
        self.charged[0] += self.price.cost(Usage(cost, cost // 2, cost - cost // 2))


def capped(price: Price, most: int, file: Path, tokens: int | None = None) -> Held:
    caps = held(Asked(tokens, cost=1, price=(1, 1)))
    assert caps.money is not None
    object.__setattr__(caps.money, "most", most)
    object.__setattr__(caps.money, "price", price)
    caps.keep(file, NOTHING)
    return caps


@QUICK
@given(plans, PRICES, st.integers(1, 400), st.integers(1, 200) | st.none(), st.integers(1, 4))
def test_no_schedule_of_commands_spends_more_money_than_the_cap_on_a_run(
    tmp_path_factory: Any, plan: list[list[Batch]], price: Price, most: int, tokens: int | None, concurrency: int
) -> None:
    """Command after command, beside a cap of tokens or without; what is recorded is whole; a larger cap ends it."""
    file, model = tmp_path_factory.mktemp("run") / "spent.json", Charged(price)
    run = Pass(plan, model)
    for _ in range(3):
        spent = model.all[0]
        run.command(capped(price, most, file, tokens), concurrency)
        kept = json.loads(file.read_text())["money"]
        assert model.charged[0] == kept <= most
        assert tokens is None or model.all[0] - spent <= tokens
    assert run.command(capped(price, 10**9, file), concurrency) and len(run.done()) == len(plan)


@QUICK
@given(plans, PRICES, st.integers(1, 400))
def test_a_model_without_a_gate_goes_over_by_its_dearest_unit_alone(
    tmp_path_factory: Any, plan: list[list[Batch]], price: Price, most: int
) -> None:
    model = Charged(price, bounded=False)
    run, caps = Pass(plan, model), capped(price, most, tmp_path_factory.mktemp("run") / "spent.json")
    through = run.command(caps)
    if caps.purses[-1].over:
        units = [plan[i] for i in run.done()]
        costs = [sum(price.cost(Usage(n + 1, n // 2, n - n // 2)) for _, n, _ in unit) for unit in units]
        assert 0 < caps.purses[-1].over <= max(costs) and caps.purses[-1].over <= sum(costs) - most
        assert through or "more than the cap: units that had begun were finished" in caps.sentence("units", "resume")


def test_what_was_spent_before_there_was_a_cap_counts_and_what_was_given_up_too(tmp_path: Path) -> None:
    first = capped(Price(1, 2, 1), 100, tmp_path / "spent.json")
    assert first.purses[-1].pot.taken == 0
    begun = held(Asked(cost=1, price="1,1"))
    begun.keep(tmp_path / "other.json", Usage(10, 4, 3))
    assert begun.purses[-1].pot.taken == price_of("1,1").cost(Usage(10, 4, 3))
    run = Pass([[(50, 50, 0), (60, 60, 0)]], Charged(Price(1, 1, 0)))
    assert not run.command(capped(Price(1, 1, 0), 100, tmp_path / "spent.json")) and not run.done()
    assert json.loads((tmp_path / "spent.json").read_text())["money"] == 50, (
        "a unit that was given up was paid all the same"
    )


# ------------------------------------------------------------------------------------------------- what a server counts


class Counting:
    """Counts what a server that plays one was asked to compute and to write."""

    def __init__(self, server: Any) -> None:
        self.server, self.prompt, self.written = server, 0, 0
        real = server.answer

        def answer(path: str, body: Any) -> Any:
            found = real(path, body)
            usage = found.get("usage") if isinstance(found, dict) else None
            if usage:
                self.prompt += usage["prompt_tokens"]
                self.written += usage["completion_tokens"]
            elif isinstance(found, dict) and "meta_info" in found:
                self.prompt += found["meta_info"]["prompt_tokens"]
                self.written += found["meta_info"]["completion_tokens"]
            return found

        server.answer = answer


@pytest.fixture(params=[FakeVLLM, lambda: FakeVLLM(named=False), FakeSGLang], ids=["vllm", "older vllm", "sglang"])
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with closing(request.param()) as made:
        yield made


def asked(model: Any, out: Path, **caps: Any) -> ta.Run:
    given: dict[str, Any] = {"items": 8, "difficulty": 2, "settings": {"shots": 1, "resample_temperature": 0.0}}
    return ta.run("channels", model, ["chain_sum"], out=out, price=(1.0, 3.0), **given, **caps)


@pytest.mark.slow
def test_a_server_is_asked_for_no_more_money_than_the_cap_by_any_number_of_commands(
    server: Any, tmp_path: Path
) -> None:
    """By the server's own count, every token of every prompt at the full price: the cap holds in the middle of a unit
    and is of the whole run. What is kept is no less, since what was broken off counts as if it had been done."""
    model = ta.open_model(f"{server.url}?backoff=0.001")
    count = Counting(server)
    for most in (0.001, 0.003):
        for _ in range(2):
            run = asked(model, tmp_path / "run", max_cost=most)
            assert run.stopped is not None and f"--max-cost {told(int(most / float(UNIT)))}" in run.stopped
            kept = json.loads((tmp_path / "run" / "spent.json").read_text())["money"] * float(UNIT)
            assert count.prompt + 3.0 * count.written <= kept * 1e6 + 1e-6 and kept <= most
    done = asked(model, tmp_path / "run", max_cost=1e3)
    assert done.stopped is None and {unit["status"] for unit in done.units} == {"ok"} and count.prompt > 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["an error", "a malformed reply", "a dropped connection"])
def test_what_a_server_computed_and_did_not_give_counts_each_time_it_is_asked_again(fault: str, tmp_path: Path) -> None:
    """Every fourth request is computed, counted by the server, and lost."""
    with closing(FakeVLLM()) as server:
        model = ta.open_model(f"{server.url}?backoff=0.001")
        count, lost, counted = Counting(server), [0], server.answer

        def answer(path: str, body: Any) -> Any:
            found = counted(path, body)
            if path == "/v1/completions":
                lost[0] += 1
                if lost[0] % 4 == 0:
                    if fault == "a dropped connection":
                        raise OSError("dropped")
                    return (500, {}) if fault == "an error" else {"choices": []}
            return found

        server.answer = answer  # type: ignore[method-assign]
        for most in (0.002, 0.004):
            run = asked(model, tmp_path / "run", max_cost=most)
            kept = json.loads((tmp_path / "run" / "spent.json").read_text())["money"] * float(UNIT)
            assert run.stopped is not None and lost[0] > 4
            assert count.prompt + 3.0 * count.written <= kept * 1e6 + 1e-6 and kept <= most
        assert model.retried > 0  # type: ignore[attr-defined]


def test_a_server_without_a_price_is_one_line_that_says_how_to_give_it(tmp_path: Path) -> None:
    for caps, said in (
        ({"max_cost": 5}, r"--max-cost is 5, and no price is known: .* as in --price 0\.15,0\.60"),
        ({"price": "1,2"}, "nothing is capped by it: give --max-cost too"),
        ({"max_cost": 5, "price": "1"}, "--price is '1': give what a million"),
        ({"max_cost": 5, "price": (-1, 2)}, "--price is '-1,2'"),
        ({"max_cost": 5, "price": "nan,2"}, "--price is 'nan,2'"),
        ({"max_cost": 0, "price": "1,2"}, r"--max-cost is '0': give an amount above 0, as in --max-cost 2\.50"),
        ({"max_cost": "2e99", "price": "1,2"}, "--max-cost is '2e99'"),
    ):
        with pytest.raises(UserError, match=said):
            ta.run(Planned(), Engine(), out=tmp_path / "run", **caps)
    with pytest.raises(UserError, match="--max-cost cannot be kept: scripted:faithful does not count its tokens"):
        ta.run("channels", "scripted:faithful", out=tmp_path / "run", max_cost=5, price="1,2")
    assert not (tmp_path / "run").exists()
    words = "slurm channels --model scripted:faithful --shards 2 --max-cost 5 --price 1,2"
    refused = CliRunner().invoke(cli, words.split())
    assert isinstance(refused.exception, UserError | SystemExit) and refused.exit_code != 0


@pytest.mark.slow
def test_shards_that_lie_side_by_side_share_the_cap_of_money(tmp_path: Path) -> None:
    """Without anybody naming a file: the pot is named after the run."""
    model = ["--model", "organism:faithful/0", "--task", "mod10", "--difficulty", "4", "--items", "16"]
    words = ["run", "channels", *model, "--price", "1,1", "--max-cost"]
    for i in (1, 2):
        shard = ["--shard", f"{i}/2", "--out", str(tmp_path / f"part-{i}")]
        assert CliRunner().invoke(cli, [*words, "9", *shard]).exit_code == 0
    (file,) = tmp_path.glob("*.spent.json")
    spent = json.loads(file.read_text())["money"]
    whole = CliRunner().invoke(cli, [*words, "9", "--out", str(tmp_path / "whole")])
    alone = json.loads((tmp_path / "whole" / "spent.json").read_text())["money"]
    assert whole.exit_code == 0 and spent >= alone > 0, "each part adds what it spent to the same pot"


@pytest.mark.slow
def test_a_model_asked_in_text_is_bounded_by_the_bytes_it_is_sent(tmp_path: Path) -> None:
    """No tokens are known before, and none are told afterwards: the most counts, and the cap is kept."""
    with closing(FakePlain()) as plain:
        real = plain.answer

        def silent(path: str, body: Any) -> Any:
            found = real(path, body)
            if isinstance(found, dict):
                found.pop("usage", None)
            return found

        plain.answer = silent  # type: ignore[method-assign]
        model = ta.open_model(f"{plain.url}?backoff=0.001")
        before = len(plain.log)
        given: dict[str, Any] = {"items": 8, "difficulty": 2, "settings": {"shots": 1, "resample_temperature": 0.0}}
        run = ta.run("channels", model, ["chain_sum"], out=tmp_path / "run", max_cost=0.05, price=(1, 1), **given)
        bodies: Sequence[Any] = [body for path, body in plain.log[before:] if body and "messages" in body]
        sent = sum(len(m["content"].encode()) + 64 for body in bodies for m in body["messages"])
        sent += sum(64 + body["max_tokens"] for body in bodies)
        kept = json.loads((tmp_path / "run" / "spent.json").read_text())["money"] * float(UNIT)
        assert bodies and sent / 1e6 == pytest.approx(kept) and kept <= 0.05
        assert len(run.units) == 1


# --------------------------------------------------------------------------------------------------- time during a unit


def test_time_that_is_over_ends_a_unit_before_its_next_batch_but_never_the_first_unit() -> None:
    """So that resuming again and again comes to an end."""
    clock = [0.0]

    class Slow(Engine):
        async def batch(self, most: int, cost: int, waits: int) -> None:
            await super().batch(most, cost, waits)
            clock[0] += 1

    plan = [[(1, 1, 0)] * 4 for _ in range(3)]
    model = Slow()
    run = Pass(plan, model)
    for seconds, done, batches in ((2, 1, 4), (6, 2, 4 + 4 + 2)):
        clock[0] = 0.0
        caps = Held(None, seconds, clock=lambda: clock[0])
        assert not run.command(caps) and len(run.done()) == done and model.all[0] == batches
        assert f"stopped by --max-time {seconds} s: " in caps.sentence("units", "resume")
    assert run.command(Held()) and len(run.done()) == 3
