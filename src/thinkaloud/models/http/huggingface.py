"""What vLLM and SGLang have in common: `/tokenize` in front of a tokenizer of Hugging Face's.

Such a tokenizer reads control tokens wherever a text spells them out. A question or a transcript that holds one would
end a turn in the middle, so a text whose tokens hold one of the frame's control tokens is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.errors import FatalError, TextRefused
from thinkaloud.joining import joined
from thinkaloud.models.cuts import LOOKS_LIKE_CONTROL, either
from thinkaloud.models.http.client import Client
from thinkaloud.models.http.served import About, Tokens, ids
from thinkaloud.models.render import TurnFormat, messages, turns
from thinkaloud.vocabulary import Prompt

_SPACED = re.compile(rf"({LOOKS_LIKE_CONTROL.pattern}) ")


class Tokenizing:
    """Tokens from the server's tokenizer, one request a text."""

    about: About

    def __init__(self, client: Client, always: Mapping[str, Any]) -> None:
        self.client, self._always = client, always
        self._alone: dict[str, bool] = {}

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """Each text for itself, all at the same time."""
        return list(await asyncio.gather(*(self._one(text, special) for text, special in texts)))

    async def bos(self, form: str) -> Tokens:
        """What the tokenizer adds to a text at its beginning; to a chat these servers add nothing to what the template
        writes, as transformers does."""
        if form == "chat":
            return ()
        bare, added = await self._encode("a", False), await self._encode("a", True)
        return added[: added.index(bare[0])]

    async def controls(self, form: TurnFormat) -> re.Pattern[str]:
        """None need be known: a text that spells one out is refused."""
        return either(())

    async def reference(self, form: TurnFormat, prompt: Prompt) -> Tokens:
        """The server's own tokens of the turns, or of the text at once."""
        if form.form == "completion":
            return (*await self.bos("completion"), *await self._encode(form.reference(prompt), False))
        said = [*turns(prompt.shots), ("user", prompt.question)]
        said += [("assistant", joined(prompt.prefill))] if prompt.prefill else []
        return await self.applied(messages(said))

    async def applied(self, said: Sequence[Mapping[str, Any]]) -> Tokens:
        """Turns by the server's template, as tokens; the last one is left open if it is the assistant's."""
        raise NotImplementedError

    async def read_back(self, tokens: Tokens, text: str) -> str:
        """The text that became these tokens, from what the server decodes them to: some tokenizers add a space behind
        a control token, which comes back with the text."""
        for candidate in (text, _SPACED.sub(r"\1", text), text.lstrip(" ")):
            if await self._encode(candidate, False) == tokens:
                return candidate
        raise FatalError("this server's tokens cannot be read back as the text they came from: use --format completion")

    async def _one(self, text: str, special: bool) -> Tokens:
        if not special:
            for found in set(LOOKS_LIKE_CONTROL.findall(text)):
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
