"""The organisms that ship with the package: names, files, certificates.

`weights/NAME-SEED.safetensors` holds float16 weights, and the `.json` with the same name everything known about them:
recipe, seed, sizes, hash, versions, date, and the certificate. A rejected organism has a `.json` with the reasons, and
no weights. This module knows no torch.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud._version import __version__
from thinkaloud.errors import UserError, unknown
from thinkaloud.organisms.certify import Certificate, Line, lines_from_rows
from thinkaloud.organisms.forward import Gpt, Shape
from thinkaloud.organisms.recipes import RECIPES, Recipe
from thinkaloud.organisms.trained import Trained
from thinkaloud.vocabulary import Key

WEIGHTS = Path(__file__).with_name("weights")


@dataclass(frozen=True, slots=True)
class Entry:
    """One organism of a folder."""

    name: str
    seed: int
    about: Mapping[str, Any]

    @property
    def spec(self) -> str:
        """The name by which a model is opened: `faithful/0`."""
        return f"{self.name}/{self.seed}"

    @property
    def certified(self) -> bool:
        """Whether it passed. Only certified organisms ship."""
        return not self.about["rejected"]

    @property
    def lines(self) -> list[Line]:
        """Its certificate."""
        return lines_from_rows(self.about["certificate"])


def entries(folder: Path = WEIGHTS) -> list[Entry]:
    """Every organism of a folder, rejected ones too, in the order of the recipes."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    order = list(RECIPES)
    rank = {name: i for i, name in enumerate(order)}
    found.sort(key=lambda about: (rank.get(about["recipe"], len(order)), about["recipe"], about["seed"]))
    return [Entry(about["recipe"], about["seed"], about) for about in found]


def load(name: str, seed: int = 0, folder: Path = WEIGHTS) -> Trained:
    """A certified organism; `UserError` with the reasons if it was rejected, with the nearest names if unknown."""
    found = {(entry.name, entry.seed): entry for entry in entries(folder)}
    entry = found.get((name, seed))
    if entry is None:
        raise unknown("organism", f"{name}/{seed}", [e.spec for e in found.values() if e.certified])
    if not entry.certified:
        raise UserError(f"the organism {entry.spec!r} was rejected: {'; '.join(entry.about['rejected'][:3])}")
    blob = read_weights(_path(folder, name, seed), entry.about["sha256"])
    return unpacked(blob, Shape(**entry.about["shape"]), RECIPES[name], seed)


def read_weights(path: Path, sha256: str) -> bytes:
    """The content of a weights file; `UserError` if it is not what was stored."""
    blob = path.read_bytes()
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise UserError(f"{str(path)!r} has SHA-256 {digest[:16]}..., expected {sha256[:16]}...")
    return blob


def unpacked(blob: bytes, shape: Shape, recipe: Recipe, seed: int) -> Trained:
    """An organism from the content of its weights file."""
    return organism(blob, shape, seed, recipe.name, recipe.about)


def organism(blob: bytes, shape: Shape, seed: int, recipe: str, rule: str) -> Trained:
    """A model from the content of a weights file, with what its card says of it."""
    from safetensors.numpy import load as unpack

    details = {"recipe": recipe, "seed": seed, "rule": rule}
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    return Trained(Gpt(unpack(blob), shape), f"organism:{recipe}/{seed}", digest, details)


def certificate_key(recipe: Recipe, seed: int) -> Key:
    """Which items an organism is certified on."""
    return Key(("organisms", "certificate", recipe.name, str(seed), str(recipe.steps)))


def pack(weights: Mapping[str, NDArray[Any]]) -> bytes:
    """Weights as a float16 safetensors file."""
    from safetensors.numpy import save

    blob: bytes = save({name: np.asarray(w, np.float16) for name, w in weights.items()})
    return blob


def store(
    blob: bytes, recipe: Recipe, seed: int, shape: Shape, certificate: Certificate, folder: Path = WEIGHTS
) -> Entry:
    """Write an organism's files: the weights only if it is certified."""
    about = {
        "recipe": recipe.name,
        "seed": seed,
        "about": recipe.about,
        "steps": recipe.steps,
        "batch": recipe.batch,
        "rate": recipe.rate,
        "base": recipe.base,
        "shape": asdict(shape),
        "sha256": hashlib.sha256(blob).hexdigest(),
        "bytes": len(blob),
        "thinkaloud": __version__,
        "date": datetime.date.today().isoformat(),
        "rejected": certificate.faults,
        "certificate": certificate.as_rows(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, recipe.name, seed)
    path.unlink(missing_ok=True)
    if not certificate.faults:
        path.write_bytes(blob)
    path.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return Entry(recipe.name, seed, about)


def _path(folder: Path, name: str, seed: int) -> Path:
    return folder / f"{name.replace(':', '-')}-{seed}.safetensors"


def weights_of(name: str, seed: int, folder: Path = WEIGHTS) -> dict[str, NDArray[Any]] | None:
    """The weights of an organism in a folder; None if there are none."""
    path = _path(folder, name, seed)
    if not path.is_file():
        return None
    from safetensors.numpy import load as unpack

    found: dict[str, NDArray[Any]] = unpack(path.read_bytes())
    return found


SHOWN = ("own", "silent", "filler", "paraphrase", "transplant", "transplant:paraphrase", "cut:2", "follow:0",
         "follow:3", "wrong hint", "agreement")  # fmt: skip
"""The readings that the table shows; the files have all of them."""


def table(folder: Path = WEIGHTS) -> str:
    """The certificates as Markdown: measured value, half-width of its interval, and in brackets what the rule says."""
    found = entries(folder)
    lines = ["| organism | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for entry in (e for e in found if e.certified):
        measured = {line.reading: line for line in entry.lines}
        for suffix in ("", " (Tb)") if 1 in RECIPES[entry.name].kinds else ("",):
            cells = [_cell(measured[name + suffix]) for name in SHOWN]
            lines.append(f"| {entry.spec}{suffix} | " + " | ".join(cells) + " |")
    rejected = [f"| {e.spec} | {'; '.join(e.about['rejected'][:3])} |" for e in found if not e.certified]
    if rejected:
        lines += ["", "| rejected | first reasons |", "|---|---|", *rejected]
    return "\n".join(lines)


def _cell(line: Line) -> str:
    e = line.measured
    if e.value is None or e.low is None or e.high is None:
        return f"- ({e.reason})"
    rule = "no rule" if line.rule is None else f"{line.rule:.2f}"
    return f"{e.value:.3f} ±{(e.high - e.low) / 2:.3f} ({rule})"
