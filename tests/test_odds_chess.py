"""Chess at odds: rules with pieces missing, engines that answer, cheat, hang and break off, and whole games of a cell.

The engines are small programs of the tests (`fake_uci.py`); where Stockfish is installed it is tried as well.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import engines_fixture
from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.match import play

chess = pytest.importorskip("chess")

from thinkaloud.games.chess_rules import Chess, Position, board_of  # noqa: E402
from thinkaloud.games.openings import Opening  # noqa: E402
from thinkaloud.games.programs import close_all, located  # noqa: E402
from thinkaloud.games.uci import Engine, net_at  # noqa: E402
from thinkaloud.studies.odds.at_chess import AtChess  # noqa: E402
from thinkaloud.studies.odds.block import games  # noqa: E402
from thinkaloud.studies.odds.estimates import estimates  # noqa: E402
from thinkaloud.studies.odds.page import sentences  # noqa: E402
from thinkaloud.studies.odds.players import Anyone, Replaced  # noqa: E402
from thinkaloud.studies.odds.recipe import Recipe, Spec  # noqa: E402
from thinkaloud.studies.odds.setups import Cell  # noqa: E402
from thinkaloud.vocabulary import Finding, Key  # noqa: E402

KEY = Key(("test",))
RULES = Chess()


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close_all()


def program(folder: Path, how: str) -> str:
    return engines_fixture.program(folder, "fake_uci.py", how)


def recipe(folder: Path, *odds: str) -> Recipe:
    players = {how: Spec(by="engine", engine=program(folder, how), nodes=100) for how in ("first", "last")}
    return Recipe(game="chess", odds=odds, openings=2, plies=2, tolerance=3.0, players=players,
                  givers=("first",), takers=("last",))  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- rules


def test_odds_are_pieces_of_white_and_a_missing_rook_takes_the_right_to_castle_with_it() -> None:
    assert RULES.write(RULES.start(())) == f"{chess.STARTING_FEN} white gives"
    assert "PPPPPPPP/1NBQKBNR w Kkq" in RULES.start(("rook",)).begun
    assert "PPPPP1PP/RNB1KBNR w KQkq" in RULES.start(("queen", "pawn f")).begun
    with pytest.raises(UserError, match="no chess odds named 'quen'; did you mean queen"):
        RULES.start(("quen",))


def test_mirrored_is_the_same_material_with_the_giver_as_black_who_waits() -> None:
    position = RULES.after(RULES.after(RULES.start(("knight",)), "e2e4"), "d7d5")
    other = RULES.mirrored(position)
    assert other is not None and RULES.giver_to_move(position) and not RULES.giver_to_move(other)
    board, turned = board_of(position), board_of(other)
    assert turned.board_fen() == board.mirror().board_fen() and turned.turn == chess.WHITE
    assert len(turned.pieces(chess.KNIGHT, chess.BLACK)) == 1
    assert RULES.read(RULES.write(other)) == other


def test_a_position_in_which_a_king_could_be_taken_has_no_mirror() -> None:
    checked = RULES.start(())
    for move in ("e2e4", "f7f6", "d1h5", "g7g6"):
        checked = RULES.after(checked, move)
    assert RULES.mirrored(checked) is not None
    attacked = Position("4k3/8/8/8/8/8/4r3/4K3 w - - 0 1", (), True)
    assert RULES.mirrored(attacked) is None


@pytest.mark.parametrize(
    ("fen", "white_gives", "score"),
    [
        ("7k/5Q2/6K1/8/8/8/8/8 b - - 0 1", True, 0.5),  # stalemate
        ("7k/6Q1/6K1/8/8/8/8/8 b - - 0 1", True, 1.0),  # mate
        ("7k/6Q1/6K1/8/8/8/8/8 b - - 0 1", False, 0.0),
        ("7k/8/6K1/8/8/8/8/8 w - - 0 1", True, 0.5),  # nothing to mate with
        ("7k/8/6K1/8/8/8/8/R7 w - - 100 90", True, 0.5),  # fifty moves
        ("7k/8/6K1/8/8/8/8/R7 w - - 99 90", True, None),
    ],
)
def test_scores_are_the_givers_whichever_its_colour(fen: str, white_gives: bool, score: float | None) -> None:
    assert RULES.score(Position(fen, (), white_gives)) == score


def test_a_position_that_comes_the_third_time_is_drawn() -> None:
    position = RULES.start(())
    for at, move in enumerate(("g1f3", "g8f6", "f3g1", "f6g8") * 2):
        assert RULES.score(position) is None, at
        position = RULES.after(position, move)
    assert RULES.score(position) == 0.5


# ------------------------------------------------------------------------------------------------------------- engines


@pytest.mark.slow
def test_an_engine_plays_its_move_and_judges_from_the_givers_side(tmp_path: Path) -> None:
    engine = Engine(program(tmp_path, "first"), 100)
    start = RULES.start(("queen",))
    assert asyncio.run(engine.choose(start, KEY)).move == RULES.moves(start)[0]
    other = RULES.mirrored(start)
    assert other is not None and (engine.worth(start), engine.worth(other)) == (-1.0, -1.0)
    assert engine.id == "Fake"


@pytest.mark.slow
def test_a_move_that_is_not_legal_is_replaced_and_to_hang_or_break_off_is_an_error(tmp_path: Path) -> None:
    cheat = Replaced(Engine(program(tmp_path, "illegal"), 100), RULES)
    game = asyncio.run(play(RULES, RULES.start(("queen",)), cheat, Anyone(RULES.moves), KEY))
    assert game.ended == "over" and all("a1a8" in str(one["error"]) for one in game.said[::2])
    assert all("replaced" in one for one in game.said[::2]) and not any(game.said[1::2])
    with pytest.raises(ModelError, match="broke off"):
        asyncio.run(Engine(program(tmp_path, "crash"), 100).choose(RULES.start(()), KEY))
    slow = Engine(program(tmp_path, "hang"), 100, hang=4)
    with pytest.raises(ModelError, match=r"did not answer for 4 s"):
        asyncio.run(slow.choose(RULES.start(()), KEY))


def test_an_engine_that_is_not_there_or_lacks_an_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no engine 'stockfsh'"):
        located("stockfsh")
    with pytest.raises(UserError, match="has no option 'Contempt'; it has Hash"):
        asyncio.run(Engine(program(tmp_path, "first"), 100, {"Contempt": 5}).choose(RULES.start(()), KEY))
    with pytest.raises(UserError, match="/bin/cat does not speak UCI"):
        assert Engine("/bin/cat", 100, hang=0.5).id


# --------------------------------------------------------------------------------------------------------------- study


def test_odds_are_in_the_order_of_their_material_and_know_what_adds_up(tmp_path: Path) -> None:
    made = AtChess(recipe(tmp_path, "rook + knight", "even", "rook", "knight")).odds
    assert [odds.label for odds in made] == ["even", "knight", "rook", "rook + knight"]
    assert {odds.label: odds.sums for odds in made}["rook + knight"] == (("rook", "knight"),)


def test_another_build_of_an_engine_is_another_run(tmp_path: Path) -> None:
    asked = recipe(tmp_path, "even", "queen")
    before = AtChess(asked).files()
    with Path(asked.players["first"].engine).open("a") as program:
        program.write("# newer\n")
    after = AtChess(asked).files()
    assert len(before) == 2 and sum(before[name] != after[name] for name in before) == 1


@pytest.mark.slow
def test_games_of_a_cell_name_their_engines_and_end_by_the_rules(tmp_path: Path) -> None:
    asked = recipe(tmp_path, "even", "queen")
    made = AtChess(asked)
    begun = made.openings("queen", KEY)
    records = asyncio.run(games(asked, Cell("first", "last", "queen"), begun, KEY))
    assert [r["first"] for r in records] == ["giver", "taker"] * 2
    assert all(r["engines"] == {"first": "Fake", "last": "Fake"} and not r["by lot"] for r in records)
    for r in records:
        position = RULES.read(r["board"])
        for move in r["moves"]:
            assert RULES.score(position) is None and move in RULES.moves(position)
            position = RULES.after(position, move)
        assert RULES.score(position) == r["score"]
    assert records == asyncio.run(games(asked, Cell("first", "last", "queen"), begun, KEY))


@pytest.mark.slow
def test_moves_that_were_replaced_are_counted_in_the_record_and_on_the_page(tmp_path: Path) -> None:
    player = Spec(by="engine", engine=program(tmp_path, "illegal"), nodes=100)
    asked = replace(recipe(tmp_path, "even"), players={"cheat": player, "any": Spec(by="uniform")}, openings=1)
    begun = [Opening(0, RULES.write(RULES.start(("queen", "rook"))), RULES.write(RULES.start(())))]
    records = asyncio.run(games(asked, Cell("cheat", "any", "even"), begun, KEY))
    assert all(r["replaced"] == sum("replaced" in one for one in r["said"]) > 0 for r in records)
    found = [Finding("odds", "no model", "chess", None, e) for e in estimates(records, KEY)]
    total = sum(r["replaced"] for r in records)
    assert any(f"replaced by legal ones by lot: {total} in cheat - any, even" in line for line in sentences(found))


@pytest.mark.slow
def test_what_is_wrong_with_a_recipe_of_chess_is_said_in_a_line(tmp_path: Path) -> None:
    good = recipe(tmp_path, "even", "queen")
    AtChess(good).check("mine")
    player = good.players["first"]
    for wrong, said in (
        (replace(good, odds=("queen",)), "and 'even' among them"),
        (replace(good, odds=("even", "kween")), "no chess odds named 'kween'"),
        (replace(good, missing=(1,)), "chess has odds"),
        (replace(good, players={"first": replace(player, nodes=30)}), "limits below play alike; give 100 or more"),
        (replace(good, players={"first": replace(player, engine="nobody")}), "no engine 'nobody'"),
        (replace(good, players={"first": Spec(by="uniform")}), "has no engine"),
        (replace(good, players={"first": replace(player, options={"Contempt": 1})}), "has no option 'Contempt'"),
        (replace(good, players={**good.players, "x": Spec(by="optimal")}), "at chess there are engine and uniform"),
    ):
        with pytest.raises(UserError, match=said):
            AtChess(wrong).check("mine")


@pytest.mark.slow
def test_where_a_net_does_nothing_is_found_out_by_leaving_it(tmp_path: Path) -> None:
    """The fake's net adds a pawn, but not where the giver has no queen."""
    player = Spec(by="engine", engine=program(tmp_path, "net"), nodes=100)
    plain = Spec(by="engine", engine=program(tmp_path, "first"), nodes=100)
    made = AtChess(replace(recipe(tmp_path, "even", "rook", "queen"), players={"fake": player, "plain": plain}))
    assert made.by_net(player, "rook") == (0.0, -1.0) and made.by_net(player, "queen") == (-1.0, -1.0)
    assert (
        made.by_net(plain, "rook") is None and made.by_net(replace(player, options={"Use NNUE": False}), "rook") is None
    )
    assert made.notes() == [
        "Pawns that fake sees at the start with its net and without: even +1.00 and +0.00, rook +0.00 and -1.00, queen "
        "-1.00 and -1.00. Its net does nothing at queen: what is found there is not the net's."
    ]


