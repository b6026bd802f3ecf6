"""The study of odds: known scores come back from games, openings give nothing away, copies count for nothing, a killed
run ends with the same findings, and a page lets every game be gone through."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.games.breakthrough import Move, Position, board
from thinkaloud.games.match import Chosen, play
from thinkaloud.games.openings import Asked, Ground, Opening, openings
from thinkaloud.records.about import every
from thinkaloud.stats import ladder
from thinkaloud.studies.odds import estimates as played
from thinkaloud.studies.odds import solution
from thinkaloud.studies.odds.at_breakthrough import AtBreakthrough, positions
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.gathered import gathered
from thinkaloud.studies.odds.open_setup import cells, setup
from thinkaloud.studies.odds.page import PAGE, sentences
from thinkaloud.studies.odds.protocol import Odds
from thinkaloud.studies.odds.recipe import GAMES, Exact, Recipe, Spec, names, read
from thinkaloud.studies.odds.replays import payload
from thinkaloud.studies.odds.setups import EVEN, Cell
from thinkaloud.studies.odds.workers import Job, Workers, answer
from thinkaloud.vocabulary import Estimate, Finding, Key, Record

KEY = Key(("test",))
SEARCH = {"weak": Spec(by="search", nodes=13), "strong": Spec(by="search", nodes=60)}
SMALL = Recipe(board="5x5", missing=(0, 2), openings=6, plies=4, block=3, players=SEARCH,
               givers=("weak", "strong"), takers=("weak", "strong"))  # fmt: skip
KNOWN = Recipe(
    board="4x4", rows=1, missing=(0, 1, 2), openings=30, plies=0,
    players={name: Spec(by="optimal", blunders=share) for name, share in (("mild", 0.2), ("wild", 0.6))}
    | {"resisting": Spec(by="resisting"), "knowing": Spec(by="best response", against="wild")},
    givers=("mild", "wild", "resisting", "knowing"), takers=("mild", "wild"),
)  # fmt: skip
TOML = """
board = "5x5"
missing = [0, 2]
openings = 6
plies = 4
block = 3
[players.weak]
by = "search"
nodes = 13
[players.strong]
by = "search"
nodes = 60
"""


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim here is about the last digit of an interval."""
    monkeypatch.setattr(ladder, "DRAWS", 200)


def recipe_file(folder: Path, text: str = TOML) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def all_games(recipe: Recipe) -> list[Record]:
    found: list[Record] = []
    made = setup(recipe)
    begun = {odds.label: made.openings(odds.label, KEY.child("openings", odds.label)) for odds in made.odds}
    for cell in cells(recipe):
        found += asyncio.run(games(recipe, cell, begun[cell.odds], KEY))
    return found


@lru_cache
def known_games() -> list[Record]:
    return all_games(KNOWN)


@lru_cache
def known_estimates() -> list[Estimate]:
    return played.estimates(known_games(), KEY)


def one(found: list[Estimate], **parts: object) -> Estimate:
    some = [e for e in found if all(e.about.get(name) == value for name, value in parts.items())]
    return next(e for e in some if e.about.keys() - {"p"} == parts.keys())


# -------------------------------------------------------------------------------------------------------- known truth


@pytest.mark.slow
def test_scores_of_games_hold_the_exact_scores_of_these_players() -> None:
    """24 cells of 60 games: 95% intervals that miss more than five of them would be one in two hundred."""
    scores = [e for e in known_estimates() if e.about["measure"] == "score"]
    held = [e.low <= e.about["known"] <= e.high for e in scores]  # type: ignore[operator]
    assert len(held) == 24 and sum(held) >= 19
    assert all(e.clustered_by == "opening" and e.clusters == 30 and e.n == 60 for e in scores)


@pytest.mark.slow
def test_the_ladder_of_games_finds_what_the_ladder_of_exact_scores_says() -> None:
    for missing in (1, 2):
        found = next(e for e in known_estimates() if e.name == f"worth of {missing} missing")
        truth = next(e for e in known_estimates() if e.name == f"worth of {missing} missing, known")
        assert found.low - 25 < truth.value < found.high + 25  # type: ignore[operator]
    order = {
        e.about["player"]: e.value for e in known_estimates() if e.name in map("skill of {}".format, KNOWN.players)
    }
    assert order["wild"] < order["mild"] < order["resisting"]  # type: ignore[operator]


