"""What a session has written is not computed again, and changes no number by more than rounding."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.models.kept import Kept
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import SampleRequest, ScoreRequest
from thinkaloud.models.tree import Tree
from thinkaloud.vocabulary import Key, Reading, Sampling, Usage

texts = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple), min_size=1, max_size=6)


@given(texts, texts, st.data())
def test_a_known_node_has_an_entry_that_begins_with_its_path(
    kept: list[tuple[int, ...]], asked: list[tuple[int, ...]], data: st.DataObject
) -> None:
    held, tree = Kept(room=20), Tree()
    for text in kept:
        held.add((7,), text, None, len(text))
    ends = [tree.insert(text)[-1] for text in asked]
    wanted = set(data.draw(st.lists(st.sampled_from(ends))))
    known = held.known((7,), tree, wanted)
    assert not held.known((8,), tree, wanted)
    for node, entry in known.items():
        path = tree.path(node)
        assert entry.tokens[: len(path)] == tuple(tree.token[n] for n in path)
        assert set(path) <= known.keys()
    for node in range(1, len(tree) + 1):  # nothing that could be known is missed
        path = tree.path(node)
        spelled = tuple(tree.token[n] for n in path)
        could = any(entry.tokens[: len(path)] == spelled for _, entry in held._entries)
        assert (node in known) == (could and not wanted & set(path))


def test_what_does_not_fit_is_let_go_oldest_first() -> None:
    held, tree = Kept(room=5), Tree()
    for text in ((1, 2), (3, 4), (5, 6)):
        held.add((), text, None, 2)
    nodes = [tree.insert(text)[0] for text in ((1,), (3,), (5,))]
    held.add((), (9,) * 6, None, 6)  # larger than all the room: not kept, and nothing goes for it
    assert set(held.known((), tree, set())) == set(nodes[1:])


def draw(rng: random.Random, n: int) -> tuple[int, ...]:
    return tuple(rng.randrange(1000, 4000) for _ in range(n))


@pytest.fixture
def native(tiny_path: Path) -> LlamaCpp:
    return LlamaCpp(tiny_path, "tiny", Loading(precision="native", format="completion", threads=1))


def session(model: LlamaCpp, seed: int) -> tuple[list[float], list[float], int, int]:
    """Write four texts behind two questions, then read in them and behind them: as kept, anew, what was computed of it
    as kept, and at how many different places was read."""
    rng, engine = random.Random(seed), model.engine
    preamble, questions = draw(rng, 30), [draw(rng, 10), draw(rng, 12)]
    asked = [
        SampleRequest(preamble, q, Sampling(15, (), 1.0), Key((str(seed), str(i)))) for q in questions for i in "ab"
    ]
    engine.kept, engine.usage = Kept(), Usage()
    engine.sample(asked)
    entries = [entry.tokens for _, entry in engine.kept._entries]
    written = entries or [(*one.tokens, *draw(rng, 14)) for one in asked]
    options = tuple((t,) for t in draw(rng, 3))
    tail = draw(rng, 4)
    places = [text[:cut] for text in written for cut in (10, 17, len(text))]
    reads = [ScoreRequest(preamble, (*place, *tail), options) for place in places]
    engine.usage = Usage()
    kept = engine.score(reads)
    computed = engine.usage.computed
    engine.kept = Kept()
    anew = engine.score(reads)
    assert all(isinstance(one, Reading) for one in (*kept, *anew))
    return *([x for one in some for x in one.logprobs] for some in (kept, anew)), computed, len(set(places))  # type: ignore[return-value, union-attr]


@pytest.mark.parametrize("seed", range(3))
def test_reading_behind_what_was_written_computes_the_probe_alone(tiny: LlamaCpp, seed: int) -> None:
    kept, anew, computed, places = session(tiny, seed)
    assert max(abs(a - b) for a, b in zip(kept, anew, strict=True)) < 1e-4
    # a cut at 10 is inside or at the end of the question: shared by the two texts of the question, like its probe; two
    # texts may begin alike, and then they share one at 17 too
    assert computed == 4 * places and places in (2 + 3 + 4, 2 + 4 + 4)


def test_going_on_from_what_was_written_is_as_if_computed_anew(tiny: LlamaCpp) -> None:
    engine, rng = tiny.engine, random.Random(9)
    preamble, question = draw(rng, 20), draw(rng, 8)
    engine.kept = Kept()
    engine.sample([SampleRequest(preamble, question, Sampling(12, (), 1.0), Key(("w",)))])
    ((_, entry),) = engine.kept._entries
    on = [SampleRequest(preamble, (*entry.tokens[:k], *draw(rng, 2)), Sampling(9), Key((str(k),))) for k in (8, 12, 19)]
    engine.usage = Usage()
    kept = engine.sample(on)
    assert engine.usage.computed == 2 * 3
    engine.kept = Kept()
    assert engine.sample(on) == kept


def test_where_shape_moves_numbers_nothing_is_kept(native: LlamaCpp) -> None:
    native.engine.kept = Kept()
    native.engine.sample([SampleRequest((), (5, 6, 7), Sampling(5, (), 1.0), Key(("n",)))])
    assert not native.engine.kept._entries


def test_sessions_do_not_see_each_others_texts(tiny: LlamaCpp) -> None:
    alone = session(tiny, 1)
    session(tiny, 2)
    assert session(tiny, 1) == alone
