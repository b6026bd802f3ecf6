"""A transformers tokenizer: text to tokens, and tokens to bytes.

There are two copies of the fast tokenizer: the original, which recognises control tokens written in a text, and one
that does not, for texts of items and models. Neither truncates or pads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.cuts import Cuts, either, framing, local, with_marks

ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<eos>", "</s>", "<|end_of_text|>")
"""Texts of control tokens that end a turn wherever a vocabulary has them as control tokens."""


class Vocabulary:
    """A model's tokens."""

    def __init__(self, tokenizer: Any, ends: Iterable[int]) -> None:
        from tokenizers import Tokenizer

        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise UserError("this model has no fast tokenizer (a tokenizer.json): thinkaloud needs one")
        described = json.loads(backend.to_str())
        described |= {"truncation": None, "padding": None}
        self._framing = Tokenizer.from_str(json.dumps(described))
        self._text = Tokenizer.from_str(json.dumps(_in_the_middle(described)))
        self._text.encode_special_tokens = True
        added = described["added_tokens"]
        self._added = {token["id"]: token["content"].encode() for token in added}
        self._control = {token["id"] for token in added if token["special"]}
        self._ends = {*ends, *(token["id"] for token in added if token["special"] and token["content"] in ENDS)}
        self._bytes = (
            _byte_of() if '"ByteLevel"' in json.dumps([described["decoder"], described["pre_tokenizer"]]) else {}
        )
        bare, whole = self.tokenize("a", True), list(tokenizer("a").input_ids)
        places = (k for k in range(len(whole)) if whole[k : k + len(bare)] == bare)
        self.bos: list[int] = whole[: next(places, 0)]
        """What the tokenizer puts before every text."""
        self._described = added

    def cuts(self, template: str | None = None) -> Cuts:
        """Where texts may be cut. `template`: the chat template, where there is one: what it writes is no word of a
        text."""
        control = [token for token in self._described if token["special"]]
        every = either(token["content"] for token in control)
        before = either(token["content"] for token in control if not token["lstrip"])
        found = local(self.tokenize, self._pieces(), Cuts(controls=every, before=before, spelled=every))
        others = (token["content"] for token in self._described if not token["special"])
        return with_marks(found, framing(others, template))

    def _pieces(self) -> Iterator[bytes]:
        return (self.piece(token) for token in self._framing.get_vocab(with_added_tokens=False).values())

    def tokenize(self, text: str, special: bool) -> list[int]:
        """Tokens of a text; `special`: control tokens written in the text are recognised."""
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


def like_llama_cpp(tokenizer: Any, file: Path) -> Any:
    """The tokenizer of a GGUF file, with the space where llama.cpp puts it: a SentencePiece vocabulary gets one before
    every text and behind every control token, or none at all where the file says so. transformers' own reading puts it
    before the first word, whatever the file says."""
    from tokenizers import Tokenizer

    backend = getattr(tokenizer, "backend_tokenizer", None)
    described = json.loads(backend.to_str()) if backend is not None else {}
    lead = described.get("pre_tokenizer") or {}
    if lead.get("type") == "Metaspace" and lead.get("prepend_scheme") == "first" and not described["normalizer"]:
        from gguf import GGUFReader

        said = GGUFReader(file).fields.get("tokenizer.ggml.add_space_prefix")
        space = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
        steps = [{"type": "Prepend", "prepend": "\u2581"}, space]
        normalizer = {"type": "Sequence", "normalizers": steps} if said is None or said.contents() else space
        described |= {"pre_tokenizer": None, "normalizer": normalizer}
        tokenizer._tokenizer = Tokenizer.from_str(json.dumps(described))
    return tokenizer


def _in_the_middle(described: Any) -> Any:
    """The description of a tokenizer, without the rule that puts a space before the first word of a text."""
    if isinstance(described, list):
        return [_in_the_middle(part) for part in described]
    if not isinstance(described, dict):
        return described
    out = {key: (value if key in ("vocab", "merges") else _in_the_middle(value)) for key, value in described.items()}
    if out.get("type") == "Metaspace" and out.get("prepend_scheme") == "first":
        out["prepend_scheme"] = "never"
    return out


def _byte_of() -> dict[str, int]:
    """Byte-level vocabularies write each byte as a letter (GPT-2's table): from letter to byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}