@pytest.mark.slow
def test_every_position_of_a_solved_game_is_one_move_nearer_to_its_end_or_somebody_erred() -> None:
    rules = AtBreakthrough(KNOWN).game
    for r in known_games()[::17]:
        steps = positions(rules, rules.read(r["board"]), r["moves"])
        assert len(r["ends"]) == len(steps) and rules.score(steps[-1]) == r["score"]
        assert r["ends"][-1] == 0
        for before, after, position in zip(r["ends"], r["ends"][1:], steps, strict=False):
            winning = before > 0 if position.to_move else before < 0
            kept = after == 0 or (after > 0) == (before > 0)
            assert (abs(after) >= abs(before) - 1) if winning and kept else True
            assert winning or kept  # whoever has lost cannot win by a move of its own


@pytest.mark.slow
def test_solved_boards_say_what_resistance_and_exploitation_add() -> None:
    exact = Exact(blunders=(0.1,), sees=(4,), missing=(0, 1))
    found = solution.estimates([r for missing in exact.missing for r in solution.solution(exact, missing)])
    some = [e for e in found if e.about["taker"] == "blunders 0.1"]
    values = {
        (e.about["measure"], e.about["missing"], *([e.about["learned"]] if "learned" in e.about else [])): e
        for e in some
    }
    assert values["resisting", 1].value == pytest.approx(78, abs=0.5)
    assert values["exploiting", 1].value == pytest.approx(32, abs=0.5)
    assert "wins for sure" in str(values["exploiting", 0].reason)
    assert values["transfer", 1, "blunders 0.1"].value == pytest.approx(1)
    assert values["transfer", 1, "sees 4"].value < 0.9  # type: ignore[operator]
    assert all(e.low == e.value == e.high for e in found)


# ----------------------------------------------------------------------------------------------------------- openings


RULES = board("5x5", 2)


def made(missing: int, plies: int, count: int, tolerance: float) -> list[Opening]:
    """Openings worth the difference in men."""

    def worth(position: Position) -> float:
        return float(position.giver.bit_count() - position.taker.bit_count())

    ground: Ground[Position, Move] = Ground(RULES, RULES.start(missing), worth, lambda p: p._replace(to_move=False))
    return openings(ground, Asked(f"{missing} missing", plies, count, tolerance), KEY)


def test_openings_differ_leave_the_move_to_the_giver_and_are_worth_what_the_start_is() -> None:
    found = made(2, 4, 12, 0.5)
    assert len({o.giver_first for o in found}) == 12
    for o in found:
        first, second = RULES.read(o.first(True)), RULES.read(o.first(False))
        assert first[:2] == second[:2] and first.to_move and not second.to_move
        assert first.giver.bit_count() - first.taker.bit_count() == -2
        assert positions(RULES, RULES.start(2), o.moves)[-1] == first
    assert found == made(2, 4, 12, 0.5)
    men = [[RULES.read(o.giver_first) for o in made(2, 6, 12, tolerance)] for tolerance in (0.0, 9.0)]
    apart = [{p.giver.bit_count() - p.taker.bit_count() for p in some} for some in men]
    assert apart[0] == {-2} and len(apart[1]) > 1


def test_openings_that_cannot_be_found_are_said_in_a_line() -> None:
    ground: Ground[Position, Move] = Ground(
        RULES, RULES.start(1), lambda p: float(p.giver), lambda p: p._replace(to_move=False)
    )
    with pytest.raises(UserError, match=r"only 0 openings of 2 random moves with 1 missing .* 5 were wanted"):
        openings(ground, Asked("1 missing", 2, 5, 0.0), KEY)


def test_the_same_seed_on_other_odds_gives_other_openings_and_mirrored_ones_are_the_same_men() -> None:
    even, odds = (AtBreakthrough(SMALL).openings(label, KEY) for label in (EVEN, "2 missing"))
    assert [o.moves for o in even] != [o.moves for o in odds]
    found = asyncio.run(games(SMALL, Cell("weak", "strong", "2 missing"), odds, KEY))
    for giver, taker in zip(found[::2], found[1::2], strict=True):
        assert (giver["first"], taker["first"]) == ("giver", "taker")
        assert giver["board"].split()[0] == taker["board"].split()[0] and giver["opening"] == taker["opening"]


# ---------------------------------------------------------------------------------------------------------- the guards


