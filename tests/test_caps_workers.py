"""A cap is never exceeded over all workers, request by request, whichever of them are lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import thinkaloud as ta
from cluster_fixture import TROUBLE, Asking, Ledgered, counted_in
from shards_fixture import everything, stopped_clock
from test_caps_hold import CONFIG, OF, QUICK, Batch, Engine, Pass, plans
from thinkaloud.api import asked
from thinkaloud.cluster.allowed import Allowed
from thinkaloud.cluster.allowed import asking as asking_at
from thinkaloud.cluster.pool import ATTEMPTS, Pool
from thinkaloud.cluster.protocol import About, Answer, Keep, Lost, Spent, Tell, Wanted
from thinkaloud.errors import UserError
from thinkaloud.runs.caps import CapReached
from thinkaloud.runs.following import Following
from thinkaloud.runs.held import Held
from thinkaloud.runs.price import UNIT
from thinkaloud.runs.progress import NullProgress
from thinkaloud.vocabulary import Usage


class Played:
    """A worker that does the batches of a plan, and is lost where `fates` says so: before a batch was computed, after
    it was, or after it was told. `all`: what all workers really computed; `late`: what those that were lost were
    answered when they asked again."""

    def __init__(self, plan: list[list[Batch]], fates: Iterator[str], all_: list[int], late: list[Any]) -> None:
        self.plan, self.fates, self.all, self.late = plan, fates, all_, late
        self.about = About("here", 1, Engine().card, None, True, True, OF)

    async def do(self, wanted: Wanted, heard: Tell) -> Answer:
        assert wanted.ticket is not None, "there is a cap"
        i, spent = json.loads(wanted.place[2])["i"], Usage()
        for number, (most, cost, waits) in enumerate(self.plan[i]):
            refused = heard(Keep(wanted.ticket, number, Usage(computed=most)))
            if refused is not None:
                return Answer((), spent, refused)
            fate = next(self.fates, "")
            for _ in range(waits):
                await asyncio.sleep(0)
            if fate == "before":
                self._lost(heard, wanted.ticket, number, 0)
            self.all[0] += cost
            if fate == "computed":
                self._lost(heard, wanted.ticket, number, cost)
            heard(Spent(wanted.ticket, number, Usage(computed=cost)))
            spent += Usage(computed=cost, asked=1, requests=1)
            if fate == "told":
                self._lost(heard, wanted.ticket, number, cost)
        return Answer([{"item": str(i), "status": "ok"}], spent)

    def _lost(self, heard: Tell, ticket: int, number: int, cost: int) -> None:
        """It is given up, and says what it wants to all the same."""

        def later() -> None:
            heard(Spent(ticket, number, Usage(computed=cost)))
            self.late.append(heard(Keep(ticket, number + 1, Usage())))

        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, later)
        raise Lost("gone")

    def end(self) -> None: ...


fates = st.lists(st.sampled_from(["", "", "", "before", "computed", "told"]), max_size=12)


@QUICK
@given(plans, fates, st.integers(1, 200), st.integers(1, 3))
@example([[(0, 0, 1), (2, 0, 0)], [(0, 0, 1), (0, 0, 3)], [(2, 0, 0)]], [], 1, 3)  # two are given up, one is at work
@example([[(0, 0, 0)], [(0, 0, 0)]], ["before"] * 3, 1, 1)  # the worker that a unit costs last must be replaced too
def test_no_schedule_of_workers_and_losses_spends_more_than_the_cap(
    plan: list[list[Batch]], fated: list[str], cap: int, workers: int
) -> None:
    """What was spent in fact is no more than what is counted, and that no more than the cap; where no worker is lost
    both are the same. One that is given up and asks on is refused. Every record is of a whole unit."""
    truly, ending, late = [0], iter(fated), list[Any]()

    async def start() -> Played:
        return Played(plan, ending, truly, late)

    run, caps = Pass(plan, Engine()), Held(cap)
    pool = Pool(start, Played(plan, ending, truly, late), workers)
    given = (run.study, asked(CONFIG, run.model, ()), OF, run.journal, NullProgress(), workers, caps, None, pool)
    through = asyncio.run(Following(*given).run()) is not None
    assert truly[0] <= caps.pot.taken <= cap
    assert all(isinstance(answer, CapReached) for answer in late) and len(late) == pool.lost
    if not pool.lost:
        assert truly[0] == caps.pot.taken
        assert through == (len(run.done()) == len(plan))
    assert pool.lost <= len(fated) and sum(cost for i in run.done() for _, cost, _ in plan[i]) <= truly[0]
    failed = [unit for unit in run.journal if unit["status"] != "ok"]
    assert all(unit["error"].startswith(f"{ATTEMPTS} workers were lost") for unit in failed)


def test_time_ends_a_unit_in_a_worker_before_its_next_batch() -> None:
    """A second is a token here: the second unit is given up after two of its four batches."""
    plan, truly = [[(1, 1, 0)] * 4 for _ in range(3)], [0]
    run, caps = Pass(plan, Engine()), Held(None, 6, clock=lambda: truly[0])
    pool = Pool(None, Played(plan, iter(()), truly, []))  # type: ignore[arg-type]
    given = (run.study, asked(CONFIG, run.model, ()), OF, run.journal, NullProgress(), 1, caps, None, pool)
    assert asyncio.run(Following(*given).run()) is None
    assert truly[0] == 6 and len(run.done()) == 1


def test_a_worker_that_waits_is_always_answered() -> None:
    """A pot that cannot be written when a batch was done is an error of the unit, and no worker that waits for ever."""

    @contextmanager
    def gate(most: Usage, told: Any) -> Iterator[None]:
        yield
        raise UserError("the disk is full")

    allowed = Allowed(gate)
    with pytest.raises(UserError, match="the disk is full"), asking_at(3, allowed.hear)(Usage(), Usage):
        pass
    allowed.close()
    assert isinstance(allowed.hear(Keep(3, 1, Usage())), CapReached)


# ------------------------------------------------------------------------------------------------------ real processes


def asking(out: Path, ledger: Path, **more: Any) -> ta.Run:
    return ta.run(Asking, Ledgered(ledger), out=out, **more)


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["", "kill-once=2 kill-once=5"])
def test_processes_spend_no_more_than_the_cap_though_two_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """By a ledger into which each request is written before it is answered: a model of one's own without a gate, whose
    requests overlap, in two workers; the rest is done when the run goes on, and ends as one that was never stopped."""
    stopped_clock(monkeypatch)
    alone = asking(tmp_path / "alone", tmp_path / "once")
    whole = counted_in(tmp_path / "once")
    monkeypatch.setenv(TROUBLE, f"{tmp_path} {trouble}")
    two, ledger = ta.place("processes", workers=2), tmp_path / "spent"
    most = whole * 6 // 10
    made = asking(tmp_path / "run", ledger, on=two, max_tokens=most)
    assert made.stopped is not None and f"--max-tokens {most}" in made.stopped and "more than" not in made.stopped
    assert whole // 4 < counted_in(ledger) <= most and 0 < len(made.units) < len(alone.units)
    ta.resume(made.folder, study=Asking, model=Ledgered(ledger), on=two)
    assert everything(made.folder) == everything(alone.folder)


@pytest.mark.slow
def test_money_that_workers_spent_is_kept_with_the_run_and_the_rest_is_all_that_is_left(tmp_path: Path) -> None:
    two, ledger = ta.place("processes", workers=2), tmp_path / "spent"
    price: dict[str, Any] = {"max_cost": "0.0002", "price": "1,1", "on": two}
    for _ in range(2):
        made = asking(tmp_path / "run", ledger, **price)
        kept = json.loads((made.folder / "spent.json").read_text())["money"] * float(UNIT)
        assert made.stopped is not None and 0 < counted_in(ledger) / 1e6 <= kept <= 0.0002 + 1e-12


@pytest.mark.slow
def test_a_cap_that_is_too_small_for_any_unit_is_said_with_workers_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--max-tokens 40 is too little for one unit: it was given up after "):
        asking(tmp_path / "run", tmp_path / "spent", on=ta.place("processes", workers=1), max_tokens=40)
    assert counted_in(tmp_path / "spent") <= 40


@pytest.mark.slow
def test_a_model_that_computes_in_batches_is_asked_for_batch_by_batch_in_workers_too(tmp_path: Path) -> None:
    """The cap is a little more than two units of it: both are done, and a third one is not begun or given up."""
    given: dict[str, Any] = {"items": 64, "difficulty": 4, "on": ta.place("processes", workers=2)}
    made = ta.run("channels", "organism:faithful", ["mod10"], out=tmp_path / "run", max_tokens=14_000, **given)
    assert made.stopped is not None and "more than" not in made.stopped
    assert len(made.units) == 2 and made.bill["computed"] + made.bill["generated"] <= 14_000
