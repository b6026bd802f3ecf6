"""An option's score is the probability of that answer and of nothing longer: against every text that a tiny model can
write, and on every backend."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing as closing_after
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from http_fakes import FakeSGLang, FakeVLLM, Known
from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.models.closed import sequences, ways
from thinkaloud.models.cuts import Cuts
from thinkaloud.models.inspect.walk import read
from thinkaloud.models.kept import Kept
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Local, Lowering
from thinkaloud.models.render import completion
from thinkaloud.models.requests import Logits, Merged, ScoreRequest, logsumexp
from thinkaloud.models.tree import ROOT
from thinkaloud.open_model import open_model
from thinkaloud.vocabulary import ModelCard, Prompt, Reading, Usage
from tiny import tiny_gguf

CARD = ModelCard("toy", "toy", "toy", "completion", "exact", 64, frozenset({"logprobs", "prefill"}))
PROMPT = Prompt((), "What?", ("The answer is",))
Tokens = tuple[int, ...]


class Toy:
    """A vocabulary of a few pieces, cut greedily from the left, and a distribution that is a function of the tokens.
    What is no piece is token 0."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = ["?", *pieces]
        self.usage, self.kept = Usage(), Kept()

    def tokenize(self, text: str, special: bool = False) -> Tokens:
        out: list[int] = []
        while text:
            fitting = [i for i, piece in enumerate(self.pieces) if i and text.startswith(piece)]
            best = max(fitting, key=lambda i: len(self.pieces[i]), default=0)
            out.append(best)
            text = text[len(self.pieces[best]) if best else 1 :]
        return tuple(out)

    def logits(self, tokens: Tokens) -> Logits:
        seed = hashlib.sha256(repr(tokens).encode()).digest()
        return np.random.default_rng(int.from_bytes(seed[:8], "big")).normal(0, 2, len(self.pieces)).astype(np.float32)

    def logprobs(self, tokens: Tokens) -> np.ndarray:
        row = self.logits(tokens)
        return row.astype(np.float64) - logsumexp(row)

    def score(self, requests: Sequence[ScoreRequest]) -> list[Reading | ThinkaloudError]:
        merged = Merged(requests)
        for node in merged.targets:
            path = [merged.tree.token[n] for n in (merged.tree.path(node) if node != ROOT else [])]
            merged.read(node, self.logits((*requests[0].preamble, *path)))
        return list(merged.readings())

    def sample(self, requests: Sequence[Any]) -> list[Any]:
        raise NotImplementedError

    def model(self) -> Local:
        return Local(CARD, Lowering(self.tokenize, (), completion, Cuts()), self)


def by_bytes(text: str) -> list[str]:
    return sorted(set(text))


TOYS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "digits": ([" ", "1", "0", "2", ".", "x"], ("1", "10", "12")),
    "numbers": ([" 10", " 1", "0", ".", "2", "\n"], ("1", "10", "12")),
    "decimals": ([" 5", ".", "5", "0", ".\n\n", "%"], ("5", "5.5", "50")),
    "words": ([" No", "body", ".", " 1", ".\n\n", " So"], ("No", "No. 1", "Nobody")),
    "symbols": ([" C", "++", "#", ".", "++.", "\n"], ("C", "C++", "C#")),
    "percent": ([" 50", "%", "%.", ".", "\n", "5"], ("50", "50%", "505")),
    "marks": (["\u2581", "A", "+", "-", ".", "+."], ("A", "A+", "A-")),
    "cjk": ([" ", "\u6771", "\u4eac", "\u90fd", ".", "\u3002"], ("\u6771\u4eac", "\u6771\u4eac\u90fd", "\u4eac")),
    "code": ([" f", "(", ")", "x", ".", ")."], ("f", "f()", "f(x)")),
    "joined": ([" 7", " 8", ".", ".\n", ".\n\n", "1"], ("7", "8", "71")),
    "bytes": (by_bytes(" C+#."), ("C", "C+", "C#")),
}


