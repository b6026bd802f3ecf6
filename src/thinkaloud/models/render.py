"""Prompts as text: how turns are written for a given model.

A prompt becomes a *preamble* (the examples, the same for every item of a condition), the question, and the parts of the
prefill. Two formats: `completion` for base models, and `chat` for a model that brings a Jinja chat template, in which
case the prefill truly continues the assistant's turn: the template is cut at a marker inside that turn. The text is the
one that the template gives for the same turns. This module does not tokenise (`local.Lowering` does).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from thinkaloud.errors import FatalError, TextRefused, UserError
from thinkaloud.joining import joined, spaced
from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import Prompt, Shot

QUESTION, ANSWER = "QXQ7question7QXQ", "QXQ7answer7QXQ"
"""Placeholders for the question and the beginning of the answer while a template is applied."""
PADDED = "  {}  "
"""Spaces around a mark: a template that trims its turns removes them."""


def unmarked(texts: Sequence[str]) -> None:
    """`TextRefused` for a text that spells a placeholder: a template would be cut there."""
    for text in texts:
        if found := next((mark for mark in (QUESTION, ANSWER) if mark in text), None):
            raise TextRefused(f"an example spells {found!r}, which stands for texts in a template: {text[:60]!r}")


Turn = tuple[Literal["user", "assistant"], str]
NEXT = ("\nQuestion:",)
"""What follows an answer in the completion form: a base model would write its own next question."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as text: `preamble`, `question`, `turn` and `parts` concatenate to the whole.

    `preamble` and `turn` (the text between question and answer) belong to the frame; question and parts are texts of
    items and models. `lead` is put before an option, `closes` behind an answer (empty where that is not known). `ends`
    are texts with which the frame continues after an answer, if no control token ends it: an answer ends before them.
    `block`: what stands between turn and parts where the model thinks in a block, marks and reasoning (`block.py`).
    """

    preamble: str
    question: str
    turn: str
    parts: tuple[str, ...]
    lead: str
    ends: tuple[str, ...] = ()
    block: str = ""
    closes: str = ""

    @property
    def text(self) -> str:
        """The whole prompt."""
        return "".join((self.preamble, self.question, self.turn, self.block, *self.parts))


Renderer = Callable[[Prompt], Rendered]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a template puts around the last question and the begun answer. `trims`: whether it removes the spaces around
    the question and the answer; `after`: what it puts behind the answer, empty where that is not known."""

    before: str
    between: str
    trims: tuple[bool, bool]
    after: str = ""

    def filled(self, prompt: Prompt) -> Rendered:
        """The frame with a question and an answer filled in."""
        question, parts = prompt.question, prompt.prefill
        between, lead = self.between, " " if parts else ""
        question = question.strip() if self.trims[0] else question
        parts = (*(part.lstrip() for part in parts[:1]), *parts[1:]) if self.trims[1] else parts
        if not parts:  # a space at the end belongs to the word that comes next, in most vocabularies
            between = self.between.rstrip(" ")
            lead = self.between[len(between) :]
        return Rendered(self.before, question, between, spaced(parts), lead, closes=self.after)


def completion(prompt: Prompt) -> Rendered:
    """`Question: ...` / `Answer: ...` blocks; the last one is left open."""
    preamble = "".join(f"Question: {shot.question}\nAnswer: {joined(shot.answer)}\n\n" for shot in prompt.shots)
    parts = spaced(prompt.prefill)
    begun = tuple(f" {part}" for part in parts[:1]) + parts[1:]
    return Rendered(preamble, f"Question: {prompt.question}", "\nAnswer:", begun, " ", NEXT)


def turns(shots: Sequence[Shot]) -> list[Turn]:
    """Examples as turns."""
    out: list[Turn] = []
    for shot in shots:
        out += [("user", shot.question), ("assistant", joined(shot.answer))]
    return out


def messages(said: Sequence[Turn], parted: bool = False) -> list[dict[str, Any]]:
    """Turns as templates take them. `parted`: the content as a list with one part."""
    return [{"role": role, "content": [{"type": "text", "text": text}] if parted else text} for role, text in said]


def marked(shots: Sequence[Shot]) -> list[Turn]:
    """Turns with marks for the last question and the answer to it."""
    return [*turns(shots), ("user", PADDED.format(QUESTION)), ("assistant", PADDED.format(ANSWER))]


ANSWERED: tuple[Turn, ...] = (("user", QUESTION), ("assistant", PADDED.format(ANSWER)), ("user", QUESTION))
"""Turns from which `behind` reads how an answer ends."""


def behind(text: str) -> str:
    """What a template puts behind an answer, from `ANSWERED` as it writes them; empty where it drops the answer."""
    return text.partition(ANSWER)[2]


