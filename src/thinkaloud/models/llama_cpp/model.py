"""The embedded backend: any GGUF file through llama.cpp, with shared prefixes.

`exact` precision (the default for files that are small enough) evaluates F32 weights, dequantised once into a cache
folder, with an F32 memory and without flash attention: tree and one-by-one evaluation then agree to about 1e-5 in
log-probability. `native` precision uses the file as it is, with llama.cpp's defaults: less memory, and logits that
move with the shape of a batch (`thinkaloud check` prints by how much).
"""

from __future__ import annotations

import hashlib
from os.path import isfile
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.models.headers import check_gguf
from thinkaloud.models.llama_cpp.dequantise import Changes, exact_copy
from thinkaloud.models.llama_cpp.engine import Engine
from thinkaloud.models.llama_cpp.lib import Context
from thinkaloud.models.llama_cpp.text import cuts, turn_format, whole
from thinkaloud.models.loading import Loading, cores
from thinkaloud.models.local import Local, Lowering
from thinkaloud.models.marks import cut_at, marks_of, shown
from thinkaloud.vocabulary import ModelCard

SEQUENCES = 97  # half of them are leaves of a wave: more leaves a wave, fewer and larger decode calls
WAVE_CELLS = 1024  # attention looks at every occupied cell, so a short memory is a fast one
EXACT_PARAMETERS = 1_000_000_000  # above this, four bytes a weight are too much to take unasked


class LlamaCpp(Local):
    """A GGUF model. `digest`: its SHA-256 where that is known already. `changes`: what is changed in the copy that is
    loaded; `digest` must then stand for both."""

    engine: Engine

    def __init__(
        self,
        path: Path,
        name: str | None = None,
        loading: Loading | None = None,
        digest: str | None = None,
        changes: Changes | None = None,
    ) -> None:
        loading = loading or Loading()
        digest = digest or file_digest(path)
        check_gguf(path)
        exact = loading.precision == "exact" or (loading.precision == "auto" and _weights(path) <= EXACT_PARAMETERS)
        source = exact_copy(path, digest, changes) if exact or changes else path
        context = Context(source, loading.context, SEQUENCES, loading.threads or cores(), exact)
        self._context = context
        cells = min(loading.context, context.trained_context)
        turns = turn_format(context, loading.format, loading.profile)
        marks = marks_of(turns.profile, context.tokenize)
        card = ModelCard(
            name=name or path.stem,
            backend="llama_cpp",
            digest=f"sha256:{digest}",
            format=turns.form,
            precision="float32, exact" if exact else "as in the file, flash attention, float16 memory",
            context=cells,
            capabilities=frozenset({"prefill", "logprobs", "raw_reasoning"}),
            details={"file": path.name, "parameters": context.parameters, "library": context.lib.path.parent.name}
            | dict(turns.notes),
        )
        text = cut_at(cuts(context), marks)
        lowering = Lowering(context.tokenize, context.bos(), turns.render, text, turns.profile)
        super().__init__(card, lowering, Engine(context, cells, SEQUENCES, WAVE_CELLS, shown(context, marks)))
        self.reference = whole(context, turns)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    if not isfile(path):
        raise UserError(f"there is no model file {str(path)!r}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weights(path: Path) -> int:
    """Number of weights, roughly, without loading: a file of b bytes holds at most 2b weights of 4 bits."""
    return path.stat().st_size * 2