def written(toy: Toy, prompt: Tokens, depth: int) -> Iterator[tuple[Tokens, float]]:
    """Every text of so many tokens, and its probability."""

    def grow(said: Tokens, p: float) -> Iterator[tuple[Tokens, float]]:
        if len(said) == depth:
            yield said, p
            return
        for token, logprob in enumerate(toy.logprobs((*prompt, *said))):
            yield from grow((*said, token), p * math.exp(logprob))

    return grow((), 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", TOYS)
def test_a_score_is_the_probability_of_the_closed_answer_over_all_that_can_be_written(name: str) -> None:
    """Every text belongs to one option at most, and each option's score is the sum over its texts."""
    toy = Toy(TOYS[name][0])
    options = TOYS[name][1]
    ends = [{toy.tokenize(f" {o}.{more}") for more in ("", "\n", "\n\n")} for o in options]
    preamble, tokens, _ = toy.model().lower(PROMPT)
    depth = max(len(min(own, key=len)) for own in ends) + 1
    found = [0.0] * len(options)
    for text, p in written(toy, (*preamble, *tokens), depth):
        closed = [i for i, own in enumerate(ends) if any(text[: len(end)] == end for end in own)]
        # of a text that may become a longer option, the shorter one has nothing
        mine = [i for i in closed if not any(_goes_on(text, ends[i], ends[j]) for j in range(len(ends)) if j != i)]
        assert len(mine) <= 1
        for i in mine:
            found[i] += p
    reading = asyncio.run(toy.model().score(PROMPT, options))
    assert [math.exp(x) for x in reading.logprobs] == pytest.approx(found, rel=1e-5)
    assert reading.mass <= 1
    assert reading.lengths == tuple(len(toy.tokenize(f" {option}.")) for option in options)


def _goes_on(text: Tokens, own: set[Tokens], other: set[Tokens]) -> bool:
    """Whether the text has closed one option and taken the next step on the way to another."""
    return any(
        text[: len(a)] == a and len(b) > len(a) and b[: len(a) + 1] == text[: len(a) + 1]
        for a, b in itertools.product(own, other)
    )


@pytest.mark.parametrize("name", ["digits", "bytes", "cjk", "decimals", "symbols", "code"])
def test_text_after_text_gives_the_same_scores_as_tokens(name: str) -> None:
    """Asked in text, with the whole vocabulary listed: the tokenizer's own way of writing is found, other ways are
    added where there are any (`++.` after `C`, or `++` and then `.`), and the sum is still at most 1."""
    toy, options = Toy(TOYS[name][0]), TOYS[name][1]
    preamble, tokens, _ = toy.model().lower(PROMPT)

    async def ask(said: str) -> dict[str, float]:
        row = toy.logprobs((*preamble, *tokens, *toy.tokenize(said)))
        # the first token brings the space that the token path writes
        return {piece: float(row[i]) for i, piece in enumerate(toy.pieces) if i and (said or piece[0] == " ")}

    through = asyncio.run(read(ask, options, ".", " "))
    exact = asyncio.run(toy.model().score(PROMPT, options))
    assert through.mass <= 1 and through.slack == 0
    if name in ("digits", "bytes", "cjk"):  # one way to write each option, and nothing joined
        assert through.logprobs == pytest.approx(exact.logprobs, abs=1e-6)
    else:
        assert all(a >= b - 1e-6 for a, b in zip(through.logprobs, exact.logprobs, strict=True))


def test_one_and_ten_and_twelve_do_not_share_probability() -> None:
    """A model that is sure of 12 gives 1 nothing, whether or not 12 is an option."""
    sure = {(" ",): {"1": 1.0}, (" ", "1"): {"2": 0.9, ".": 0.1}, (" ", "1", "2"): {".": 1.0}}

    class Sure(Toy):
        def logits(self, tokens: Tokens) -> Logits:
            said = tuple(self.pieces[t] for t in tokens[self.shown :])
            told = sure.get(said, {" ": 1.0})
            return np.log(np.array([told.get(p, 1e-9) for p in self.pieces], np.float32))

    toy = Sure([" ", "1", "2", "7", "."])
    _, tokens, _ = toy.model().lower(PROMPT)
    toy.shown = len(tokens)  # type: ignore[attr-defined]
    for options in (("1", "12"), ("1", "7")):
        reading = asyncio.run(toy.model().score(PROMPT, options))
        assert math.exp(reading.logprobs[0]) == pytest.approx(0.1, rel=1e-3)


def test_what_is_taken_off_never_makes_a_score_minus_infinity() -> None:
    request = ScoreRequest((), (5,), ((1,), (1, 2)))
    merged = Merged([request])
    for node in merged.targets:
        row = np.full(4, -40.0, np.float32)
        row[merged.targets[node].copy().pop() if len(merged.targets[node]) == 1 else 1] = 40.0
        merged.read(node, row)
    (reading,) = merged.readings()
    assert all(math.isfinite(x) for x in reading.logprobs) and reading.mass <= 1 + 1e-6


def test_the_way_to_a_longer_option_is_known_from_every_shorter_one() -> None:
    plain, also = ((1,), (1, 2), (1, 2, 3), (1, 4), (5,)), ((), (), ((1, 2, 9),), (), ())
    found = ways(plain, also)
    assert [own[0].onward for own in found] == [(2, 4), (3, 9), (), (), ()]
    assert [len(own) for own in found] == [1, 1, 2, 1, 1]


def test_an_end_that_holds_the_closed_option_already_is_not_counted_twice() -> None:
    toy = Toy([" 7", ".", "\n", ".\n\n"])
    plain, also = sequences(toy.tokenize, " ", ("7",), ".")
    assert plain == ((1, 2),) and also == (((1, 4),),)
    with pytest.raises(UserError, match="options repeat"):
        sequences(toy.tokenize, " ", ("7", "7"), ".")


# ------------------------------------------------------------------------------------------------ on every backend

OPTIONS = (
    ("1", "10", "12"), ("5", "5.5", "50%", "50"), ("No", "No. 1", "Nobody"), ("C", "C++", "C#"), ("(A)", "(B)", "(AA)"),
    ("\u6771\u4eac", "\u6771\u4eac\u90fd"), ("f()", "f(x)", "f"), ("\U0001f9ff", "7"),
)  # fmt: skip


BEHIND = {
    ".": (".", ".\n", ".\n\n"),
    "\n": (".", ".\n", ".\n\n", "\n", "\n\n"),  # no mark was taught: whatever ends an answer
    "}": tuple("}" + more for more in ("", ".", ".\n", ".\n\n", "\n", "\n\n", ",", "$", "$.", "$\n", "$\n\n",
                                       "\\", "\\)", ")", ").", "]", "*", "**")),
}  # fmt: skip


def naive(
    logprobs: Callable[[Tokens], Any], tokenize: Callable[[str], Tokens], options: Sequence[str], closing: str
) -> list[float]:
    """Token by token, every option for itself: the sum over its ends, less the next step towards any other option."""
    ends = [[tokenize(f" {option}{more}") for more in BEHIND[closing]] for option in options]
    found = []
    for i, own in enumerate(ends):
        kept = [end for k, end in enumerate(own) if not any(end[: len(one)] == one for one in own[:k])]
        total = 0.0
        for end in kept:
            p = math.exp(sum(float(logprobs(end[:k])[end[k]]) for k in range(len(end))))
            others = [one for j, them in enumerate(ends) if j != i for one in them]
            onward = {one[len(end)] for one in others if len(one) > len(end) and one[: len(end)] == end}
            total += p * (1 - sum(math.exp(float(logprobs(end)[token])) for token in onward))
        found.append(math.log(total))
    return found


def agrees(model: Any, logprobs: Callable[[Tokens], Any], tolerance: float) -> None:
    """All option sets asked at once are what each is token by token, whatever closes an option."""
    ways = [*((options, ".") for options in OPTIONS), (OPTIONS[0], "\n"), (OPTIONS[0], "}")]

    async def every() -> list[Reading]:
        return list(await asyncio.gather(*(model.score(PROMPT, options, closing) for options, closing in ways)))

    for (options, closing), reading in zip(ways, asyncio.run(every()), strict=True):
        own = naive(logprobs, model.tokens, options, closing)
        assert reading.logprobs == pytest.approx(own, abs=tolerance), (options, closing)
        assert reading.mass <= 1
        first = BEHIND[closing][0]
        assert reading.lengths == tuple(len(model.tokens(f" {option}{first}")) for option in options)


def of_engine(model: Any) -> Callable[[Tokens], Any]:
    preamble, tokens, _ = model.lower(PROMPT)
    known: dict[Tokens, Any] = {}

    def logprobs(said: Tokens) -> Any:
        if said not in known:
            (row,) = model.engine.logits(preamble, [(*tokens, *said)])
            known[said] = row.astype(np.float64) - logsumexp(row)
        return known[said]

    return logprobs


@pytest.mark.slow
def test_llama_cpp_reads_closed_options(tmp_path: Path) -> None:
    model = LlamaCpp(tiny_gguf(tmp_path), "tiny", Loading(precision="exact", format="completion", threads=1))
    agrees(model, of_engine(model), 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "marks"), [("llama", False), ("gemma2", True), ("bloom", False), ("mamba", False)])
