"""What a task without a grammar has in common: its sentences can be cut, and none is understood.

So it has no safe paraphrase, no directed mistake and nothing a checker could verify; studies say *not measured* for
what needs them.
"""

from __future__ import annotations

from thinkaloud.tasks.text import sentences
from thinkaloud.vocabulary import Item, Key, Legibility, Mistake, Step, Transcript


class Unread:
    """Base of tasks that do not read their own steps."""

    reads_steps = False

    def parse(self, text: str) -> Transcript:
        """Cut a text into sentences (`text.py`); none is read, and no character is lost."""
        return Transcript(tuple(Step(sentence) for sentence in sentences(text)))

    def paraphrase(self, transcript: Transcript, key: Key) -> Transcript | None:
        """None: the sentences are not understood."""
        return None

    def mistake(self, item: Item, transcript: Transcript, at: int, key: Key) -> Mistake | None:
        """None: the sentences are not understood."""
        return None

    def legible(self, item: Item, transcript: Transcript) -> Legibility | None:
        """None: the sentences are not understood."""
        return None
