"""Protects: one ledger for a whole tree of calls, that no order of events can overspend, and four exact prices."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thinkaloud.budget.ledger import Account, Ledger, OutOfBudget, Prefixes, Reservation, Spend, Tokens
from thinkaloud.budget.meters import METERS, money
from thinkaloud.budget.trace import Trace, recount
from thinkaloud.models.tree import common

EPS = 1e-6


def words(start: int, n: int, head: Tokens = ()) -> Tokens:
    """A text of n different tokens, of which the first ones are `head`."""
    return (*head, *range(start, start + n - len(head)))


# ------------------------------------------------------------------------------------------------------- the oracles


def test_three_calls_cost_what_the_arithmetic_says() -> None:
    """100 in, 20 out; 130 in that share these 120, 30 out; 60 in that share a header of 40, 10 out."""
    ledger = Ledger(10_000, METERS["B4"])
    first = words(1000, 100)
    out = words(2000, 20)
    for prompt, written in (
        (first, out),
        (words(3000, 130, (*first, *out)), words(4000, 30)),
        (words(5000, 60, first[:40]), words(6000, 10)),
    ):
        ledger.account.reserve(prompt, want=50).settle(written)
    spend = ledger.total
    assert (spend.uncached, spend.cached, spend.output, spend.calls) == (130, 160, 60, 3)
    assert METERS["B1"](spend) == 60
    assert METERS["B2"](spend) == 350
    assert METERS["B3"](spend) == pytest.approx(386)
    assert money(spend, cache=False) == pytest.approx(530)
    assert METERS["B4"](spend) * 2 == 380  # FLOPs in units of N
    assert ledger.overshoot == 0
    assert ledger.account.left == 10_000 - 190


def test_two_calls_are_never_both_promised_the_same_budget() -> None:
    """Limit 1000, 400 spent, A holds 100 + 300; B asks for 100 + 300 with 200 left: it is cut to 100."""
    ledger = Ledger(1000, METERS["B4"])
    ledger.account.reserve(words(0, 300), want=100).settle(words(10_000, 100))
    assert ledger.account.left == 600
    one = ledger.account.reserve(words(20_000, 100), want=300)
    assert (one.tokens, ledger.account.left) == (300, 200)
    other = ledger.account.reserve(words(30_000, 100), want=300)
    assert (other.tokens, ledger.account.left) == (100, 0)
    other.settle(words(40_000, 10))
    assert ledger.account.left == 90  # what was not written is free again


def test_a_call_that_would_be_cut_too_short_is_refused_and_costs_nothing() -> None:
    """The same with at least 101 tokens wanted: refused, and nothing is held or remembered."""
    ledger = Ledger(1000, METERS["B4"])
    ledger.account.reserve(words(0, 300), want=100).settle(words(10_000, 100))
    ledger.account.reserve(words(20_000, 100), want=300)
    prompt = words(30_000, 100)
    with pytest.raises(OutOfBudget, match="200 left"):
        ledger.account.reserve(prompt, want=300, least=101)
    assert ledger.account.left == 200
    assert ledger.prefixes.shared(prompt) == 0
    assert ledger.total.calls == 1


def test_spare_leaves_room_for_the_next_call() -> None:
    """With 30 spare tokens a call of 100 + 300 that has 200 left may write 70."""
    ledger = Ledger(200, METERS["B4"])
    assert ledger.account.reserve(words(0, 100), want=300, spare=30).tokens == 70


def test_a_prompt_that_costs_more_than_is_left_is_refused_whatever_it_wants() -> None:
    """Also a call that wants to write nothing at all pays for its prompt."""
    ledger = Ledger(99.5, METERS["B4"])
    with pytest.raises(OutOfBudget):
        ledger.account.reserve(words(0, 100), want=0)


def test_on_the_meter_of_what_is_written_a_prompt_is_free() -> None:
    """B1 does not see prompts; B2 sees them whole, cached or not."""
    assert Ledger(10, METERS["B1"]).account.reserve(words(0, 500), want=20).tokens == 10
    ledger = Ledger(1000, METERS["B2"])
    ledger.account.reserve(words(0, 400), want=1).settle((1,))
    with pytest.raises(OutOfBudget):
        ledger.account.reserve(words(0, 400), want=300, least=200)


def test_a_share_cannot_be_taken_by_siblings_and_comes_back() -> None:
    """Half of 1000 is set aside; the rest is what others can have; what it leaves is theirs when it is closed."""
    ledger = Ledger(1000, METERS["B4"])
    inner = ledger.account.open(0.5)
    assert (inner.limit, ledger.account.left) == (500, 500)
    with pytest.raises(OutOfBudget):
        ledger.account.reserve(words(0, 501), want=10)
    hold = inner.reserve(words(5000, 100), want=1000)
    assert hold.tokens == 400
    with pytest.raises(ValueError, match="still reserved"):
        ledger.account.close(inner)
    hold.settle(words(9000, 50))
    ledger.account.close(inner)
    assert ledger.account.left == 850


@pytest.mark.parametrize("share", [0.0, -0.1, 1.0001])
def test_a_share_is_a_share(share: float) -> None:
    """Nothing, less than nothing and more than all are refused."""
    with pytest.raises(ValueError, match="share"):
        Ledger(10, METERS["B4"]).account.open(share)


# -------------------------------------------------------------------------------------------------------- properties


class Schedule:
    """Events in any order on a tree of accounts, with the promises checked after each."""

    def __init__(self, limit: float, meter: str, seed: int) -> None:
        self.rng = random.Random(seed)
        self.ledger = Ledger(limit, METERS[meter], block=self.rng.choice((1, 4, 16)))
        self.limit = limit
        self.accounts: list[tuple[Account, Account | None]] = [(self.ledger.account, None)]
        self.holds: list[tuple[Reservation, Account]] = []
        self.closed = 0

    def run(self, events: int) -> None:
        """Any events, then everything is brought to its end."""
        for _ in range(events):
            self.rng.choice((self.reserve, self.reserve, self.settle, self.open, self.close))()
            self.check()
        while self.holds:
            self.settle()
            self.check()
        while len(self.accounts) > 1:
            self.shut(len(self.accounts) - 1)  # the youngest first: those below go before those above
            self.check()

    def reserve(self) -> None:
        """A call by anybody."""
        account, _ = self.rng.choice(self.accounts)
        # texts over a small alphabet, so that beginnings are often shared
        prompt = tuple(self.rng.choices(range(2), k=self.rng.randint(0, 60)))
        before = account.left
        try:
            want, least = self.rng.randint(0, 60), self.rng.randint(1, 8)
            self.holds.append((account.reserve(prompt, want, least, self.rng.randint(0, 5)), account))
        except OutOfBudget:
            assert account.left == before

    def settle(self) -> None:
        """Any call comes back, in any order, having written what it was allowed, or less, or nothing."""
        if self.holds:
            hold, _ = self.holds.pop(self.rng.randrange(len(self.holds)))
            hold.settle(tuple(self.rng.choices(range(2), k=self.rng.randint(0, hold.tokens))))

    def open(self) -> None:
        """Anybody sets a share aside."""
        account, _ = self.rng.choice(self.accounts)
        share = self.rng.choice((0.1, 0.5, 1.0))
        self.accounts.append((account.open(share), account))

    def close(self) -> None:
        """Any process without children and calls ends."""
        busy = {id(account) for _, account in self.holds} | {id(parent) for _, parent in self.accounts}
        free = [i for i, (a, parent) in enumerate(self.accounts) if parent is not None and id(a) not in busy]
        if free:
            self.shut(self.rng.choice(free))

    def shut(self, i: int) -> None:
        """A process ends: the share that it did not use is its parent's again."""
        account, parent = self.accounts.pop(i)
        assert parent is not None
        before, unused = parent.left, account.limit - account.spent
        parent.close(account)
        assert parent.left == pytest.approx(before + unused, abs=EPS)
        self.closed += 1

    def check(self) -> None:
        """Nobody has promised or spent more than there is."""
        for account, _ in self.accounts:
            assert account.left >= -EPS
            assert account.held >= -EPS
            assert account.spent <= account.limit + EPS
        assert self.ledger.meter(self.ledger.total) <= self.limit + EPS
        assert self.ledger.overshoot <= EPS