def test_transformers_reads_closed_options_in_every_way_of_computing(tmp_path: Path, kind: str, marks: bool) -> None:
    """Packed and branching; byte-level pieces and those of SentencePiece."""
    pytest.importorskip("torch")
    import json

    from thinkaloud.models.transformers import open_transformers
    from tiny_torch import checkpoint, pieces_with_marks

    folder = checkpoint(tmp_path, kind)
    if marks:
        described = pieces_with_marks()
        described["model"]["vocab"] = {w: i for w, i in described["model"]["vocab"].items() if i < 265}
        described["model"]["merges"] = []
        (folder / "tokenizer.json").write_text(json.dumps(described))
    model = open_transformers(folder, Loading(precision="exact", format="completion", threads=1, device="cpu"))
    agrees(model, of_engine(model), 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [FakeVLLM, FakeSGLang])
def test_servers_of_tokens_read_closed_options(kind: Any) -> None:
    with closing_after(kind()) as server:
        model = open_model(server.url, Loading(format="completion"))
        known: Known = server.known
        preamble, tokens, _ = model.lower(PROMPT)  # type: ignore[attr-defined]
        agrees(model, lambda said: known.logprobs((*preamble, *tokens, *said)), 1e-6)


@pytest.mark.parametrize("kind", ["llama", "gemma2"])
def test_gradients_are_of_the_closed_score(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("torch")
    from thinkaloud.models.transformers import open_transformers
    from tiny_torch import checkpoint

    model: Any = open_transformers(
        checkpoint(tmp_path, kind), Loading(precision="exact", format="completion", threads=1, device="cpu")
    )
    options = ("5", "5.5", "50")
    reading = asyncio.run(model.score(PROMPT, options))
    assert asyncio.run(model.gradient(PROMPT, options)).logprobs == pytest.approx(reading.logprobs, abs=1e-3)
