"""`thinkaloud check` tries every line of a profile on the model, and names what would go wrong in a measurement."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from chats import BLOCK, MARK, Chat
from thinkaloud.check_profile import BEGUN, COUNT, check_profile
from thinkaloud.models.profile import Profile, Recommended
from thinkaloud.vocabulary import Completion, Key, Prompt, Reading, Sampling


@dataclass
class Tried(Chat):
    """A model with a block. `fault`: what it does wrong."""

    fault: str = ""
    profile: Profile | None = BLOCK

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        inside = prompt.thinking is not None and not prompt.thinking.closed
        if prompt.question == COUNT:
            assert prompt.thinking is not None and prompt.thinking.parts == BEGUN
            return Completion("one, two" if self.fault == "starts anew" else "five, six", 3, "length")
        if inside and self.fault == "goes on":
            return Completion("hm " * sampling.tokens, sampling.tokens, "length")
        if inside and self.fault == "ends in the block":
            return Completion("2 plus 3 is 5.", 8, "stop", "")
        if not inside and self.fault == f"thinks again: {_form(prompt)}":
            return Completion("<think>\nLet me see", 4, "length")
        return Completion("2 plus 3 is 5." if inside else "5.", 8, "stop", MARK if inside else "")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        aloud = prompt.thinking is not None and bool(prompt.thinking.parts)
        mass = 0.01 if aloud and self.fault == "wants to think" else 0.9
        first = 0.1 if aloud and self.fault == "wrong" else 0.8
        rest = (1 - first) / (len(options) - 1)
        return Reading(tuple(math.log(mass * (first if i == 0 else rest)) for i in range(len(options))))


def _form(prompt: Prompt) -> str:
    if prompt.off:
        return "switch"
    return "omitted" if prompt.thinking is None else "empty"


def lines(fault: str = "", profile: Profile = BLOCK) -> list[str]:
    return asyncio.run(check_profile(Tried(fault=fault), profile))


def test_a_model_that_keeps_its_profile_has_every_line_tried_and_no_trap() -> None:
    said = lines()
    assert said[0].startswith("reasons in a block: a family for tests")
    tried = [line for line in said if line.startswith(("ok", "TRAP", "not seen"))]
    assert len(tried) == 3 + len(BLOCK.silence) and all(line.startswith("ok") for line in tried), tried


@pytest.mark.parametrize(
    "fault, named",
    [
        ("starts anew", "a reasoning that was begun in the block is not gone on with"),
        ("ends in the block", "its reasoning about a known question ended as 'never closed'"),
        ("wants to think", "behind a forced close the model does not mean to answer"),
        ("wrong", "behind a forced close a known question is answered wrongly"),
        ("thinks again: empty", "silence by 'empty' starts reasoning again"),
        ("thinks again: omitted", "silence by 'omitted' starts reasoning again"),
        ("thinks again: switch", "silence by 'switch' starts reasoning again"),
    ],
)
def test_each_trap_is_named(fault: str, named: str) -> None:
    traps = [line for line in lines(fault) if line.startswith("TRAP")]
    assert len(traps) == 1 and named in traps[0], traps


def test_a_block_that_is_not_closed_in_its_room_is_no_trap_and_says_what_will_happen() -> None:
    (line,) = (line for line in lines("goes on") if line.startswith("not seen"))
    assert "closed by force at --think-tokens" in line


def test_the_recommended_sampling_is_printed_with_its_source_and_what_is_refused() -> None:
    wanted = Recommended(0.6, 0.95, 20, greedy=False, why="it repeats itself", source="generation_config.json")
    profile = Profile("f", "<t>", "</t>", "</t>", sampling=wanted)
    (line,) = (line for line in lines(profile=profile) if line.startswith("recommended"))
    assert (
        "temperature 0.6, top-p 0.95, top-k 20 (generation_config.json); greedy is refused: it repeats itself" in line
    )