@pytest.mark.parametrize("meter", METERS)
@given(limit=st.sampled_from([0, 7, 100.5, 400, 5000]), seed=st.integers(0, 2**32), events=st.integers(1, 60))
@settings(max_examples=120, deadline=None)
def test_no_schedule_overspends(meter: str, limit: float, seed: int, events: int) -> None:
    """Whatever is reserved, settled, opened and closed in whatever order: never more than the limit or a share, and at
    the end what is not spent is there again."""
    schedule = Schedule(limit, meter, seed)
    schedule.run(events)
    spent = schedule.ledger.meter(schedule.ledger.total)
    assert schedule.ledger.account.left == pytest.approx(limit - spent, abs=EPS)
    assert schedule.ledger.account.held == pytest.approx(0, abs=EPS)


texts = st.lists(st.integers(0, 2), max_size=12).map(tuple)


@pytest.mark.slow
@given(seen=st.lists(texts, max_size=12), new=texts, block=st.sampled_from([1, 2, 5]))
@settings(max_examples=200, deadline=None)
def test_the_cache_is_the_longest_common_beginning(seen: list[Tokens], new: Tokens, block: int) -> None:
    """Against the definition, over all earlier texts, in whole blocks."""

    def naive(one: Tokens, other: Tokens) -> int:
        n = 0
        while n < min(len(one), len(other)) and one[n] == other[n]:
            n += 1
        return n

    prefixes = Prefixes(block)
    for text in seen:
        prefixes.add(text)
        assert common(text, new) == naive(text, new)
    assert prefixes.shared(new) == max((naive(text, new) for text in seen), default=0) // block * block


calls = st.lists(st.tuples(texts.filter(bool), texts), min_size=1, max_size=5)


@pytest.mark.slow
@given(attempts=st.lists(calls, min_size=1, max_size=4), seed=st.integers(0, 1000), block=st.sampled_from([1, 3]))
@settings(max_examples=150, deadline=None)
def test_a_recount_does_not_depend_on_what_ran_first(
    attempts: list[list[tuple[Tokens, Tokens]]], seed: int, block: int
) -> None:
    """Attempts whose calls came in any interleaving are counted as if each had waited for the one before."""

    def counted(order: random.Random | None) -> list[list[Spend]]:
        ledger = Ledger(10**9, METERS["B4"], block)
        traces = [Trace("arm", "question") for _ in attempts]
        waiting = [(trace, list(own)) for trace, own in zip(traces, attempts, strict=True)]
        while waiting:
            i = order.randrange(len(waiting)) if order else 0
            trace, left = waiting[i]
            prompt, written = left.pop(0)
            node = trace.add(0, "call", "call", "")
            node.prompt, node.written = prompt, written
            node.spend = ledger.account.reserve(prompt, 20).settle(written)
            if not left:
                waiting.pop(i)
        if order:
            recount(traces, block)
        return [[node.spend for node in trace.nodes] for trace in traces]

    assert counted(random.Random(seed)) == counted(None)
