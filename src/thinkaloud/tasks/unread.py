"""The base of tasks without a grammar: they can split text into sentences but cannot parse them.

So they have no safe paraphrase, no directed mistake and nothing that a checker could verify; studies report *not
measured* for whatever needs these.
"""

from __future__ import annotations

from thinkaloud.tasks.text import sentences
from thinkaloud.vocabulary import Item, Key, Legibility, Mistake, Step, Transcript


class Unread:
    """Base of tasks that cannot parse their own steps."""

    reads_steps = False

    def parse(self, text: str) -> Transcript:
        """Split a text into sentences (`text.py`) without parsing them; no character is lost."""
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
