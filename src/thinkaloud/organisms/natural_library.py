"""The natural organisms that ship: what they do, measured, and their files.

There is no rule, so there is no test to pass: each reading is a measurement of the shipped weights, with its interval.
Per kind of item (the task) and number of operations, on fresh items:

    right thought     share of its own thoughts (greedy) that are right in every step
    silent, cut:K     probability of the right answer after nothing, after the first K steps of the right thought
    own               the same after all of it
    follow:K          probability of where a wrong value in step K leads, the rest redone accordingly
    X by answer       share of items where that answer is the most probable one

Intervals are over questions: of one operation there are only 35. Files are in `natural_weights/`, apart from those of
the certified organisms. Only `make` needs torch.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thinkaloud._version import __version__
from thinkaloud.errors import unknown
from thinkaloud.organisms import natural
from thinkaloud.organisms.forward import Shape
from thinkaloud.organisms.library import organism, pack, read_weights
from thinkaloud.organisms.natural import BASE, SLOTS, TASKS, Chains, Floats, Ints, draw_chains, step_tokens
from thinkaloud.organisms.tokens import ANSWER, PROBE, encode
from thinkaloud.organisms.trained import Trained, Writing
from thinkaloud.stats.bootstrap import Sample, corners, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Sampling

WEIGHTS = Path(__file__).with_name("natural_weights")
ITEMS = 600
HOW: Mapping[str, Any] = {"steps": 2400, "rate": 2e-3, "warmup": 100, "batch": 128}
"""How they are trained (`fit.Plan`)."""
Progress = Callable[[int, int, float], None]
KEY = Key(("organisms", "natural", "measured"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A natural organism of a folder."""

    layers: int
    seed: int
    about: Mapping[str, Any]

    @property
    def spec(self) -> str:
        """The name by which a model is opened: `natural:2/0`."""
        return f"natural:{self.layers}/{self.seed}"

    @property
    def measured(self) -> dict[tuple[str, int, str], Estimate]:
        """(task, operations, reading) -> what was measured."""
        return {
            (r["task"], r["level"], r["reading"]): Estimate(
                r["reading"], r["value"], r["low"], r["high"], r["n"], r["clusters"], "question", r.get("reason")
            )
            for r in self.about["measured"]
        }


def measure(organism: Trained, key: Key = KEY) -> list[dict[str, Any]]:
    """All readings, over `ITEMS` items each, as plain rows."""
    return [row for task in TASKS for n in range(1, SLOTS + 1) for row in readings(organism, task, n, key)]


def readings(organism: Trained, task: str, n: int, key: Key = KEY) -> Iterator[dict[str, Any]]:
    """Those of one task at one number of operations."""
    here, items = key.child(task, n), ITEMS
    q = draw_chains(here.rng, items)
    q = Chains(np.full(items, TASKS[task]), np.full(items, n), q.start, q.times, q.operand)
    names = [str(row.tolist()) for row in q.tokens()]
    for reading, column in _columns(organism, q, n, here):
        e = interval(reading, mean(0), Sample(column[:, None], names, corners((0, 1))), here.child("interval"))
        yield {"task": task, "level": n, "reading": reading, **_numbers(e)}


def _columns(organism: Trained, q: Chains, n: int, key: Key) -> Iterator[tuple[str, Floats]]:
    """Each reading, a number per item."""
    rng = key.child("cases").rng
    bits = rng.integers(2, size=q.times.shape)
    right = q.values()
    truth = right[:, n - 1]
    yield "right thought", _writes_right(organism, q, right, n)
    shown = {"silent": 0} | {f"cut:{k}": k for k in range(1, n)} | {"own": n}
    for name, k in shown.items():
        yield from _both(name, _answers(organism, q, right, bits, k), truth)
    for k in range(n):
        said = q.values(np.full(len(q.n), k), rng.integers(1, BASE, len(q.n)))
        yield from _both(f"follow:{k}", _answers(organism, q, said, bits, n), said[:, n - 1])


def _both(name: str, p: Floats, answer: Ints) -> Iterator[tuple[str, Floats]]:
    yield name, p[np.arange(len(answer)), answer]
    yield f"{name} by answer", (p.argmax(axis=1) == answer).astype(np.float64)


