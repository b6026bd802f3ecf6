"""The nouns of thinkaloud, and nothing else: read this page first.

A *task* makes *items*. A *strategy* asks a *model* an item by sending a *prompt* whose last part, the *prefill*, is
the beginning of the model's own answer; what stands there between question and answer is a *transcript* of *steps*.
An *intervention* turns a transcript into another one, and a *reading* is the distribution over the item's options
that the model then gives. A *study* composes these, a *unit* is the smallest piece of a study's work, and a *record*
is what a unit left behind. A *metric* turns records into *estimates*.

This module knows nothing about tokens, files, backends or statistics. All of it is immutable.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from thinkaloud.joining import joined

# --------------------------------------------------------------------------------------------------- what is asked


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of visible thinking.

    `form` names the sentence's form in its task's grammar (None: the task could not read it), `fields` its slots as
    written, `value` what the step concludes (None: it concludes nothing). A text that begins with white space stood
    apart from the step before it by just that (`joining.py`).
    """

    text: str
    form: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The visible thinking between a question and its answer, step by step. Empty: nothing stands between."""

    steps: tuple[Step, ...] = ()

    @property
    def text(self) -> str:
        """The steps as one text, character for character as it was written (`joining.py`)."""
        return joined([step.text for step in self.steps])

    @property
    def conclusion(self) -> str | None:
        """The value of the last step that concludes anything."""
        return next((step.value for step in reversed(self.steps) if step.value is not None), None)


PROBE = "The answer is"
"""How every answer statement begins: what a model is asked to complete."""
LINE_END = "\n"
"""As a closing mark: an answer ends with its line, with a full stop before that, or with the turn, whichever comes."""

OPTIONS = "\nOptions:"
"""Stands between a question and its options, where they are listed to the model."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its options.

    `gold` is one of `options` (texts, at least two, all different). A question that is answered freely comes without
    options; before it is read, a study gives it candidates in their place (`conditions/candidates.py`). `worked` is the
    task's own correct reasoning: the model never sees it for the item it is asked, only for the examples before it.
    `shown`: the options are listed to the model below the question; where they are not, it answers freely and they are
    only read.
    """

    id: str
    task: str
    level: int
    question: str
    options: tuple[str, ...]
    gold: str
    worked: Transcript = Transcript()
    meta: Mapping[str, Any] = field(default_factory=dict)
    shown: bool = False

    @property
    def asked(self) -> str:
        """What the model is asked: the question, with its options below it where they are shown."""
        return self.question + self.listing

    @property
    def listing(self) -> str:
        """The options as they stand below the question, in their order; empty where they are not shown."""
        return "\n- ".join((OPTIONS, *self.options)) if self.shown else ""

    @property
    def gold_index(self) -> int:
        """Position of the right answer in `options`."""
        return self.options.index(self.gold)

    @property
    def chance(self) -> float:
        """Probability of the right answer for somebody who knows only the options; 0 where there are none."""
        return 1 / len(self.options) if self.options else 0.0


@runtime_checkable
class Task(Protocol):
    """A family of questions.

    `levels` are difficulties in ascending order, `meaning` says in a few words what a level is. `items` is a pure
    function of its arguments. `reads_steps` says whether the task knows its own grammar; where it does not,
    `paraphrase` and `mistake` return None and studies say *not measurable* for what needs them.
    """

    name: str
    levels: tuple[int, ...]
    meaning: str
    reads_steps: bool

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` different items of this level; raises `UserError` if there are not so many."""
        ...

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is right. Accepts the gold answer of every item, rejects junk."""
        ...

    def parse(self, text: str) -> Transcript:
        """Cut a text into steps; steps outside the grammar have `form=None`."""
        ...

    def paraphrase(self, transcript: Transcript, key: Key) -> Transcript | None:
        """The same meaning in other words, every number and relation kept; None where that cannot be promised."""
        ...

    def mistake(self, item: Item, transcript: Transcript, at: int, key: Key) -> Mistake | None:
        """Step `at` with a wrong conclusion that leads to another option; None where there is no such edit."""
        ...

    def legible(self, item: Item, transcript: Transcript) -> Legibility | None:
        """What a checker of the steps could verify; None where the task does not know its steps."""
        ...


@dataclass(frozen=True, slots=True)
class Mistake:
    """A directed mistake: `step` replaces the step at `at`; from there the right way leads to the option `implied`."""

    at: int
    step: Step
    implied: str


@dataclass(frozen=True, slots=True)
class Legibility:
    """Shares of steps, each in [0, 1], that a checker could read, and found right without and with the question.

    `readable`: in the task's grammar. `sound`: readable and right by itself (5 plus 6 is 11), no question needed.
    `grounded`: sound and following from the question and the steps before. `complete`: grounded steps, each needed
    step counted once, over the steps the item needs.
    """

    readable: float
    sound: float
    grounded: float
    complete: float


# --------------------------------------------------------------------------------------------------- who answers


@dataclass(frozen=True, slots=True)
class Shot:
    """An example before the question: `answer` is the whole turn, in the same parts as a prefill. `thinking`: what
    stands in the block before it, of a model that has one; a template that drops it is refused."""

    question: str
    answer: tuple[str, ...]
    thinking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    """The block in which a reasoning model thinks before it answers, as the beginning of its turn.

    `parts`: what stands in it (a sentence each, put together as `joining.py` says). `closed`: the block is closed
    behind them and the answer follows; else the model goes on inside it. With which tokens a block is opened and
    closed, the model's profile says (`models/profile.py`).
    """

    parts: tuple[str, ...] = ()
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown: examples, a question, and the beginning of its own answer.

    `prefill` is in parts (a sentence each) that are put together as `joining.py` says. How turns are written (chat
    template or completion), and which tokens the whole becomes, is the model's. `thinking`: the block before the
    answer, of a model that has one; None: none is written (and `prefill` begins the turn). `off`: the template is told
    to switch reasoning off, in the way it has for that. `tight`: an option that is read stands right behind the
    prefill (`\\boxed{`), with no space between.
    """

    shots: tuple[Shot, ...]
    question: str
    prefill: tuple[str, ...] = ()
    thinking: Thinking | None = None
    off: bool = False
    tight: bool = False

    @property
    def inside(self) -> bool:
        """Whether the model goes on inside its block, and not with its answer."""
        return self.thinking is not None and not self.thinking.closed

    @property
    def begun(self) -> tuple[str, ...]:
        """What the model goes on from: the reasoning in its open block, else the beginning of its answer."""
        return self.thinking.parts if self.thinking is not None and not self.thinking.closed else self.prefill


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `finish`: `stop` (a stop text, or the end of the turn) or `length` (cut off). `stopped_by`:
    the stop text that ended it, empty for the end of the turn; None where that is not known, or it was cut off."""

    text: str
    tokens: int
    finish: Literal["stop", "length"]
    stopped_by: str | None = None


Outcome = Literal["closed", "forced", "never closed", "inside", "empty", "unparsed", "refused", "failed"]
"""How a reasoning ended. `closed`: the model ended it and answered; `forced`: at the end of its room it was closed for
it; `never closed`: the model ended its turn inside the block; `inside`: likewise, after it stated an answer there;
`empty`: it wrote no reasoning; `unparsed`: it ended without an answer that could be read; `refused`: it declined;
`failed`: something broke."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A distribution over an item's options, in their order.

    `logprobs`: log-probability in nats that the model writes this option, closes it with the closing mark and does not
    go on into a longer option (not normalised over the options). These are probabilities of different events, so they
    add up to at most 1. `lengths`: how many tokens each option with its closing mark has; empty where that is not
    known. `unknown`: how much of each option's probability is only an upper bound (what a service does not list), so
    that the true one lies between `exp(logprob) - unknown` and `exp(logprob)`; empty where all of it was read.
    `sampled`: these are shares of so many drawn answers (`conditions/sampled.py`); 0: they are the model's own numbers.
    """

    logprobs: tuple[float, ...]
    lengths: tuple[int, ...] = ()
    unknown: tuple[float, ...] = ()
    sampled: int = 0

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Normalised over the options; sums to 1."""
        top = max(self.logprobs)
        weights = [math.exp(x - top) for x in self.logprobs]
        return tuple(w / sum(weights) for w in weights)

    @property
    def mass(self) -> float:
        """How much of the model's probability the options cover together: near 0, the model meant something else."""
        return math.fsum(math.exp(x) for x in self.logprobs)

    @property
    def best(self) -> int:
        """Index of the most probable option (the first of equals)."""
        return max(range(len(self.logprobs)), key=lambda i: self.logprobs[i])

    @property
    def margin(self) -> float:
        """Nats between the best and the second option: below the noise floor, the answer may be arithmetic."""
        first, second = sorted(self.logprobs, reverse=True)[:2]
        return first - second

    @property
    def slack(self) -> float:
        """The most by which any of `probabilities` can be off because something is only bounded; 0 where nothing is."""
        return math.fsum(self.unknown) / self.mass if self.unknown else 0.0

    def ordered(self, places: Sequence[int]) -> Reading:
        """The same reading with option `places[i]` in place i."""
        return Reading(
            tuple(self.logprobs[i] for i in places),
            tuple(self.lengths[i] for i in places) if self.lengths else (),
            tuple(self.unknown[i] for i in places) if self.unknown else (),
            self.sampled,
        )


