"""A workload as data: stages of operations on text, the same for every peer.

An operation scores options after a prompt (`Score`) or continues a prompt (`Write`, always a fixed number of tokens).
The operations of a stage do not need each other, so a peer may batch them as well as it can; those of a later stage may
hold text that an earlier one wrote (`Ref`). Only the standard library is needed: this file runs in every environment.

It does not know how any peer computes, and counts tokens only with a tokenizer that it is given.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
_MARK = re.compile(r"<\|[^|]*\|>")
_UNIT = re.compile(r"\d|[^\W\d]+|[^\w\s]")

Shots = tuple[tuple[str, str], ...]
"""Solved examples: (question, answer)."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What the operation `write` wrote, sample `sample`. `edits` are replaced in order; with `fill`, only the length
    is kept: the words of `fill` over and over, as many words, digits and marks as the text had."""

    write: str
    sample: int = 0
    edits: tuple[tuple[str, str], ...] = ()
    fill: str | None = None


Part = str | Ref


@dataclass(frozen=True, slots=True)
class Score:
    """Log-probability of every option, written after the prompt; no option begins another."""

    id: str
    shots: str
    question: tuple[Part, ...]
    prefill: tuple[Part, ...]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """`n` continuations of exactly `tokens` tokens: no stop text, and the end of the turn does not end it (some peers
    never choose it, for others it is a token like any other: the work is the same)."""

    id: str
    shots: str
    question: tuple[Part, ...]
    prefill: tuple[Part, ...]
    tokens: int
    n: int = 1
    temperature: float = 0.0


Op = Score | Write


@dataclass(frozen=True, slots=True)
class Workload:
    """`name` and `size` say which; `shots` are the examples, by the name that operations use."""

    name: str
    size: int
    shots: Mapping[str, Shots]
    stages: tuple[tuple[Op, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """An operation with all its text at hand."""

    op: Op
    shots: Shots
    question: str
    prefill: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole prompt, as the model's chat template writes it, the last turn left open."""
        turns = [("system", SYSTEM)]
        for question, answer in self.shots:
            turns += [("user", question), ("assistant", answer)]
        closed = "".join(f"<|im_start|>{who}\n{what}<|im_end|>\n" for who, what in [*turns, ("user", self.question)])
        return f"{closed}<|im_start|>assistant\n{' '.join(self.prefill)}"

    @property
    def lead(self) -> str:
        """What stands between the prompt and what comes next."""
        return " " if self.prefill else ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options as they continue the text."""
        assert isinstance(self.op, Score)
        return tuple(self.lead + option for option in self.op.options)

    @property
    def digest(self) -> str:
        """Names prompt and options: equal digests were asked the same."""
        return hashlib.sha256(json.dumps([self.text, asdict(self.op).get("options")]).encode()).hexdigest()[:16]


@dataclass
class Answers:
    """What a peer answered, by the operation's id."""

    logprobs: dict[str, list[float | None] | None] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)


def resolve(workload: Workload, op: Op, texts: Mapping[str, Sequence[str]]) -> Ask:
    """The operation with its references replaced by what was written."""

    def plain(part: Part) -> str:
        return part if isinstance(part, str) else _refer(part, texts)

    question = " ".join(plain(part) for part in op.question)
    return Ask(op, tuple(workload.shots[op.shots]), question, tuple(plain(part) for part in op.prefill))


def _refer(ref: Ref, texts: Mapping[str, Sequence[str]]) -> str:
    if ref.write not in texts:
        raise KeyError(f"nothing was written by {ref.write!r} before it is referred to")
    # marks of turns and line breaks are taken out, so that a model's text is the same tokens for every peer
    text = " ".join(_MARK.sub(" ", texts[ref.write][ref.sample]).split()) or "."
    for old, new in ref.edits:
        text = text.replace(old, new)
    return text if ref.fill is None else cut(ref.fill, units(text))


def units(text: str) -> int:
    """Words, digits and marks."""
    return len(_UNIT.findall(text))


def cut(pattern: str, wanted: int) -> str:
    """Whole words of `pattern`, over and over, until they have `wanted` words, digits and marks."""
    out: list[str] = []
    total = 0
    for word in itertools.cycle(pattern.split()):
        if total >= wanted and out:
            return " ".join(out)
        out.append(word)
        total += units(word)
    raise ValueError(f"no words in {pattern!r}")


def play(workload: Workload, run: Callable[[list[Ask]], Answers]) -> tuple[Answers, list[Ask]]:
    """Run all stages; returns the answers and every operation as it was asked."""
    done, asks = Answers(), list[Ask]()
    for stage in workload.stages:
        ready = [resolve(workload, op, done.texts) for op in stage]
        answers = run(ready)
        done.logprobs |= answers.logprobs
        done.texts |= answers.texts
        done.asked |= {ask.op.id: ask.digest for ask in ready}
        asks += ready
    return done, asks


# --------------------------------------------------------------------------------------------------- counting


def sequences(asks: Iterable[Ask], texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Every text whose tokens somebody has to compute: prompts with each option, prompts with each writing."""
    found = []
    for ask in asks:
        if isinstance(ask.op, Score):
            found += [ask.text + option for option in ask.options]
        else:
            found += [ask.text + ask.lead + text.strip() for text in texts[ask.op.id]]
    return found


def count(tokens: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """(all tokens, unique tokens) of some sequences without the last token of each, which is read and not computed.
    Unique: a token that follows the same tokens from the start is counted once."""
    total, seen = 0, 0
    root: dict[Any, Any] = {}
    for sequence in tokens:
        node = root
        for token in sequence[:-1]:
            total += 1
            if token not in node:
                seen += 1
                node[token] = {}
            node = node[token]
    return total, seen


# --------------------------------------------------------------------------------------------------- as JSON


def dump(workload: Workload) -> dict[str, Any]:
    """As plain JSON."""
    raw = asdict(workload)
    for stage, ops in zip(raw["stages"], workload.stages, strict=True):
        for line, op in zip(stage, ops, strict=True):
            line["op"] = "score" if isinstance(op, Score) else "write"
    out: dict[str, Any] = json.loads(json.dumps(raw))
    return out


def load(raw: Mapping[str, Any]) -> Workload:
    """Back from JSON."""
    shots = {name: tuple((q, a) for q, a in pairs) for name, pairs in raw["shots"].items()}
    stages = tuple(tuple(_op(line) for line in stage) for stage in raw["stages"])
    return Workload(raw["name"], raw["size"], shots, stages, raw["note"])


def _op(line: Mapping[str, Any]) -> Op:
    given = {key: value for key, value in line.items() if key != "op"}
    for key in ("question", "prefill"):
        given[key] = tuple(part if isinstance(part, str) else _ref(part) for part in given[key])
    if line["op"] == "write":
        return Write(**given)
    return Score(**{**given, "options": tuple(given["options"])})


def _ref(raw: Mapping[str, Any]) -> Ref:
    return Ref(raw["write"], raw["sample"], tuple((old, new) for old, new in raw["edits"]), raw["fill"])
