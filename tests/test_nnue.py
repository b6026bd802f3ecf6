"""Stockfish's net outside of Stockfish: its file, features, arithmetic, and training that the engine then obeys.

What needs no engine is tried on a small random net; the oracle is Stockfish 15.1 itself, where it is installed.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.programs import located
from thinkaloud.games.stockfish_net import engine as stockfish
from thinkaloud.games.stockfish_net import net as nnue
from thinkaloud.games.stockfish_net import training as nnue_train
from thinkaloud.games.stockfish_net import value as nnue_value
from thinkaloud.games.stockfish_net.net import Layer, Net, Stack
from thinkaloud.games.stockfish_net.training import Fit, Lessons

chess = pytest.importorskip("chess")

from thinkaloud.games.chess_rules import Chess  # noqa: E402
from thinkaloud.games.stockfish_net.quiet import quiet  # noqa: E402

QUEEN, ROOK = (Chess().start((piece,)).begun for piece in ("queen", "rook"))


def random_stack(rng: np.random.Generator) -> Stack:
    def layer(number: int, bias: int) -> Layer:
        out, into = nnue.LAYERS[number]
        return Layer(rng.integers(-bias, bias, out, "<i4"), rng.integers(-40, 40, (out, into), "i1"))

    return Stack(int(rng.integers(1 << 30)), (layer(0, 4000), layer(1, 4000), layer(2, 4000)))


@pytest.fixture(scope="module")
def net() -> Net:
    rng = np.random.default_rng(0)
    weight = rng.integers(-60, 60, (nnue.FEATURES, nnue.WIDTH), "<i2")
    psqt = rng.integers(-9000, 9000, (nnue.FEATURES, nnue.BUCKETS), "<i4")
    stacks = tuple(random_stack(rng) for _ in range(nnue.BUCKETS))
    return Net(b"random", 7, rng.integers(-60, 60, nnue.WIDTH, "<i2"), weight, psqt, stacks)


@cache
def boards(count: int, seed: int) -> list[chess.Board]:
    """Positions of random games, with few and with many pieces, where nobody is in check."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < count:
        board = chess.Board()
        for _ in range(int(rng.integers(1, 200))):
            moves = list(board.legal_moves)
            if not moves:
                break
            takes = [move for move in moves if board.is_capture(move)]
            some = takes if takes and rng.random() < 0.3 else moves
            board.push(some[int(rng.integers(len(some)))])
        if not board.is_check() and any(board.legal_moves):
            found.append(board)
    return found


def seen(board: chess.Board) -> list[list[int]]:
    return [sorted(side) for side in nnue_value.features(board)]


def lessons(net: Net, count: int) -> Lessons:
    rng = np.random.default_rng(1)
    return Lessons(nnue_value.inputs(net, boards(count, 1)), rng.random(count))


# ---------------------------------------------------------------------------------------------------------------- files


def test_a_net_comes_back_from_its_file_with_the_same_bytes(net: Net, tmp_path: Path) -> None:
    nnue.write(net, tmp_path / "a.nnue")
    nnue.write(nnue.read(tmp_path / "a.nnue"), tmp_path / "b.nnue")
    first, second = ((tmp_path / name).read_bytes() for name in ("a.nnue", "b.nnue"))
    assert first == second and len(first) == 12 + len(net.description) + nnue.SIZE


def test_another_file_is_refused_in_a_line_that_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.nnue"
    wide = struct.pack("<IIII", nnue.VERSION, 0x1C10CAFE, 0, nnue.TRANSFORMER ^ (2 * 3072))
    for raw, said in (
        (b"PK\x03\x04 no net at all", "is no net of Stockfish: it begins with '504b0304'"),
        (wide, "has architecture 0x1c10cafe and a transformer 3072 wide; only the net of Stockfish 15.1"),
        (struct.pack("<III", nnue.VERSION, nnue.ARCHITECTURE, 0) + b"\0" * 40, "has 52 bytes, 47001424 were expected"),
    ):
        path.write_bytes(raw)
        with pytest.raises(UserError, match=said) as caught:
            nnue.read(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="cannot be read"):
        nnue.read(tmp_path / "nowhere.nnue")


# -------------------------------------------------------------------------------------------------------------- values


def test_both_sides_see_the_same_where_colours_are_exchanged_and_files_mirrored() -> None:
    for board in boards(30, 2):
        assert seen(board) == seen(board.mirror())
        if not board.has_castling_rights(True) and not board.has_castling_rights(False):
            flipped = board.transform(chess.flip_horizontal)
            assert seen(board) == seen(flipped)


def test_features_of_the_first_position_are_where_the_format_has_them() -> None:
    own, other = nnue_value.features(chess.Board())
    assert sorted(own) == sorted(other)
    first = 704 * 31
    assert {first + 8, first + 64 + 48, first + 10 * 64 + 4, first + 10 * 64 + 60, first + 9 * 64 + 59} <= set(own)
    assert len(set(own)) == 32 and max(own) < nnue.FEATURES


