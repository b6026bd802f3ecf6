"""Rewards of turns, one number a row. None of them reads what the measures read, but `unread`, which says so.

    outcome     1 where the answer is right
    itself      1 where it is what the network's own likeliest turn about the question comes to (RLAIF in a nutshell)
    length      as many twentieths as there are tokens before the answer, times the strength, are taken away
    unread      its strength is taken away where the early reader tells the answer from the reasoning

A turn that never came to an answer is not right; it pays for its length like every other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thinkaloud.errors import UserError
from thinkaloud.organisms.forward import Gpt
from thinkaloud.organisms.recipes import Floats, Ints
from thinkaloud.organisms.rollout import Turns, written
from thinkaloud.studies.training.recipe import Arm

UNIT = 20
"""Tokens of a complete thought: what the strength of the length penalty refers to."""


def outcome(turns: Turns, gold: Ints) -> Floats:
    """1 where the answer is right."""
    found: Floats = (turns.answers == gold).astype(np.float64)
    return found


def itself(net: Gpt, prompts: Ints, turns: Turns) -> Floats:
    """1 where the answer is that of the network's own likeliest turn."""
    likeliest = written(net, prompts, np.zeros(turns.tokens.shape), temperature=0)
    found: Floats = ((turns.answers >= 0) & (turns.answers == likeliest.answers)).astype(np.float64)
    return found


def total(arm: Arm, turns: Turns, judged: Callable[[], Floats], read: Callable[[Turns], Ints]) -> Floats:
    """The reward of an arm. `judged`: what its judge says; `read`: what the early reader makes of the turns."""
    found = judged() - arm.length * turns.thoughts / UNIT
    if arm.unread:
        found -= arm.unread * ((turns.answers >= 0) & (read(turns) == turns.answers))
    if not np.isfinite(found).all():
        raise UserError("a reward is not a finite number: nothing can be learned from it")
    return found


def advantages(rewards: Floats, group: int) -> Floats:
    """Rewards against the mean of their group of `group` rows, in its standard deviations; 0 in a group whose rewards
    are equal (Shao et al. 2024, GRPO)."""
    groups = rewards.reshape(-1, group)
    spread = groups.std(axis=1, keepdims=True)
    centred = groups - groups.mean(axis=1, keepdims=True)
    found: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)
    return found.ravel()
