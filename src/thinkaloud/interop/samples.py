"""One sample of an Inspect log: its question, its answer, and the reasoning between them that can be read.

A sample that cannot be used is refused with its reason (`LeftOut`). Nothing is guessed: a turn that was cut off, went
through tools or was answered in between is not one reasoning. This module knows Inspect's samples by their fields; it
opens no file and imports nothing of Inspect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.interop.scorers import OTHER
from thinkaloud.tasks.answer_statement import Split, split_answer
from thinkaloud.tasks.answers import bare, match, same_option
from thinkaloud.tasks.transcripts import WRITER

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessage, ChatMessageAssistant

LONGEST = 120
"""Characters of an answer that can be an option."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LISTED = re.compile(r"^\s*\(?([A-Z]|\d{1,3})[).]\s+(.*\S)\s*$", re.MULTILINE)
_LETTER = re.compile(r"(?:option|choice)?\s*\(?([A-Za-z]|\d{1,3})\)?(?:[.):]\s.*)?", re.IGNORECASE | re.DOTALL)


class LeftOut(ThinkaloudError):
    """Why a sample does not come in; the same words for all of a kind, because they are counted."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a sample gave. `accepted`: every right answer, the gold among them; `choices`: None where its options have
    to be drawn; `answered`: what the model said, None where that cannot be told; `read`: whether that is right;
    `right`: whether the answer is, by whoever decides (`scorers.py`); None where nobody says."""

    sample: str
    epoch: int
    question: str
    gold: str
    accepted: tuple[str, ...]
    choices: tuple[str, ...] | None
    seen: Split
    hidden: int
    answered: str | None
    read: bool | None
    meta: Mapping[str, Any]
    right: bool | None = None

    @property
    def contradiction(self) -> str | None:
        """How the sample's own fields contradict each other, in words."""
        if self.right is None or self.read is None or self.right == self.read:
            return None
        if self.read:
            return "the score says wrong, though the answer read is the target"
        return "the score says right, though the answer read is not the target"

    @property
    def sure(self) -> bool:
        """Whether `read` is certain: an open question may be answered rightly in other words than the target's."""
        return self.choices is not None or self.read is True


def whole(one: Came) -> Came:
    """The same; raises `LeftOut` where a text of it holds half a character: no file and no tokenizer can hold that."""
    try:
        json.dumps(asdict(one), ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise LeftOut("a text of it holds half a character") from error
    return one


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
    scored = _scored(sample)
    known = {*targets, *own, *map(label, range(len(own))), *([scored] if scored else [])}
    text, hidden = _text(turn)
    seen = split_answer(text, known)
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
    read = None if said is None else is_accepted(said, accepted, choices or (), question)
    return Came(
        str(sample.id), sample.epoch, question, accepted[0], tuple(accepted), choices, seen, hidden, said, read, meta
    )


def is_accepted(said: str, accepted: Sequence[str], choices: Sequence[str] = (), question: str = "") -> bool:
    """Whether an answer is one of the accepted ones, and no other choice."""
    if choices:
        found = match(said, choices)
        return found is not None and choices[found] in accepted
    return any(match(said, (answer,), question) is not None for answer in accepted)


def _scored(sample: EvalSample) -> str | None:
    """The answer that a scorer took from the sample; not one that judges something else."""
    scores = (sample.scores or {}).items()
    return next((score.answer for name, score in scores if score.answer and not OTHER.search(name)), None)


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
    turn = next((call for call in calls if call.id is not None and call.id == turns[0].id), turns[0])
    if turn.role != "assistant":  # an output may hold any message
        raise LeftOut("its output is no turn of a model")
    return turn


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


def _nothing(seen: Split, hidden: int) -> str:
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
    asked = [_last_user(event.input) for event in sample.events if event.event == "model"]
    for text in asked:
        if (there := _listing(text, choices)) is not None:
            return there, True
    return choices, not asked


def _listing(text: str, choices: Sequence[str]) -> tuple[str, ...] | None:
    """The choices in the order in which a prompt lists them behind letters; None where it does not."""
    found, n = _LISTED.findall(text), len(choices)
    for start in range(len(found) - n, -1, -1):  # the list is what comes last
        window = found[start : start + n]
        if [name for name, _ in window] == list(map(label, range(n))):
            there = tuple(choice for _, choice in window)
            if sorted(map(bare, there)) == sorted(map(bare, choices)):
                return there
    whole = [f"{mark}{label(i)}{end} {choice}" for mark, end in (("", ")"), ("(", ")"), ("", ".")) for i, choice in
             enumerate(choices)]  # fmt: skip
    lists = [whole[i : i + n] for i in range(0, len(whole), n)]  # choices of several lines
    return tuple(choices) if any(all(line in text for line in lines) for lines in lists) else None


def _last_user(messages: Sequence[ChatMessage]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "user"), "")


def _with_choices(question: str, choices: Sequence[str]) -> str:
    listed = [f"{label(i)}) {choice}" for i, choice in enumerate(choices)]
    return question if all(line in question for line in listed) else "\n".join([question, "", *listed])


def label(place: int) -> str:
    """What Inspect calls the choice at this place: A to Z, then 1, 2, ..."""
    return LETTERS[place] if place < len(LETTERS) else str(place - len(LETTERS) + 1)


def letter(answer: str, choices: int) -> int | None:
    """Which of so many choices an answer like `B`, `(b)` or `B) cork` names; None if it names none."""
    found = _LETTER.fullmatch(answer.strip())
    labels = [label(place) for place in range(choices)]
    return labels.index(found[1].upper()) if found and found[1].upper() in labels else None


def _chosen(targets: Sequence[str], choices: Sequence[str]) -> str:
    """The choice that the target names: by its letter in the sample's own order, also where another choice has this
    letter as its text (that is Inspect's rule), else by its text."""
    if len(targets) > 1 or (len(targets[0]) > 1 and all(one in LETTERS[: len(choices)] for one in targets[0])
                            and targets[0] not in choices):  # fmt: skip
        raise LeftOut("several choices are right")
    place = letter(targets[0], len(choices)) if len(targets[0].strip("()")) <= 1 or targets[0].isdigit() else None
    if place is not None:
        return choices[place]
    named = [choice for choice in choices if same_option(choice, targets[0])]
    if not named:
        raise LeftOut("the target is none of the choices")
    return named[0]


def _meant(answer: str | None, choices: Sequence[str] | None) -> str | None:
    """The option that an answer names; letters count in the order of `choices`."""
    place = letter(answer, len(choices)) if answer is not None and choices else None
    return answer if place is None or choices is None else choices[place]


def _short(answer: str | None) -> str | None:
    return answer if answer and len(answer) <= LONGEST and "\n" not in answer else None


def _usage(sample: EvalSample) -> dict[str, int]:
    """Tokens that the transcript cost, as the log has them; empty where it does not know."""
    usage = sample.output.usage if sample.output.choices else None
    if usage is None:
        return {}
    found = usage.model_dump(exclude_none=True)
    return {name: int(count) for name, count in found.items() if name.endswith("tokens") or "_tokens_" in name}
