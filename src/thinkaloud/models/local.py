"""A model that runs locally: text to tokens to an engine's answers. Every local backend uses this.

`Lowering` turns prompts into the tokens of their whole text; `Local` adds the batcher at which requests of a session
meet, and the session's bill. How logits are computed, only the engine knows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Self

from thinkaloud.errors import FatalError, TextRefused, reason
from thinkaloud.joining import joined, written
from thinkaloud.models.batching import Batcher, Handler
from thinkaloud.models.closed import grouped, texts
from thinkaloud.models.cuts import Atom, Cuts, Tokens
from thinkaloud.models.gate import Gate, passing
from thinkaloud.models.kept import Kept
from thinkaloud.models.profile import Profile
from thinkaloud.models.render import Renderer, unmarked
from thinkaloud.models.requests import Engine, SampleRequest, ScoreRequest
from thinkaloud.models.tree import common
from thinkaloud.vocabulary import LINE_END, Completion, Key, ModelCard, Prompt, Reading, Sampling, Shot, Usage


class Lowering:
    """Turns prompts into tokens: those that the model's tokenizer gives for the whole text.

    `tokenize(text, special)`: tokens of a text as the tokenizer makes them, control tokens recognised only where
    `special`; `bos`: what it puts before everything (not added if a template has written it already); `cuts`: where
    texts may be cut, so that no piece is tokenised twice; `profile`: how the model thinks in a block, without which no
    prompt may ask for one.
    """

    def __init__(
        self,
        tokenize: Callable[[str, bool], Sequence[int]],
        bos: Sequence[int],
        render: Renderer,
        cuts: Cuts,
        profile: Profile | None = None,
    ) -> None:
        self._bos, self._render, self._cuts = tuple(bos), render, cuts
        self.profile = profile
        self._tokens = functools.lru_cache(maxsize=1 << 16)(
            lambda text, special: tuple(tokenize(_whole(text), special))
        )
        self._rendered = functools.lru_cache(maxsize=1 << 10)(self._text)

    def tokens(self, text: str) -> Tokens:
        """Tokens of a text inside another one; control tokens are not recognised."""
        return self._joined(self._cuts.atoms(self._cuts.guard(text), first=False))

    def lower(self, prompt: Prompt) -> tuple[Tokens, Tokens, str]:
        """A prompt as preamble tokens, the other tokens, and the lead of what comes next."""
        text, shared, lead, _ = self._rendered(prompt)
        return (*self._before(text, shared), lead)

    def followed(
        self, prompt: Prompt, texts: Sequence[str], whole: Sequence[str] = ()
    ) -> tuple[Tokens, Tokens, tuple[Tokens, ...]]:
        """A prompt as preamble tokens and the other tokens, and the tokens that each text after it (with its lead)
        adds: together they are the tokens of prompt and text as one string. If a text changes the prompt's last tokens,
        these are part of the texts' tokens. `whole`: further texts, each with the control token that ends a turn behind
        it (left out where none is known)."""
        text, shared, lead, closes = self._rendered(prompt)
        preamble, tokens = self._before(text, shared)
        last, tails = self._tails(text, lead, texts, whole if closes else (), closes)
        end = self._joined(last)
        behind = [self._joined(tail) for tail in tails]
        kept = min((common(end, tail) for tail in behind), default=len(end))
        done = len(tokens) - (len(end) - kept)
        return preamble, tokens[: max(done, 0)], tuple(tail[kept:] for tail in behind)

    def needed(self, prompt: Prompt, texts: Sequence[str] = (), whole: Sequence[str] = ()) -> list[Atom]:
        """All pieces that are tokenised for a prompt and for the texts that follow it (`followed`)."""
        text, _, lead, closes = self._rendered(prompt)
        tails = self._tails(text, lead, texts, whole if closes else (), closes)[1]
        return [*self._cuts.atoms(text), *(atom for tail in tails for atom in tail)]

    def ending(self, prompt: Prompt, sampling: Sampling) -> Sampling:
        """The sampling, with stop texts added where the frame would begin the next turn."""
        return replace(sampling, stop=(*sampling.stop, *self._render(prompt).ends))

    def written(self, prompt: Prompt, sampling: Sampling, done: Completion) -> Completion:
        """What was written with that sampling, as the text that goes on from the prompt (`joining.written`)."""
        by = "" if done.stopped_by and done.stopped_by not in sampling.stop else done.stopped_by
        return replace(done, text=written(done.text, bool(prompt.begun)), stopped_by=by)

    def scored(self, prompt: Prompt, options: Sequence[str], closing: str) -> ScoreRequest:
        """The request to read each option with what closes it, by the rules of `closed.py`."""
        spelt = texts("", options, closing)
        preamble, tokens, found = self.followed(prompt, *read_texts(options, closing))
        rest = iter(found)
        written = [tuple(islice(rest, len(own))) for own in spelt]
        for index, ended in enumerate(rest):  # with the end of the turn behind them, where that is known
            written[index] = (*written[index], ended)
        return ScoreRequest(preamble, tokens, *grouped(written, options))

    def _text(self, prompt: Prompt) -> tuple[str, int, str, str]:
        """The guarded text of a prompt, how many characters of it belong to the examples, the lead, and the control
        token that ends the turn (empty where no token ends it, or it is not known)."""
        self._fits(prompt)

        one = self._cuts.guard

        def guard(texts: Sequence[str]) -> tuple[str, ...]:
            return tuple(map(one, texts))

        for shot in prompt.shots:  # these go through the template, which is cut where its marks stand
            unmarked((shot.question, *shot.answer, *shot.thinking))
        shots = tuple(Shot(one(shot.question), guard(shot.answer), guard(shot.thinking)) for shot in prompt.shots)
        block = prompt.thinking and replace(prompt.thinking, parts=guard(prompt.thinking.parts))
        rendered = self._render(Prompt(shots, one(prompt.question), guard(prompt.prefill), block, prompt.off))
        closes = self._cuts.controls.match(rendered.closes.lstrip())
        lead = "" if prompt.tight else rendered.lead
        return rendered.text, len(rendered.preamble), lead, closes[0] if closes else ""

    def _fits(self, prompt: Prompt) -> None:
        """Whether the model has a block, where the prompt asks for one, and whether what stands in it stays there."""
        blocks = [*(shot.thinking for shot in prompt.shots if shot.thinking)]
        blocks += [prompt.thinking.parts] if prompt.thinking else []
        if self.profile is None:
            if blocks or prompt.off:
                raise FatalError("this model has no think block that is known here (--profile FILE.toml describes one)")
            return
        mark = self.profile.mark
        for text in map(joined, blocks):
            if mark in text and len(self._tokens(mark, True)) > 1:
                raise TextRefused(f"a reasoning spells {mark!r}, which would close its block: {text[:60]!r}")

    def _before(self, text: str, shared: int) -> tuple[Tokens, Tokens]:
        # a cut needs the character behind its space, and that must be the examples' too
        cut = max(place for place in self._cuts.at(text) if place <= max(shared - 2, 0))
        head = self._joined(self._cuts.atoms(text[:cut]))
        rest = self._joined(self._cuts.atoms(text[cut:], first=cut == 0))
        whole = (*head, *rest)
        bos = () if whole[: len(self._bos)] == self._bos else self._bos
        return (*bos, *head), rest

    def _tails(
        self, text: str, lead: str, texts: Sequence[str], whole: Sequence[str] = (), closes: str = ""
    ) -> tuple[list[Atom], list[list[Atom]]]:
        """The last piece of a prompt, alone and with each following text; `whole`: with `closes` behind them."""
        start = self._cuts.at(text)[-1]
        end = text[start:]
        ends = [*(self._cuts.guard(more) for more in texts), *(self._cuts.guard(more) + closes for more in whole)]
        following = [self._cuts.atoms(end + lead + more, first=start == 0) for more in ends]
        return self._cuts.atoms(end, first=start == 0), following

    def _joined(self, atoms: Sequence[Atom]) -> Tokens:
        return tuple(token for atom in atoms for token in self._tokens(*atom))


def read_texts(options: Sequence[str], closing: str) -> tuple[list[str], Sequence[str]]:
    """The texts that are tokenised to read these options, and those that the end of a turn may stand behind."""
    return [text for own in texts("", options, closing) for text in own], options if closing == LINE_END else ()


def _whole(text: str) -> str:
    """The text. Raises `TextRefused` if it contains a lone surrogate, which tokenizers handle in different ways."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextRefused(reason(error)) from error
    return text