def test_the_stack_is_chosen_by_the_number_of_pieces(net: Net) -> None:
    fens = {"4k3/8/8/8/8/8/8/4K3 w - - 0 1": 0, "4k3/8/8/8/8/8/PPP5/4K3 w - - 0 1": 1, chess.STARTING_FEN: 7}
    given = nnue_value.inputs(net, [chess.Board(fen) for fen in fens])
    assert given.bucket.tolist() == list(fens.values())
    raised = net.with_stacks([*net.stacks[:7], stockfish.moved(net, 1).stacks[7]])
    moved = nnue_value.values(raised, given) - nnue_value.values(net, given)
    assert moved == pytest.approx([0, 0, 1])


# ------------------------------------------------------------------------------------------------------------- training


def test_the_copy_in_floats_says_what_the_integers_say_and_rounds_back_to_them(net: Net) -> None:
    given = nnue_value.inputs(net, boards(60, 3))
    for bucket, stack in enumerate(net.stacks):
        whole = (given.psqt[:, bucket] + nnue_value.propagated(stack, given.hidden)) / (16 * nnue_value.PAWN)
        loose = nnue_train.said(nnue_train.floats(stack), given, bucket)
        assert np.abs(whole - loose).max() < 0.3  # of values that span tens of pawns in a random net
        back = nnue_train.rounded(stack, nnue_train.floats(stack))
        for one, other in zip(stack.layers, back.layers, strict=True):
            assert (one.weight == other.weight).all() and (one.bias == other.bias).all()
            assert one.weight.dtype == other.weight.dtype and one.bias.dtype == other.bias.dtype


def test_gradients_are_those_of_finite_differences(net: Net) -> None:
    some, rng = lessons(net, 40), np.random.default_rng(4)
    weights = [np.asarray(one, float) * 0.2 for one in nnue_train.floats(net.stacks[5])]
    slopes = nnue_train.gradient(weights, some, 5, 6.0)[1]
    step, large = 1e-5, 0
    for at, slope in enumerate(slopes):
        assert slope.shape == weights[at].shape
        for place in rng.permutation(slope.size)[:25]:
            ends = []
            for by in (step, -step):
                changed = [one.copy() for one in weights]
                changed[at].flat[place] += by
                ends.append(nnue_train.gradient(changed, some, 5, 6.0)[0])
            assert slope.flat[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-3, abs=1e-8)
            large += abs(slope.flat[place]) > 1e-6
    assert large > 40  # what is compared is not all nothing


def test_training_lowers_the_loss_and_leaves_untouched_what_no_position_trained(net: Net) -> None:
    some, fit = lessons(net, 100), Fit(epochs=6, rate=3e-3, batch=20, pawns=6.0)
    ends = some[np.flatnonzero(some.given.bucket <= 4)]
    after = nnue_train.trained(net, ends, fit, np.random.default_rng(0))
    assert nnue_train.loss(after, ends, fit) < 0.9 * nnue_train.loss(net, ends, fit)
    same = [
        all((a.weight == b.weight).all() and (a.bias == b.bias).all() for a, b in zip(x.layers, y.layers, strict=True))
        for x, y in zip(net.stacks, after.stacks, strict=True)
    ]
    there = set(ends.given.bucket.tolist())
    assert same == [bucket not in there for bucket in range(8)]
    again = nnue_train.trained(net, ends, fit, np.random.default_rng(0))
    assert all(
        (a.layers[0].weight == b.layers[0].weight).all() for a, b in zip(after.stacks, again.stacks, strict=True)
    )


def test_a_net_that_is_asked_for_what_it_says_already_stays_as_it_is(net: Net) -> None:
    given = nnue_value.inputs(net, boards(50, 5))
    fit = Fit(epochs=1, rate=1e-6, result=0.0)
    target = nnue_train.targets(net, given, np.ones(50), fit)
    after = nnue_train.trained(net, Lessons(given, target), fit, np.random.default_rng(0))
    assert all((a.layers[0].weight == b.layers[0].weight).all() for a, b in zip(net.stacks, after.stacks, strict=True))


def test_weights_stay_where_the_engine_can_keep_them(net: Net) -> None:
    some, fit = lessons(net, 100), Fit(epochs=20, rate=0.3, batch=100, pawns=6.0)
    after = nnue_train.trained(net, some, fit, np.random.default_rng(0))
    there = sorted(set(some.given.bucket.tolist()))
    ends = [after.stacks[bucket].layers[0].weight for bucket in there]
    assert min(one.min() for one in ends) == -128 and max(one.max() for one in ends) == 127
    stack, weights = net.stacks[0], nnue_train.floats(net.stacks[0])
    for side, whole in ((0, -128), (1, 127)):
        most = [np.full_like(one, end[side] if np.isfinite(end[side]) else 0.0)
                for one, end in zip(weights, nnue_train.limits(), strict=True)]  # fmt: skip
        first, second, last = nnue_train.rounded(stack, most).layers
        assert (first.weight == whole).all() and (second.weight[:, :30] == whole).all() and (last.weight == whole).all()
        assert (second.weight[:, 30:] == stack.layers[1].weight[:, 30:]).all()


