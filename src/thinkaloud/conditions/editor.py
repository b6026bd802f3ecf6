"""A model that is asked to put a piece of text in other words: another one (`--editor`), or the model under test.

It sees the piece and nothing else: no question, no options, no text around it. It is shown examples and asked in its
own turns; a model that thinks in a block is asked with the block closed. What it wrote is checked (`checks.py`); a
piece that fails is asked once more, sampled, and then it stays with its reason. A piece is asked once, however often it
occurs in an item's conditions.

This module does not know what a piece is part of. It does not ask the editor whether its own text means the same, nor
what it concludes: that would cost a call each, and what a small model cannot read in other words is what the residue
measures, so leaving such texts out would take away what is looked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.conditions.checks import astray, misshapen
from thinkaloud.models.session import profile_of
from thinkaloud.tasks.text import room
from thinkaloud.vocabulary import Key, Model, Prompt, Sampling, Shot, Thinking

REQUEST = (
    "Rewrite the following text, keeping every number, calculation and formula in its order, conveying exactly the "
    "same information but using different wording: "
)
EXAMPLES = (
    ("So she has 16 - 3 = 13 eggs left.", "That leaves her with 16 - 3 = 13 eggs."),
    ("5 + 6 = 11. 11 + 3 = 14.", "5 plus 6 makes 11. Then 11 plus 3 makes 14."),
    ("Tom has 4 apples. He eats 1.", "There are 4 apples that belong to Tom. Of these he eats 1."),
    ("The cat is on the mat.", "On the mat there is the cat."),
)
AGAIN = 0.7
"""The temperature of the second try: the first is greedy."""
_QUOTED = re.compile(r"""\s*(["'`\u201c])(?P<text>[^\n]*)(["'`\u201d])\s*""")


@dataclass(frozen=True, slots=True)
class Edited:
    """What an editor made of a piece: its `text`, or None and `why`; `wrote` is what it wrote last."""

    text: str | None
    why: str | None = None
    wrote: str = ""


class Editor:
    """Asks `model` for other words; all that it draws follows from `key` and the piece."""

    def __init__(self, model: Model, key: Key) -> None:
        self.model, self._key = model, key
        self._asked: dict[tuple[str, tuple[str, ...]], asyncio.Future[Edited]] = {}

    async def reword(self, piece: str, options: Sequence[str] = ()) -> Edited:
        """The piece, which is one line, in other words; `options` are the answers that it may name."""
        asked = (piece, tuple(options))
        if asked not in self._asked:
            self._asked[asked] = asyncio.ensure_future(self._reword(piece, options))
        return await self._asked[asked]

    async def _reword(self, piece: str, options: Sequence[str]) -> Edited:
        first = await self._try(piece, options, 0.0)
        return first if first.text is not None else await self._try(piece, options, AGAIN)

    async def _try(self, piece: str, options: Sequence[str], temperature: float) -> Edited:
        sampling = Sampling(max(48, room(piece)), ("\n",), temperature)
        done = await self.model.generate(asking(self.model, piece), sampling, self._key.child(piece, temperature))
        text = unquoted(piece, done.text)
        why = None if text else "nothing was written"
        why = why or ("it was cut off" if done.finish != "stop" else astray(piece, text, options))
        why = why or misshapen(piece, text)
        return Edited(text if why is None else None, why, done.text)


def asking(model: Model, text: str) -> Prompt:
    """The prompt for other words of one line of text."""
    shots = tuple(Shot(REQUEST + old, (new,)) for old, new in EXAMPLES)
    return Prompt(shots, REQUEST + text, thinking=None if profile_of(model) is None else Thinking())


def unquoted(asked: str, wrote: str) -> str:
    """What was written, without quotation marks around all of it that were not asked for."""
    found = _QUOTED.fullmatch(wrote)
    bare = wrote.strip()
    return found["text"].strip() if found and not _QUOTED.fullmatch(asked) else bare
