"""A cap of tokens is never exceeded where costs are known beforehand, in any schedule and by any number of shards."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thinkaloud as ta
from thinkaloud.api import asked
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.config import Config
from thinkaloud.runs.following import Following
from thinkaloud.runs.held import Held
from thinkaloud.runs.identity import Identity
from thinkaloud.runs.journal import Journal
from thinkaloud.runs.pot import Own, Shared
from thinkaloud.runs.progress import NullProgress
from thinkaloud.runs.shards import Shard, Sharded
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Completion, Estimate, Key, Prompt, Sampling, Usage

Batch = tuple[int, int, int]
"""The most that a batch can cost, what it does cost, and how often others come first."""
batches = st.tuples(st.integers(0, 40), st.floats(0, 1), st.integers(0, 3)).map(
    lambda one: (one[0], round(one[0] * one[1]), one[2])
)
plans = st.lists(st.lists(batches, max_size=4), min_size=1, max_size=7)


class Engine(Scripted):
    """A reasoner whose batches cost what a plan says; `all` is what it really spent, recorded or not."""

    def __init__(self, bounded: bool = True) -> None:
        super().__init__("faithful", faithful)
        self.usage, self.gate, self.bounded, self.all = Usage(), None, bounded, [0]

    def session(self) -> Any:
        other = super().session()
        other.usage, other.gate = Usage(), None
        return other

    async def batch(self, most: int, cost: int, waits: int) -> None:
        for _ in range(waits):
            await asyncio.sleep(0)
        spent = Usage(cost, cost // 2, cost - cost // 2, 1)
        with nullcontext() if self.gate is None else self.gate(Usage(most, most // 2, most - most // 2), lambda: spent):
            self.all[0] += cost
        self.usage += spent + Usage(asked=1)


class Planned(Study):
    """Units that ask for the batches of a plan."""

    name, question = "planned", "?"
    takes = frozenset({"model"})
    plan: Sequence[Sequence[Batch]] = ()

    async def run(self, asked: Any, do: Any) -> list[str]:
        def unit(i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                for batch in self.plan[i]:
                    await session.batch(*batch)
                return [{"item": str(i), "status": "ok"}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        await asyncio.gather(*(do.unit(unit(i)) for i in range(len(self.plan))))
        return []

    def estimate(self, records: Any, key: Any) -> list[Estimate]:
        return [Estimate("n", len(records), 0, len(records), len(records), len(records))]

    def expected(self, settings: Any, tasks: int, items: int) -> int:
        return len(self.plan)


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CONFIG = Config("planned", "engine", (), settings=Planned.Settings()).fits(Planned())
OF = Identity("planned", 1, "d", "f", "p", (), {}, "s")


class Pass:
    """Commands on one run, without what they write at their ends."""

    def __init__(self, plan: Sequence[Sequence[Batch]], model: Engine) -> None:
        self.study, self.model, self.journal = Planned(), model, Journal(Path("/nowhere"))
        self.study.plan = plan
        self.journal.append = lambda key, unit: self.journal._done.update({key: {"unit": key, **unit}})  # type: ignore

    def done(self) -> set[int]:
        return {int(unit["at"]["i"]) for unit in self.journal if unit["status"] == "ok"}

    def command(self, caps: Held, concurrency: int = 1, shard: Shard | None = None) -> bool:
        """Whether it came to its end."""
        given = (self.study, asked(CONFIG, self.model, ()), OF, self.journal, NullProgress(), concurrency, caps)
        one = Following(*given) if shard is None else Sharded(*given, shard=shard)
        return asyncio.run(one.run()) is not None


@QUICK
@given(plans, st.integers(1, 200), st.integers(1, 4))
def test_no_schedule_spends_more_than_the_cap_and_nothing_is_half_recorded(
    plan: list[list[Batch]], cap: int, concurrency: int
) -> None:
    """Units of any cost, any number at once: the cap holds, every record is of a whole unit, and without a cap the rest
    is done once."""
    model = Engine()
    run, caps = Pass(plan, model), Held(cap)
    through, done = run.command(caps, concurrency), run.done()
    assert through == (len(done) == len(plan))
    assert model.all[0] == caps.pot.taken == caps.spent <= cap
    assert sum(cost for i in done for _, cost, _ in plan[i]) <= model.all[0]
    if not through and not done and caps.given_up:
        with pytest.raises(UserError, match="is too little for one unit: it was given up after"):
            caps.sentence("0 units", "resume")
    elif not through:
        assert f"stopped by --max-tokens {cap}: " in (said := caps.sentence("units", "resume"))
        assert "more than the cap" not in said
    before = model.all[0]
    assert run.command(Held(), concurrency) and len(run.done()) == len(plan)
    assert model.all[0] - before == sum(cost for i, some in enumerate(plan) if i not in done for _, cost, _ in some)


@QUICK
@given(plans, st.integers(1, 200), st.integers(2, 3))
def test_shards_that_share_a_cap_spend_no_more_than_it_together(plan: list[list[Batch]], cap: int, n: int) -> None:
    """One after the other, and each again: what was spent before counts, and a larger cap goes on."""
    model, pot = Engine(), Own()
    runs = {Shard(i, n): Pass(plan, model) for i in range(1, n + 1)}
    for shard, run in [*runs.items(), *runs.items()]:
        run.command(Held(cap, None, pot), 2, shard)
        assert model.all[0] == pot.taken <= cap
    assert all(run.command(Held(10**6, None, pot), 1, shard) for shard, run in runs.items())
    assert sorted(i for run in runs.values() for i in run.done()) == list(range(len(plan)))


@QUICK
@given(plans, st.integers(1, 200))
def test_where_nothing_is_known_beforehand_only_a_unit_dearer_than_all_before_goes_over(
    plan: list[list[Batch]], cap: int
) -> None:
    """One unit at a time; every command does at least one."""
    model = Engine(bounded=False)
    run, caps = Pass(plan, model), Held(cap)
    through = run.command(caps)
    costs = [sum(cost for _, cost, _ in plan[i]) for i in sorted(run.done())]
    assert costs and sum(costs) == model.all[0] == caps.pot.taken
    if model.all[0] > cap:
        assert max(costs[:-1], default=0) < costs[-1] and sum(costs[:-1]) <= cap
        assert through or f"({model.all[0] - cap:,} tokens more than the cap" in caps.sentence("units", "resume")


def test_a_cap_that_ended_a_pass_is_named_though_what_was_being_done_took_less_than_it_might() -> None:
    """Room was kept for a unit as dear as the first; when it took less, nothing said what had ended the pass."""
    run, caps = Pass([[(20, 20, 0)], [(20, 0, 3)], [(1, 1, 0)], [(1, 1, 0)]], Engine()), Held(50)
    assert not run.command(caps, 2)
    assert caps.sentence("3 units", "resume").startswith("stopped by --max-tokens 50: ")


def test_a_real_engine_spends_no_more_than_its_cap_and_knows_what_a_batch_can_cost(
    tmp_path: Path, tiny: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that was computed counts, also of a unit that was given up; what was said beforehand was never too little."""
    spent, largest, over = [0], [0], []
    real = Held._gate

    def seen(self: Held, session: int, pays: bool, most: Usage, bill: Any) -> Any:
        largest[0] = max(largest[0], most.computed + most.generated)

        def counted() -> Usage:
            usage: Usage = bill()
            spent[0] += usage.computed + usage.generated
            over.append(usage.computed + usage.generated - most.computed - most.generated)
            return usage

        return real(self, session, pays, most, counted)

    monkeypatch.setattr(Held, "_gate", seen)
    tiny.engine._saved.clear()

    def run(out: str, cap: int) -> ta.Run:
        given = {"items": 24, "difficulty": 2, "settings": {"shots": 2, "resample_temperature": 0.0}}
        return ta.run("channels", tiny, ["chain_sum"], out=tmp_path / out, max_tokens=cap, **given)

    whole = run("whole", 10**9)
    each = max(unit["usage"]["computed"] + unit["usage"]["generated"] for unit in whole.units)
    assert whole.stopped is None and max(over) <= 0 and spent[0] > 0
    for cap in (each + largest[0] - 1, each + largest[0]):
        spent[0] = 0
        capped = run(f"capped-{cap}", cap)
        assert capped.stopped is not None and 0 < len(capped.units) < len(whole.units) and 0 < spent[0] <= cap
    with pytest.raises(
        UserError, match=r"--max-tokens 50 is too little for one unit: it was given up after .* give more"
    ):
        run("none", 50)
    again = ta.resume(capped.folder, model=tiny, max_tokens=10**9)
    assert (again.folder / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()
    assert (again.folder / "bill.json").read_bytes() != b"" and again.bill["computed"] == whole.bill["computed"]


# ------------------------------------------------------------------------------------------------------------- the pot


def test_many_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    took = []

    def work() -> None:
        pot = Shared(tmp_path / "caps")
        for _ in range(50):
            if pot.take(3, 400):
                took.append(1)
                pot.add(-1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Shared(tmp_path / "caps").taken == 2 * len(took) <= 400 and len(took) >= 190


def test_what_was_taken_by_a_process_that_was_killed_stays_taken(tmp_path: Path) -> None:
    assert Shared(tmp_path / "caps").take(90, 100)
    after = Shared(tmp_path / "caps")
    assert not after.take(11, 100) and after.take(10, 100) and after.taken == 100


@pytest.mark.parametrize("text", ['{"tokens": -1}', '{"tokens": 1.5}', '{"tokens": true}', "[]", "\x00\xff", "tokens"])
def test_a_file_that_is_something_else_is_refused_and_left_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / "caps").write_text(text)
    with pytest.raises(UserError, match="is no file of what was spent"):
        Shared(tmp_path / "caps").add(1)
    assert (tmp_path / "caps").read_text() == text


def test_a_pot_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written: Is a directory"):
        Shared(tmp_path)
    with pytest.raises(UserError, match="--share-caps shares --max-tokens and --max-cost: give one of them too"):
        ta.run(Planned(), Engine(), out=tmp_path / "run", share_caps=str(tmp_path / "caps"))
    assert not (tmp_path / "run").exists()
    pot = Own()
    assert pot.take(5, 5) and not pot.take(1, 5)


# -------------------------------------------------------------------------------------------------- the limit of a unit


class Hangs(Scripted):
    """Never answers one question, unless it is told to."""

    def __init__(self) -> None:
        super().__init__("faithful", faithful)
        self.free = [False]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if prompt.question == "1" and not self.free[0]:
            await asyncio.Event().wait()
        return Completion("yes", 1, "stop")


class Asking(Planned):
    async def run(self, asked: Any, do: Any) -> list[str]:
        def unit(i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                done = await session.generate(Prompt((), str(i)), Sampling(20), Key((str(i),)))
                return [{"item": str(i), "status": "ok", "text": done.text}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        await asyncio.gather(*(do.unit(unit(i)) for i in range(3)))
        return []


def test_a_unit_that_hangs_fails_the_others_are_done_and_resume_asks_it_again(tmp_path: Path) -> None:
    model = Hangs()
    run = ta.run(Asking, model, out=tmp_path / "run", unit_time=0.2)
    assert [(unit["at"]["i"], unit["status"]) for unit in run.units] == [(0, "ok"), (1, "failed"), (2, "ok")]
    assert [unit["error"] for unit in run.units if unit["error"]] == ["took more than 0.2 s (--unit-time)"]
    model.free[0] = True
    again = ta.resume(run.folder, study=Asking, model=model, unit_time="1m")
    assert all(unit["status"] == "ok" for unit in again.units)
    with pytest.raises(UserError, match="--unit-time is 0 s: give more than 0 seconds"):
        ta.resume(run.folder, study=Asking, model=model, unit_time=0)
    with pytest.raises(UserError, match="--concurrency is 0: give 1 or more"):  # it would wait for ever
        ta.resume(run.folder, study=Asking, model=model, concurrency=0)


def test_the_command_line_has_the_shared_cap_and_the_limit(tmp_path: Path) -> None:
    (tmp_path / "caps").write_text(json.dumps({"tokens": 10**6}))
    words = (
        "run channels --model organism:faithful/0 --task mod10 --difficulty 4 --items 8 --unit-time 1h --max-tokens 1k"
    )
    more = ["--share-caps", str(tmp_path / "caps"), "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(cli, [*words.split(), *more])
    assert done.exit_code == 5 and "1,000,000 tokens by all that share the cap; 0 of 1 units are done" in done.output
