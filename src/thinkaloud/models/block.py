"""Turns of a model that thinks in a block: where the block stands, what is in it, and how it is left out.

The turns before are written by the chat template, with the beginning of the model's own turn and its switch as the
prompt says (`Prompt.off`); that text is cut behind the question. The block that the template may have put there is
taken off, and what the prompt asks for is written in its place:

    thinking None            nothing, or what its family writes before an answer without reasoning
    thinking, not closed     what opens the block, and the reasoning so far
    thinking, closed         the same, what closes the block, and the beginning of the answer
    off, and no thinking     what the template writes itself where reasoning is switched off

So no block stands in a prompt that was not asked for. Nothing here makes tokens (`local.Lowering` does).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from thinkaloud.errors import FatalError, TextRefused, UserError
from thinkaloud.joining import joined, spaced
from thinkaloud.models.detect import REASONING
from thinkaloud.models.profile import Profile
from thinkaloud.models.render import (
    ANSWERED,
    NEXT,
    PADDED,
    QUESTION,
    Frame,
    Rendered,
    Renderer,
    TurnFormat,
    behind,
    by_template,
    completion,
    dates,
    messages,
    turns,
)
from thinkaloud.vocabulary import Prompt, Shot

Frames = Callable[[tuple[Shot, ...], bool], Frame]
"""What stands around the question after these examples, where the template is told that reasoning is off or on: before
it, and between it and the model's own turn."""
DROPPED = (
    "this model's chat template drops the reasoning of earlier turns, so examples cannot show any: ask without "
    "examples, or with examples that have no reasoning"
)


def with_block(profile: Profile, frames: Frames, ends: tuple[str, ...] = ()) -> Renderer:
    """A renderer of prompts with think blocks."""

    def render(prompt: Prompt) -> Rendered:
        if prompt.off and profile.switch is None:
            raise FatalError(f"this model ({profile.family}) has no switch that turns its reasoning off")
        frame = frames(prompt.shots, prompt.off)
        on = frame if not prompt.off else frames(prompt.shots, False)
        turn = _turn(profile, frame.between, on.between, prompt)
        return _filled(replace(frame, between=turn), block_of(profile, prompt), prompt, ends)

    return render


def _turn(profile: Profile, between: str, switched_on: str, prompt: Prompt) -> str:
    """What stands between the question and the block."""
    if prompt.off and prompt.thinking is None:
        return between if not between.rstrip().endswith(profile.opens.strip()) else bare(profile, between)
    on = bare(profile, switched_on)
    # in both modes the model's turn begins in the same way: a template may set off a block with a line end of its own
    return bare(profile, between).rstrip() + on[len(on.rstrip()) :]


def bare(profile: Profile, between: str) -> str:
    """What a template writes behind a question, without a block at its end that is open, empty, or only closed."""
    opens, mark = re.escape(profile.opens.strip()), re.escape(profile.mark)
    found = re.search(rf"(?:{opens}\s*(?:{mark})?|{mark})\s*$", between)
    return between[: found.start()] if found else between


def block_of(profile: Profile, prompt: Prompt) -> str:
    """The block, marks included; what stands in place of one where there is none."""
    if prompt.thinking is None:
        return "" if prompt.off else profile.direct
    return profile.opens + joined(prompt.thinking.parts) + (profile.closes if prompt.thinking.closed else "")


def _filled(frame: Frame, block: str, prompt: Prompt, ends: tuple[str, ...]) -> Rendered:
    question = prompt.question.strip() if frame.trims[0] else prompt.question
    if prompt.inside and prompt.prefill:
        raise UserError(f"an answer is begun ({prompt.prefill[0][:40]!r}) in a turn whose think block is still open")
    first, rest = spaced(prompt.prefill)[:1], spaced(prompt.prefill)[1:]
    parts = (*(part.lstrip() for part in first), *rest)
    if prompt.begun:
        return Rendered(frame.before, question, frame.between, parts, " ", ends, block, frame.after)
    # a space at the end belongs to the word that comes next, in most vocabularies
    kept = (block or frame.between).rstrip(" ")
    lead = (block or frame.between)[len(kept) :]
    between, block = (frame.between, kept) if block else (kept, "")
    return Rendered(frame.before, question, between, (), lead, ends, block, frame.after)


# ------------------------------------------------------------------------------------------------ frames


def by_profile(template: str, tokens: Mapping[str, str], profile: Profile) -> TurnFormat:
    """Turns by a chat template of which the text is known."""
    from thinkaloud.models.template import applied

    told = {off: applied(template, {**tokens, **profile.variables(off)}) for off in (False, True)}

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...], off: bool) -> Frame:
        def tried(said: list[dict[str, Any]]) -> Frame:
            return replace(opened(told[off](said, True), shots), after=after)

        question = PADDED.format(QUESTION)
        return first_of([functools.partial(tried, said) for said in ways_to_ask(profile, shots, question)])

    def reference(prompt: Prompt) -> str:
        return told[prompt.off](asked(prompt.shots, prompt.question), True)

    try:
        after = behind(told[False](messages(ANSWERED), True))
    except UserError:
        after = ""

    notes = {**dates(template), "profile": profile.sentence}
    return TurnFormat(with_block(profile, frame), "chat", notes, _referred(profile, reference), profile)