def cut(text: str) -> Frame | None:
    """The frame of rendered turns with marks; None if a mark is missing."""
    question, answer = PADDED.format(QUESTION), PADDED.format(ANSWER)
    trims = (question not in text, answer not in text)
    before, found_q, rest = text.partition(QUESTION if trims[0] else question)
    between, found_a, after = rest.partition(ANSWER if trims[1] else answer)
    return Frame(before, between, trims, after) if found_q and found_a else None


def chat(template: str, bos: str, eos: str, tokens: Mapping[str, str] | None = None) -> Renderer:
    """A renderer for a Jinja chat template (as in GGUF metadata, `tokenizer.chat_template`). `bos`, `eos`: the texts of
    these control tokens; `tokens`: of others that it may write, by name (`pad_token`...)."""
    from thinkaloud.models.template import applied

    apply = applied(template, {**(tokens or {}), "bos_token": bos, "eos_token": eos})

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...]) -> Frame:
        """What the template puts around a question after these examples."""
        first: UserError = FatalError("this model's chat template drops the turns it is given: use --format completion")
        for parted in (False, True):  # some take parts, and no plain text
            try:
                found = cut(apply(messages(marked(shots), parted), False))
            except UserError as error:
                first = first if parted else error
                continue
            if found:
                return found
        raise first

    return lambda prompt: frame(prompt.shots).filled(prompt)


def dates(template: str) -> dict[str, str]:
    """A note for the model card where a template writes the date."""
    from thinkaloud.models.template import DATE, writes_date

    said = f"the chat template writes the day, which is always {DATE:%Y-%m-%d} here"
    return {"date": said} if writes_date(template) else {}


def notes(template: str, render: Renderer, tokens: Mapping[str, str]) -> dict[str, str]:
    """Notes on a template for the model card: a date, and thinking."""
    from thinkaloud.models.template import applied

    said = dates(template)
    try:
        begun = applied(template, tokens)(messages([("user", QUESTION)]), True)
        turn = render(Prompt((), "")).turn
    except UserError:
        return said  # said again, and louder, when the first prompt is written
    if thought := thinking(turn, begun):
        said["thinking"] = thought
    return said


TAG = "QXQ7goes on here7QXQ"


@dataclass(frozen=True, slots=True)
class TurnFormat:
    """How a model's turns are written. `reference`: the text of a prompt as the template gives it for the turns without
    marks (to compare with `render`); `notes`: for the model card; `profile`: how it thinks in a block of its own."""

    render: Renderer
    form: Literal["chat", "completion"]
    notes: Mapping[str, str]
    reference: Callable[[Prompt], str] = lambda prompt: completion(prompt).text
    profile: Profile | None = None

    def noted(self, name: str, why: str) -> TurnFormat:
        """The same, with one more note if it is not None."""
        return replace(self, notes={**self.notes, name: why}) if why else self


def by_template(template: str, tokens: Mapping[str, str]) -> TurnFormat:
    """Turns by a chat template; `tokens`: the texts of control tokens by the names that templates know."""
    render = chat(template, tokens.get("bos_token", ""), tokens.get("eos_token", ""), tokens)
    return TurnFormat(render, "chat", notes(template, render, tokens), lambda prompt: spoken(template, tokens, prompt))


def spoken(template: str, tokens: Mapping[str, str], prompt: Prompt) -> str:
    """The text of a prompt by its template, as transformers' `continue_final_message` has it."""
    from thinkaloud.models.template import applied

    said = [*turns(prompt.shots), ("user", prompt.question), ("assistant", joined(prompt.prefill) + TAG + " ")]
    apply = applied(template, tokens)
    try:
        text = apply(messages(said), False)
    except UserError:
        text = ""
    text = text if TAG in text else apply(messages(said, True), False)
    before, _, after = text.rpartition(TAG)
    if not prompt.prefill:
        return before.rstrip(" ")
    return before if after.startswith(" ") else before.rstrip()


_THINK = re.compile(r"<(\w*(?:think|thought|reason)\w*)>\s*</\1>\s*$", re.IGNORECASE)
_OPENS = re.compile(r"<(\w*(?:think|thought|reason)\w*)>\s*$", re.IGNORECASE)


def thinking(turn: str, begun: str) -> str | None:
    """What a template does about thinking, in a sentence; None if it does nothing. `turn`: what it puts before a begun
    answer; `begun`: before an answer that the model begins itself."""
    if found := _THINK.search(turn):
        return f"switched off by the chat template: every turn that is measured begins with an empty <{found[1]}> block"
    if found := _OPENS.search(turn):
        return f"the chat template opens a <{found[1]}> block, and every turn that is measured is inside it"
    if found := _OPENS.search(begun):
        return (
            f"left out: the chat template opens a <{found[1]}> block before an answer that the model begins itself, "
            "and none before one that is begun for it, as the turns here are"
        )
    return None
