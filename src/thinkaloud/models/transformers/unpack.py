"""Converts a GGUF file to a folder that transformers can load, once, in the cache folder.

Reading a GGUF file through transformers takes a minute of Python for a vocabulary of 49,000, and may leave the weights
packed, which then can be neither converted nor saved: so they are dequantised into a fresh model, once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.headers import check_gguf
from thinkaloud.models.llama_cpp.dequantise import cache_folder
from thinkaloud.models.llama_cpp.model import file_digest


def unpacked(path: Path, precision: str = "exact", digest: str | None = None) -> Path:
    """The folder with the weights of a GGUF file (`digest`: its SHA-256 where that is known already), made if it does
    not exist: float32, or bfloat16 if `precision` is `native`, since packed weights have no type of their own."""
    dtype = "bfloat16" if precision == "native" else "float32"
    target = cache_folder() / f"{(digest or file_digest(path))[:16]}-{dtype}"
    if (target / "config.json").is_file():
        return target
    check_gguf(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=target.name, suffix=".part"))
        try:
            _unpack(path, dtype, made)
            with contextlib.suppress(OSError):  # another process was faster, with the same bytes
                os.replace(made, target)  # whole or not at all
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise UserError(f"cannot unpack into {str(target)!r}: {error.strerror or error}") from error
    return target


def _unpack(path: Path, dtype: str, folder: Path) -> None:
    try:
        import gguf  # noqa: F401
    except ImportError as error:
        raise UserError(f"{str(path)!r} needs the gguf package: pip install 'thinkaloud[llama]'") from error
    import torch
    import transformers.modeling_gguf_pytorch_utils as converter
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    read: Any = converter.load_gguf_checkpoint  # untyped
    build: Any = AutoModelForCausalLM.from_config
    kind = getattr(torch, dtype)
    config = AutoConfig.from_pretrained(path.parent, gguf_file=path.name)
    with torch.device("meta"):
        names = build(config)  # only asked what its weights are called
    weights = read(str(path), return_tensors=True, model_to_load=names, torch_dtype=kind)["tensors"]
    with _uninitialised():
        model = build(config, dtype=kind)
    missing = model.load_state_dict(weights, strict=False).missing_keys
    model.tie_weights()
    all_weights = model.state_dict(keep_vars=True)
    given = {id(weight) for name, weight in all_weights.items() if name in weights}
    lost = [name for name in missing if id(all_weights[name]) not in given]
    if lost:
        raise UserError(f"{path.name!r} lacks weights that transformers wants: {', '.join(lost[:3])}")
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).save_pretrained(folder)


def _uninitialised() -> contextlib.AbstractContextManager[Any]:
    """Every weight is about to be overwritten: do not draw it at random first."""
    try:
        from transformers.initialization import no_init_weights
    except ImportError:
        return contextlib.nullcontext()
    made: contextlib.AbstractContextManager[Any] = no_init_weights()
    return made
