"""What the arms are called in words: their field's name for each, before the short one that records and options use.

    called("R2")        chain of thought (R2)
    called("my_arm")    my_arm

This module knows names only, not what an arm does (`registry.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "R0": "direct",
    "R1": "direct, tuned",
    "R2": "chain of thought",
    "R2k": "self-consistency",
    "A": "algorithm prompt",
    "V": "verified",
    "E": "cascade",
    "P": "agent",
    "F1": "plan in one context",
    "F2": "decomposed",
    "F2d": "decomposed twice",
    "F3": "written controller",
    "T0": "program of thought",
    "T2": "REPL",
    "T1": "recursive LM",
}
"""Every built-in arm, and the vote over R2 (R2k), in reading order."""


def called(arm: str) -> str:
    """The descriptive name with the short one behind it; an arm that has no other name is called by its own."""
    return f"{NAMES[arm]} ({arm})" if arm in NAMES else arm


def in_order(arms: set[str]) -> tuple[str, ...]:
    """Arms in reading order; those without a name here come last."""
    known = tuple(NAMES)
    return tuple(sorted(arms, key=lambda arm: (known.index(arm) if arm in known else len(known), arm)))
