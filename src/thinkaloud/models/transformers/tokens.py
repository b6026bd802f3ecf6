"""A tokenizer of transformers as text to tokens and tokens to bytes, piece by piece.

Two copies of the fast tokenizer are kept: one that reads control tokens written in a text, for the frame of a prompt,
and one that does not, for anybody's text. Neither adds anything of its own, also no space before the first word,
because a prompt is tokenised in pieces and every piece but one stands in the middle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from thinkaloud.errors import UserError

ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<eos>", "</s>", "<|end_of_text|>")
"""Texts of control tokens that end a turn wherever a vocabulary has them as control tokens."""


class Vocabulary:
    """What a model reads and writes."""

    def __init__(self, tokenizer: Any, ends: Iterable[int]) -> None:
        from tokenizers import Tokenizer

        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise UserError("this model has no fast tokenizer (a tokenizer.json): thinkaloud needs one")
        described = json.loads(backend.to_str())
        plain = json.dumps(_without_lead(described))
        self._framing, self._text = Tokenizer.from_str(plain), Tokenizer.from_str(plain)
        self._text.encode_special_tokens = True
        added = described["added_tokens"]
        self._added = {token["id"]: token["content"].encode() for token in added}
        self._control = {token["id"] for token in added if token["special"]}
        self._ends = {*ends, *(token["id"] for token in added if token["special"] and token["content"] in ENDS)}
        self._bytes = (
            _byte_of() if '"ByteLevel"' in json.dumps([described["decoder"], described["pre_tokenizer"]]) else {}
        )
        beginning = tokenizer("a").input_ids[:1]
        self.bos: list[int] = beginning if beginning == [tokenizer.bos_token_id] else []

    def tokenize(self, text: str, special: bool) -> list[int]:
        """Tokens of a text, nothing added; `special`: control tokens written in the text count as such."""
        ids: list[int] = (self._framing if special else self._text).encode(text, add_special_tokens=False).ids
        return ids

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return token in self._ends

    def piece(self, token: int) -> bytes:
        """The bytes of a token; control tokens have none."""
        if token in self._added:
            return b"" if token in self._control else self._added[token]
        text = self._framing.id_to_token(token)
        if text is None:  # a row of the embedding that no text leads to
            return b""
        if self._bytes:
            return b"".join(bytes([self._bytes[c]]) if c in self._bytes else c.encode() for c in text)
        if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
            return bytes.fromhex(text[3:5])
        return text.replace("\u2581", " ").encode()


def _without_lead(described: Any) -> Any:
    """The description of a tokenizer without anything that puts a space before a text, cuts it or fills it up."""
    if isinstance(described, list):
        return [_without_lead(part) for part in described if not _prepends(part)]
    if not isinstance(described, dict):
        return described
    out = {key: (value if key in ("vocab", "merges") else _without_lead(value)) for key, value in described.items()}
    if _prepends(out.get("normalizer")):
        out["normalizer"] = None
    if out.get("type") == "Metaspace":
        out["prepend_scheme"] = "never"
    if out.get("type") == "ByteLevel":
        out["add_prefix_space"] = False
    return out | {key: None for key in ("truncation", "padding") if key in out}


def _prepends(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "Prepend"


def _byte_of() -> dict[str, int]:
    """Byte-level vocabularies write each byte as a letter (GPT-2's table): from letter to byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}
