"""The part of llama.cpp's C interface that thinkaloud calls, through ctypes. One small file, no policy.

The library comes from `xllamacpp` (one wheel for many Pythons; its shared object exports the C interface on Linux), or
from a `llama-cpp-python` that the user built for their own machine. Structs are passed by value and their layout
changes between releases, so the two parameter structs are checked against the library's own defaults before the first
use. A library that does not match is refused.

This module does not know what a prompt is.
"""

from __future__ import annotations

import ctypes as C
import functools
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from thinkaloud.errors import ModelError, TextRefused, UserError

_PTR, _I32, _U32, _F32, _BOOL = C.c_void_p, C.c_int32, C.c_uint32, C.c_float, C.c_bool
GGML_TYPE_F32, GGML_TYPE_F16 = 0, 1
FLASH_OFF, FLASH_AUTO = 0, -1
# of a token's attributes (`enum llama_token_attr`): is only read where control tokens are; eats the spaces before it
CONTROL, DEFINED, STRIPS = 1 | 8, 16, 128


class ModelParams(C.Structure):
    """`struct llama_model_params`; only the fields that thinkaloud sets have telling names elsewhere."""

    _fields_ = (
        ("devices", _PTR), ("tensor_buft_overrides", _PTR), ("n_gpu_layers", _I32), ("split_mode", _I32),
        ("load_mode", _I32), ("lazy_mode", _I32), ("main_gpu", _I32), ("tensor_split", _PTR),
        ("progress_callback", _PTR), ("progress_callback_user_data", _PTR), ("kv_overrides", _PTR),
        ("vocab_only", _BOOL), ("check_tensors", _BOOL), ("use_extra_bufts", _BOOL), ("no_host", _BOOL),
        ("no_alloc", _BOOL), ("load_mtp", _BOOL),
    )  # fmt: skip


_CONTEXT_HEAD = (
    ("n_ctx", _U32), ("n_batch", _U32), ("n_ubatch", _U32), ("n_seq_max", _U32), ("n_rs_seq", _U32),
    ("n_outputs_max", _U32), ("n_outputs_max_per_seq", _U32), ("n_threads", _I32), ("n_threads_batch", _I32),
    ("ctx_type", _I32), ("rope_scaling_type", _I32), ("pooling_type", _I32), ("attention_type", _I32),
    ("flash_attn_type", _I32), ("rope_freq_base", _F32), ("rope_freq_scale", _F32), ("yarn_ext_factor", _F32),
    ("yarn_attn_factor", _F32), ("yarn_beta_fast", _F32), ("yarn_beta_slow", _F32), ("yarn_orig_ctx", _U32),
    ("defrag_thold", _F32), ("cb_eval", _PTR), ("cb_eval_user_data", _PTR), ("type_k", _I32), ("type_v", _I32),
    ("abort_callback", _PTR), ("abort_callback_data", _PTR),
)  # fmt: skip
_CONTEXT_TAIL = (
    ("embeddings", _BOOL), ("offload_kqv", _BOOL), ("no_perf", _BOOL), ("op_offload", _BOOL), ("swa_full", _BOOL),
    ("kv_unified", _BOOL), ("samplers", _PTR), ("n_samplers", C.c_size_t), ("ctx_other", _PTR),
)  # fmt: skip


class ContextParams(C.Structure):
    """`struct llama_context_params` as llama-cpp-python 0.3.36 has it."""

    _fields_ = _CONTEXT_HEAD + _CONTEXT_TAIL


class ContextParamsOctober(C.Structure):
    """The same with one pointer more before the flags, as xllamacpp 2026.10 has it."""

    _fields_ = (*_CONTEXT_HEAD, ("reserved", _PTR), *_CONTEXT_TAIL)


class Batch(C.Structure):
    """`struct llama_batch`: n tokens with their positions, sequences, and whether their logits are wanted."""

    _fields_ = (
        ("n_tokens", _I32), ("token", C.POINTER(_I32)), ("embd", _PTR), ("pos", C.POINTER(_I32)),
        ("n_seq_id", C.POINTER(_I32)), ("seq_id", C.POINTER(C.POINTER(_I32))), ("logits", C.POINTER(C.c_int8)),
    )  # fmt: skip


