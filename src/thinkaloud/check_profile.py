"""`thinkaloud check` of a model that reasons in a block: what its profile says, and each line of it tried.

A profile is read off a template and a family's habits; a checkpoint may differ (another release of the template, a
finetune that lost its block, a server that renders otherwise). So each line is tried with a question that any model
knows, and what came of it is said in a line that begins with `ok`, `TRAP` or `not seen`. A trap is named with what it
would do to a measurement. A single question is a smoke test: it can show that something does not work, not that it
always does.
"""

from __future__ import annotations

import re

from thinkaloud.conditions.asking import Asking, Way
from thinkaloud.conditions.think import think
from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import Item, Key, Model, Prompt, Reading, Sampling, Step, Thinking, Transcript

ITEM = Item("known", "check", 1, "What is 2 + 3?", ("5", "4", "6", "23"), "5")
OWN = Transcript((Step("2 plus 3 is 5."),))
COUNT = "Count from one to ten."
BEGUN = ("one, two, three, four,",)
ROOM = 512
"""Tokens that a model gets to close its block about a known question."""
BRIEF = 24
LITTLE = 0.1
"""Below this mass the model meant to write something else than an answer."""
_AGAIN = re.compile(r"<\w*think|\[THINK\]|<\|channel|analysis", re.IGNORECASE)


async def check_profile(model: Model, profile: Profile) -> list[str]:
    """The profile and how the model kept it, as lines."""
    asking = Asking("native", "", profile)
    lines = [
        f"reasons in a block: {profile.sentence}",
        *_sampled(profile),
        *(f"profile: {one}" for one in profile.notes),
    ]
    able = model.card.capabilities
    if "prefill" not in able:
        return [*lines, "profile: not tried, the model does not continue its own turn"]
    lines.append(await _inside(model))
    lines.append(await _closes(model, asking))
    if "logprobs" in able:
        lines.append(await _forced(model, asking.aloud()))
        lines += [await _silent(model, asking.silent(form), form) for form in asking.silences]
    return lines


def _sampled(profile: Profile) -> list[str]:
    found = profile.sampling
    if found is None:
        return []
    wanted = f"temperature {found.temperature:g}, top-p {found.top_p:g}" + (
        f", top-k {found.top_k}" if found.top_k else ""
    )
    greedy = "" if found.greedy else f"; greedy is refused: {found.why}"
    return [f"recommended sampling: {wanted} ({found.source or 'no source given'}){greedy}"]


async def _inside(model: Model) -> str:
    """Whether a prefill goes on inside the block."""
    prompt = Prompt((), COUNT, (), Thinking(BEGUN, closed=False))
    done = await model.generate(prompt, Sampling(BRIEF), Key(("check", "inside")))
    if done.text.strip().lower().startswith("five"):
        return "ok: a reasoning that was begun in the block is gone on with"
    return (
        f"TRAP: a reasoning that was begun in the block is not gone on with (it wrote {_short(done.text)}): cuts and "
        "edits would be read as another text"
    )


async def _closes(model: Model, asking: Asking) -> str:
    """Whether the model closes the block by itself."""
    sampling = asking.sampling(ROOM, None)
    found = await think(model, ITEM, asking.aloud(), sampling, Key(("check", "closes")))
    if found.outcome == "closed":
        return f"ok: it closed its block by itself after {found.tokens} tokens about a known question"
    if found.outcome == "forced":
        return (
            f"not seen: it did not close its block within {ROOM} tokens about a known question; reasonings will be "
            "closed by force at --think-tokens, and counted as `forced`"
        )
    return f"TRAP: its reasoning about a known question ended as {found.outcome!r}: {_short(found.text)}"


async def _forced(model: Model, way: Way) -> str:
    """Whether an answer is given right behind a block that was closed for the model."""
    found = await _reading(model, way, OWN)
    said = f"P({ITEM.gold}) {found.probabilities[0]:.2f}, the answers hold {found.mass:.2f} of the probability"
    if found.mass < LITTLE:
        return f"TRAP: behind a forced close the model does not mean to answer ({said}): it may want to go on thinking"
    if found.best != 0:
        return f"TRAP: behind a forced close a known question is answered wrongly ({said})"
    return f"ok: behind a forced close a known question is answered rightly ({said})"


async def _silent(model: Model, way: Way, form: str) -> str:
    """What a form of silence does: an answer, or reasoning that starts again."""
    found = await _reading(model, way, Transcript())
    done = await model.generate(
        way.answering(ITEM.asked, Transcript()), Sampling(BRIEF), Key(("check", "silent", form))
    )
    said = (
        f"P({ITEM.gold}) {found.probabilities[0]:.2f}, mass {found.mass:.2f}; left alone it writes {_short(done.text)}"
    )
    if _AGAIN.search(done.text):
        return f"TRAP: silence by {form!r} starts reasoning again ({said}): it is no silence on this model"
    word = "ok" if found.best == 0 and found.mass >= LITTLE else "not seen"
    return f"{word}: silence by {form!r} ({said})"


async def _reading(model: Model, way: Way, between: Transcript) -> Reading:
    return await model.score(way.stated(ITEM.asked, between), ITEM.options, way.stem.closing)


def _short(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else text[:most] + "...")
