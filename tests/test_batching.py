"""A batcher hands over everything that waits, at once, in the order of asking."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from thinkaloud.errors import ModelError
from thinkaloud.models.batching import Batcher


def recording() -> tuple[Batcher, list[list[Any]]]:
    batches: list[list[Any]] = []

    def double(requests: Sequence[int]) -> list[int | Exception]:
        batches.append(list(requests))
        return [ModelError("thirteen") if r == 13 else 2 * r for r in requests]

    return Batcher({"double": double}), batches


def test_everything_outstanding_goes_in_one_batch() -> None:
    batcher, batches = recording()

    async def deep(x: int, levels: int) -> int:
        """A request from behind several layers of gather, as studies make them."""
        if levels:
            (result,) = await asyncio.gather(deep(x, levels - 1))
            return int(result)
        return int(await batcher.ask("double", x))

    async def main() -> list[int]:
        first = await asyncio.gather(*(deep(x, x % 3) for x in range(9)))
        return list(await asyncio.gather(*(deep(x, 2) for x in first)))

    assert asyncio.run(main()) == [4 * x for x in range(9)]
    assert [len(batch) for batch in batches] == [9, 9]


def test_batches_are_the_same_every_time() -> None:
    async def main(batcher: Batcher) -> None:
        async def chain(x: int) -> None:
            for _ in range(x % 4):
                x = await batcher.ask("double", x + 1)

        await asyncio.gather(*(chain(x) for x in range(12)))

    seen = []
    for _ in range(3):
        batcher, batches = recording()
        asyncio.run(main(batcher))
        seen.append(batches)
    assert seen[0] == seen[1] == seen[2]


def test_an_error_reaches_only_the_request_it_belongs_to() -> None:
    batcher, _ = recording()

    async def main() -> list[Any]:
        return list(await asyncio.gather(*(batcher.ask("double", x) for x in (1, 13, 3)), return_exceptions=True))

    one, thirteen, three = asyncio.run(main())
    assert (one, three) == (2, 6)
    with pytest.raises(ModelError, match="thirteen"):
        raise thirteen
