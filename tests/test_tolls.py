"""A model without a gate passes one request by request: its cap holds as an engine's does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thinkaloud as ta
from test_caps_hold import QUICK, Engine, Pass, Planned
from thinkaloud.errors import ModelError
from thinkaloud.models.gate import Gate
from thinkaloud.models.session import Billed, Informed, Lowers, Profiled, Tokenizes, bill, open_session, usage_of
from thinkaloud.models.tolls import Tolls, bounded, gated, lent
from thinkaloud.organisms.paying import Paying
from thinkaloud.organisms.routing import routed
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.caps import CapReached
from thinkaloud.runs.held import Held
from thinkaloud.study import Unit
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Sampling, Usage

Request = tuple[int, int, int, bool]
"""Words of its prompt, the most that may be written, how often others come first, and whether it fails on the way."""
requests = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3), st.sampled_from([False] * 5 + [True]))
plans = st.lists(st.lists(requests, max_size=5), min_size=1, max_size=5)


class Own:
    """A model of somebody's own, which shows its tokens and keeps a bill. `all`: what it really computed. A request
    writes half of what it may, or fails without a word in its bill."""

    card = ModelCard("own", "own", "v1", "completion", "exact", 4096, frozenset({"prefill"}))

    def __init__(self, all_: list[int] | None = None) -> None:
        self.usage, self.all = Usage(), all_ if all_ is not None else [0]

    def tokens(self, text: str) -> list[str]:
        return text.split()

    def lower(self, prompt: Prompt) -> Any:
        return (), tuple(self.tokens(prompt.question)), ""

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        words, wrote = len(self.tokens(prompt.question)), sampling.tokens // 2
        self.usage += Usage(words, words, 0, 1)  # its bill grows on the way
        self.all[0] += words + wrote
        waits, fails = (int(one) for one in key.path)
        for _ in range(waits):
            await asyncio.sleep(0)
        if fails:
            raise ModelError("gone")
        self.usage += Usage(0, 0, wrote, 0)
        return Completion("so", wrote, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Any:
        raise NotImplementedError


class WithSessions(Own):
    def session(self) -> WithSessions:
        return WithSessions(self.all)


class SideBySide(Planned):
    """Units whose requests are all made at once; one that failed is left out."""

    def unit(self, i: int) -> Unit:
        async def work(session: Any) -> list[Any]:
            made = [
                session.generate(Prompt((), "w " * words), Sampling(written), Key((str(waits), str(int(fails)))))
                for words, written, waits, fails in self.plan[i]  # type: ignore[misc]
            ]
            found = await asyncio.gather(*made, return_exceptions=True)
            for one in found:
                if isinstance(one, CapReached):
                    raise one
            return [{"item": str(i), "status": "ok"}]

        return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

    async def run(self, asked: Any, do: Any) -> list[str]:
        await asyncio.gather(*(do.unit(self.unit(i)) for i in range(len(self.plan))))
        return []


def passing(plan: Any, model: Any) -> Pass:
    made = Pass(plan, model)
    made.study = SideBySide()
    made.study.plan = plan
    return made


@QUICK
@given(plans, st.integers(1, 120), st.integers(1, 3), st.booleans())
def test_no_schedule_of_requests_that_overlap_spends_more_than_the_cap(
    plan: list[list[Request]], cap: int, concurrency: int, sessions: bool
) -> None:
    """Also of a model without sessions, whose one bill is of all units together. Where nothing failed, what is counted
    is what was spent; the rest is done when there is no cap."""
    model = WithSessions() if sessions else Own()
    run, caps = passing(plan, model), Held(cap)
    through = run.command(caps, concurrency)
    assert model.all[0] <= caps.pot.taken <= cap
    assert through == (len(run.done()) == len(plan))
    if not any(fails for unit in plan for *_, fails in unit):
        assert model.all[0] == caps.pot.taken
    assert run.command(Held(), concurrency) and len(run.done()) == len(plan)


def test_a_request_waits_for_the_room_that_others_of_its_unit_give_back() -> None:
    """Together they could cost 190: none is refused, since the last one may cost 19 when the others have cost 90."""
    model = Own()
    run, caps = passing([[(1, 18, 3, False)] * 10], model), Held(109)
    assert run.command(caps) and caps.pot.taken == model.all[0] == 100 and not caps.given_up
    alone = Held(108)
    assert not passing([[(1, 18, 3, False)] * 10], Own()).command(alone) and alone.given_up == 1


def test_what_a_model_is_billed_beyond_its_bounds_counts_in_full() -> None:
    """A model that computes its prompt three times goes over by one request, and the line says by how much."""

    class Thrice(WithSessions):
        def session(self) -> Thrice:
            return Thrice(self.all)

        async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
            for _ in range(2):
                await super().generate(prompt, sampling, key)
            return await super().generate(prompt, sampling, key)

    model = Thrice()
    run, caps = passing([[(10, 0, 0, False)], [(10, 0, 0, False)], [(10, 0, 0, False)]], model), Held(20)
    assert not run.command(caps) and model.all[0] == caps.pot.taken == 30
    assert "(10 tokens more than the cap" in caps.sentence("1 unit", "resume")


def test_a_view_is_what_its_session_is(tmp_path: Path) -> None:
    """Its class, its traits and its members; what is set on it is set there."""
    session, gate = Scripted("faithful", faithful).session(), _Noting()
    with Tolls().opened(session, gate.gate) as view:
        assert view is not session and isinstance(view, Scripted) and view.card is session.card
        for trait in (Billed, Informed, Lowers, Profiled, Tokenizes):
            assert isinstance(view, trait) == isinstance(session, trait)
        view._items = {}
        assert session._items == {}
    own = Own()
    with Tolls().opened(own, gate.gate) as seen:
        assert isinstance(seen, Lowers) and isinstance(seen, Billed)
        bill(seen, Usage(5, 5, 5, 1))
        assert own.usage == Usage(5, 5, 5, 1) == usage_of(seen)
    assert not gate.charged, "it was paid by whoever did it"


class _Noting:
    """A gate that lets everything pass."""

    def __init__(self) -> None:
        self.most: list[Usage] = []
        self.charged: list[Usage] = []

    @property
    def gate(self) -> Gate:
        @contextmanager
        def passed(most: Usage, told: Callable[[], Usage]) -> Iterator[None]:
            self.most.append(most)
            yield
            self.charged.append(told())

        return passed


def test_what_was_spent_without_a_request_is_charged_when_the_unit_ends() -> None:
    model, gate = Own(), _Noting()
    with Tolls().opened(model, gate.gate):
        model.usage += Usage(3, 2, 1, 1)
    assert gate.charged == [Usage(3, 2, 1)]


def test_another_model_that_is_asked_for_a_unit_passes_the_units_gate() -> None:
    """One with a gate of its own and one without; outside of a unit it is as it was."""

    async def ask(model: Any) -> None:
        session = open_session(model)
        if isinstance(session, Engine):
            await session.batch(9, 4, 0)
        else:
            await session.generate(Prompt((), "a b"), Sampling(4), Key(("0", "0")))

    for other, charged in ((Engine(), 4), (WithSessions(), 4), (Own(), 4)):
        gate = _Noting()
        asyncio.run(ask(lent(other)))
        assert not gate.charged
        with Tolls().opened(Own(), gate.gate):
            asyncio.run(ask(lent(other)))
        assert [one.computed + one.generated for one in gate.charged] == [charged]


def test_the_gate_reaches_the_model_behind_one_that_passes_requests_on() -> None:
    for model in (Engine(), Engine(bounded=False)):
        outer = routed(model, 0.5)
        assert gated(outer) is outer.inner and bounded(outer) == model.bounded
        with Tolls().opened(outer, gate := _Noting().gate) as same:
            assert same is outer and outer.inner.gate is gate
        assert outer.inner.gate is None


def test_an_organism_says_of_each_batch_no_less_than_it_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And all that it computed passed the gate."""
    said, real, shown = [], Held._gate, list[Any]()

    def seen(self: Held, session: int, pays: bool, most: Usage, told: Callable[[], Usage]) -> Any:
        def counted() -> Usage:
            said.append((most, told()))
            shown.append(len(self._open) and self._open[0].session)
            return said[-1][1]

        return real(self, session, pays, most, counted)

    monkeypatch.setattr(Held, "_gate", seen)
    model = ta.open_model("organism:faithful")
    run = ta.run("channels", model, ["mod10"], items=8, difficulty=4, out=tmp_path / "run", max_tokens=10**6)
    assert isinstance(shown[0], Paying)
    assert said and all(b.computed <= m.computed and b.generated <= m.generated for m, b in said)
    assert sum(b.computed + b.generated for _, b in said) == run.bill["computed"] + run.bill["generated"] > 0


def test_time_ends_a_unit_of_any_model_before_its_next_request(tmp_path: Path) -> None:
    """Of a model that counts nothing, too; the first unit is finished."""
    clock = [0.0]

    class Slow:
        card = replace(Own.card, name="slow")
        asked = 0

        async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
            clock[0] += 1
            self.asked += 1
            return Completion("so", 1, "stop")

        score = Own.score

    class InTurn(SideBySide):
        def unit(self, i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                for _ in range(4):
                    await session.generate(Prompt((), "a"), Sampling(1), Key(()))
                return [{"item": str(i), "status": "ok"}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

    model: Any = Slow()
    run = Pass([[]] * 3, model)
    run.study = InTurn()
    run.study.plan = [[]] * 3
    for seconds, done, made in ((2, 1, 4), (6, 2, 4 + 4 + 2)):
        clock[0] = 0.0
        assert not run.command(Held(None, seconds, clock=lambda: clock[0]))
        assert len(run.done()) == done and model.asked == made
