"""How a question is put to a model, and what is written around its reasoning: the one place that makes prompts.

Three ways to ask, and a study is the same under each of them:

    few-shot    solved examples stand before the question; they show how to reason and how to answer
    zero-shot   the question alone, with words that ask for reasoning first, or for an answer at once
    native      the question alone; the model reasons in the block that its family has for it (`models/profile.py`)

A `Way` is one of these for one purpose: with reasoning or without, with examples in one form or another. What a model
is asked to complete is the *stem* of the answer (`The answer is`, `\\boxed{`, ...). Examples teach theirs; without
examples it is the one that this model gives most probability after (`conditions/trial.py`), since after a foreign one
little probability is left for any answer.

This module knows no tokens, and does not choose: `items/asking.py` says how a run asks, and why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import PROBE, Prompt, Sampling, Shot, Thinking, Transcript

Ask = Literal["few-shot", "zero-shot", "native"]
ASKS: tuple[Ask, ...] = ("native", "zero-shot", "few-shot")

REASON = "Think step by step before you answer."
AT_ONCE = "Answer at once, without any reasoning or explanation."
ALOUD = "Let's think step by step."
"""Begins the reasoning of a model that has no turns to be told in (Kojima et al. 2022, 2205.11916)."""


@dataclass(frozen=True, slots=True)
class Stem:
    """What stands before an answer, and the mark that closes it (`LINE_END`: a full stop, the end of the line or of the
    turn, whichever comes). `text` may begin with the line ends that stand before it; where there is no reasoning it
    stands alone. `tight`: no space stands between it and the answer."""

    text: str = PROBE
    closing: str = "."
    tight: bool = False

    def after(self, between: Transcript) -> str:
        """The stem as it follows a reasoning, or begins the turn."""
        return self.text if between.steps else self.text.lstrip()


STEM = Stem()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to put a question. `shots`: examples before it; `words`: what is asked besides, below the question;
    `lead`: begins every reasoning; `block`: reasoning stands in the model's own block, and `mark` is what it writes
    to close it; `off`: the template is told to switch reasoning off; `stem`: of the answer."""

    shots: tuple[Shot, ...] = ()
    words: str = ""
    lead: str = ""
    block: bool = False
    mark: str = ""
    off: bool = False
    stem: Stem = STEM

    @property
    def told(self) -> bool:
        """Whether the model is told in words to reason, and not shown by examples."""
        return bool(self.words or self.lead) and not self.block

    def question(self, text: str) -> str:
        """The question with what is asked besides."""
        return f"{text}\n\n{self.words}" if self.words else text

    def begun(self, question: str, start: Transcript) -> Prompt:
        """The prompt after which the model writes its reasoning, or goes on from `start`."""
        if self.block:
            return Prompt(self.shots, self.question(question), (), Thinking(parts(start), closed=False))
        return Prompt(self.shots, self.question(question), self._led(start), off=self.off)

    def answering(self, question: str, between: Transcript) -> Prompt:
        """The prompt after which the model writes its answer, in its own form."""
        return self._after(question, between, ())

    def stated(self, question: str, between: Transcript) -> Prompt:
        """The prompt after which the answer itself stands: it ends with the stem."""
        return replace(self._after(question, between, (self.stem.after(between),)), tight=self.stem.tight)

    def _after(self, question: str, between: Transcript, said: tuple[str, ...]) -> Prompt:
        if self.block:
            said = tuple(part.lstrip() for part in said)  # what stands between block and answer is the profile's
            return Prompt(self.shots, self.question(question), said, Thinking(parts(between)))
        begun = self._led(between) if between.steps else ()
        return Prompt(self.shots, self.question(question), (*begun, *said), off=self.off)

    def _led(self, between: Transcript) -> tuple[str, ...]:
        return (self.lead, *parts(between)) if self.lead else parts(between)


def parts(between: Transcript) -> tuple[str, ...]:
    """The sentences of a transcript."""
    return tuple(step.text for step in between.steps)


@dataclass(frozen=True, slots=True)
class Asking:
    """How the questions of one task are asked, decided before any of them is. `why`: in words; `profile`: how the model
    reasons, where it has a block; `chat`: whether it is asked in turns; `whole`: it cannot be asked to go on with a
    turn of its own, so every answer is a whole turn."""

    ask: Ask = "few-shot"
    why: str = ""
    profile: Profile | None = None
    chat: bool = True
    whole: bool = False

    @property
    def silences(self) -> tuple[str, ...]:
        """The forms in which an answer without reasoning is asked for, the usual one first; none where examples show
        it. `instruction` and `plain` without a block: with words that ask for an answer at once, and without any."""
        if self.ask == "few-shot":
            return ()
        if self.ask == "zero-shot":  # in a whole turn a model that is not told to be silent reasons first
            return ("instruction",) if self.whole else ("instruction", "plain")
        return self.profile.silence if self.profile else ("empty",)

    @property
    def tried(self) -> bool:
        """Whether it must be found out how answers are asked for: neither examples nor whole turns leave a choice."""
        return self.ask != "few-shot" and not self.whole

    def aloud(self, stem: Stem = STEM) -> Way:
        """With reasoning; examples are put in by whoever has them."""
        if self.ask == "native":
            return Way(block=True, mark=self.profile.mark if self.profile else "", stem=stem)
        if self.ask == "zero-shot":
            return Way(words=REASON if self.chat else "", lead="" if self.chat else ALOUD, stem=stem)
        return Way(stem=stem)

    def silent(self, form: str = "", stem: Stem = STEM) -> Way:
        """Without reasoning, in one of `silences` (the usual one)."""
        form = form or next(iter(self.silences), "")
        if self.ask == "zero-shot":
            return Way(words=AT_ONCE if form == "instruction" else "", stem=stem)
        if self.ask == "native":
            told = self.profile.instruction if self.profile and form == "instruction" else ""
            return Way(words=told, block=form in ("empty", "instruction"), off=form == "switch", stem=stem)
        return Way(stem=stem)

    def showing(self, way: Way, shots: tuple[Shot, ...]) -> Way:
        """The same way with these examples, where any are shown."""
        return replace(way, shots=shots) if self.ask == "few-shot" else way

    def sampling(self, tokens: int, temperature: float | None) -> Sampling:
        """How reasoning is written: at this temperature, or (None) as the family recommends for its block, else
        greedily. What ends it depends on how it is asked for (`think.py`)."""
        wanted = self.profile.sampling if self.ask == "native" and self.profile else None
        if wanted is None:
            return Sampling(tokens, (), temperature or 0.0)
        warm = wanted.temperature if temperature is None else temperature
        return Sampling(tokens, (), warm, wanted.top_p, wanted.top_k)


FEW_SHOT = Asking()
