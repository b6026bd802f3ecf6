"""What vLLM and SGLang have in common: `/tokenize`, with a Hugging Face tokenizer behind it.

Such a tokenizer recognises control tokens wherever a text spells them out. A question or transcript with one would end
a turn, so a text whose tokens include one of the frame's control tokens is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.errors import FatalError, TextRefused
from thinkaloud.joining import joined
from thinkaloud.models.block import asked, ended
from thinkaloud.models.cuts import LOOKS_LIKE_CONTROL, either
from thinkaloud.models.http.client import Client
from thinkaloud.models.http.frames import from_template
from thinkaloud.models.http.served import About, Tokens, ids
from thinkaloud.models.render import TurnFormat, messages, turns
from thinkaloud.vocabulary import Prompt, Shot

_SPACED = re.compile(rf"({LOOKS_LIKE_CONTROL.pattern}) ")


class Tokenizing:
    """The server's tokenizer, with one request per text."""

    about: About

    def __init__(self, client: Client, always: Mapping[str, Any]) -> None:
        self.client, self._always = client, always
        self.shown: Sequence[str] = ()
        self._alone: dict[str, bool] = {}

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """Tokens of each text; all requests run at the same time."""
        return list(await asyncio.gather(*(self._one(text, special) for text, special in texts)))

    async def bos(self, form: str) -> Tokens:
        """The tokens that the tokenizer puts before a text. To a chat these servers add nothing beyond the template, as
        transformers does."""
        if form == "chat":
            return ()
        bare, added = await self._encode("a", False), await self._encode("a", True)
        return added[: added.index(bare[0])]

    async def controls(self, form: TurnFormat) -> re.Pattern[str]:
        """The texts of the frame that the server reads as one token. A text of an item that spells out one of them is
        refused; one that only looks like it must not take the frame's with it."""
        shown = (await asyncio.to_thread(form.render, Prompt((Shot("q", ("a",)),), "q"))).text
        return either([text for text in set(LOOKS_LIKE_CONTROL.findall(shown)) if await self._is_control(text)])

    async def reference(self, form: TurnFormat, prompt: Prompt) -> Tokens:
        """The server's own tokens of the turns, or of the text at once."""
        if form.form == "completion":
            return (*await self.bos("completion"), *await self._encode(form.reference(prompt), False))
        if form.profile is not None:
            said = asked(prompt.shots, prompt.question)
            told, on = [await self.text(said, form.profile.variables(off)) for off in (prompt.off, False)]
            return await self._encode(ended(form.profile, told, on, prompt), False)
        said = messages([*turns(prompt.shots), ("user", prompt.question)])
        said += messages([("assistant", joined(prompt.prefill))]) if prompt.prefill else []
        return await self.applied(said, {})

    async def turn_format(self, wanted: str, profile: str = "auto") -> TurnFormat:
        """The server's own template: it is applied to turns with marks, and the tokens are read back as text."""
        return await from_template(self.text, self._is_control, wanted, profile)

    async def text(self, said: Sequence[Mapping[str, Any]], told: Mapping[str, bool]) -> str:
        """Turns by the server's template with these variables, as text."""
        tokens = await self.applied(said, told)
        return await self.read_back(tokens, await self.decoded(tokens))

    async def applied(self, said: Sequence[Mapping[str, Any]], told: Mapping[str, bool]) -> Tokens:
        """Turns by the server's template with these variables, as tokens; the last one is left open if it is the
        assistant's."""
        raise NotImplementedError

    async def decoded(self, tokens: Tokens) -> str:
        """The text of these tokens, control tokens included, as the server decodes it."""
        raise NotImplementedError

    async def read_back(self, tokens: Tokens, text: str) -> str:
        """The text of these tokens, from the server's decoding. Some tokenizers add a space after a control token,
        which is removed here."""
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
        """Whether the server reads this text as one token."""
        if text not in self._alone:
            self._alone[text] = len(await self._encode(text, False)) == 1
        return self._alone[text]

    async def _encode(self, text: str, added: bool) -> Tokens:
        body = {**self._always, "prompt": text, "add_special_tokens": added}
        return await self.client.post("/tokenize", body, lambda found: ids(found["tokens"]))