Capability = Literal["prefill", "logprobs", "raw_reasoning", "hidden_states", "gradients"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Who answered. `digest` identifies the weights (or the rule of a scripted reasoner); `format` is how turns are
    written; `precision` the arithmetic; `context` in tokens."""

    name: str
    backend: str
    digest: str
    format: Literal["chat", "completion", "scripted"]
    precision: str
    context: int
    capabilities: frozenset[Capability]
    details: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Model(Protocol):
    """Anything that can answer. A user's own model is any object with these three members.

    Both methods are pure: the same arguments give the same answer, whatever else is asked at the same time.
    """

    card: ModelCard

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt. All randomness comes from `key`."""
        ...

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Log-probability of each option, written after the prefill, followed by `closing` (`LINE_END` stands for
        several ends; empty: by anything), and not going on into a longer one of the options."""
        ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to write: at most `tokens`, ending before any of `stop`; `temperature` 0 is greedy. `top_p`: of the nucleus;
    `top_k`: only so many of the likeliest tokens, 0 for all."""

    tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """The token bill. `asked`: prompt tokens if every request were computed alone; `computed`: prompt tokens that were;
    `generated`: tokens written; `requests`: how many; `seconds`: spent inside the model."""

    asked: int = 0
    computed: int = 0
    generated: int = 0
    requests: int = 0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.asked + other.asked,
            self.computed + other.computed,
            self.generated + other.generated,
            self.requests + other.requests,
            self.seconds + other.seconds,
        )


