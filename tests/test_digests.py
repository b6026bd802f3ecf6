"""An object's digest is the same in every process and changes with whatever the object does."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thinkaloud.digests import digest
from thinkaloud.errors import UserError


class Plain:
    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)


class Slotted:
    __slots__ = ("p",)

    def __init__(self, p: float) -> None:
        self.p = p


class Remembers:
    def __init__(self, p: int) -> None:
        self.p = p

    @cached_property
    def square(self) -> int:
        return self.p**2


@dataclass(frozen=True)
class Data:
    p: float
    inner: Any = None


class Colour(Enum):
    RED = 1
    BLUE = 2


def closing(p: float) -> Any:
    class Closed:
        def answer(self) -> float:
            return p

    return Closed()


DIFFERENT: list[tuple[Any, Any]] = [
    (Plain(p=1), Plain(p=2)),
    (Plain(p=1), Plain(p=1.0)),
    (Plain(p=1), Plain(q=1)),
    (Plain(_p=1), Plain(_p=2)),
    (Slotted(1), Slotted(2)),
    (Data(1), Data(2)),
    (Plain(x=[1, {"a": Data(1)}]), Plain(x=[1, {"a": Data(2)}])),
    (Plain(x=np.arange(3)), Plain(x=np.arange(3) + 1)),
    (Plain(x=np.arange(3)), Plain(x=np.arange(3.0))),
    (Plain(x=Colour.RED), Plain(x=Colour.BLUE)),
    (Plain(f=lambda x: x + 1), Plain(f=lambda x: x + 2)),
    (Plain(f=Plain(digest="a")), Plain(f=Plain(digest="b"))),
    (Plain(x={1, 2}), Plain(x={1, 3})),
    (closing(0.1), closing(0.2)),
    (Plain(), Slotted(1)),
    (Plain(path=Path("a")), Plain(path=Path("b"))),
]


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_what_differs_has_another_digest(one: Any, other: Any) -> None:
    assert digest(one, "it") != digest(other, "it")


def test_equal_objects_have_one_digest() -> None:
    assert digest(Plain(x={"a": 1, "b": [Data(2)]}), "it") == digest(Plain(x={"b": [Data(2)], "a": 1}), "it")
    assert digest(closing(0.1), "it") == digest(closing(0.1), "it")


def test_the_bill_is_no_parameter_and_a_declared_digest_is_taken_at_its_word() -> None:
    assert digest(Plain(p=1, usage=3), "it") == digest(Plain(p=1, usage=4), "it")
    assert digest(Plain(p=1, digest="d"), "it") == digest(Plain(p=2, digest="d"), "it")


def test_what_is_only_remembered_is_no_parameter() -> None:
    one = Remembers(2)
    before = digest(one, "it")
    assert one.square == 4 and digest(one, "it") == before != digest(Remembers(3), "it")


def test_an_object_that_holds_itself_ends() -> None:
    one = Plain(p=1)
    one.me = one
    assert digest(one, "it") == digest(one, "it")


@pytest.mark.parametrize("held", [threading.Lock(), (i for i in ())])
def test_what_cannot_be_hashed_is_named_with_the_way_out(held: Any) -> None:
    with pytest.raises(UserError, match=r"^Mine\.x\[0\] is a .*: give Mine a `digest`"):
        digest(Plain(x=[held]), "Mine")


def test_another_process_finds_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine:\n    def __init__(self):\n        self.x = {'a', 'b', 'c'}\n")
    code = "import mine; from thinkaloud.digests import digest; print(digest(mine.Mine(), 'it'))"
    said = {
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
            env={**__import__("os").environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