@pytest.mark.slow
def test_a_net_that_is_not_there_or_not_of_this_kind_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no net 'maia-1800': give the path of a file, or one of maia-1900"):
        net_at("maia-1800")
    with pytest.raises(UserError, match=r"takes no net: it has neither WeightsFile nor EvalFile"):
        Engine(program(tmp_path, "first"), 100, {}, str(tmp_path)).greet()
    with pytest.raises(UserError, match=r"makes no move: do its options fit"):
        Engine(program(tmp_path, "crash"), 100).greet()
    with pytest.raises(UserError, match="does not take its options"):
        Engine(program(tmp_path, "first"), 100, {"Hash": "much"}).greet()
    close_all()
    for one in threading.enumerate():  # the process would wait for it for ever
        if one.name.startswith("SimpleEngine"):
            one.join(20)
            assert not one.is_alive()


def test_a_position_without_kings_is_none() -> None:
    with pytest.raises(UserError, match="each side has one king"):
        RULES.read("8/8/8/8/8/8/8/8 w - - 0 1 white gives")
    with pytest.raises(UserError, match="is no position of chess"):
        RULES.read("king w - - 0 1 white gives")


@pytest.mark.slow
def test_stockfish_leaves_its_net_without_a_queen_and_maia_makes_a_move_by_one_look() -> None:
    try:
        path, lc0, net = located("stockfish"), located("lc0"), net_at("maia-1900")
    except UserError as error:
        pytest.skip(str(error))
    asked = AtChess(Recipe(game="chess", odds=("even", "rook", "queen")))
    seen = [asked.by_net(Spec(by="engine", engine=path), label) for label in asked.recipe.odds]
    assert [pair is not None and pair[0] != pair[1] for pair in seen] == [True, True, False]
    maia = Engine(lc0, 1, {}, net)
    assert maia.searches_a_net and maia.without_net is None
    assert asyncio.run(maia.choose(RULES.start(()), KEY)).move in ("e2e4", "d2d4")
    with pytest.raises(UserError, match="is that one of its kind"):
        Engine(lc0, 1, {}, __file__, hang=3).greet()


@pytest.mark.slow
def test_stockfish_with_more_nodes_wins_and_the_same_position_gets_the_same_move() -> None:
    try:
        path = located("stockfish")
    except UserError:
        pytest.skip("stockfish is not installed")
    weak, strong = (Engine(path, nodes, {"Use NNUE": False}) for nodes in (100, 3000))
    first = asyncio.run(strong.choose(RULES.start(()), KEY.child(1))).move
    assert asyncio.run(strong.choose(RULES.start(()), KEY.child(2))).move == first
    won = asyncio.run(play(RULES, RULES.start(()), strong, weak, KEY))
    assert won.score == 1.0