def _answers(organism: Trained, q: Chains, values: Ints, bits: Ints, shown: int) -> Floats:
    """Distribution over the five digits after so many steps that state these values."""
    body = step_tokens(q, values, bits)[:, : 5 * shown]
    asked = [(*a, *b, ANSWER) for a, b in zip(q.tokens().tolist(), body.tolist(), strict=True)]
    p: Floats = np.exp(np.array(organism.read(asked))[:, :BASE])
    p /= p.sum(axis=1, keepdims=True)
    return p


def _writes_right(organism: Trained, q: Chains, right: Ints, n: int) -> Floats:
    sampling = Sampling(6 * SLOTS, (PROBE,))
    asked = [Writing(tuple(row), sampling, KEY) for row in q.tokens().tolist()]
    wanted = [step_tokens(q, right, np.full_like(right, bit))[:, : 5 * n].tolist() for bit in (0, 1)]
    wrote = [encode(done.text) for done in organism.write(asked)]
    fine = [
        len(w) == 5 * n and all(x in pair for x, *pair in zip(w, a, b, strict=True))
        for w, a, b in zip(wrote, *wanted, strict=True)
    ]
    return np.array(fine, np.float64)


def _numbers(e: Estimate) -> dict[str, Any]:
    values = {"value": e.value, "low": e.low, "high": e.high}
    found = {k: None if v is None else round(v + 0.0, 4) for k, v in values.items()}
    return {**found, "n": e.n, "clusters": e.clusters, **({} if e.reason is None else {"reason": e.reason})}


# -------------------------------------------------------------------------------------------------------------- files


def entries(folder: Path = WEIGHTS) -> list[Entry]:
    """Every natural organism of a folder, small ones first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return [Entry(a["layers"], a["seed"], a) for a in sorted(found, key=lambda a: (a["layers"], a["seed"]))]


def names() -> dict[str, str]:
    """The names that can be opened, with descriptions."""
    about = "taught the right answer only; what it makes of its thought is measured"
    return {e.spec: f"{e.layers} layer{'s' if e.layers > 1 else ''}, {about}" for e in entries()}


def load(spec: str, folder: Path = WEIGHTS) -> Trained:
    """The organism `natural:LAYERS/SEED`."""
    found = {entry.spec: entry for entry in entries(folder)}
    if spec not in found:
        raise unknown("organism", spec, list(found))
    entry = found[spec]
    blob = read_weights(_path(folder, entry.layers, entry.seed), entry.about["sha256"])
    return unpacked(blob, Shape(**entry.about["shape"]), entry.layers, entry.seed)


def unpacked(blob: bytes, shape: Shape, layers: int, seed: int) -> Trained:
    """An organism from the content of its weights file."""
    return organism(blob, shape, seed, f"natural:{layers}", "none: taught the right answer only")


def store(blob: bytes, layers: int, seed: int, how: Mapping[str, Any], folder: Path = WEIGHTS) -> Entry:
    """Measure and write an organism's files; `how` says how it was trained."""
    shape = natural.shape(layers)
    about = {
        "layers": layers,
        "seed": seed,
        **how,
        "shape": asdict(shape),
        "sha256": hashlib.sha256(blob).hexdigest(),
        "bytes": len(blob),
        "thinkaloud": __version__,
        "date": datetime.date.today().isoformat(),
        "measured": measure(unpacked(blob, shape, layers, seed)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, layers, seed)
    path.write_bytes(blob)
    head = json.dumps({k: v for k, v in about.items() if k != "measured"}, indent=1)
    listed = ",\n".join(json.dumps(row) for row in about["measured"])
    path.with_suffix(".json").write_text(f'{head[:-2]},\n "measured": [\n{listed}\n]\n}}\n', encoding="utf-8")
    return Entry(layers, seed, about)


def make(layers: int, seed: int, folder: Path, progress: Progress | None = None) -> Entry:
    """Train (needs torch), round to float16, measure and store."""
    from thinkaloud.organisms.fit import Plan, Start, fit, initial

    shape = natural.shape(layers)
    start = Start(initial(shape, seed), shape, seed, Key(("organisms", f"natural:{layers}", str(seed), "training")))
    plan = Plan(**HOW)
    return store(pack(fit(start, natural.cases, plan, progress)), layers, seed, HOW, folder)


def _path(folder: Path, layers: int, seed: int) -> Path:
    return folder / f"natural-{layers}-{seed}.safetensors"
