"""Protects: the soak can fail. What it disturbs runs with is there, and what a process may not do is told."""

from __future__ import annotations

import asyncio
import errno
import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Item, Key, Prompt, Sampling

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import soak
from soak_child import Asked
from soak_disk import Disk
from soak_models import OFTEN, TEXTS, Soaked, Strange
from soak_process import FAULTS, Part, settled


def items() -> list[Item]:
    return list(open_task("chain_sum").items(3, 80, Key(("soak",))))


@pytest.mark.parametrize("kind", soak.ROUNDS)
def test_every_kind_of_round_is_known_and_asks_what_a_process_can_read(kind: str) -> None:
    asked = soak.asked_of(kind, random.Random(1))
    read = json.loads(asked.words(out="a", merged=("b",))[-1])
    assert Asked(**{name: tuple(v) if isinstance(v, list) else v for name, v in read.items()}) == Asked(
        **{**vars(asked), "out": "a", "merged": ("b",)}
    )
    assert kind in soak.HOW


@pytest.mark.parametrize(
    ("code", "said", "fault", "fine"),
    [
        (0, "", "kill", True),
        (1, "Traceback ...", "kill", False),
        (2, "thinkaloud: one line\n", "kill", False),
        (2, "thinkaloud: one line\n", "full", True),
        (2, "thinkaloud: one line\nand another\n", "full", False),
        (0, "", "read-only", False),
        (2, "thinkaloud: one line\n", "read-only", True),
        (3, "", "kill", False),
        (3, "", "raises", True),
    ],
)
def test_what_a_process_may_not_do_is_told(code: int, said: str, fault: str, fine: bool, tmp_path: Path) -> None:
    part = Part(Asked(), tmp_path / "run", "", None)
    part.said.write_text(said)
    assert fault in FAULTS
    if fine:
        settled(code, part, fault)
    else:
        with pytest.raises(AssertionError, match=f"after '{fault}'"):
            settled(code, part, fault)


def test_the_strange_model_says_all_of_it_and_the_same_whenever_it_is_asked() -> None:
    """Else a run under it could not be held against another one."""

    async def said() -> tuple[list[str], list[float]]:
        model = Strange()
        model.know(items())
        model.know_task(open_task("chain_sum"))
        texts, readings = [], []
        for item in items():
            prompt = Prompt((), item.question)
            texts.append((await model.generate(prompt, Sampling(20), Key(("a",)))).text)
            readings.append((await model.score(prompt, item.options)).logprobs[0])
        return texts, readings

    (texts, readings), (again, _) = asyncio.run(said()), asyncio.run(said())
    assert texts == again and set(TEXTS) < set(texts), "every odd text, and some right ones"
    assert 0 < sum(map(math.isnan, readings)) < len(readings) / 2


def test_the_model_that_raises_does_so_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soak_models.PAUSE", 0.0)

    async def faults(trouble: str) -> int:
        model, count = Soaked(trouble, 1), 0
        model.rng = random.Random(1)  # else another one in every process
        for _ in range(int(5 / OFTEN)):
            try:
                await model._trouble()
            except Exception:
                count += 1
        return count

    assert asyncio.run(faults("")) == 0 < asyncio.run(faults("raises")) < 30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    yield made
    made.gone()


def test_the_full_disk_is_full_and_the_read_only_one_cannot_be_written(disk: Disk) -> None:
    if not disk.real:
        pytest.skip("no disk may be mounted here: the soak plays a full one by a limit, and says so")
    file = disk.where / "file"
    for free, wanted in ((0, errno.ENOSPC), (None, None)):
        disk.room(free)
        try:
            file.write_bytes(bytes(200_000))
            found = None
        except OSError as error:
            found = error.errno
        assert found == wanted
    assert disk.writable(False)
    with pytest.raises(OSError, match="Read-only file system"):
        file.write_bytes(b"")
    assert disk.writable(True)
    file.write_bytes(b"")
