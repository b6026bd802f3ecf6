"""A cache of tokens from a server's tokenizer. Lookups never wait; missing tokens are fetched in batches before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from thinkaloud.models.http.client import CALLS
from thinkaloud.models.http.served import Served, Tokens

MOST = 1 << 17  # texts; then everything is forgotten and asked again, which changes nothing

Text = tuple[str, bool]
"""A text, and whether control tokens are recognised in it."""


class Tokenizer:
    """The server's tokenizer as a function."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._known: dict[Text, Tokens] = {}

    def __call__(self, text: str, special: bool) -> Tokens:
        """Tokens of a text; asks the server only if they are not cached."""
        found = self._known.get((text, special))
        if found is None:
            CALLS.wait(self.fetch([(text, special)]))
            found = self._known[text, special]
        return found

    def missing(self, texts: Iterable[Text]) -> list[Text]:
        """The texts whose tokens are not cached."""
        return [text for text in dict.fromkeys(texts) if text not in self._known]

    async def fetch(self, texts: Sequence[Text]) -> None:
        """Fetch the tokens of these texts at once. Runs in the client's loop."""
        wanted = self.missing(texts)
        if len(self._known) + len(wanted) > MOST:
            self._known.clear()
            wanted = list(dict.fromkeys(texts))
        if wanted:
            self._known |= dict(zip(wanted, await self._served.tokenize(wanted), strict=True))
