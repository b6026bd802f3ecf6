"""Transcripts that come with items: reasoning that was written earlier and elsewhere, and is only read here.

An item with `meta["transcript"]` (a text, or a list of sentences) already has reasoning: studies use it instead of
letting the model write its own (`conditions/bench.py`). `meta["writer"]` names its author, `meta["hidden"]` counts
reasoning that exists and could not be read. This module knows no model and no file format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from thinkaloud.tasks.text import cut as cut
from thinkaloud.tasks.text import entries
from thinkaloud.vocabulary import Item

TRANSCRIPT, WRITER, HIDDEN = "transcript", "writer", "hidden"


def given(item: Item) -> str | None:
    """The item's transcript as a text; None if it has none."""
    there = item.meta.get(TRANSCRIPT)
    if there is None:
        return None
    return there if isinstance(there, str) else entries([str(sentence) for sentence in there])


def remarks(items: Sequence[Item], reader: str) -> list[str]:
    """Notes for a report if items came with transcripts; empty if none did."""
    came = [item for item in items if given(item) is not None]
    if not came:
        return []
    task, writers = came[0].task, sorted({str(item.meta.get(WRITER) or "an unnamed writer") for item in came})
    said = [
        f"{task}: {len(came)} of {len(items)} items came with a transcript, which stands where the model would write "
        f"its own and cost no tokens here. Written by {', '.join(writers)}; read by {reader}."
    ]
    if any(not _same(writer, reader) for writer in writers):
        said.append(
            f"{task}: who reads is not who wrote. What the answer needs and follows is said of {reader} reading these "
            f"words, not of {', '.join(writers)} when it wrote them."
        )
    said.append(
        f"{task}: second samples, what goes on from an edit, and reasoning under a hint are written by {reader}. "
        "The sentences that came are cut and not understood: a mistake changes a number that one states, a paraphrase "
        "is an editor's (--editor) or by rules of wording, and there is no transplant."
    )
    hidden = sum(bool(item.meta.get(HIDDEN)) for item in came)
    if hidden:
        said.append(
            f"{task}: {hidden} of the transcripts had hidden reasoning beside what could be read; nothing here speaks "
            "of that."
        )
    return said


def _same(writer: str, reader: str) -> bool:
    """Whether two names may mean one model: their last parts are equal (`openai/x`, `http://host/v1#x`)."""
    one, other = (re.split(r"[/#:]", name)[-1].casefold() for name in (writer, reader))
    return one == other