_LOG = C.CFUNCTYPE(None, C.c_int, C.c_char_p, C.c_void_p)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "llama_backend_init": (None, ()),
    "llama_log_set": (None, (_LOG, _PTR)),
    "llama_model_load_from_file": (_PTR, (C.c_char_p, ModelParams)),
    "llama_model_free": (None, (_PTR,)),
    "llama_free": (None, (_PTR,)),
    "llama_model_get_vocab": (_PTR, (_PTR,)),
    "llama_model_meta_val_str": (_I32, (_PTR, C.c_char_p, C.c_char_p, C.c_size_t)),
    "llama_model_meta_count": (_I32, (_PTR,)),
    "llama_model_meta_key_by_index": (_I32, (_PTR, _I32, C.c_char_p, C.c_size_t)),
    "llama_model_desc": (_I32, (_PTR, C.c_char_p, C.c_size_t)),
    "llama_model_n_ctx_train": (_I32, (_PTR,)),
    "llama_model_n_params": (C.c_uint64, (_PTR,)),
    "llama_vocab_n_tokens": (_I32, (_PTR,)),
    "llama_vocab_bos": (_I32, (_PTR,)),
    "llama_vocab_eos": (_I32, (_PTR,)),
    "llama_vocab_get_text": (C.c_char_p, (_PTR, _I32)),
    "llama_vocab_get_attr": (C.c_int, (_PTR, _I32)),
    "llama_vocab_is_eog": (_BOOL, (_PTR, _I32)),
    "llama_tokenize": (_I32, (_PTR, C.c_char_p, _I32, C.POINTER(_I32), _I32, _BOOL, _BOOL)),
    "llama_token_to_piece": (_I32, (_PTR, _I32, C.c_char_p, _I32, _I32, _BOOL)),
    "llama_n_ctx": (_U32, (_PTR,)),
    "llama_decode": (_I32, (_PTR, Batch)),
    "llama_get_logits": (C.POINTER(_F32), (_PTR,)),
    "llama_get_memory": (_PTR, (_PTR,)),
    "llama_memory_clear": (None, (_PTR, _BOOL)),
    "llama_memory_seq_rm": (_BOOL, (_PTR, _I32, _I32, _I32)),
    "llama_memory_seq_cp": (None, (_PTR, _I32, _I32, _I32, _I32)),
    "llama_state_seq_get_size": (C.c_size_t, (_PTR, _I32)),
    "llama_state_seq_get_data": (C.c_size_t, (_PTR, C.c_void_p, C.c_size_t, _I32)),
    "llama_state_seq_set_data": (C.c_size_t, (_PTR, C.c_void_p, C.c_size_t, _I32)),
}


def _swallow(level: int, text: bytes, data: object) -> None:
    """The library's log would go to stderr, over the progress bar."""


_SILENT = _LOG(_swallow)  # must outlive the library


def _find() -> Path:
    """The shared library: THINKALOUD_LLAMA_LIB, else xllamacpp, else llama-cpp-python."""
    named = os.environ.get("THINKALOUD_LLAMA_LIB")
    if named:
        if not Path(named).is_file():
            raise UserError(f"THINKALOUD_LLAMA_LIB is {named!r}, which is not a file")
        return Path(named)
    for package, pattern in (("xllamacpp", "xllamacpp*.so"), ("llama_cpp", "lib/libllama.*")):
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(folder).glob(pattern)):
                return path
    raise UserError("no llama.cpp library is installed: pip install 'thinkaloud[llama]'")


