"""One sample of an Inspect log: its question, its answer, and the reasoning between them that can be read.

A sample that cannot be used is refused with its reason (`LeftOut`). Nothing is guessed: a turn that was cut off, went
through tools or was answered in between is not one reasoning. This module knows Inspect's samples by their fields; it
opens no file and imports nothing of Inspect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.interop.visible import Visible, letter, visible
from thinkaloud.tasks.check import plain
from thinkaloud.tasks.transcripts import WRITER

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessage, ChatMessageAssistant

LONGEST = 120
"""Characters of an answer that can be an option."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LISTED = re.compile(r"^\s*\(?([A-Z])[).]\s+(.*\S)\s*$", re.MULTILINE)


class LeftOut(ThinkaloudError):
    """Why a sample does not come in; the same words for all of a kind, because they are counted."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a sample gave. `accepted`: every right answer, the gold among them; `choices`: None where its options have
    to be drawn; `answered`: what the model said, None where that cannot be told; `right`: None where nobody says."""

    sample: str
    epoch: int
    question: str
    gold: str
    accepted: tuple[str, ...]
    choices: tuple[str, ...] | None
    seen: Visible
    hidden: int
    answered: str | None
    right: bool | None
    meta: Mapping[str, Any]


def came(sample: EvalSample, writer: str) -> Came:
    """What a sample gives; raises `LeftOut`."""
    if sample.error is not None:
        raise LeftOut("the sample ended with an error")
    if sample.limit is not None:
        raise LeftOut("the sample was stopped by a limit")
    turn = _turn(sample)
    targets = [sample.target] if isinstance(sample.target, str) else list(sample.target)
    targets = [target.strip() for target in targets if target.strip()]
    if not targets:
        raise LeftOut("no target")
    choices, listed = _choices(sample)
    own = [choice.strip() for choice in sample.choices or []]
    accepted = targets if choices is None else [_chosen(targets, own)]
    scored = next((s.answer for s in (sample.scores or {}).values() if s.answer), None)
    known = {*targets, *own, *LETTERS[: len(own)], *([scored] if scored else [])}
    text, hidden = _text(turn)
    seen = visible(text, known)
    if not seen.sentences:
        raise LeftOut(_nothing(seen, hidden))
    said = _meant(seen.answer, choices) if seen.answer is not None else _meant(_short(scored), own)
    question = _with_choices(_question(sample), choices) if choices and listed else _question(sample)
    meta = {
        WRITER: _writer(turn, writer),
        "sample": str(sample.id),
        "epoch": sample.epoch,
        "answered": said,
        "usage": _usage(sample),
        "scores": {name: score.value for name, score in (sample.scores or {}).items()},
    }
    right = _right(sample, said, accepted)
    return Came(
        str(sample.id), sample.epoch, question, accepted[0], tuple(accepted), choices, seen, hidden, said, right, meta
    )


def _writer(turn: ChatMessageAssistant, named: str) -> str:
    """Who wrote: the log's model, or another one that the turn names."""
    return turn.model if turn.model and turn.model.split("/")[-1] != named.split("/")[-1] else named


def _turn(sample: EvalSample) -> ChatMessageAssistant:
    """The model's one turn after the question."""
    last = max((i for i, message in enumerate(sample.messages) if message.role == "user"), default=-1)
    turns = [message for message in sample.messages[last + 1 :] if message.role == "assistant"]
    if any(message.role == "tool" or getattr(message, "tool_calls", None) for message in sample.messages):
        raise LeftOut("the model used tools: what came back is not its own words")
    if not turns and sample.output.choices:
        turns = [sample.output.message]
    if not turns:
        raise LeftOut("the model wrote nothing")
    if len(turns) > 1:
        raise LeftOut("the model wrote several turns")
    asked = sum(message.role == "assistant" for message in ([] if isinstance(sample.input, str) else sample.input))
    if sum(message.role == "assistant" for message in sample.messages[:last]) > asked:
        raise LeftOut("the model was answered and wrote again")
    if sample.output.choices and sample.output.stop_reason in ("max_tokens", "model_length", "content_filter"):
        raise LeftOut("the turn was cut off before its end")
    # a solver may have rewritten the message (shuffled choices are put back so, without the reasoning): the call has it
    calls = [event.output.message for event in sample.events if event.event == "model" and event.output.choices]
    return next((call for call in calls if call.id is not None and call.id == turns[0].id), turns[0])


