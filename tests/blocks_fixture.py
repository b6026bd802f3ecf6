"""Small tokenizers and model files of every kind of model that thinks in a block, with chat templates of their kind.

The templates were written for these tests: they do what those of the families do with a think block, and little else.
A file for llama.cpp and a tokenizer for transformers have the same tokens.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gguf

from files_fixture import TEXT
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.local import Local, Lowering
from thinkaloud.models.profile import Profile
from thinkaloud.models.transformers.turns import Spelling, spelled
from thinkaloud.vocabulary import Completion, Key, Prompt, Sampling, Thinking
from tiny import weights

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How the files with `qwen2` split a text before it is tokenised."""
THOUGHT = "{{ '<think>\n' + m.reasoning_content.strip('\n') + '\n</think>\n\n' if %s else '' }}"
LAST = "loop.last and m.reasoning_content is defined"


def chatml(own: str, begins: str, thought: str = THOUGHT % LAST) -> str:
    """A template with ChatML turns. `own`: what is written of an assistant's content; `begins`: after the beginning of
    its turn; `thought`: before its content."""
    return (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}" + thought + own + "{% else %}"
        "{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n" + begins + "{% endif %}"
    )


OWN = "{{ m.content.split('</think>')[-1].lstrip('\n') }}"
EMPTY = "{{ '<think>\n\n</think>\n\n' if enable_thinking is defined and not enable_thinking else '' }}"
DEEPSEEK = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<\uff5cUser\uff5c>{{ m.content }}{% else %}"
    "<\uff5cAssistant\uff5c>BEFORE{{ m.content.split('</think>')[-1] }}<\uff5cend\uff5c>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<\uff5cAssistant\uff5c>BEGINS{% endif %}"
)
HARMONY = (
    "<|start|>system<|message|>Reasoning: {{ reasoning_effort | default('medium') }}<|end|>{% for m in messages %}"
    "{% if m.role == 'assistant' %}{% if loop.last and m.thinking is defined %}<|start|>assistant<|channel|>analysis"
    "<|message|>{{ m.thinking }}<|end|>{% endif %}<|start|>assistant<|channel|>final<|message|>{{ m.content }}"
    "{{ '<|return|>' if loop.last else '<|end|>' }}{% else %}<|start|>user<|message|>{{ m.content }}<|end|>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST]{{ m.content }}[/INST]{% else %}"
    "{{ m.content + eos_token }}{% endif %}{% endfor %}"
)
GLM = (
    "[gMASK]{% for m in messages %}{% if m.role == 'user' %}<|user|>\n{{ m.content }}"
    "{{ '/nothink' if enable_thinking is defined and not enable_thinking else '' }}{% else %}<|assistant|>\n<think>"
    "{{ m.reasoning_content | default('') if loop.last else '' }}</think>\n{{ m.content.strip() }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>"
    "{{ '\n<think></think>' if enable_thinking is defined and not enable_thinking else '' }}{% endif %}"
)
CHANNEL = (
    "{{ bos_token }}{% if enable_thinking is defined and enable_thinking %}<|turn>system\n<|think|><turn|>\n{% endif %}"
    "{% for m in messages %}<|turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<turn|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|turn>model\n"
    "{{ '' if enable_thinking | default(false) else '<|channel>thought\n<channel|>' }}{% endif %}"
)


@dataclass(frozen=True)
class Kind:
    """A sort of model. `controls`: its control tokens, the last one ends a turn; `marks`: tokens that are read in any
    text; `block`: an open and a closed block in a prompt, as literal text; `silent`: what its switch writes at the end
    of a prompt."""

    family: str
    template: str
    controls: tuple[str, ...]
    marks: tuple[str, ...] = ()
    opens: str = "<think>\n"
    closes: str = "\n</think>\n\n"
    given: bool = False
    direct: str = ""
    silent: str | None = None
    sampling: tuple[float, float, int] | None = None  # in the model file: temperature, top-p, top-k


TURNS = ("<|endoftext|>", "<|im_start|>", "<|object_ref_start|>", "<|im_end|>")
TAGS = ("<think>", "</think>")
EAST = ("<\uff5cbegin\uff5c>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<\uff5cend\uff5c>")
KINDS = {
    "hybrid": Kind("qwen3", chatml(OWN, EMPTY), TURNS, TAGS, silent="<think>\n\n</think>\n\n"),
    "only": Kind("qwen3-thinking", chatml(OWN, "<think>\n"), TURNS, TAGS, given=True, sampling=(0.5, 0.75, 30)),
    "r1": Kind(
        "deepseek-r1", DEEPSEEK.replace("BEFORE", "").replace("BEGINS", "<think>\n"), EAST, TAGS, given=True
    ),
    "v31": Kind(
        "deepseek-hybrid",
        DEEPSEEK.replace("BEFORE", "</think>").replace("BEGINS", "{{ '<think>' if thinking else '</think>' }}"),
        EAST, TAGS, "<think>", "</think>", given=True, silent="</think>",
    ),
    "harmony": Kind(
        "gpt-oss", HARMONY, ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|call|>", "<|return|>"), (),
        "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>",
        direct="<|channel|>final<|message|>",
    ),
    "mistral": Kind(
        "magistral", MISTRAL, ("<s>", "[INST]", "[/INST]", "[THINK]", "[/THINK]", "</s>"), (), "[THINK]", "[/THINK]"
    ),
    "glm": Kind(
        "glm", GLM, ("[gMASK]", "<|user|>", "<|assistant|>", "<|endoftext|>"), TAGS, "\n<think>", "</think>\n",
        silent="\n<think></think>",
    ),
    "channel": Kind(
        "gemma", CHANNEL, ("<bos>", "<|think|>", "<|turn>", "<|channel>", "<channel|>", "<turn|>"), (),
        "<|channel>thought\n", "<channel|>", silent="<|channel>thought\n<channel|>",
    ),
    "letters": Kind("think", chatml(OWN, EMPTY), ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        silent="<think>\n\n</think>\n\n"),
    "keeps": Kind(
        "think-no_think", chatml("{{ m.content }}", "{# /no_think #}", THOUGHT % "m.reasoning_content is defined"),
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), TAGS,
    ),
}  # fmt: skip
"""A sort of model by a short name. `letters`: its marks are ordinary text; `keeps`: its template keeps the reasoning of
earlier turns."""


