"""What a model behind Inspect can do, found out by asking. Only what was shown is claimed.

*Prefill.* The model's turn is begun for it, four times, with a long text that breaks off where only one thing can come
next: in the middle of a list, and once in the middle of a word. A turn that goes on comes with that next. The text is
longer than the reply is allowed to be: so a provider that returns the beginning with the reply is told apart from a
model that says it all again in a new turn, which cannot get to its end. *Log-probabilities* are asked for at the same
places: the known next token must be the likeliest, and the tokens must be those of the reply's text. *Temperature 0*
and *thinking* outside the text are tested with a plain question.

What the probe cannot find out: a provider that thinks and does not report it; a model that imitates the form of a new
turn so well that it continues even in the middle of a word; what happens on other prompts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.inspect.ask import Asked, Line, Reply, Thinking, Top, turns
from thinkaloud.vocabulary import Capability, Prompt, Sampling, Usage

ROOM = 16  # tokens of a probed reply; the least that some services accept, and far fewer than a probe's prefill has
FEW = 4  # tokens that are held against the text of a reply
TOPS = (20, 5)
BLANK = "\n"


@dataclass(frozen=True, slots=True)
class Begun:
    """A begun turn: what only a continuation would write next, and how a new turn would begin."""

    question: str
    begun: str
    follows: str

    @property
    def prompt(self) -> Prompt:
        """The begun turn as a prompt."""
        return Prompt((), self.question, (self.begun,))


LISTS = (
    Begun(
        "Count from one to twenty in words.",
        "I will count slowly and write every number as a word, with commas between them, and I will leave none of them "
        "out: one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve,",
        "thirteen",
    ),
    Begun(
        "Name the days of the week, two times over.",
        "These are the days of the week in their order, two times over, all on one line and with commas between them: "
        "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, Monday, Tuesday, Wednesday,",
        "Thursday",
    ),
    Begun(
        "Say the alphabet.",
        "This is the alphabet in its usual order, in capital letters, with a comma after each one of them: A, B, C, D, "
        "E, F, G, H, I, J, K, L, M, N, O, P,",
        "Q",
    ),
)
WORD = Begun(  # cut where tokenizers cut too
    "Count from twenty to thirty in words.",
    "I will count slowly and write every number as a word, with commas between them, and I will leave none of them "
    "out: twenty, twenty-one, twenty-two, twenty-three, twenty-",
    "four",
)
PLAIN = Prompt((), "What is 17 + 26? Think about it step by step, in one or two short sentences.")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the probe showed. `prefill`: turns are continued; `echoes`: the reply includes the prefill; `top`: how many
    of the likeliest tokens are returned (0: none that can be used); `least`: the smallest `max_tokens` that is
    accepted; `marked`: spaces in tokens are written as marks; `cold`: temperature 0 is accepted; `blank`: so is a
    newline as a stop; `details`: each of it in a sentence; `usage`: what the probing cost."""

    prefill: bool
    echoes: bool
    top: int
    least: int
    marked: bool
    cold: bool
    blank: bool
    thinking: Thinking
    details: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The capabilities that studies may rely on. Log-probabilities are only useful if prefills are continued."""
        able: set[Capability] = set()
        if self.prefill:
            able |= {"prefill", "logprobs"} if self.top else {"prefill"}
        if self.thinking == "none":
            able.add("raw_reasoning")
        return frozenset(able)


class Tried:
    """Sends the probes, keeps the bill, and turns failures of single probes into reasons."""

    def __init__(self, line: Line) -> None:
        self.line, self.usage = line, Usage()

    async def ask(self, prompt: Prompt, asked: Asked) -> Reply | str:
        """A reply, or the reason why there is none. Raises for a wrong key or name."""
        try:
            reply = await self.line.ask(turns(prompt), asked)
        except ModelError as error:
            return str(error)
        self.usage += reply.usage
        return reply


async def probe(line: Line) -> Shown:
    """The whole probe, about twelve short calls. Raises `UserError` if the model does not answer at all."""
    tried = Tried(line)
    details: dict[str, str] = {}
    plain, cold, blank = await _plain(tried, details)
    prefill, echoes = await _prefill(tried, 0.0 if cold else 1.0, details)
    top, least, marked = await _logprobs(tried, cold, (prefill, echoes), details)
    details["reasoning"] = {
        "none": "nothing is thought outside the text, as far as the provider says",
        "raw": "thinking comes back as it is, but in a block of its own that no prefill can hold: turn it off",
        "hidden": "there is thinking outside the text that cannot be read: turn it off where the provider lets you",
    }[plain.thinking]
    if not plain.counted:
        details["usage"] = "the provider reports no tokens: the bill counts requests only"
    return Shown(prefill, echoes, top, least, marked, cold, blank, plain.thinking, details, tried.usage)


async def _plain(tried: Tried, details: dict[str, str]) -> tuple[Reply, bool, bool]:
    """Two replies to a plain question, at the lowest temperature that is accepted."""
    first = ""
    for cold, blank in ((True, True), (True, False), (False, True), (False, False)):
        asked = Asked(Sampling(48, (BLANK,) if blank else (), 0.0 if cold else 1.0), seed=1)
        reply = await tried.ask(PLAIN, asked)
        if isinstance(reply, str):
            first = first or reply
            continue
        details["temperature 0"] = "accepted" if cold else f"refused: {first}"
        if not blank:
            details["stop at a newline"] = f"refused, so replies are cut after they were written: {first}"
        again = await tried.ask(PLAIN, asked)
        same = isinstance(again, Reply) and again.text == reply.text
        details["repeatable"] = (
            "the same question was answered twice with the same words"
            if same
            else "the same question with the same seed was answered in other words: a run cannot be repeated exactly"
        )
        return reply, cold, blank
    raise UserError(f"{tried.line.name} does not answer: {first}")


# ------------------------------------------------------------------------------------------------------ prefill


async def _prefill(tried: Tried, temperature: float, details: dict[str, str]) -> tuple[bool, bool]:
    """Whether turns are continued, and whether replies include the prefill."""
    asked = Asked(Sampling(ROOM, (), temperature), seed=1)
    replies = await asyncio.gather(*(tried.ask(begun.prompt, asked) for begun in (*LISTS, WORD)))
    verdicts = [_verdict(begun, reply) for begun, reply in zip((*LISTS, WORD), replies, strict=True)]
    failed = [why for how, why in verdicts if how == "no"]
    echoes = {how for how, _ in verdicts} == {"echoed"}
    if not failed and len({how for how, _ in verdicts}) > 1:
        failed = ["some replies bring the prefill with them and some do not"]
    if failed:
        details["prefill"] = f"not shown in {len(failed)} of {len(verdicts)} tries: {failed[0]}"
        return False, False
    details["prefill"] = "the turn is continued, in 4 of 4 tries, one of them in the middle of a word" + (
        "; replies bring the prefill with them, which is taken off" if echoes else ""
    )
    return True, echoes


def _verdict(begun: Begun, reply: Reply | str) -> tuple[Literal["on", "echoed", "no"], str]:
    """Whether one reply continues the turn, with or without the prefill before it; else the reason."""
    if isinstance(reply, str):
        return "no", reply
    rest = without(reply.text, begun.begun)
    wrote = (reply.text if rest is None else rest).strip()
    if wrote.startswith(begun.follows) and rest is None:
        return "on", ""
    if wrote.startswith(begun.follows):
        if reply.usage.generated > 2 * ROOM:
            return "no", f"it keeps to no limit of {ROOM} tokens, so an echo cannot be told from a new turn"
        return "echoed", ""
    broke_off = begun.begun[-24:]
    return "no", f"after {'...' + broke_off!r} should come {begun.follows!r}, and what came was {wrote[:40]!r}"


def without(text: str, begun: str) -> str | None:
    """What follows the prefill in a reply that includes it; None if it does not include it."""
    found = text.lstrip()
    return found[len(begun) :] if found.startswith(begun) else None


# ------------------------------------------------------------------------------------------------------ logprobs


async def _logprobs(
    tried: Tried, cold: bool, continued: tuple[bool, bool], details: dict[str, str]
) -> tuple[int, int, bool]:
    """How many of the likeliest tokens are returned (0: none), the smallest reply in tokens, and whether spaces are
    written as marks."""
    why = ""
    for top in TOPS:
        for least in (1, ROOM):
            asked = Asked(Sampling(least, (), 1.0), seed=1, top=top)
            reply = await tried.ask(LISTS[0].prompt, asked)
            why = why or (reply if isinstance(reply, str) else "")
            if isinstance(reply, Reply):
                # some list the likeliest token as the chosen one: without temperature it is
                few = Asked(Sampling(max(least, FEW), (), 0.0 if cold else 1.0), seed=1, top=top)
                whole = await tried.ask(LISTS[0].prompt, few)
                others = await asyncio.gather(*(tried.ask(begun.prompt, asked) for begun in LISTS[1:]))
                usable, details["logprobs"], marked = _usable(whole, (reply, *others), continued)
                return (top if usable else 0), least, marked
    details["logprobs"] = f"refused: {why}"
    return 0, 1, False


def _usable(whole: Reply | str, heads: Sequence[Reply | str], continued: tuple[bool, bool]) -> tuple[bool, str, bool]:
    """Whether log-probabilities can be used, why (not), and whether spaces are marks. `whole`: a few tokens;
    `heads`: the next token of each list."""
    if not isinstance(whole, Reply) or not whole.tops:
        return False, whole if isinstance(whole, str) else "none came back", False
    prefill, echoes = continued
    marked = spelt(whole, marked=False) is None
    if marked and spelt(whole, marked=True) is None:
        why = f"the tokens {list(whole.tokens[:4])!r} are not those of the text {whole.text[:24]!r}"
        return False, why, False
    many = min(len(top) for top in whole.tops)
    if not prefill:
        return False, f"{many} a token come back, and cannot be used: the prefill is not continued", marked
    if echoes and spelt(whole, marked) == whole.text:
        return False, "they begin with those of the prefill that is brought along", marked
    for begun, reply in zip(LISTS, heads, strict=True):
        wrong = _mistaken(begun, reply, marked)
        if wrong:
            return False, wrong, marked
    return True, f"{many} a token, the known next one on top in 3 of 3 tries", marked


def spelt(reply: Reply, marked: bool) -> str | None:
    """The reply's tokens as one text, if this is the end of the reply's text; else None."""
    text = "".join(plain(token, marked) for token in reply.tokens)
    return text if text.strip() and reply.text.strip().endswith(text.strip()) else None


def plain(token: str, marked: bool) -> str:
    """A token's text. `marked`: it is written as in a vocabulary, with a mark for a space."""
    return token.replace("\u0120", " ").replace("\u2581", " ").replace("\u010a", "\n") if marked else token


def texts(top: Top, marked: bool) -> Top:
    """The likeliest tokens by their plain text."""
    return {plain(token, marked): logprob for token, logprob in top.items()}


def _mistaken(begun: Begun, reply: Reply | str, marked: bool) -> str | None:
    """Why the log-probabilities at a known place cannot be trusted; None if they can."""
    if isinstance(reply, str):
        return reply
    if not reply.tops:
        return "none came back for a single token"
    top = texts(reply.tops[0], marked)
    best = max(top, key=lambda token: top[token])
    if max(top.values()) > 1e-6:
        return f"{max(top.values()):.3f} is no log-probability"
    if len(top) > 1 and best.strip() and begun.follows.startswith(best.strip()):
        return None
    return f"after {'...' + begun.begun[-24:]!r} should come {begun.follows!r}, and the likeliest token is {best!r}"