def _text(turn: ChatMessageAssistant) -> tuple[str, int]:
    """What can be read of a turn, and how many pieces of reasoning cannot."""
    readable, hidden = [], 0
    for content in turn.content_list:
        if content.type == "text":
            readable.append(content.text)
        elif content.type == "reasoning":
            if content.redacted or not content.reasoning.strip():
                hidden += 1
            else:
                readable.append(content.reasoning)
    return "\n".join(readable), hidden


def _nothing(seen: Visible, hidden: int) -> str:
    """Why a turn has no reasoning to read."""
    if hidden:
        return "all of the reasoning is hidden"
    return "the answer stands before the reasoning" if seen.after else "an answer without reasoning"


def _question(sample: EvalSample) -> str:
    """The input, or its last user message."""
    if isinstance(sample.input, str):
        text = sample.input
    else:
        asked = [message for message in sample.input if message.role == "user"]
        if not asked:
            raise LeftOut("no question: the input has no user message")
        if any(content.type != "text" for content in asked[-1].content_list):
            raise LeftOut("the question is not only text")
        text = asked[-1].text
    if not text.strip():
        raise LeftOut("the question is empty")
    return text.strip()


def _choices(sample: EvalSample) -> tuple[tuple[str, ...] | None, bool]:
    """The choices in the order in which the model saw them (None where there are none), and whether it saw them."""
    choices = tuple(choice.strip() for choice in sample.choices or [])
    if not choices:
        return None, False
    if len(choices) > len(LETTERS):
        raise LeftOut(f"more than {len(LETTERS)} choices")
    asked = [_last_user(event.input) for event in sample.events if event.event == "model"]
    for text in asked:
        listed = [choice for _, choice in _LISTED.findall(text)]
        if sorted(listed) == sorted(choices):
            return tuple(listed), True
    return choices, not asked or any(all(choice in text for choice in choices) for text in asked)


def _last_user(messages: Sequence[ChatMessage]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "user"), "")


def _with_choices(question: str, choices: Sequence[str]) -> str:
    listed = [f"{LETTERS[i]}) {choice}" for i, choice in enumerate(choices)]
    return question if all(line in question for line in listed) else "\n".join([question, "", *listed])


def _chosen(targets: Sequence[str], choices: Sequence[str]) -> str:
    """The choice that the target names, by its letter in the sample's own order or by its text."""
    if len(targets) > 1:
        raise LeftOut("several choices are right")
    if targets[0] in choices:
        return targets[0]
    place = letter(targets[0], len(choices)) if len(targets[0]) == 1 else None
    if place is None:
        raise LeftOut("the target is none of the choices")
    return choices[place]


def _meant(answer: str | None, choices: Sequence[str] | None) -> str | None:
    """The option that an answer names; letters count in the order of `choices`."""
    place = letter(answer, len(choices)) if answer is not None and choices else None
    return answer if place is None or choices is None else choices[place]


def _short(answer: str | None) -> str | None:
    return answer if answer and len(answer) <= LONGEST and "\n" not in answer else None


def _right(sample: EvalSample, said: str | None, golds: Sequence[str]) -> bool | None:
    """Whether the answer was right: by the first score, else by what was said."""
    for score in (sample.scores or {}).values():
        if score.value in ("C", "I", True, False, 1, 0):
            return score.value in ("C", True, 1)
        break
    return None if said is None else any(plain(said) == plain(gold) for gold in golds)


def _usage(sample: EvalSample) -> dict[str, int]:
    """Tokens that the transcript cost, as the log has them; empty where it does not know."""
    usage = sample.output.usage if sample.output.choices else None
    if usage is None:
        return {}
    found = usage.model_dump(exclude_none=True)
    return {name: int(count) for name, count in found.items() if name.endswith("tokens") or "_tokens_" in name}
