"""From a name to an organism: a certified one that ships, or a natural one."""

from __future__ import annotations

from thinkaloud.errors import UserError
from thinkaloud.organisms import natural_library
from thinkaloud.organisms.library import entries, load
from thinkaloud.organisms.trained import Trained


def organism_names() -> dict[str, str]:
    """The names that can be opened, with descriptions: certified organisms first, then natural ones."""
    return {e.spec: str(e.about["about"]) for e in entries() if e.certified} | natural_library.names()


def open_organism(spec: str) -> Trained:
    """An organism from `NAME/SEED`, or `NAME` for seed 0; `natural:LAYERS/SEED` for a natural one."""
    name, _, seed = spec.partition("/")
    if not (seed or "0").isdigit():
        raise UserError(f"{spec!r} needs a whole number after the slash: organism:{name}/0")
    if name.partition(":")[0] == "natural":
        return natural_library.load(f"{name}/{int(seed or 0)}")
    return load(name, int(seed or 0))
