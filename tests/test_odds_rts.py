"""Real time at odds: maps that favour nobody, what the giver lacks, and games of microRTS, which a worker plays: the
same again in another process, and won by who is stronger. They are skipped without Java and the jar."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from thinkaloud.errors import UserError
from thinkaloud.games.rts import LONGEST, Start, jar
from thinkaloud.studies.odds.at_rts import ODDS, RESOURCES, WORKERS, AtRts, Less, start_of
from thinkaloud.studies.odds.block import GAME
from thinkaloud.studies.odds.estimates import estimates
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell
from thinkaloud.studies.odds.workers import Job, Workers
from thinkaloud.vocabulary import Key, Record

KEY = Key(("test",))
RUSH = Spec(by="bot", bot="WorkerRush", blunders=0.3)
PLAYERS = {"rush": RUSH, "any": Spec(by="uniform")}
RECIPE = Recipe(game="rts", odds=("even", "2 workers"), openings=3, plies=0, players=PLAYERS, givers=("rush",),
                takers=("rush", "any"))  # fmt: skip


@pytest.fixture
def there() -> None:
    try:
        jar()
    except UserError as error:
        pytest.skip(str(error))


def men(start: Start, giver: bool) -> str:
    return "".join(sorted(one for one in start.rows if one.isalpha() and one.isupper() == giver)).upper()


def test_a_map_is_the_same_for_both_sides_but_for_what_the_giver_lacks() -> None:
    for number in range(20):
        even = start_of(Less(), KEY.child(number))
        assert even.rows.swapcase() == even.turned.rows and men(even, True) == men(even, False) == "B" + WORKERS * "W"
        less = start_of(Less(workers=2, resources=4, delay=50), KEY.child(number))
        assert men(less, True) == "BW" and men(less, False) == men(even, False)
        assert (less.giver, less.taker, less.delay) == (RESOURCES - 4, RESOURCES, 50)
        assert Start.read(str(less)) == less and less.turned.turned == less


def test_openings_differ_and_odds_know_what_adds_up() -> None:
    made = AtRts(replace(RECIPE, odds=tuple(ODDS), openings=30))
    begun = made.openings("1 worker", KEY)
    assert len({one.giver_first for one in begun}) == 30 and begun == made.openings("1 worker", KEY)
    sums = {odds.label: odds.sums for odds in made.odds}
    assert sums["2 workers"] == (("1 worker", "1 worker"),) and sums["delay 100"] == (("delay 50", "delay 50"),)


@pytest.mark.usefixtures("there")
def test_what_is_wrong_with_a_recipe_of_rts_is_said_in_a_line() -> None:
    AtRts(RECIPE).check("mine")
    for wrong, said in (
        (replace(RECIPE, odds=("2 workers",)), "and 'even' among them"),
        (replace(RECIPE, odds=("even", "3 workers")), "no odds of rts named '3 workers'; did you mean 2 workers"),
        (replace(RECIPE, plies=2), "an opening of rts is a map"),
        (replace(RECIPE, players={"x": Spec(by="engine")}), "at rts there are bot, playouts and uniform"),
        (replace(RECIPE, players={"x": replace(RUSH, bot="WorkRush")}), "no bot of the player 'x' named 'WorkRush'"),
        (replace(RECIPE, players={"x": Spec(by="playouts")}), "give playouts for a move"),
    ):
        with pytest.raises(UserError, match=said):
            AtRts(wrong).check("mine")


async def _records(jobs: list[Job]) -> list[list[Record]]:
    async with Workers() as workers:
        return [await workers.records(job) for job in jobs]


def made_up(game: str) -> list[Record]:
    """Even games of two players, one on either side of six openings, won by lot."""
    rng = np.random.default_rng(1)
    return [
        {"item": str(i), "status": "ok", "kind": GAME, "game": game, "giver": giver, "taker": taker, "odds": EVEN,
         "material": 0.0, "sums": [], "by lot": True, "opening": i, "first": first, "score": float(rng.integers(2)),
         "ended": "won", "board": "", "moves": []}
        for i in range(6) for giver, taker in (("a", "b"), ("b", "a")) for first in ("giver", "taker")
    ]  # fmt: skip


@pytest.mark.parametrize(("game", "being"), [("rts", "beginning at the upper left"), ("go", "moving first")])
def test_where_both_act_at_the_same_time_nobody_is_said_to_move_first(game: str, being: str) -> None:
    names = [e.name for e in estimates(made_up(game), KEY) if str(e.about["measure"]).startswith("first")]
    assert names == [f"{being}, even", f"{being}, even, for each Elo of skill"]


@pytest.mark.slow
@pytest.mark.usefixtures("there")
def test_games_are_the_same_again_in_another_process_and_end_on_the_map() -> None:
    begun = AtRts(RECIPE).openings("2 workers", KEY)
    job = Job(RECIPE, Cell("rush", "any", "2 workers"), begun, KEY)
    last = replace(job, begun=begun[2:])
    whole = asyncio.run(_records([job]))[0]
    assert asyncio.run(_records([last]))[0] == whole[4:]
    for r in whole:
        frames = [frame.split(" ") for frame in r["moves"]]
        ticks = [int(frame[0]) for frame in frames]
        assert ticks == sorted(set(ticks)) and ticks[-1] <= LONGEST
        left = {one.isupper() for one in frames[-1][1] if one.isalpha()}
        assert r["ended"] == "time" or left == {r["score"] == 1}
    assert sum(r["score"] for r in whole) > 3  # a rush against somebody who does anything
