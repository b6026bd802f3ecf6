"""Truncate: only the first sentences (early answering; Lanham et al. 2023, 2307.13702)."""

from __future__ import annotations

from thinkaloud.vocabulary import Step, Transcript


def truncate(thought: Transcript, keep: int) -> Transcript:
    """The first `keep` steps."""
    return Transcript(thought.steps[:keep])


def replace_step(thought: Transcript, at: int, step: Step) -> Transcript:
    """The steps before `at`, then `step`. Later steps are dropped, since they followed from the replaced one."""
    return Transcript((*thought.steps[:at], step))
