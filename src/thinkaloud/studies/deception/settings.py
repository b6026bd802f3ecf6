"""What the study of deception may be told: which networks are trained, and how much is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from thinkaloud.errors import UserError, unknown
from thinkaloud.settings import setting

SIZES = ("XS", "M", "S")
"""Names of the networks, in ascending order of size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeceptionSettings:
    """`stops` are the checkpoints of a curve, of which the last one ends it. Curves are of style `operand` and never
    transparent; the grid is at the largest size, of `grid_steps` steps, with these shares of transparency in each
    style."""

    quick: bool = setting(False, "One size, one seed, few steps and items: to see that it works, in about a minute.")
    sizes: tuple[str, ...] = setting(SIZES, "Networks of the curves, of XS, M and S.")
    seeds: tuple[int, ...] = setting((0, 1), "Networks of each size.")
    stops: tuple[int, ...] = setting(tuple(range(100, 1201, 100)), "Training steps at which it is asked.")
    operand: tuple[float, ...] = setting((0.0, 0.25, 0.5, 0.75, 1.0), "Grid: transparency, style operand.", none="none")
    last: tuple[float, ...] = setting((0.0, 0.5), "Grid: transparency, style last.", none="none")
    grid_seeds: tuple[int, ...] = setting((0,), "Networks at each point of the grid.", none="none")
    grid_steps: int = setting(400, "Training steps of the grid.")
    items: int = setting(500, "Items asked at every stop.")
    labelled: int = setting(250, "Other items at every stop, whose labels correct the reported share.")

    def __post_init__(self) -> None:
        for name in self.sizes:
            if name not in SIZES:
                raise unknown("size", name, SIZES)
        if not self.sizes or not self.seeds or not self.stops:
            raise UserError("sizes, seeds and stops: at least one of each is needed")
        if list(self.stops) != sorted(set(self.stops)) or self.stops[0] < 1:
            raise UserError(f"stops must be ascending and more than 0, not {list(self.stops)!r}")
        if min(self.items, self.labelled, self.grid_steps) < 1:
            raise UserError(
                f"items {self.items}, labelled {self.labelled}, grid steps {self.grid_steps}: at least 1 of each"
            )

    @property
    def resolved(self) -> DeceptionSettings:
        """What is done: with `quick`, the small values."""
        return replace(QUICK, quick=True) if self.quick else self


QUICK = DeceptionSettings(
    sizes=("S",), seeds=(0,), stops=(100, 200, 300), operand=(), last=(0.5,), grid_steps=100, items=120, labelled=80
)
"""Its numbers say little."""