def copies(records: Sequence[Record]) -> int:
    return sum(cell.copies for cell in gathered(records).cells.values())


@pytest.mark.slow
def test_copies_of_a_game_count_for_nothing_and_the_rest_keeps_its_numbers() -> None:
    records = all_games(SMALL)
    assert copies(records) == 0
    again = [{**r, "opening": r["opening"] + 50} for r in records if r["giver"] == "weak" and r["taker"] == "strong"]
    found = played.estimates([*records, *again], KEY)
    bad = [e for e in found if e.value is None and "copies of another one" in str(e.reason)]
    assert {(e.about["giver"], e.about["taker"]) for e in bad} == {("weak", "strong")} and len(bad) == 2
    assert "12 of 24 games are copies" in str(bad[0].reason)
    assert any("cells hold copies" in said for said in sentences(as_findings(found)))
    sure = played.estimates([r for r in records if (r["giver"], r["taker"]) != ("weak", "strong")], KEY)
    worth = [next(e for e in some if e.name == "worth of 2 missing") for some in (found, sure)]
    assert (worth[0].value, worth[0].reason) == (pytest.approx(worth[1].value), worth[1].reason)


@pytest.mark.slow
def test_where_all_even_games_failed_no_odds_have_a_worth() -> None:
    """The least odds that are left are not taken for even games: the others would be worth too little."""
    left = [{**r, "status": "error"} if r["odds"] == EVEN else r for r in known_games()]
    found = played.estimates(left, KEY)
    rest = [e for e in found if e.about["measure"] in ("skill", "worth", "slope", "equal chances", "mean slope")]
    assert len(rest) > 10 and {e.about["odds"] for e in rest if "odds" in e.about} == {"1 missing", "2 missing"}
    for e in rest:
        assert e.value is None and "p" not in e.about
        assert str(e.reason).startswith("not identifiable: there are no even games to hold the others against")
    said = sentences(as_findings(found))
    assert "1 missing not identifiable: there are no even games" in said[0] and "2 missing not identifiable" in said[0]
    assert not played.precise(left, KEY, 1e9)


@pytest.mark.slow
def test_games_that_are_drawn_by_lot_may_come_twice() -> None:
    twice = [{**known_games()[0], "opening": n} for n in range(2)]
    assert copies(twice) == 0 and copies([{**r, "by lot": False} for r in twice]) == 1