def test_targets_blend_the_result_with_what_the_net_says(net: Net) -> None:
    given = nnue_value.inputs(net, boards(20, 6))
    said = nnue_train.targets(net, given, np.zeros(20), Fit(result=0.0))
    assert said == pytest.approx(1 / (1 + np.exp(-nnue_value.values(net, given) / 1.5)))
    blend = nnue_train.targets(net, given, np.ones(20), Fit(result=0.3))
    assert blend == pytest.approx(0.3 + 0.7 * said)


def test_quiet_positions_are_neither_in_check_nor_before_a_capture() -> None:
    start = Chess().start(("knight",))
    moves = ("e2e4", "d7d5", "e4d5", "d8d5", "d2d4", "d5e4", "d1e2", "e4e2")
    found = list(quiet(start, moves))
    assert [(board.fullmove_number, giver) for board, giver in found] == [(1, True), (1, False), (3, True), (3, False)]
    assert not any(board.is_check() for board, _ in found)
    assert all(len(board.pieces(chess.KNIGHT, chess.WHITE)) == 1 for board, _ in found)


# ---------------------------------------------------------------------------------------------------------- the engine


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Net:
    """The net of the Stockfish that is installed."""
    try:
        located("stockfish")
    except UserError:
        pytest.skip("stockfish is not installed")
    folder = tmp_path_factory.mktemp("its own nets")
    try:
        found = stockfish.exported("stockfish", folder / "own.nnue")
    except UserError as error:
        pytest.skip(f"another Stockfish than 15.1: {error}")
    nnue.write(found, folder / "again.nnue")
    assert (folder / "again.nnue").read_bytes() == (folder / "own.nnue").read_bytes()
    return found


@pytest.mark.slow
def test_values_are_those_that_stockfish_prints_in_all_stacks(own: Net) -> None:
    there = boards(150, 7)
    given, said = nnue_value.inputs(own, there), stockfish.statics("stockfish", [board.fen() for board in there])
    assert set(given.bucket.tolist()) >= {1, 2, 3, 4, 5, 6, 7}
    sides = np.array([1 if board.turn else -1 for board in there])
    printed = np.array([one.net for one in said], float) * sides
    assert np.abs(nnue_value.values(own, given) - printed).max() < 0.01
    rows = np.array([one.rows for one in said])
    for bucket, stack in enumerate(own.stacks):
        layers = nnue_value.propagated(stack, given.hidden) / (16 * nnue_value.PAWN)
        assert np.abs(given.psqt[:, bucket] / (16 * nnue_value.PAWN) - rows[:, bucket, 0]).max() < 0.01
        assert np.abs(layers - rows[:, bucket, 1]).max() < 0.01
        loose = nnue_train.said(nnue_train.floats(stack), given, bucket)
        assert np.abs(loose - rows[:, bucket, 2]).mean() < 0.05


@pytest.mark.slow
def test_the_engine_plays_by_a_trained_net(own: Net, tmp_path: Path) -> None:
    there = boards(60, 8)
    given, fit = nnue_value.inputs(own, there), Fit(rate=3e-3, batch=32)
    target = nnue_train.targets(own, given, np.ones(60), fit)
    after = nnue_train.trained(own, Lessons(given, target), fit, np.random.default_rng(0))
    nnue.write(after, tmp_path / "after.nnue")
    said = stockfish.statics("stockfish", [board.fen() for board in there], tmp_path / "after.nnue")
    printed = np.array([one.net for one in said], float) * [1 if board.turn else -1 for board in there]
    assert np.abs(nnue_value.values(after, given) - printed).max() < 0.01
    assert np.abs(printed - nnue_value.values(own, given)).max() > 0.1
    assert nnue_train.loss(after, Lessons(given, target), fit) < nnue_train.loss(own, Lessons(given, target), fit)


@pytest.mark.slow
def test_the_net_counts_at_rook_odds_and_not_at_queen_odds(own: Net) -> None:
    checked = "rnbqkbnr/ppppp1pp/8/5p1Q/4P3/8/PPPP1PPP/RNB1KBNR b KQkq - 1 2"
    assert stockfish.net_counts("stockfish", own, [ROOK, QUEEN, chess.STARTING_FEN, checked]) == [
        True, False, True, False
    ]  # fmt: skip


@pytest.mark.slow
def test_a_net_that_the_engine_does_not_take_is_named(own: Net, tmp_path: Path) -> None:
    (tmp_path / "broken.nnue").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"does not take the net .*broken\.nnue"):
        stockfish.statics("stockfish", [ROOK], tmp_path / "broken.nnue")


def test_a_program_without_a_net_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="/bin/cat keeps no net that it gives away: to export_net it said 'quit'"):
        stockfish.exported("/bin/cat", tmp_path / "none.nnue")
    with pytest.raises(ModelError, match="/bin/cat answered 0 of 1 questions"):
        stockfish.statics("/bin/cat", [ROOK])