@cache
def _learned() -> tuple[list[str], list[str]]:
    """Words and merges of a byte-level vocabulary, learned from a few sentences."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learner.train_from_iterator(TEXT * 4, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    model = json.loads(learner.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [" ".join(pair) for pair in model["merges"]]


def file(kind: Kind, path: Path) -> Path:
    """A model file for llama.cpp with random weights."""
    words, merges = _learned()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*kind.controls, *words, *kind.marks])
    writer.add_token_types([*(3 for _ in kind.controls), *(1 for _ in words), *(4 for _ in kind.marks)])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(len(kind.controls) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(kind.template)
    if kind.sampling:
        writer.add_float32("general.sampling.temp", kind.sampling[0])
        writer.add_float32("general.sampling.top_p", kind.sampling[1])
        writer.add_int32("general.sampling.top_k", kind.sampling[2])
    writer.add_vocab_size(len(kind.controls) + len(words) + len(kind.marks))
    weights(writer, 4096, len(kind.controls) + len(words) + len(kind.marks))
    return path


def tokenizer(kind: Kind) -> Any:
    """The same tokens for transformers."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words, merges = _learned()
    every = {text: i for i, text in enumerate([*kind.controls, *words, *kind.marks])}
    made = Tokenizer(models.BPE(every, [tuple(pair.split(" ")) for pair in merges]))
    byte = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), byte])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in kind.controls])
    made.add_tokens([AddedToken(text, special=False, normalized=False) for text in kind.marks])
    names = {"bos_token": kind.controls[0], "eos_token": kind.controls[-1]}
    found = PreTrainedTokenizerFast(tokenizer_object=made, **names)
    found.chat_template = kind.template
    return found


def checkpoint(kind: Kind, folder: Path) -> Path:
    """A checkpoint for transformers with random weights; it says how it wants to be sampled."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    own = tokenizer(kind)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = LlamaConfig(vocab_size=len(own), initializer_range=0.4, eos_token_id=len(kind.controls) - 1, **sizes)
    model = LlamaForCausalLM(config).eval()
    model.generation_config = GenerationConfig(do_sample=True, temperature=0.55, top_p=0.8, top_k=33)
    model.save_pretrained(folder)
    own.save_pretrained(folder)
    return folder


def hot(model: Local, n: int = 12) -> list[Completion]:
    """What a random model writes inside its block, at a temperature at which all its tokens are alike."""
    assert model.profile is not None
    sampling = Sampling(300, (model.profile.mark,), 60.0)
    prompt = Prompt((), "What is 2 + 3?", (), Thinking(("2 plus 3 is 5.",), False))

    async def all_of_them() -> list[Completion]:
        session = model.session()
        keys = [Key(("hot", str(i))) for i in range(n)]
        return list(await asyncio.gather(*(session.generate(prompt, sampling, key) for key in keys)))

    return asyncio.run(all_of_them())


def ends_are_told(model: Local, is_token: bool) -> None:
    """What ended a text is the mark, the end of the turn, or nothing; chance writes no mark of many letters."""
    assert model.profile is not None
    mark, done = model.profile.mark, hot(model)
    by = {one.stopped_by for one in done}
    assert by <= {mark, "", None}
    assert (mark in by) == is_token
    assert all((one.stopped_by is None) == (one.finish == "length") for one in done)
    assert not any(mark in one.text for one in done)


def spell(name: str) -> Spelling:
    """How a kind of model is asked through transformers."""
    return spelled(tokenizer(KINDS[name]), (), "auto", None)


def profile(spelling: Spelling) -> Profile:
    """Its profile."""
    assert spelling.turns.profile is not None
    return spelling.turns.profile


def whole(lowering: Lowering, prompt: Prompt) -> Tokens:
    """All tokens of a prompt."""
    preamble, tokens, _ = lowering.lower(prompt)
    return (*preamble, *tokens)


def tokens(tokenizer: Any, text: str) -> Tokens:
    """The tokens of a whole text, marks included."""
    return tuple(tokenizer(text, add_special_tokens=False).input_ids)
