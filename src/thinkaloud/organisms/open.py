"""From a name to an organism: a certified one that ships, a natural one, or the real model that thinks in a block."""

from __future__ import annotations

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.organisms import natural_library
from thinkaloud.organisms.block import opened as block
from thinkaloud.organisms.library import entries, load
from thinkaloud.organisms.trained import Trained
from thinkaloud.values import whole
from thinkaloud.vocabulary import Model


def organism_names() -> dict[str, str]:
    """The names that can be opened, with descriptions: certified organisms first, then natural ones, then the one that
    thinks in a block."""
    return {e.spec: str(e.about["about"]) for e in entries() if e.certified} | natural_library.names() | block.names()


def open_organism(spec: str, loading: Loading | None = None) -> Model:
    """An organism from `NAME/SEED`, or `NAME` for seed 0; `natural:LAYERS/SEED` for a natural one, `block/SEED` for the
    one that thinks in a block."""
    name, seed = _named(spec)
    return block.open_block(seed, loading) if name == "block" else open_trained(spec)


def open_trained(spec: str) -> Trained:
    """A small trained network, certified or natural."""
    name, seed = _named(spec)
    return natural_library.load(f"{name}/{seed}") if name.partition(":")[0] == "natural" else load(name, seed)


def _named(spec: str) -> tuple[str, int]:
    name, _, seed = spec.partition("/")
    if (number := whole(seed or "0")) is None:
        raise UserError(f"{spec!r} needs a whole number after the slash: organism:{name}/0")
    return name, number