def test_an_illegal_move_loses_and_is_kept() -> None:
    rules = board("4x4", 1)

    class Mute:
        async def choose(self, position: Position, key: Key) -> Chosen[Move]:
            return Chosen(None, {"text": "I resign"})

    class Cheat:
        async def choose(self, position: Position, key: Key) -> Chosen[Move]:
            return Chosen((0, 15))

    class First:
        async def choose(self, position: Position, key: Key) -> Chosen[Move]:
            return Chosen(rules.moves(position)[0])

    lost = asyncio.run(play(rules, rules.start(), Mute(), First(), KEY))
    won = asyncio.run(play(rules, rules.start(), First(), Cheat(), KEY))
    assert (lost.score, lost.ended, lost.moves, lost.said) == (0.0, "illegal", (), ({"text": "I resign"},))
    assert (won.score, won.ended, len(won.moves)) == (1.0, "illegal", 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("[0, 2]", "[0, 12]"), "12 men missing leaves the giver -2 of 10: give 0 to 9"),
        (lambda t: t.replace("[0, 2]", "[1, 2]"), "no worth without even games of the same players"),
        (lambda t: t.replace("nodes = 13", "nodes = 5"), "nodes of the player 'weak' is 5: a search of one move"),
        (lambda t: t.replace('"search"\nnodes = 60', '"serach"'), "did you mean search?"),
        (lambda t: t.replace("plies = 4", "plies = 3"), "plies of the recipe mine.toml is 3: give an even number"),
        (lambda t: t.replace("plies = 4", "plies = 0"), "draw nothing by lot: from one position all their games are "),
        (lambda t: 'takers = ["stong"]\n' + t, "no player among the takers of the recipe mine.toml named 'stong'"),
        (lambda t: 'givers = ["weak", "strong", "weak"]\n' + t, "'weak' is 2 times among the givers of the recipe "),
        (lambda t: 'takers = ["weak", "weak"]\n' + t, "'weak' is 2 times among the takers of the recipe mine.toml: "),
        (lambda t: "givers = []\n" + t, "givers of the recipe mine.toml is []: give some of ['weak', 'strong'], or "),
        (lambda t: "takers = []\n" + t, "takers of the recipe mine.toml is []"),
        (lambda t: "tolerance = -0.5\n" + t, "tolerance of the recipe mine.toml is -0.5: give 0 or more"),
        (lambda t: "tolerance = nan\n" + t, "tolerance is nan: give a finite number"),
        (lambda t: "half_width = -1.0\n" + t, "half_width of the recipe mine.toml is -1: give Elo above 0, or 0 to "),
        (lambda t: "half_width = inf\n" + t, "half_width is inf: give a finite number"),
        (lambda t: t + "[exact]\nmissing = []\n", "missing of the recipe mine.toml, [exact] is []: give some numbers"),
        (lambda t: t + "[exact]\nmissing = [1, 1]\n", "missing of the recipe mine.toml, [exact] is [1, 1]"),
        (lambda t: t + "[exact]\nsees = [2, -4]\n", "sees of the recipe mine.toml, [exact] is [2, -4]: give moves"),
        (lambda t: t + "blunders = 2\n", "blunders of the player 'strong' is 2.0: give a probability"),
        (lambda t: t + "tokens = -1\n", "tokens of the player 'strong' is -1: give 1 or more, or 0"),
        (lambda t: t + 'ask = "loud"\n', "no ask of the player 'strong' named 'loud'"),
        (lambda t: t + 'reasoning = "paraphrase"\n', "did you mean paraphrased?"),
        (lambda t: t + 'blunders = "x"\n', "the player 'strong' of the recipe mine.toml: blunders is 'x'"),
        (lambda t: t.replace("openings", "opennings"), "did you mean openings?"),
        (lambda t: "board =", "is no TOML"),
        (lambda t: "openings = 3", "has neither players nor anything to solve"),
        (lambda t: t + '[players.best]\nby = "best response"\nagainst = "weak"\n', "give plies = 0"),
        (lambda t: t.replace("plies = 4", "plies = 0") + '[players.best]\nby = "best response"\nagainst = "weak"\n',
         "no player that 'best' is a best response against named 'weak'"),
        (lambda t: t + '[players.talker]\nby = "model"\n', "the player 'talker' is a language model: name it"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_recipe_is_said_in_a_line(tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    with pytest.raises(UserError) as caught:
        Odds().check(Odds.Settings(recipe=recipe_file(tmp_path, change(TOML))))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_recipes_that_come_with_the_package_can_be_read_and_an_unknown_one_is_named() -> None:
    assert {"exact", "ladder", "short"} <= set(names())
    for game in GAMES:
        for name in names(game):
            assert read(name, game).players or read(name, game).exact
    with pytest.raises(UserError, match="no recipe named 'lader'; did you mean ladder"):
        read("lader")


def test_a_folder_with_the_name_of_a_recipe_does_not_stand_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    assert read(str(tmp_path / "words")) == read("words")


# ----------------------------------------------------------------------------------------------------------- whole runs


def test_a_worker_plays_what_is_played_here_and_says_what_went_wrong() -> None:
    import msgspec

    begun = AtBreakthrough(SMALL).openings("2 missing", KEY)[:2]
    job = Job(SMALL, Cell("strong", "weak", "2 missing"), begun, KEY)
    said = msgspec.json.decode(answer(msgspec.json.encode(job)))
    assert said["records"] == asyncio.run(games(SMALL, job.cell, begun, KEY))
    lost = msgspec.json.decode(answer(msgspec.json.encode(replace(job, cell=Cell("strong", "nobody", "2 missing")))))
    assert "nobody" in lost["error"]


def test_a_worker_whose_block_is_given_up_ends_and_another_plays_the_next() -> None:
    begun = AtBreakthrough(SMALL).openings("2 missing", KEY)[:2]
    job = Job(SMALL, Cell("strong", "weak", "2 missing"), begun, KEY)
    endless = replace(SMALL, players={name: Spec(by="search", nodes=10**8) for name in SMALL.players})

    others = children(os.getpid())  # of other tests in this process

    async def asked() -> tuple[list[int], list[Record]]:
        async with Workers() as workers:
            played = await workers.records(job)
            first = [pid for pid in children(os.getpid()) if pid not in others]
            assert first
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await workers.records(replace(job, recipe=endless))
            left = first
            for _ in range(200):  # one that was killed is there until it is waited for
                if not (left := [pid for pid in first if pid in children(os.getpid())]):
                    break
                await asyncio.sleep(0.05)
            assert await workers.records(job) == played
            return left, played

    left, played = asyncio.run(asked())
    assert not left and len(played) == 4


@pytest.mark.slow
def test_a_run_that_was_killed_ends_with_the_same_findings_and_leaves_no_process(tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path)
    command = [sys.executable, "-m", "thinkaloud", "run", "odds", "--recipe", recipe, "--concurrency", "2", "--out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.Popen([*command, str(tmp_path / "killed")], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(600):
        if any((tmp_path / "killed" / "segments").glob("*")):
            break
        time.sleep(0.05)
    below = children(killed.pid)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    ta.resume(tmp_path / "killed")
    whole = ta.run("odds", settings={"recipe": recipe}, out=tmp_path / "whole", concurrency=2)
    findings = [(tmp_path / name / "findings.json").read_bytes() for name in ("killed", "whole")]
    assert findings[0] == findings[1]
    assert below and not any(Path(f"/proc/{pid}").exists() for pid in below)
    page = (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")
    assert len(whole.findings) > 15 and "function replay(" in page


def children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.mark.slow
def test_no_further_block_is_played_once_worth_is_known_well_enough(tmp_path: Path) -> None:
    """With 5 of 10 openings anything within 10,000 Elo is known; a width of 1 is never reached."""
    text = TOML.replace("openings = 6", "openings = 10").replace("block = 3", "block = 5")
    made = {}
    for half in (10_000, 1):
        recipe = recipe_file(tmp_path, f"half_width = {half}\n{text}")
        made[half] = ta.run("odds", settings={"recipe": recipe}, out=tmp_path / str(half))
    told = {"recipe": recipe_file(tmp_path, text), "half_width": 10_000.0}
    asked = ta.run("odds", settings=told, out=tmp_path / "asked")
    assert [e.low for e in asked.estimates()] == [e.low for e in made[10_000].estimates()]
    games = {half: len(list(run.records)) for half, run in made.items()}
    assert games == {10_000: 8 * 10, 1: 8 * 20}
    assert "10 games of every cell" in (tmp_path / "10000" / "report.md").read_text(encoding="utf-8")
    assert "Registered: up to 10 openings, looked at after every 5" in (tmp_path / "1" / "report.md").read_text("utf-8")


def test_a_run_that_stops_by_what_it_found_is_not_cut_into_shards(tmp_path: Path) -> None:
    """A shard has games of its own only: each would play all openings, and the merged run would have too many."""
    recipe = recipe_file(tmp_path, f"half_width = 400\n{TOML}")
    said = "odds cannot be run in shards: with a half-width of 400 Elo wanted, when it stops follows from all games"
    with pytest.raises(UserError, match=said):
        ta.run("odds", settings={"recipe": recipe}, out=tmp_path / "shard", shard="1/2")
    done = CliRunner().invoke(cli, ["slurm", "odds", "--recipe", recipe])
    assert isinstance(done.exception, UserError) and said in str(done.exception)
    assert not (tmp_path / "shard").exists()
    assert CliRunner().invoke(cli, ["slurm", "odds", "--recipe", recipe_file(tmp_path)]).exit_code == 0


def test_a_half_width_that_no_interval_has_is_refused() -> None:
    for half in (0.0, -25.0):
        with pytest.raises(UserError, match=f"--half-width is {half:g}: give Elo above 0"):
            Odds.Settings(half_width=half)


def test_a_plan_plays_nothing_and_says_how_many_games_an_interval_takes(tmp_path: Path) -> None:
    lines = "\n".join(ta.plan("odds", settings={"recipe": recipe_file(tmp_path)}))
    assert "12 games a cell" in lines and "+-25 Elo takes 742 games" in lines
    assert Odds().expected(Odds.Settings(recipe=recipe_file(tmp_path)), 0, 0) == 16


@pytest.mark.slow
def test_a_known_gap_between_two_ways_to_ask_comes_back_in_elo_and_in_men() -> None:
    """Two players of a solved board in the place of a model that reasons and one that does not."""
    names = {"mild": "own", "wild": "silent"}

    def relabelled(ways: dict[str, str]) -> list[dict[str, object]]:
        models = {player: {"reasoning": way, "ask": "auto", "reads": "scores"} for player, way in ways.items()}
        return [{**r, "models": {p: models[p] for p in (r["giver"], r["taker"]) if p in ways}} for r in known_games()]

    found = {e.name: e for e in played.estimates(relabelled(names), KEY)}
    gap, men = found["mild over wild"], found["mild over wild, in men"]
    assert gap.value == pytest.approx(found["skill of mild"].value - found["skill of wild"].value)  # type: ignore[operator]
    assert gap.low > 0  # type: ignore[operator]
    truth = found["skill of mild, known"].value - found["skill of wild, known"].value  # type: ignore[operator]
    assert gap.low < truth < gap.high  # type: ignore[operator]
    if men.value is not None:
        assert men.low < men.value < men.high  # type: ignore[operator]
    else:
        assert "a man is not clearly worth anything" in str(men.reason)
    strong = {e.name: e for e in played.estimates(relabelled({"knowing": "own", "mild": "silent"}), KEY)}
    assert strong["knowing over mild, in men"].low > 0  # type: ignore[operator]
    assert not any(name.startswith("legal mass") for name in strong)  # these players gave no scores
    said = next(line for line in sentences(as_findings(list(strong.values()))) if "What reasoning buys" in line)
    known = strong["skill of knowing, known"].value - strong["skill of mild, known"].value  # type: ignore[operator]
    assert "knowing over mild" in said and f"(known {known:+.0f}): stronger" in said


# --------------------------------------------------------------------------------------------------------------- page


def as_findings(found: list[Estimate]) -> list[Finding]:
    return [Finding("odds", "no model", AtBreakthrough(KNOWN).title, None, e) for e in found]


@pytest.mark.slow
def test_a_slope_of_all_odds_is_not_explained_as_what_reasoning_buys() -> None:
    words = PAGE.words
    assert "mean slope, all odds" in {e.name for e in known_estimates()}
    assert words.heading("mean slope, all odds") == words.heading("slope of 1 missing") == "What odds are worth"
    assert words.meaning("mean slope, all odds") == "the mean of these"
    assert words.heading("own over silent") == "What reasoning buys"


@pytest.mark.slow
def test_the_headlines_say_worth_growth_sums_and_what_is_known() -> None:
    said = sentences(as_findings(known_estimates()))
    assert re.search(r"Worth in Elo, between players of mean skill: 1 missing [+-]\d+ \[", said[0])
    assert any("Is it worth more to the stronger?" in line for line in said)
    assert any("Do worths add up? 2 missing beyond 1 missing + 1 missing" in line for line in said)
    assert any("endlessly many games" in line for line in said)
    assert any("Solved" in line or "solved" in line or "one side won every game" in line for line in said)


def test_a_misfit_is_said_with_what_it_rests_on() -> None:
    about = {"measure": "misfit", "by chance": 0.04, "deviance": 91.2, "cells": 24, "p": 0.005}
    score = Estimate("score, a - b, even", 0.5, 0.4, 0.6, 24, 24, "opening", None,
                     {"measure": "score", "giver": "a", "taker": "b", "odds": "even"})  # fmt: skip
    said = sentences(as_findings([score, Estimate("misfit", 0.06, 0.05, 0.07, 24, 24, "cell", None, about)]))
    assert "from what it expects, 0.040 by chance (deviance 91 over 24 cells, p .005 by games drawn" in said[-1]


@pytest.mark.slow
def test_the_explorer_has_games_of_every_cell_that_can_be_gone_through() -> None:
    made = payload(known_games(), [], 20)
    assert len(made["groups"]) == 24 and made["embedded"] == 100
    record = made["groups"][5]["records"][0]
    assert set(record["game"]) == {"game", "board", "first", "moves", "ends"}
    assert len(record["game"]["ends"]) == len(record["game"]["moves"]) + 1
    json.dumps(made)


@pytest.mark.slow
def test_a_cell_that_one_side_won_altogether_has_a_score_with_doubt_and_no_rating() -> None:
    even = next(e for e in known_estimates() if e.name == "score, resisting - mild, even")
    assert even.value is not None and not every(known_estimates(), measure="rating")
    sided = [e for e in known_estimates() if e.about["measure"] == "score" and e.value in (0.0, 1.0)]
    assert all(e.low < e.high for e in sided)  # type: ignore[operator]
    assert np.isfinite([e.value for e in known_estimates() if e.value is not None]).all()
