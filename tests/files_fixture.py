"""One small model file of each sort: ChatML, Llama 3, Llama 2, Gemma, TinyLlama, and base models.

Random weights, and vocabularies of a few hundred tokens: byte-level and SentencePiece. The templates are those
of the models, shortened.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from pathlib import Path

import gguf

from tiny import weights

LLAMA3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + "
    "message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
CHATML = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
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


TEXT = (
    "Question: What is 3 + 4? The answer is 7. Anna has 12 apples and gives 5 of them away, so it is 7.",
    "user assistant system: You are a helpful assistant. Two lines don't hold what the other lines hold.",
)


def bpe(path: Path, template: str | None, pre: str, controls: Sequence[str], bos: bool) -> Path:
    """A file with a byte-level vocabulary, trained on a few sentences; `pre`: how llama.cpp splits texts before; `bos`:
    the first control token begins every text, the last one ends every turn."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learner.train_from_iterator(TEXT * 4, trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet))
    model = json.loads(learner.to_str())["model"]
    words = sorted(model["vocab"], key=model["vocab"].get)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([*controls, *words])
    writer.add_token_types([*(3 for _ in controls), *(1 for _ in words)])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    if bos:
        writer.add_bos_token_id(0)
    writer.add_eos_token_id(len(controls) - 1)
    writer.add_add_bos_token(bos)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_vocab_size(len(controls) + len(words))
    weights(writer, 4096, len(controls) + len(words))
    return path


def make(kind: str, folder: Path) -> Path:
    """The file of this sort."""
    path = folder / f"{kind}.gguf"
    if kind == "chatml":
        return bpe(path, CHATML, "qwen2", ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), False)
    if kind == "llama3":
        names = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
        return bpe(path, LLAMA3, "llama-bpe", names, True)
    if kind == "base":
        return bpe(path, None, "llama-bpe", ("<|begin_of_text|>", "<|end_of_text|>"), True)
    if kind == "gemma":
        return spm(path, GEMMA, False, ("<start_of_turn>", "<end_of_turn>"))
    return spm(path, {"llama2": LLAMA2, "zephyr": ZEPHYR, "base-spm": None}[kind], True)


KINDS = ("chatml", "llama3", "llama2", "gemma", "zephyr", "base", "base-spm")
