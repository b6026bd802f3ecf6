"""The exact copy: a GGUF file's weights as float32, made once and kept in the cache folder.

Quantised kernels round activations too, and how they round depends on the shape of the batch: the same prompt may
differ by half a nat between two shapes. float32 weights cost four bytes each and remove that. A copy may also have
changes: other values in some tensors, other texts in its metadata.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thinkaloud.errors import UserError

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is changed in a copy. `tensor`: from a tensor's name and values to those that are written; `texts`: fields
    of the metadata."""

    tensor: Callable[[str, Tensor], Tensor]
    texts: Mapping[str, str]


_NONE = Changes(lambda name, values: values, {})


def cache_folder() -> Path:
    """THINKALOUD_CACHE, else the user's cache folder. Raises `UserError` if there is neither this nor a home folder."""
    named, xdg = os.environ.get("THINKALOUD_CACHE"), os.environ.get("XDG_CACHE_HOME", "")
    if named:
        return Path(named)
    if Path(xdg).is_absolute():  # the standard has anything else ignored
        return Path(xdg) / "thinkaloud"
    try:
        return Path.home() / ".cache" / "thinkaloud"
    except RuntimeError as error:
        raise UserError("there is no home folder for the exact copy: set THINKALOUD_CACHE to a folder") from error


def exact_copy(path: Path, digest: str, changes: Changes | None = None) -> Path:
    """Path of the float32 copy of `path`, made if it is not there yet. `digest` is the SHA-256 of the file, or stands
    for the file and the changes together."""
    target = cache_folder() / f"{digest[:16]}-f32.gguf"
    if target.is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        os.close(handle)
        try:
            _write(path, Path(name), changes or _NONE)
            os.replace(name, target)  # whole or not at all, also with two processes at it
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write the exact copy {str(target)!r}: {error.strerror or error}") from error
    return target


def _write(source: Path, target: Path, changes: Changes) -> None:
    try:
        import gguf
    except ImportError as error:
        raise UserError("exact precision needs the gguf package: pip install 'thinkaloud[llama]'") from error
    try:
        reader = gguf.GGUFReader(source)
    except Exception as error:  # the reader raises what numpy raises on a torn file
        raise UserError(f"{str(source)!r} is not a whole GGUF file ({error})") from error
    writer = gguf.GGUFWriter(target, str(reader.fields["general.architecture"].contents()))
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        element = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, changes.texts.get(name, field.contents()), kind, sub_type=element)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype("float32")
        writer.add_tensor(tensor.name, changes.tensor(tensor.name, values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