def by_known(template: str | None, tokens: Mapping[str, str], profile: Profile | None) -> TurnFormat:
    """Turns by what is known of a model: its template and its profile, or neither (the completion form)."""
    if template is None:
        return completion_block(profile) if profile else TurnFormat(completion, "completion", {})
    return by_profile(template, tokens, profile) if profile else by_template(template, tokens)


T = TypeVar("T")


def first_of(ways: Sequence[Callable[[], T]]) -> T:
    """What the first of these gives that does not fail; the first error, if all do."""
    first: UserError | None = None
    for way in ways:
        try:
            return way()
        except UserError as error:
            first = first or error
    raise first or FatalError(DROPPED)


def ways_to_ask(profile: Profile, shots: Sequence[Shot], question: str) -> list[list[dict[str, Any]]]:
    """Examples and a question as templates take them. Some take content in parts, and no plain text. Some know no
    reasoning of earlier turns, and keep what a turn says: there the block of an example is part of its text, unless the
    template puts a mark before it (`direct`)."""
    ways = [asked(shots, question, parted) for parted in (False, True)]
    if any(shot.thinking for shot in shots) and not profile.direct:
        inside = [Shot(shot.question, (whole_turn(profile, shot),)) for shot in shots]
        ways += [asked(inside, question, parted) for parted in (False, True)]
    return ways


def whole_turn(profile: Profile, shot: Shot) -> str:
    """The turn of an example, with its block."""
    block = profile.opens + joined(shot.thinking) + profile.closes if shot.thinking else ""
    return block + joined(shot.answer)


def asked(shots: Sequence[Shot], question: str, parted: bool = False) -> list[dict[str, Any]]:
    """Examples and a question as templates take them, with the reasoning of the examples."""
    said = messages([*turns(shots), ("user", question)], parted)
    for shot, message in zip(shots, said[1::2], strict=True):
        if shot.thinking:
            message |= dict.fromkeys(REASONING, joined(shot.thinking))
    return said


def opened(text: str, shots: Sequence[Shot]) -> Frame:
    """The frame of turns that a template wrote, up to the beginning of the model's own. Raises `FatalError` where the
    question or anything of the examples is missing."""
    question = PADDED.format(QUESTION)
    trims = question not in text
    before, found, between = text.partition(QUESTION if trims else question)
    if not found:
        raise FatalError("this model's chat template drops the turns it is given: use --format completion")
    for shot in shots:
        if any(joined(part).strip() not in before for part in (shot.thinking, shot.answer)):
            raise FatalError(DROPPED)
    return Frame(before, between, (trims, True))


def as_text(profile: Profile, prompt: Prompt) -> Prompt:
    """The prompt with its blocks as text of the answers, for whoever is sent text and knows no marks. Raises
    `TextRefused` for a reasoning that would close its own block."""
    for part in prompt.thinking.parts if prompt.thinking else ():
        if profile.mark in part:
            raise TextRefused(f"a reasoning spells {profile.mark!r}, which would close its block: {part[:60]!r}")
    if prompt.off:
        raise FatalError(f"this model ({profile.family}) has no switch that turns its reasoning off")
    shots = tuple(Shot(shot.question, (whole_turn(profile, shot),)) for shot in prompt.shots)
    begun = block_of(profile, prompt) + joined(prompt.prefill)
    return Prompt(shots, prompt.question, (begun,) if begun else ())


def completion_block(profile: Profile) -> TurnFormat:
    """Turns in the completion form, of a model without a chat template: its marks as they stand."""

    def example(shot: Shot) -> str:
        return f"Question: {shot.question}\nAnswer: {whole_turn(profile, shot)}\n\n"

    def frame(shots: tuple[Shot, ...], off: bool) -> Frame:
        return Frame("".join(map(example, shots)) + "Question: ", "\nAnswer: ", (False, True))

    render = with_block(profile, frame, NEXT)
    return TurnFormat(render, "completion", {"profile": profile.sentence}, lambda prompt: render(prompt).text, profile)


def _referred(profile: Profile, begun: Callable[[Prompt], str]) -> Callable[[Prompt], str]:
    """The text of a prompt by the template's own beginning of the turn, without marks in place of the question."""

    def text(prompt: Prompt) -> str:
        return ended(profile, begun(prompt), begun(replace(prompt, off=False)), prompt)

    return text


def ended(profile: Profile, begun: str, switched_on: str, prompt: Prompt) -> str:
    """A text that ends with the beginning of the model's turn, and what the prompt puts after it."""
    frame = Frame("", _turn(profile, begun, switched_on, prompt), (False, True))
    return _filled(frame, block_of(profile, prompt), replace(prompt, question=""), ()).text