class Library:
    """The loaded library: every function of `_SIGNATURES` as an attribute, and the checked parameter structs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # threads that wait by spinning starve each other as soon as anything else wants a core (ten times slower on two
        # busy cores); a short spin costs nothing measurable on idle ones
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
        try:
            # RTLD_LOCAL: two builds of llama.cpp may live in one process
            self._dll = C.CDLL(str(path), mode=os.RTLD_LOCAL | os.RTLD_NOW)
            for name, (result, arguments) in _SIGNATURES.items():
                function = getattr(self._dll, name)
                function.restype, function.argtypes = result, arguments
                setattr(self, name, function)
        except (OSError, AttributeError) as error:
            raise UserError(f"{path} is not a usable llama.cpp library on {sys.platform}: {error}") from error
        self.model_params = self._checked_model_params()
        self.context_params = self._checked_context_params()
        self.llama_log_set(_SILENT, None)
        self.llama_backend_init()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def _defaults(self, name: str, layout: type[C.Structure]) -> Any:
        function = getattr(self._dll, name)
        function.restype, function.argtypes = layout, ()
        return function()

    def _checked_model_params(self) -> ModelParams:
        params: ModelParams = self._defaults("llama_model_default_params", ModelParams)
        flags = (params.vocab_only, params.check_tensors, params.use_extra_bufts, params.no_host, params.no_alloc)
        if (params.n_gpu_layers, params.split_mode, params.load_mode, params.main_gpu, *flags) != (
            -1, 1, -1, 0, False, False, True, False, False,
        ):  # fmt: skip
            raise self._mismatch("model")
        return params

    def _checked_context_params(self) -> Any:
        for layout in (ContextParamsOctober, ContextParams):
            p = self._defaults("llama_context_default_params", layout)
            head = (p.n_ctx, p.n_batch, p.n_ubatch, p.n_seq_max, p.rope_scaling_type, p.flash_attn_type)
            tail = (p.type_k, p.type_v, p.embeddings, p.offload_kqv, p.no_perf, p.op_offload, p.swa_full, p.kv_unified)
            expected_tail = (GGML_TYPE_F16, GGML_TYPE_F16, False, True, True, True, True, False)
            if head == (512, 2048, 512, 1, -1, FLASH_AUTO) and tail == expected_tail:
                init = self._dll.llama_init_from_model
                init.restype, init.argtypes = _PTR, (_PTR, layout)
                self.llama_init_from_model = init
                return p
        raise self._mismatch("context")

    def _mismatch(self, which: str) -> UserError:
        return UserError(
            f"{self.path} has a llama_{which}_params layout that thinkaloud does not know: "
            "pip install 'thinkaloud[llama]' for the tested release"
        )


@functools.cache
def library() -> Library:
    """The one library of this process, loaded at first use."""
    return Library(_find())


class Rows:
    """Rows of a batch under construction: token, position, the sequences it belongs to, whether logits are wanted."""

    def __init__(self) -> None:
        self.token: list[int] = []
        self.pos: list[int] = []
        self.seqs: list[Sequence[int]] = []
        self.wanted: list[bool] = []

    def add(self, token: int, pos: int, seqs: Sequence[int], wanted: bool) -> None:
        """One row more."""
        self.token.append(token)
        self.pos.append(pos)
        self.seqs.append(seqs)
        self.wanted.append(wanted)

    def __len__(self) -> int:
        return len(self.token)

    def batch(self, start: int, stop: int) -> tuple[Batch, object]:
        """A C batch of rows start..stop, and the objects that must stay alive while it is used."""
        n = stop - start
        token = (_I32 * n)(*self.token[start:stop])
        pos = (_I32 * n)(*self.pos[start:stop])
        seqs = [(_I32 * len(s))(*s) for s in self.seqs[start:stop]]
        counts = (_I32 * n)(*map(len, seqs))
        pointers = (C.POINTER(_I32) * n)(*[C.cast(s, C.POINTER(_I32)) for s in seqs])
        wanted = (C.c_int8 * n)(*map(int, self.wanted[start:stop]))
        return Batch(n, token, None, pos, counts, pointers, wanted), (token, pos, seqs, counts, pointers, wanted)


class Context:
    """A loaded model with a KV memory of `cells` cells, shared by all sequences (a cell may belong to several)."""

    def __init__(self, path: Path, cells: int, sequences: int, threads: int, exact: bool) -> None:
        self.lib = lib = library()
        self._model = lib.llama_model_load_from_file(os.fsencode(path), lib.model_params)
        if not self._model:
            raise UserError(f"{str(path)!r} is not a model that llama.cpp can load (a whole GGUF file?)")
        params = type(lib.context_params).from_buffer_copy(lib.context_params)
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = cells, 512, 512, sequences
        params.n_outputs_max_per_seq, params.kv_unified = 0, True
        self.cells, self.exact = cells, exact
        params.n_threads = params.n_threads_batch = threads
        if exact:  # F16 caches and flash attention both round (by 8e-3 logits on F32 weights)
            params.flash_attn_type, params.type_k, params.type_v = FLASH_OFF, GGML_TYPE_F32, GGML_TYPE_F32
        self._context = lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise UserError(
                f"llama.cpp could not make a context of {cells} tokens for {str(path)!r}: not enough memory?"
            )
        self._memory = lib.llama_get_memory(self._context)
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.vocab_size: int = lib.llama_vocab_n_tokens(self._vocab)
        self.trained_context: int = lib.llama_model_n_ctx_train(self._model)
        self.parameters: int = lib.llama_model_n_params(self._model)
        self.step = min(params.n_batch, cells)  # llama.cpp takes no more at a time, and aborts

    def close(self) -> None:
        """Free the memory; the object cannot be used afterwards."""
        if self._context:
            self.lib.llama_free(self._context)
            self.lib.llama_model_free(self._model)
            self._context = None

    # ------------------------------------------------------------------------------------------------ text

    def metadata(self, key: str) -> str | None:
        """A value of the file's metadata as text, or None."""
        size = 4096
        while True:
            buffer = C.create_string_buffer(size)
            n = self.lib.llama_model_meta_val_str(self._model, key.encode(), buffer, size)
            if n < 0:
                return None
            if n < size:
                return buffer.value.decode("utf-8", "replace")
            size = n + 1

    def templates(self, key: str) -> dict[str, str]:
        """Chat templates by name; the one without a name is `default`."""
        found = {"default": self.metadata(key) or ""}
        for index in range(self.lib.llama_model_meta_count(self._model)):
            buffer = C.create_string_buffer(256)
            self.lib.llama_model_meta_key_by_index(self._model, index, buffer, 256)
            name = buffer.value.decode("utf-8", "replace")
            if name.startswith(f"{key}."):
                found[name.removeprefix(f"{key}.")] = self.metadata(name) or ""
        return {name: template for name, template in found.items() if template}

    def tokenize(self, text: str, special: bool, whole: bool = False) -> list[int]:
        """Tokens of a text; `special`: control tokens written in the text are recognised; `whole`: with the tokens that
        the file wants before and after every text."""
        raw = text.encode()
        buffer = (_I32 * (len(raw) + 8))()
        n = self.lib.llama_tokenize(self._vocab, raw, len(raw), buffer, len(buffer), whole, special)
        if n < 0:
            raise TextRefused(f"the tokenizer failed on {text[:60]!r}")
        return buffer[:n]

    def controls(self, kind: int = CONTROL) -> dict[str, int]:
        """Texts of the control tokens, with their attributes; or of tokens of another `kind`."""
        lib, vocab = self.lib, self._vocab
        attributes = ((token, lib.llama_vocab_get_attr(vocab, token)) for token in range(self.vocab_size))
        return {self._text(token): found for token, found in attributes if found & kind}

    def spaced(self, token: int) -> bool:
        """Whether the token may hold a space behind its beginning ."""
        text = (self.lib.llama_vocab_get_text(self._vocab, token) or b"")[1:]
        return any(space in text for space in (b" ", "\u0120".encode(), "\u2581".encode()))

    def named(self, name: str) -> str:
        """The text of the token that the file names `bos` or `eos`; empty where it names none."""
        if self.metadata(f"tokenizer.ggml.{name}_token_id") is None and self.metadata("tokenizer.ggml.model") == "gpt2":
            return ""  # the library would take GPT-2's
        token = (self.lib.llama_vocab_bos if name == "bos" else self.lib.llama_vocab_eos)(self._vocab)
        return self._text(token) if token >= 0 else ""

    def _text(self, token: int) -> str:
        return (self.lib.llama_vocab_get_text(self._vocab, token) or b"").decode("utf-8", "replace")

    def piece(self, token: int) -> bytes:
        """The bytes of a token; control tokens have none."""
        buffer = C.create_string_buffer(256)
        n = self.lib.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(n, 0)]

    def bos(self) -> list[int]:
        """The tokens that the model wants before everything else."""
        bare, whole = self.tokenize("a", True), self.tokenize("a", True, True)
        return next(whole[:k] for k in range(len(whole) + 1) if whole[k : k + len(bare)] == bare)

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return bool(self.lib.llama_vocab_is_eog(self._vocab, token))

    # ------------------------------------------------------------------------------------------------ memory

    def clear(self) -> None:
        """Empty the memory. The cells keep their contents: a masked cell has a weight of exactly 0."""
        self.lib.llama_memory_clear(self._memory, False)

    def copy(self, source: int, target: int, start: int, stop: int) -> None:
        """Let `target` share the cells of `source` at positions start..stop (no computation, no copy of data)."""
        self.lib.llama_memory_seq_cp(self._memory, source, target, start, stop)

    def remove(self, sequence: int) -> None:
        """Remove a sequence; cells that belong to no sequence become free."""
        self.lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def save(self, sequence: int) -> C.Array[C.c_char]:
        """The contents of a sequence's cells."""
        size = self.lib.llama_state_seq_get_size(self._context, sequence)
        buffer = C.create_string_buffer(size)
        if self.lib.llama_state_seq_get_data(self._context, buffer, size, sequence) != size:
            raise ModelError("llama.cpp could not save a sequence")
        return buffer

    def restore(self, sequence: int, state: C.Array[C.c_char]) -> None:
        """Put saved contents into an empty sequence."""
        if self.lib.llama_state_seq_set_data(self._context, state, len(state), sequence) == 0:
            raise ModelError("llama.cpp could not restore a sequence")

    def decode(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Compute the rows in order; returns the wanted logits, shape (wanted rows, vocabulary)."""
        out = []
        for start in range(0, len(rows), self.step):
            stop = min(start + self.step, len(rows))
            batch, alive = rows.batch(start, stop)
            status = self.lib.llama_decode(self._context, batch)
            del alive
            if status:
                raise ModelError(f"llama.cpp refused a batch of {stop - start} tokens (status {status})")
            wanted = sum(rows.wanted[start:stop])
            if wanted:
                logits = self.lib.llama_get_logits(self._context)
                out.append(np.ctypeslib.as_array(logits, shape=(wanted, self.vocab_size)).copy())
        return np.concatenate(out) if out else np.empty((0, self.vocab_size), np.float32)
