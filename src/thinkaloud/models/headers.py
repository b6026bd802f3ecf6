"""Whether a file of weights is what its header says, before a library in C or C++ is given it: GGUF and safetensors.

Checked: the mark and version, that everything the header counts is in the file, that each tensor has a known type, a
size that its shape and type make, and bytes of its own inside the file, aligned where the form asks for it. What passes
as a safetensors file is then opened by its own library, which is safe to be given anything, and has rules besides. Not
checked: that the numbers are a model. One line (`UserError`) says what is wrong first. This module computes nothing.
"""

from __future__ import annotations

import json
import math
import mmap
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of

MAGIC = b"GGUF"
VERSIONS = (2, 3)
SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Type of a GGUF value -> its bytes."""
STRING, ARRAY, DEEPEST = 8, 9, 4
DIMENSIONS = 4
ALIGNMENT, ALIGNED = "general.alignment", 32
HEADER = 100_000_000
"""Bytes of a safetensors header, as its own library has it."""
BYTES: Mapping[str, float] = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
    "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F4": 0.5, "F6_E2M3": 0.75, "F6_E3M2": 0.75, "C64": 8,
}  # fmt: skip
"""Type of a safetensors tensor -> its bytes."""


class _Wrong(Exception):
    """What is wrong with a header, in words."""


def check_gguf(path: Path) -> None:
    """`UserError` where a GGUF file is none, or is not whole."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            _gguf(_Cursor(whole))
    except (_Wrong, ValueError) as error:  # mmap of an empty file
        raise UserError(f"{str(path)!r} is no whole GGUF file: {error}") from error
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error


def check_safetensors(path: Path) -> int:
    """The number of weights; `UserError` where a safetensors file is none, or is not whole."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(HEADER, size - 8):
                raise _Wrong(f"its header would have {length:,} bytes, and the file has {size:,}")
            header = json_of(file.read(length))
        weights = _safetensors(header, size - 8 - length)
        _opened(path)
        return weights
    except (_Wrong, json.JSONDecodeError) as error:
        raise UserError(f"{str(path)!r} is no whole safetensors file: {error}") from error
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error


# ----------------------------------------------------------------------------------------------------------------- GGUF


class _Cursor:
    """A place in a file; reading beyond its end is `_Wrong`."""

    def __init__(self, whole: mmap.mmap) -> None:
        self.whole, self.at, self.size = whole, 0, len(whole)

    def skip(self, count: int, what: str) -> int:
        """Where so many bytes begin, which are then behind."""
        if count > self.size - self.at:
            raise _Wrong(f"it ends within {what}")
        begin, self.at = self.at, self.at + count
        return begin

    def number(self, form: str, what: str) -> int:
        """A whole number."""
        found: int = struct.unpack_from(form, self.whole, self.skip(struct.calcsize(form), what))[0]
        return found

    def text(self, what: str) -> str:
        """A string, of which what is no UTF-8 is replaced."""
        length = self.number("<Q", what)
        begin = self.skip(length, what)
        return self.whole[begin : begin + length].decode("utf-8", "replace")


def _gguf(cursor: _Cursor) -> None:
    if cursor.whole[cursor.skip(4, "its mark") : 4] != MAGIC:
        raise _Wrong(f"it begins with {cursor.whole[:4]!r}, not {MAGIC!r}")
    version = cursor.number("<I", "its version")
    if version not in VERSIONS:
        raise _Wrong(f"its version is {version}: {' and '.join(map(str, VERSIONS))} are read")
    tensors, values = cursor.number("<Q", "its counts"), cursor.number("<Q", "its counts")
    if max(tensors, values) > cursor.size // 12:  # a value or a tensor has more bytes than that
        raise _Wrong(f"it would hold {tensors:,} tensors and {values:,} values in {cursor.size:,} bytes")
    alignment = ALIGNED
    for _ in range(values):
        name = cursor.text("the name of a value")
        kind = cursor.number("<I", f"the value {name!r}")
        if name == ALIGNMENT and kind == 4:
            alignment = cursor.number("<I", f"the value {name!r}")
            if alignment < 1 or alignment & (alignment - 1):
                raise _Wrong(f"{ALIGNMENT} is {alignment}: a power of 2 is needed")
        else:
            _value(cursor, kind, name, 0)
    found = [_tensor(cursor) for _ in range(tensors)]
    begin = -(-cursor.at // alignment) * alignment
    for name, offset, _ in found:
        if offset % alignment:
            raise _Wrong(f"the tensor {name!r} begins at {offset}, which is no multiple of {alignment}")
    _apart(((name, begin + offset, begin + offset + size) for name, offset, size in found), cursor.size)


def _value(cursor: _Cursor, kind: int, name: str, depth: int) -> None:
    """Go on behind a value."""
    what = f"the value {name!r}"
    if kind in SCALARS:
        cursor.skip(SCALARS[kind], what)
    elif kind == STRING:
        cursor.skip(cursor.number("<Q", what), what)
    elif kind == ARRAY and depth < DEEPEST:
        inner, count = cursor.number("<I", what), cursor.number("<Q", what)
        if inner in SCALARS:
            cursor.skip(SCALARS[inner] * count, what)
            return
        if count > cursor.size:
            raise _Wrong(f"{what} would have {count:,} entries")
        for _ in range(count):
            _value(cursor, inner, name, depth + 1)
    else:
        raise _Wrong(f"{what} is of type {kind}, which there is not")


def _tensor(cursor: _Cursor) -> tuple[str, int, int]:
    """Name, offset and bytes of a tensor."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    name = cursor.text("the name of a tensor")
    what = f"the tensor {name!r}"
    dimensions = cursor.number("<I", what)
    if not 1 <= dimensions <= DIMENSIONS:
        raise _Wrong(f"{what} has {dimensions} dimensions: from 1 to {DIMENSIONS} are read")
    shape = [cursor.number("<Q", what) for _ in range(dimensions)]
    kind, offset = cursor.number("<I", what), cursor.number("<Q", what)
    try:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    except (ValueError, KeyError):
        raise _Wrong(f"{what} is of type {kind}, which there is not") from None
    if shape[0] % block:
        raise _Wrong(f"{what} has rows of {shape[0]}, which is no multiple of {block}")
    return name, offset, math.prod(shape) // block * size


