"""reasoning-gym behind a few functions: which families it has, how they get harder, what they generate.

A *level* is a number from 1 up: level k sets every attribute of the family's curriculum to its own k-th level (the last
one, where an attribute has fewer), and a range to that value alone, so that levels do not contain each other
(reasoning-gym's own default would). `DEFAULT` stands for the family's default configuration, which is on no such scale.

Knows nothing of tasks, items or gates. reasoning-gym is imported when something is asked of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

from thinkaloud.errors import UserError, unknown

DEFAULT = 0
LARGEST = 10_000
"""No set of generated items is longer. Every set is opened with this size: word_ladder refuses more than 20,000, and
what acre, gsm_symbolic and list_functions generate depends on it."""
NOT_FAMILIES = ("composite",)
"""Registered, but mixtures of other families."""

Entry = Mapping[str, Any]
"""What reasoning-gym calls an item: question, answer, metadata."""


def version() -> str:
    """The installed version; `UserError` if there is none."""
    try:
        return metadata.version("reasoning-gym")
    except metadata.PackageNotFoundError:
        raise _missing() from None


def names() -> list[str]:
    """All registered families, in alphabetical order."""
    return sorted(set(_factory().DATASETS) - set(NOT_FAMILIES))


def known(name: str) -> str:
    """The name itself; `UserError` naming the nearest ones if there is no such family."""
    if name not in (all_names := names()):
        raise unknown("reasoning-gym family", name, all_names)
    return name


def level_count(name: str) -> int:
    """How many levels the family's curriculum has: as many as the attribute with most. 0 without a curriculum."""
    if not _factory().has_curriculum(name):
        return 0
    return max((len(a.levels) for a in _factory().create_curriculum(name).attributes.values()), default=0)


def dataset(name: str, level: int, seed: int) -> Any:
    """The generator of a level; raises whatever reasoning-gym raises if it cannot be built."""
    factory = _factory()
    if level == DEFAULT:
        with quiet():
            return factory.create_dataset(name, seed=seed, size=LARGEST)
    from reasoning_gym.coaching.base_curriculum import DefaultCurriculumContext, RangeAttributeMode

    curriculum = factory.create_curriculum(name)
    curriculum.set_global_level(level - 1)
    alone = DefaultCurriculumContext(mode=RangeAttributeMode.UPPER_BOUND)
    config = curriculum.generate_configuration({"seed": seed, "size": LARGEST}, context=alone)
    with quiet():
        return factory.DATASETS[name][0](config=config)


def entries(source: Any) -> Iterator[Entry]:
    """The entries of a generator, in order."""
    for index in range(LARGEST):
        with quiet():
            entry: Entry = source[index]
        yield entry


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Discard what families print while they generate (bf prints dots)."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _factory() -> ModuleType:
    try:
        import_module("reasoning_gym")  # registers the families
        return import_module("reasoning_gym.factory")
    except ModuleNotFoundError as error:
        if error.name != "reasoning_gym":
            raise
        raise _missing() from None


def _missing() -> UserError:
    return UserError("reasoning-gym is not installed: pip install 'thinkaloud[gym]'")
