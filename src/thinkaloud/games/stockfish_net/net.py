"""The net that Stockfish 15.1 carries, as a file: read, written, and told from other nets.

Little-endian, without compression. Layer stack b is used where 4b + 1 to 4b + 4 pieces are on the board:

    u32 version, u32 architecture, u32 length and the text of a description
    transformer    u32 hash, int16 bias[1024], int16 weight[22528][1024], int32 psqt[22528][8]
    8 x a stack    u32 hash, then per layer int32 bias[out], int8 weight[out][in]:
                   1024 -> 16, 30 (filled to 32) -> 32, 32 -> 1

What the numbers do with a position is `value.py`. A net of any other architecture is refused in one line. Arrays
of a net are read-only: a changed net is a new one (`Net.with_stacks`). This module knows no engine and no training.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from thinkaloud.errors import UserError

Ints = npt.NDArray[np.integer[Any]]

WIDTH, FEATURES, BUCKETS = 1024, 22528, 8
LAYERS = ((16, WIDTH), (32, 32), (1, 32))
"""Outputs and inputs of the layers of a stack. Of the first layer's 16 outputs the last goes straight to the result;
the other 15 enter the second layer twice, squared and as they are; its last two inputs are filling."""
VERSION, ARCHITECTURE = 0x7AF32F20, 0x1C102EF2
TRANSFORMER = 0x7F234CB8
"""Hash of the input features HalfKAv2_hm, which a file keeps mixed with twice the transformer's width."""
WANTED = "the net of Stockfish 15.1 (HalfKAv2_hm, 1024 -> 16 -> 32 -> 1)"


@dataclass(frozen=True, eq=False)
class Layer:
    """`weight`: int8 (out, in), in 64ths but for the last layer; `bias`: int32 (out,)."""

    bias: Ints
    weight: Ints


@dataclass(frozen=True, eq=False)
class Stack:
    """The layers that value positions with so many pieces."""

    hash: int
    layers: tuple[Layer, Layer, Layer]


@dataclass(frozen=True, eq=False)
class Net:
    """A net. `weight`: int16 (22528, 1024), a row per feature; `psqt`: int32 (22528, 8), what a feature is worth to
    each stack without any layer."""

    description: bytes
    hash: int
    bias: Ints
    weight: Ints
    psqt: Ints
    stacks: tuple[Stack, ...]

    def with_stacks(self, stacks: Sequence[Stack]) -> Net:
        """The same transformer below other layers."""
        return replace(self, stacks=tuple(stacks))


def read(path: str | Path) -> Net:
    """The net in a file; `UserError` where it cannot be read, or is another one."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"the net {path} cannot be read: {error.strerror}") from error
    if len(raw) < 12 or int.from_bytes(raw[:4], "little") != VERSION:
        raise UserError(f"{path} is no net of Stockfish: it begins with {raw[:4].hex()!r}, not {_file_form(VERSION)!r}")
    architecture, length = struct.unpack_from("<II", raw, 4)
    body = 12 + length
    if architecture != ARCHITECTURE:
        raise UserError(f"the net {path} has {_what(raw, architecture, body)}; only {WANTED} can be read")
    if len(raw) != body + SIZE:
        raise UserError(f"the net {path} has {len(raw)} bytes, {body + SIZE} were expected: it was cut off or has more")
    at = _Reader(raw, body)
    hashed = at.number()
    bias, weight = at.array("<i2", WIDTH), at.array("<i2", FEATURES, WIDTH)
    psqt = at.array("<i4", FEATURES, BUCKETS)
    stacks = tuple(Stack(at.number(), (at.layer(0), at.layer(1), at.layer(2))) for _ in range(BUCKETS))
    return Net(raw[12:body], hashed, bias, weight, psqt, stacks)


def write(net: Net, path: str | Path) -> None:
    """The file that `read` reads: for a net as it was read, the same bytes."""
    with Path(path).open("wb") as file:
        file.write(struct.pack("<III", VERSION, ARCHITECTURE, len(net.description)) + net.description)
        file.write(struct.pack("<I", net.hash))
        for array in (net.bias, net.weight, net.psqt):
            file.write(array.tobytes())
        for stack in net.stacks:
            file.write(struct.pack("<I", stack.hash))
            for layer in stack.layers:
                file.write(layer.bias.tobytes() + layer.weight.tobytes())


SIZE = 4 + 2 * WIDTH * (1 + FEATURES) + 4 * FEATURES * BUCKETS + BUCKETS * (4 + sum(4 * o + o * i for o, i in LAYERS))
"""Bytes of a file after its description."""


@dataclass
class _Reader:
    raw: bytes
    at: int

    def number(self) -> int:
        self.at += 4
        return int.from_bytes(self.raw[self.at - 4 : self.at], "little")

    def array(self, kind: str, *shape: int) -> Ints:
        found = np.frombuffer(self.raw, kind, int(np.prod(shape)), self.at).reshape(shape)
        self.at += found.nbytes
        return found

    def layer(self, number: int) -> Layer:
        out, into = LAYERS[number]
        return Layer(self.array("<i4", out), self.array("i1", out, into))


def _file_form(number: int) -> str:
    return number.to_bytes(4, "little").hex()


def _what(raw: bytes, architecture: int, body: int) -> str:
    """What can be told of a net of another architecture."""
    width, odd = divmod(int.from_bytes(raw[body : body + 4], "little") ^ TRANSFORMER, 2)
    known = f" and a transformer {width} wide" if not odd and 0 < width < 1 << 14 else ""
    return f"architecture {architecture:#010x}{known}"
