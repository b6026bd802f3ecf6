"""What a session has written is kept by the transformers engine: not computed again, and the same numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")


from test_llama import random_requests
from test_transformers import gap, sample, small
from thinkaloud.models.kept import Kept
from thinkaloud.models.requests import SampleRequest, ScoreRequest
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.branching import Branching
from thinkaloud.models.transformers.engine import Engine
from thinkaloud.models.transformers.model import Transformers
from thinkaloud.models.transformers.packed import Packed
from thinkaloud.vocabulary import Key, Sampling
from tiny_torch import LOADING


class Heard:
    """Pieces that end nothing and note every token: what was written, where one text is written alone."""

    def __init__(self) -> None:
        self.tokens: list[int] = []

    def ends(self, token: int) -> bool:
        return False

    def piece(self, token: int) -> bytes:
        self.tokens.append(token)
        return b""


def wrote(engine: Engine, request: SampleRequest) -> tuple[int, ...]:
    """The prompt and what was written, both without the preamble."""
    heard = engine.pieces = Heard()
    engine.sample([request])
    return (*request.tokens, *heard.tokens)


def reads(*bodies: tuple[int, ...]) -> list[ScoreRequest]:
    return [ScoreRequest((5, 6, 7), body, ((8,), (9,), (10,))) for body in bodies]


def cost(engine: Engine, asked: list[ScoreRequest]) -> int:
    """Tokens computed for these readings, which are as in a session that has written nothing."""
    fresh = Engine(Packed(engine.way.net), engine.pieces, 512).score(asked)
    before = engine.usage.computed
    assert gap(engine.score(asked), fresh) < 1e-4
    return engine.usage.computed - before


@pytest.mark.parametrize("kind", ["llama", "gemma3_text", "gpt2"])
@pytest.mark.parametrize("chunk", [3, 512])
def test_what_a_session_wrote_is_not_computed_again(models: dict[str, Transformers], kind: str, chunk: int) -> None:
    """Hand counts: the last token that was written, for it was only drawn, and what stands behind it."""
    engine = Engine(Packed(models[kind].net), Heard(), 512)
    engine.way.chunk = chunk
    text = wrote(engine, sample(range(40, 60), "a"))
    assert len(text) == 20 + 12
    assert engine.usage.computed == 3 + 20
    probe = (11, 12, 13, 14)
    assert cost(engine, reads((*text, *probe))) == 1 + 4
    assert cost(engine, reads((*text[:25], *probe), (*text[:29], *probe), (11, 12))) == 4 + 4 + 2
    # logits are not kept: where they are read, and below, a token is computed though it is known
    assert cost(engine, reads(text[:25])) == 1
    assert cost(engine, reads(text[:25], (*text[:27], *probe))) == 1 + 2 + 4


@pytest.mark.parametrize("kind", ["llama", "mistral"])
def test_a_text_that_was_cut_is_gone_on_from(models: dict[str, Transformers], kind: str) -> None:
    engine = Engine(Packed(models[kind].net), Heard(), 512)
    text = wrote(engine, sample(range(40, 60), "a"))
    for cut in ((*text[:26], 15, 16), text[:26]):
        again = SampleRequest((5, 6, 7), cut, Sampling(6, temperature=3.0), Key(("b",)))
        before, fresh = engine.usage.computed, Engine(Packed(engine.way.net), Heard(), 512)
        longer = wrote(engine, again)
        assert engine.usage.computed - before == max(1, len(cut) - 26)
        assert longer == wrote(fresh, again)
        assert cost(engine, reads((*longer, 11))) == 1 + 1  # also with what was loaded into it


def truly_new(asked: list[ScoreRequest], texts: set[tuple[tuple[int, ...], tuple[int, ...]]]) -> int:
    """Nodes of the requests that begin no text, or at which or above which something is read."""
    known = {(preamble, text[:k]) for preamble, text in texts for k in range(1, len(text) + 1)}
    nodes, read = set(), set()
    for r in asked:
        for option in r.options:
            path = (*r.tokens, *option[:-1])
            nodes |= {(r.preamble, path[:k]) for k in range(1, len(path) + 1)}
            read |= {(r.preamble, path[:k]) for k in range(len(r.tokens), len(path) + 1)}
    return sum(
        (preamble, path) not in known or any((preamble, path[:k]) in read for k in range(1, len(path) + 1))
        for preamble, path in nodes
    )


@pytest.mark.parametrize("kind", ["llama", "gemma3_text"])
def test_random_trees_over_random_texts_that_were_kept(models: dict[str, Transformers], kind: str) -> None:
    """Nothing else is computed than what a count by brute force says, and the numbers stay."""
    rng = random.Random(5)
    for seed, chunk in enumerate((2, 7, 512)):
        engine = Engine(Packed(models[kind].net), Heard(), 512)
        engine.way.chunk = chunk
        asked = small(random_requests(random.Random(seed), 14, length=20))
        texts = set()
        for i, r in enumerate(asked):
            if i % 2 or i < 2:
                start = r.tokens[: rng.randint(1, len(r.tokens))]
                text = wrote(engine, SampleRequest(r.preamble, start, Sampling(4, temperature=3.0), Key((str(i),))))
                texts.add((r.preamble, text[:-1]))
        assert len({preamble for preamble, _ in texts}) == 2
        found = cost(engine, asked)
        assert found == truly_new(asked, texts) < truly_new(asked, set())


def test_texts_beyond_the_room_are_forgotten_oldest_first(llama: Transformers) -> None:
    engine = Engine(Packed(llama.net), Heard(), 512)
    text = [wrote(engine, sample(range(40 + i, 60 + i), "a")) for i in range(3)]
    bytes_of_one = 3 * 2 * 2 * 8 * 4 * (len(text[0]) - 1)  # layers, keys and values, heads, width, float32
    engine.kept = Kept(2 * bytes_of_one)
    assert [wrote(engine, sample(range(40 + i, 60 + i), "a")) for i in range(3)] == text
    assert [cost(engine, reads((*one, 11))) for one in text] == [20 + 12 + 1, 2, 2]
    engine.kept = Kept(bytes_of_one - 1)
    assert wrote(engine, sample(range(40, 60), "a")) == text[0]
    assert cost(engine, reads((*text[0], 11))) == 20 + 12 + 1


def test_sessions_in_turn_see_nothing_of_each_other(llama: Transformers) -> None:
    """The same bits and the same cost as alone, though they ask nearly the same."""

    def session(engine: Engine, key: str) -> Iterator[object]:
        kept = Kept()
        for tail in ((11, 12), (13,)):
            engine.kept = kept
            text = wrote(engine, sample(range(40, 60), key))
            yield text
            engine.kept, before = kept, engine.usage.computed
            readings = engine.score(reads((*text, *tail), (*text[:27], *tail)))
            yield readings, engine.usage.computed - before

    alone = [list(session(Engine(Packed(llama.net), Heard(), 512), key)) for key in "ab"]
    engine = Engine(Packed(llama.net), Heard(), 512)
    in_turn = list(zip(session(engine, "a"), session(engine, "b"), strict=True))
    assert [list(one) for one in zip(*in_turn, strict=True)] == alone


def test_in_16_bits_nothing_is_kept(folders: dict[str, Path]) -> None:
    import torch

    net = open_transformers(folders["llama"], LOADING).net
    net.model, net.dtype = net.model.to(torch.bfloat16), torch.bfloat16
    engine = Engine(Packed(net), Heard(), 512)
    text = wrote(engine, sample(range(40, 60), "a"))
    before = engine.usage.computed
    engine.score(reads((*text, 11)))
    assert engine.usage.computed - before == len(text) + 1


def test_other_ways_of_computing_keep_nothing_and_say_the_same(models: dict[str, Transformers]) -> None:
    engine = Engine(Branching(models["bloom"].net), Heard(), 512)
    text = wrote(engine, sample(range(40, 60), "a"))
    before = engine.usage.computed
    engine.score(reads((*text, 11)))
    assert engine.usage.computed - before == len(text) + 1
