"""The numpy network computes what torch computes, whatever it has in its memory and whoever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from thinkaloud.organisms.fit import initial
from thinkaloud.organisms.forward import Gpt, Memory, Shape, blank, log_softmax
from thinkaloud.organisms.train import S

SHAPE = Shape(vocabulary=28, positions=38, width=32, layers=3, heads=2)


def tokens(rows: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(28, size=(rows, length))


def network(shape: Shape = SHAPE) -> Gpt:
    """Random weights, with biases that are not 0 and embeddings as large as trained ones."""
    rng = np.random.default_rng(1)
    return Gpt({name: w + 0.3 * rng.standard_normal(w.shape) for name, w in initial(shape, 0).items()}, shape)


def test_equals_torch():
    torch = pytest.importorskip("torch")
    from thinkaloud.organisms.fit import logits

    rng = np.random.default_rng(1)
    weights = {n: (w + 0.3 * rng.standard_normal(w.shape)).astype(np.float32) for n, w in initial(SHAPE, 0).items()}
    asked = tokens(5, 30)
    theirs = logits({name: torch.from_numpy(w) for name, w in weights.items()}, SHAPE, torch.from_numpy(asked)).numpy()
    ours = Gpt(weights, SHAPE)(asked, every=True)
    assert np.abs(ours).max() > 1
    assert np.abs(ours - theirs).max() < 1e-4


def test_reading_in_pieces_is_reading_at_once():
    """With a memory, any cut into pieces gives the logits of the whole; rows that leave change no other row."""
    gpt, asked = network(), tokens(6, 20)
    whole = gpt(asked, every=True)
    assert np.abs(gpt(asked) - whole[:, -1]).max() < 1e-4
    memory = Memory()
    assert np.abs(gpt(asked[:, :7], memory) - whole[:, 6]).max() < 1e-4
    assert np.abs(gpt(asked[:, 7:9], memory, every=True) - whole[:, 7:9]).max() < 1e-4
    kept = np.array([True, False, True, True, False, True])
    memory.keep(kept)
    for at in range(9, 20):
        assert np.abs(gpt(asked[kept, at : at + 1], memory) - whole[kept, at]).max() < 1e-4
    assert memory.length == 20


def test_a_token_sees_nothing_after_it():
    gpt, one, other = network(), tokens(4, 20), tokens(4, 20)
    other[:, 12:] = tokens(4, 8, seed=5)
    assert (one[:, 12:] != other[:, 12:]).any()
    assert np.abs(gpt(one, every=True)[:, :12] - gpt(other, every=True)[:, :12]).max() < 1e-5


def test_sizes():
    """106,112 parameters; weights of another size are refused."""
    assert Gpt(initial(S, 0), S).parameters == 106_112
    wrong = initial(SHAPE, 0) | {"norm.bias": np.zeros(31)}
    with pytest.raises(ValueError, match=r"do not fit.*norm\.bias"):
        Gpt(wrong, SHAPE)
    assert set(blank(SHAPE)) == set(initial(SHAPE, 0))


def test_log_softmax_sums_to_one():
    x = log_softmax(np.array([[1000.0, 0.0, 1000.0]], np.float32))
    assert np.allclose(np.exp(x), [[0.5, 0, 0.5]])
