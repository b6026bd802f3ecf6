"""Train organisms by their recipes (with `fit.py`, which needs torch, the extra `organisms`).

The training does not decide whether an organism follows its recipe: `make` passes the rounded weights to `certify.py`,
which does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.organisms import library
from thinkaloud.organisms.certify import certify
from thinkaloud.organisms.fit import Plan, Progress, Start, Weights, fit, initial
from thinkaloud.organisms.forward import Shape
from thinkaloud.organisms.recipes import POSITIONS, RECIPES, Recipe, training_batch
from thinkaloud.organisms.tokens import WORDS
from thinkaloud.vocabulary import Key

S = Shape(vocabulary=len(WORDS), positions=POSITIONS, width=64, layers=2, heads=4)
XS = Shape(vocabulary=len(WORDS), positions=POSITIONS, width=32, layers=2, heads=2)
SHAPES: Mapping[str, Shape] = {"S": S, "XS": XS}


def make(
    recipe: Recipe, seed: int, folder: Path, shape: Shape = S, attempts: int = 3, progress: Progress | None = None
) -> library.Entry:
    """Train, round to float16, certify, and store in `folder`; starts from its base in that folder, which is made if
    missing.

    A rejected organism is trained again with twice the steps, up to `attempts` times; each certificate has fresh items.
    """
    base = None
    if recipe.base is not None:
        base = library.weights_of(recipe.base, seed, folder)
        if base is None:
            make(RECIPES[recipe.base], seed, folder, shape, attempts, progress)
            base = library.weights_of(recipe.base, seed, folder)
        if base is None:
            raise UserError(f"{recipe.name!r} starts from {recipe.base!r}, which was rejected: train that first")
    for attempt in range(attempts):
        longer = replace(recipe, steps=recipe.steps * 2**attempt)
        blob = library.pack(train(longer, seed, base, shape, progress))
        organism = library.unpacked(blob, shape, longer, seed)
        certificate = certify(organism, longer, key=library.certificate_key(longer, seed))
        if not certificate.faults:
            break
    return library.store(blob, longer, seed, shape, certificate, folder)


def train(
    recipe: Recipe,
    seed: int,
    base: Weights | None = None,
    shape: Shape = S,
    progress: Progress | None = None,
) -> Weights:
    """Train from `base` (None: from scratch) and return the weights."""
    weights = base if base is not None else initial(shape, seed)
    start = Start(weights, shape, seed, Key(("organisms", recipe.name, str(seed), "training")))
    return fit(
        start, partial(training_batch, recipe), Plan(recipe.steps, recipe.rate, recipe.warmup, recipe.batch), progress
    )