class Local:
    """A model made of a lowering and an engine. Its sessions share the weights; each has its own batches and bill."""

    gate: Gate | None

    def __init__(self, card: ModelCard, lowering: Lowering, engine: Engine) -> None:
        self.card, self.engine, self.lowering = card, engine, lowering
        self.lower, self.tokens, self.profile = lowering.lower, lowering.tokens, lowering.profile
        self.reference: Callable[[Prompt], Tokens] | None = None
        self.bounded = not getattr(engine, "anew", False)
        self._open_batcher()

    def session(self) -> Self:
        """The same model with its own batcher and bill: only requests of one session are batched together."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._open_batcher()
        return other

    def _open_batcher(self) -> None:
        self.usage, self.gate = Usage(), None
        kept = Kept()

        def billed(handler: Handler) -> Handler:
            def handle(requests: Sequence[Any]) -> Sequence[Any]:
                self.engine.usage, self.engine.kept = Usage(), kept
                with passing(self.gate, requests, lambda: self.engine.usage):
                    answers = handler(requests)
                self.usage += self.engine.usage
                return answers

            return handle

        self._batcher = Batcher({"score": billed(self.engine.score), "sample": billed(self.engine.sample)})

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt. The space before the continuation is not part of the text (`joining.written`)."""
        preamble, tokens, _ = self.lower(prompt)
        ending = self.lowering.ending(prompt, sampling)
        done: Completion = await self._batcher.ask("sample", SampleRequest(preamble, tokens, ending, key))
        return self.lowering.written(prompt, sampling, done)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Read the options, each with its closing mark."""
        reading: Reading = await self._batcher.ask("score", self.lowering.scored(prompt, options, closing))
        return reading