def _apart(tensors: Iterable[tuple[str, int, int]], end: int) -> None:
    """That every tensor has bytes of its own, before the end of the file."""
    last, before = 0, ""
    for name, begin, after in sorted(tensors, key=lambda one: one[1:]):
        if after > end:
            raise _Wrong(f"the tensor {name!r} goes on to byte {after:,} of {end:,}")
        if begin < last:
            raise _Wrong(f"the tensors {before!r} and {name!r} overlap")
        last, before = after, name


# ---------------------------------------------------------------------------------------------------------- safetensors


def _safetensors(header: Any, data: int) -> int:
    if not isinstance(header, Mapping):
        raise _Wrong("its header is no table")
    weights, found = 0, []
    for name, about in header.items():
        if name == "__metadata__":
            continue
        what = f"the tensor {name!r}"
        if not isinstance(about, Mapping) or not {"dtype", "shape", "data_offsets"} <= about.keys():
            raise _Wrong(f"{what} has not a type, a shape and a place")
        kind, shape, place = about["dtype"], about["shape"], about["data_offsets"]
        if not isinstance(kind, str) or kind not in BYTES:
            raise _Wrong(f"{what} is of type {kind!r}, which there is not")
        if not (_sizes(shape) and _sizes(place) and len(place) == 2 and place[0] <= place[1]):
            raise _Wrong(f"{what} has the shape {shape!r} and the place {place!r}")
        count = math.prod(shape)
        if count * BYTES[kind] != place[1] - place[0]:
            raise _Wrong(f"{what} has {place[1] - place[0]:,} bytes for {count:,} numbers of {kind}")
        weights += count
        found.append((name, place[0], place[1]))
    _apart(found, data)
    return weights


def _opened(path: Path) -> None:
    """What the format's own library has against a file: holes, bytes that nothing names, texts that are no UTF-8."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy"):
            pass
    except SafetensorError as error:
        raise _Wrong(str(error)) from error


def _sizes(given: Any) -> bool:
    return isinstance(given, list) and all(type(one) is int and 0 <= one < 1 << 62 for one in given)
