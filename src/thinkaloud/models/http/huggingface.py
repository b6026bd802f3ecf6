"""What vLLM and SGLang have in common: `/tokenize` in front of a tokenizer of Hugging Face's.

Such a tokenizer reads control tokens wherever a text spells them out. A question or a transcript that holds one would
end a turn in the middle, so a text whose tokens hold one of the frame's control tokens is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.errors import TextRefused
from thinkaloud.models.http.client import Client
from thinkaloud.models.http.served import About, Tokens, ids

CONTROL = re.compile(r"<[|/\uff5c]?[A-Za-z0-9_\u2581 ]+[|\uff5c]?>|\[/?INST\]|</?s>")
"""What looks like a control token. A text that holds none cannot spell one."""


class Tokenizing:
    """Tokens from the server's tokenizer, one request a text."""

    about: About

    def __init__(self, client: Client, always: Mapping[str, Any]) -> None:
        self.client, self._always = client, always
        self._alone: dict[str, bool] = {}

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """Each text for itself, all at the same time."""
        return list(await asyncio.gather(*(self._one(text, special) for text, special in texts)))

    async def bos(self) -> Tokens:
        """What is added to a text at its beginning."""
        bare, added = await self._encode("a", False), await self._encode("a", True)
        return added[: added.index(bare[0])]

    async def _one(self, text: str, special: bool) -> Tokens:
        if not special:
            for found in set(CONTROL.findall(text)):
                if await self._is_control(found):
                    raise TextRefused(
                        f"a text holds the control token {found!r}, which this server would obey: {text[:60]!r}"
                    )
        return await self._encode(text, False) if text else ()

    async def _is_control(self, text: str) -> bool:
        """Whether the server takes this for one token."""
        if text not in self._alone:
            self._alone[text] = len(await self._encode(text, False)) == 1
        return self._alone[text]

    async def _encode(self, text: str, added: bool) -> Tokens:
        body = {**self._always, "prompt": text, "add_special_tokens": added}
        return await self.client.post("/tokenize", body, lambda found: ids(found["tokens"]))