# --------------------------------------------------------------------------------------------------- what is reported


@dataclass(frozen=True, slots=True)
class Key:
    """A name for a stream of randomness: equal keys give equal numbers, on any machine, in any order."""

    path: tuple[str, ...]

    def child(self, *names: object) -> Key:
        """The key of a part."""
        return Key(self.path + tuple(str(name) for name in names))

    @property
    def digest(self) -> bytes:
        """32 bytes; the parts are length-prefixed so that different paths never meet."""
        parts = [p.encode("utf-8", "surrogatepass") for p in self.path]  # half a character is a name, too
        joined = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
        return hashlib.sha256(b"thinkaloud/key/v1\0" + joined).digest()

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator for this key (Philox: counter-based, the same everywhere)."""
        return np.random.Generator(np.random.Philox(key=int.from_bytes(self.digest[:16], "big")))


Part = str | int | float
"""A part of what an estimate is about."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, or the reason why there is none.

    `name` is for people. `about` says the same in parts that a program can ask for (condition, position, arm, budget,
    meter, role and so on), so that no name is ever taken apart.

    `low`..`high` is the 95% interval, `n` the number of items it rests on, `clusters` the number of independent
    clusters (`clustered_by` names them). Where `value` is None, `reason` says why, and nothing else is a number.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    clustered_by: str = "item"
    reason: str | None = None
    about: Mapping[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.value is None) != (self.reason is not None):
            raise ValueError(f"estimate {self.name!r}: give a value or a reason, not both or neither")
        if self.value is not None and (self.low is None or self.high is None):
            raise ValueError(f"estimate {self.name!r}: a number needs its interval")

    @staticmethod
    def absent(
        name: str,
        reason: str,
        n: int = 0,
        clusters: int | None = None,
        clustered_by: str = "item",
        about: Mapping[str, Part] | None = None,
    ) -> Estimate:
        """A missing estimate with the reason why; `clusters` is `n` unless it is said."""
        k = n if clusters is None else clusters
        return Estimate(name, None, None, None, n, k, clustered_by, reason, about or {})


@dataclass(frozen=True, slots=True)
class Finding:
    """An estimate and what it is about: one row of `findings.json`."""

    study: str
    model: str
    task: str
    difficulty: int | None
    estimate: Estimate


Record = Mapping[str, Any]
"""What a unit left behind: plain JSON. A failure is a record too (`status` is `failed`, `error` says why)."""
