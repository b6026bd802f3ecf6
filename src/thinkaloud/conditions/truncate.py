"""Truncate: only the first sentences (early answering; Lanham et al. 2023, 2307.13702); or these with a changed one.

Both change the text, or raise: an edit that leaves a reasoning as it was would be read as an answer that does not need
it, or does not follow it.
"""

from __future__ import annotations

from thinkaloud.errors import NothingChanged
from thinkaloud.vocabulary import Step, Transcript


def truncate(thought: Transcript, keep: int) -> Transcript:
    """The first `keep` steps, which are fewer than there are (`ValueError`)."""
    if not 0 <= keep < len(thought.steps):
        raise ValueError(f"the first {keep} of {len(thought.steps)} steps: nothing would be cut")
    return Transcript(thought.steps[:keep])


def replace_step(thought: Transcript, at: int, step: Step) -> Transcript:
    """Steps before `at`, then `step`; what came after is gone, since it followed from what is replaced.
    `NothingChanged` where the new step has the words of the old one."""
    if step.text.split() == thought.steps[at].text.split():
        raise NothingChanged(f"the step {step.text!r} was to be replaced, and has the same words as before")
    return Transcript((*thought.steps[:at], step))
