"""One small model file of each sort that people have: ChatML, Llama 3, Llama 2, Gemma, TinyLlama, and a base model.

Random weights; the vocabularies are SmolLM2's with other control tokens, and SentencePiece ones of a few hundred
pieces. The templates are those of the models, shortened.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf

from thinkaloud.models.open import _smollm2
from tiny import tiny_gguf, weights

LLAMA3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + "
    "message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
LLAMA2 = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}{% else %}"
    "{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else 'user' %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
ZEPHYR = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
WORDS = (
    "What",
    "Anna",
    "The",
    "answer",
    "is",
    "plus",
    "and",
    "user",
    "model",
    "assistant",
    "INST",
    "Question",
    "Answer",
    "Two",
    "lines",
    "So",
    "it",
    "are",
    "of",
    "in",
)


def spm(path: Path, template: str | None, lead: bool, controls: Sequence[str] = ()) -> Path:
    """A file with a SentencePiece vocabulary; `lead`: a space is put before every text."""
    pieces = [("<unk>", 2), ("<s>", 3), ("</s>", 3), *((text, 3) for text in controls)]
    pieces += [(f"<0x{byte:02X}>", 6) for byte in range(256)]
    words = [*(f"\u2581{word}" for word in WORDS), *WORDS]
    # the best first: whole words, then the beginnings that lead to them, then letters
    parts = [word[:k] for word in words for k in range(len(word) - 1, 1, -1)]
    pieces += [(text, 1) for text in dict.fromkeys([*words, *parts, "\u2581\u2581", "\u2581", *string.printable[:94]])]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([text.encode() for text, _ in pieces])
    writer.add_token_scores([0.0 if kind != 1 else -float(i) for i, (_, kind) in enumerate(pieces)])
    writer.add_token_types([kind for _, kind in pieces])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(lead)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_vocab_size(len(pieces))
    weights(writer, 4096, len(pieces))
    return path


def llama3(folder: Path) -> Path:
    """Byte-level, BOS by the template and by the tokenizer."""
    names = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    tokens: list[str] = gguf.GGUFReader(_smollm2()).fields["tokenizer.ggml.tokens"].contents()
    tokens[3 : 3 + len(names)] = names
    ids: dict[str, Any] = {"ggml_bos_token_id": 3, "ggml_eos_token_id": 6, "ggml_add_bos_token": True}
    return tiny_gguf(folder, name="llama3", chat_template=LLAMA3, ggml_tokens=tokens, **ids)


def make(kind: str, folder: Path) -> Path:
    """The file of this sort."""
    if kind == "chatml":
        return tiny_gguf(folder, name="chatml")
    if kind == "llama3":
        return llama3(folder)
    if kind == "base":
        return tiny_gguf(folder, name="base", chat_template=None)
    path = folder / f"{kind}.gguf"
    if kind == "gemma":
        return spm(path, GEMMA, False, ("<start_of_turn>", "<end_of_turn>"))
    return spm(path, {"llama2": LLAMA2, "zephyr": ZEPHYR, "base-spm": None}[kind], True)


KINDS = ("chatml", "llama3", "llama2", "gemma", "zephyr", "base", "base-spm")
