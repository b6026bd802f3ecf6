"""Whatever a file holds and whatever a model writes, readers give a value or one line, and each fault that was found
stays mended. The targets are those of `benchmarks/fuzz.py`, which a fuzzer guided by coverage goes on with."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators import simulator

FUZZ = simulator("fuzz")
FEW = {"segment", "identity", "findings", "card", "shard", "logs", "pages", "config"}
"""Targets of which an input takes more than a millisecond or two."""
PIECES = ("\x00", "\ud800", "\u00b2", "\u202e", "{", "[", "]", "}", '"', "'", "=", "\n", "\r", " ", "$", "\\", "9" * 25,
          "-1e999", "null", "</script>", "<!--", "{{", "{%", "\u3002", "0x1F", "../", "e.g. ", "|")  # fmt: skip


def hostile(seeds: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    """Bytes; texts of odd pieces; and inputs that are right, cut and changed at random places."""
    pieces = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)

    def changed(seed: str, at: float, gone: int, piece: str) -> str:
        place = int(at * len(seed))
        return seed[:place] + piece + seed[place + gone :]

    right = st.builds(changed, st.sampled_from(seeds or ("",)), st.floats(0, 1), st.integers(0, 9), pieces)
    return st.binary(max_size=60) | (pieces | right).map(lambda text: text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", FUZZ.TARGETS)
def test_a_reader_gives_a_value_or_one_line(name: str) -> None:
    target = FUZZ.TARGETS[name]
    for seed in target.seeds:
        target.try_(seed.encode())

    @settings(max_examples=15 if name in FEW else 60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hostile(target.seeds))
    def tried(data: bytes) -> None:
        target.try_(data)

    tried()
