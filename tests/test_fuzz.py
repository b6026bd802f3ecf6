"""Whatever a file holds and whatever a model writes, readers give a value or one line, and each fault that was found
stays mended. The targets are those of `benchmarks/fuzz.py`, which a fuzzer guided by coverage goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thinkaloud as ta
from simulators import simulator
from thinkaloud.errors import UserError
from thinkaloud.models.headers import check_gguf, check_safetensors

FUZZ = simulator("fuzz")
FEW = {"segment", "identity", "findings", "card", "shard", "logs", "pages", "config", "tasks", "recipes"}
"""Targets of which an input takes more than a millisecond or two."""
PIECES = ("\x00", "\ud800", "\u00b2", "\u202e", "{", "[", "]", "}", '"', "'", "=", "\n", "\r", " ", "$", "\\", "9" * 25,
          "-1e999", "null", "</script>", "<!--", "{{", "{%", "\u3002", "0x1F", "../", "e.g. ", "|")  # fmt: skip


def hostile(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes; texts of odd pieces; and inputs that are right, cut and changed at random places."""
    pieces = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map(
        lambda found: "".join(found).encode("utf-8", "surrogatepass")
    )

    def changed(seed: bytes, at: float, gone: int, piece: bytes) -> bytes:
        place = int(at * len(seed))
        return seed[:place] + piece + seed[place + gone :]

    piece = pieces | st.binary(max_size=8)
    right = st.builds(changed, st.sampled_from(seeds or [b""]), st.floats(0, 1), st.integers(0, 9), piece)
    return st.binary(max_size=60) | pieces | right


@pytest.mark.slow
@pytest.mark.parametrize("name", FUZZ.TARGETS)
def test_a_reader_gives_a_value_or_one_line(name: str) -> None:
    target = FUZZ.TARGETS[name]
    for seed in target.seeds:
        target.try_(seed)

    @settings(max_examples=12 if name in FEW else 50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hostile(target.seeds))
    def tried(data: bytes) -> None:
        target.try_(data)

    tried()


FOUND: dict[str, tuple[str | bytes, ...]] = {
    "values": ("\u00b2", "\n=", "a=nan", "9" * 5000, b"question=\xf1"),
    "sentences": ("|\n-|.", "$$ \n$$\n$$$"),
    "jsonl": ("[" * 20_000, '{"question": "a", "answer": ' + "9" * 5000 + "}"),
    "csv": ('question,answer,options\na,b,"[' + "(" * 20_000 + '"',),
    "config": ("a = " + "[" * 20_000, "format = " + "9" * 5000),
    "recipes": ("stops = " + "[" * 20_000,),
    "profiles": (b"\xff", "a = " + "[" * 20_000),
    "templates": ("{{" * 3000, "{{ 'a' * 10 ** 11 }}", "{{ 9 ** 9 ** 9 }}", "{{ 1 // 0 }}", "{{ range(10 ** 9) }}"),
    "identity": ("[" * 20_000,),
    "findings": ("[" * 20_000,),
    "safetensors": (FUZZ.small_safetensors() + b"x",),
    "replies": ("9" * 400, "[" * 20_000),
    "tools": ("(" * 400, "1e" + "9" * 400),
}
"""Target -> inputs that once raised something else, filled the memory or never came back."""


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(name: str) -> None:
    for data in FOUND[name]:
        FUZZ.TARGETS[name].try_(data.encode() if isinstance(data, str) else data)


LONG = ("so ", "Answer: 4. ", "e.g. ", "dr. ", "$$x\n", "\\[\n", "\\( ", "\\begin{a}\n", "`", " ", "\u3002", "**")
"""Of which a text took minutes to read, or gigabytes: each of its places was looked at from every other one."""


@pytest.mark.slow
@pytest.mark.parametrize("piece", LONG)
def test_a_long_text_of_anything_is_read(piece: str) -> None:
    text = "x" + piece * (50_000 // len(piece)) + "x"
    for name in ("answers", "sentences"):
        FUZZ.TARGETS[name].try_(text.encode())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no whole GGUF file"),
        (b"GGML" + bytes(40), "it begins with b'GGML'"),
        (b"GGUF" + bytes(40), "its version is 0"),
        (FUZZ.small_gguf()[:60], "it ends within"),
        (FUZZ.small_gguf()[:-1], r"goes on to byte .* of"),
        (FUZZ.small_gguf(rows=1 << 60), r"goes on to byte"),
        (FUZZ.small_gguf(offset=7), "begins at 7, which is no multiple of 32"),
        (b"GGUF\3\0\0\0" + b"\xff" * 16, r"it would hold 18,446,744,073,709,551,615 tensors"),
    ],
)
def test_a_gguf_file_that_is_not_whole_is_one_line_before_a_library_is_given_it(
    data: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / "m.gguf").write_bytes(data)
    with pytest.raises(UserError, match=why):
        ta.open_model(str(tmp_path / "m.gguf"))


ONE = '{"a": {"dtype": %s, "shape": %s, "data_offsets": [0, 4]}}'
TWO = '{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [3], %s}}'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "its header would have 0 bytes"),
        (b"\xff" * 8, "its header would have 18,446,744,073,709,551,615 bytes"),
        (FUZZ.small_safetensors("[]"), "its header is no table"),
        (FUZZ.small_safetensors("{"), "no whole safetensors file"),
        (FUZZ.small_safetensors(ONE % ('"F99"', "[]")), "type 'F99'"),
        (FUZZ.small_safetensors(ONE % ('"F32"', "[-1]")), "the shape"),
        (FUZZ.small_safetensors(TWO % '"data_offsets": [4, 16]'), "overlap"),
        (FUZZ.small_safetensors(TWO % '"data_offsets": [8, 20]'), "goes on to byte 20 of 16"),
        (FUZZ.small_safetensors(TWO % '"data_offsets": [8, 16]'), "has 8 bytes for 3 numbers of F32"),
        (FUZZ.small_safetensors(TWO % '"data_offsets": 1'), "the place 1"),
        (FUZZ.small_safetensors() + b"x", "not fully covered"),
        (FUZZ.small_safetensors(ONE % ('"F32"', "[1]")), "not fully covered"),
    ],
)
def test_a_safetensors_file_that_is_not_whole_is_one_line(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(data)
    with pytest.raises(UserError, match=why):
        check_safetensors(tmp_path / "m.safetensors")


def test_whole_files_pass(tiny_path: Path, tmp_path: Path) -> None:
    check_gguf(tiny_path)
    (tmp_path / "m.safetensors").write_bytes(FUZZ.small_safetensors())
    assert check_safetensors(tmp_path / "m.safetensors") == 4
