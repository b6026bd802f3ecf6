"""Go at odds: rules (captures, suicide, superko, area), engines that answer, cheat, give up, hang and break off, and
whole games of a cell. The engines are small programs of the tests (`fake_gtp.py`); where GNU Go is installed our rules
are held against its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import engines_fixture
from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.go import PASS, Go, Position, bits, board_of
from thinkaloud.games.gtp import Engine
from thinkaloud.games.match import play
from thinkaloud.games.programs import close_all, located
from thinkaloud.studies.odds.at_go import AtGo
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.players import Anyone, Replaced
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Key

KEY = Key(("test",))
RULES = Go("5x5", komi=0.5)


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close_all()


def program(folder: Path, how: str) -> str:
    return engines_fixture.program(folder, "fake_gtp.py", how)


def recipe(folder: Path, *odds: str) -> Recipe:
    players = {how: Spec(by="engine", engine=program(folder, how)) for how in ("first", "last")}
    return Recipe(game="go", board="5x5", odds=odds, openings=2, plies=2, tolerance=3.0, players=players,
                  givers=("first",), takers=("last",))  # fmt: skip


def after(position: Position, *moves: str) -> Position:
    for move in moves:
        assert move in RULES.moves(position), move
        position = RULES.after(position, move)
    return position


# --------------------------------------------------------------------------------------------------------------- rules


def test_stones_without_liberties_are_taken_and_suicide_is_not_legal() -> None:
    corner = RULES.read("...../...../...../GG.../.G... taker")
    assert "a1" not in RULES.moves(corner)
    caught = after(RULES.read("...../...../...../...../TG... giver"), "a2")
    assert RULES.write(caught).startswith("...../...../...../G..../.G...")
    assert "a1" not in RULES.moves(caught)  # the taker would be taken there at once


def test_no_whole_board_comes_twice() -> None:
    ko = RULES.read("...../...../.GT../G.GT./.GT.. taker")
    taken = after(ko, "b2")  # a stone of the giver's is taken
    assert not board_of(RULES, taken).giver >> RULES.points.index("c2") & 1
    assert "c2" not in RULES.moves(taken) and "c2" in RULES.moves(after(taken, "e5", "e1"))


def test_area_is_stones_and_what_only_they_reach_and_the_komi_is_whites() -> None:
    drawn = "..G.T/..G.T/..G.T/..G.T/..G.T"
    assert RULES.lead(RULES.read(f"{drawn} giver")) == 15 - 5 - 0.5
    assert RULES.lead(RULES.read(f"{drawn} taker")) == 15 - 5 + 0.5
    even = Go("5x5", komi=10)
    assert even.score(even.after(even.after(even.read(f"{drawn} giver"), PASS), PASS)) == 0.5


def test_a_random_player_fills_no_eye_of_its_own_and_games_end() -> None:
    eyes = RULES.read(".G.G./GGGGG/...../...../....T giver")
    assert not {"a5", "e5", "c5"} & set(RULES.sensible(eyes)) and PASS not in RULES.sensible(eyes)
    anyone = Anyone(RULES.sensible)
    assert asyncio.run(play(RULES, RULES.start(), anyone, anyone, KEY)).ended == "over"


def test_odds_are_stones_of_the_taker_and_mirrored_is_the_same_board_with_the_taker_to_move() -> None:
    start = RULES.start(2)
    other = RULES.mirrored(start)
    assert sorted(RULES.stones(start)) == [(point, False) for point in sorted(RULES.handicap[:2])]
    assert other.begun == start.begun and RULES.giver_to_move(start) and not RULES.giver_to_move(other)
    assert RULES.read(RULES.write(other)) == other
    with pytest.raises(UserError, match="6 stones on a board of 9x9: give 0 to 5"):
        Go("9x9").start(6)
    with pytest.raises(UserError, match="Go on 9x8: give a square board of 5x5 to 13x13"):
        Go("9x8")


# ------------------------------------------------------------------------------------------------------------- engines


@pytest.mark.slow
def test_an_engine_plays_its_move_and_judges_from_the_givers_side(tmp_path: Path) -> None:
    engine = Engine(program(tmp_path, "first"), RULES)
    start = RULES.start(2)
    assert asyncio.run(engine.choose(start, KEY)).move == RULES.sensible(start)[0]
    assert (engine.worth(start), engine.worth(RULES.mirrored(start))) == (-2.0, -2.0)
    assert engine.id == "Fake Fake" and engine.judges and not Engine(program(tmp_path, "deaf"), RULES).judges


@pytest.mark.slow
def test_a_move_that_is_not_legal_is_replaced_and_the_engine_told(tmp_path: Path) -> None:
    cheat, first = (Engine(program(tmp_path, how), RULES) for how in ("illegal", "first"))
    replaced = Replaced(cheat, RULES)
    game = asyncio.run(play(RULES, RULES.start(1), replaced, first, KEY))
    cheated = [one["replaced"] for one in game.said if "replaced" in one]
    assert game.ended == "over" and len(cheated) > 2
    position = RULES.start(1)
    for move in game.moves:
        assert move in RULES.moves(position)
        position = RULES.after(position, move)


@pytest.mark.slow
def test_giving_up_loses_and_an_engine_that_hangs_or_breaks_off_is_an_error(tmp_path: Path) -> None:
    lost = asyncio.run(play(RULES, RULES.start(), Engine(program(tmp_path, "resign"), RULES), Anyone(RULES.moves), KEY))
    assert (lost.ended, lost.score, lost.moves) == ("given up", 0.0, ())
    with pytest.raises(ModelError, match="broke off"):
        asyncio.run(Engine(program(tmp_path, "crash"), RULES).choose(RULES.start(), KEY))
    with pytest.raises(ModelError, match=r"did not answer for 4 s"):
        asyncio.run(Engine(program(tmp_path, "hang"), RULES, hang=4).choose(RULES.start(), KEY))
    with pytest.raises(UserError, match=r"/bin/cat .*does not speak GTP"):
        assert Engine("/bin/cat", RULES, hang=0.5).id
    with pytest.raises(UserError, match=r"no engine 'gnugoo'.*speaks GTP"):
        assert Engine("gnugoo", RULES).id


@pytest.mark.slow
def test_our_rules_are_those_of_gnu_go_where_it_is_there() -> None:
    """Legal moves and stones of random games; superko, which it does not keep, is left out."""
    try:
        engine = Engine(located("gnugo"), RULES, ("--mode", "gtp", "--chinese-rules"))
    except UserError:
        pytest.skip("gnugo is not installed")
    position, rng, compared = RULES.start(2), KEY.rng, 0
    while RULES.score(position) is None:
        engine._place(position, KEY)
        board = board_of(RULES, position)
        for givers, stones in ((True, board.giver), (False, board.taker)):
            said = engine._say(f"list_stones {'black' if givers == position.giver_black else 'white'}")
            assert sorted(said.lower().split()) == sorted(RULES.points[i] for i in bits(stones))
        compared += 1
        moves = RULES.sensible(position)
        position = RULES.after(position, moves[int(rng.integers(len(moves)))])
    assert compared > 20


# --------------------------------------------------------------------------------------------------------------- study


@pytest.mark.slow
def test_games_of_a_cell_name_their_engines_and_are_the_same_again(tmp_path: Path) -> None:
    asked = recipe(tmp_path, "even", "1 stone")
    made = AtGo(asked)
    made.check("mine")
    assert [(odds.label, odds.material) for odds in made.odds] == [("even", 0), ("1 stone", 1)]
    begun = made.openings("1 stone", KEY)
    records = asyncio.run(games(asked, Cell("first", "last", "1 stone"), begun, KEY))
    assert [r["first"] for r in records] == ["giver", "taker"] * 2
    assert all(r["engines"] == {"first": "Fake Fake", "last": "Fake Fake"} and not r["by lot"] for r in records)
    for r in records:
        position = made.game.read(r["board"])
        for move in r["moves"]:
            assert made.game.score(position) is None and move in made.game.moves(position)
            position = made.game.after(position, move)
        assert made.game.score(position) == r["score"]
    close_all()
    assert records == asyncio.run(games(asked, Cell("first", "last", "1 stone"), begun, KEY))


@pytest.mark.slow
def test_what_is_wrong_with_a_recipe_of_go_is_said_in_a_line(tmp_path: Path) -> None:
    good = recipe(tmp_path, "even", "1 stone")
    player = good.players["first"]
    deaf = {"deaf": Spec(by="engine", engine=program(tmp_path, "deaf"))}
    for wrong, said in (
        (replace(good, odds=("1 stone",)), "and 'even' among them"),
        (replace(good, odds=("even", "8 stones")), "no odds of Go on 5x5 named '8 stones'"),
        (replace(good, missing=(1,)), "go has odds"),
        (replace(good, board="5x4"), "give a square board"),
        (replace(good, players={"first": replace(player, nodes=30)}), "graded by blunders"),
        (replace(good, players={"first": Spec(by="search")}), "at Go there are engine and uniform"),
        (replace(good, players={"first": Spec(by="uniform")}), "has no engine to judge openings by"),
        (replace(good, players=deaf), "cannot judge openings"),
    ):
        with pytest.raises(UserError, match=said):
            AtGo(wrong).check("mine")
