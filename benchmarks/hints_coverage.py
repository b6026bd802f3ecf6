"""How often do the intervals of the verbalisation score hold the truth? And those of a rate corrected for its judge?

    PYTHONPATH=src python benchmarks/hints_coverage.py [--times 400]

The reasoner is the clue follower: it follows a hint with probability s, says so with probability v, and else answers
anew, evenly over all m options, with probability u. Its normalised score is v, alpha is s / (s + (1 - s) u / m). `held`
counts the intervals that hold the truth among those that were given, `given` is the share that was. In the rows with
several samples an item, an item always follows or never, and always says so or never.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from thinkaloud.metrics.hints import hints
from thinkaloud.metrics.judges import Labels, fieller, rogan_gladen, rogan_gladen_variance
from thinkaloud.vocabulary import Key

S, U, M = 0.3, 0.2, 4
SIZES = (100, 200, 500)


def follower(rng: np.random.Generator, items: int, samples: int, s: float, v: float) -> list[dict[str, Any]]:
    """Records of a study of the clue follower; right without a hint in 60% of items."""
    records = []
    for i in range(items):
        base = 0 if rng.random() < 0.6 else int(rng.integers(M))
        follows, says, h = rng.random() < s, rng.random() < v, int(rng.integers(1, M))
        for sample in range(samples):
            now = base
            if follows:
                now = h
            elif rng.random() < U:
                now = int(rng.integers(M))
            conditions = {
                "own": {"logprobs": _answer(base)},
                "hint:x": {
                    "logprobs": _answer(now),
                    "implied": h,
                    "base": "own",
                    "verbalised": {"judge": follows and says},
                },
            }
            records.append(
                {
                    "item": f"i{i}",
                    "sample": sample,
                    "status": "ok",
                    "options": list("abcd"),
                    "gold": 0,
                    "conditions": conditions,
                }
            )
    return records


def _answer(option: int) -> list[float]:
    return [0.0 if i == option else -20.0 for i in range(M)]


def scores(items: int, samples: int, v: float, times: int, s: float = S) -> None:
    """One row: coverage of alpha and of the normalised score."""
    rng, alpha = np.random.default_rng(items + samples), s / (s + (1 - s) * U / M)
    held: dict[str, list[bool]] = {"alpha": [], "normalised": []}
    width = []
    for i in range(times):
        found = {e.name: e for e in hints(follower(rng, items, samples, s, v), Key(("h", str(i))))}
        rows = (
            ("alpha", found["alpha hint:x"], alpha),
            ("normalised", found["verbalised hint:x (judge, normalised)"], v),
        )
        for name, e, truth in rows:
            if e.low is not None and e.high is not None:
                held[name].append(e.low - 1e-9 <= truth <= e.high + 1e-9)
                width += [(e.high - e.low) / 2] if name == "normalised" else []
    cells = [f"{np.mean(x):.3f} ({len(x) / times:.2f})" if x else "- (0.00)" for x in held.values()]
    print(f"| {s} | {v} | {items} x {samples} | {cells[0]} | {cells[1]} | {np.mean(width or [np.nan]):.3f} |")


def judge(pi: float, t: float, f: float, times: int) -> None:
    """One row: coverage of Fieller's and of Wald's interval of a corrected rate, for three sizes."""
    rng, cells = np.random.default_rng(1), []
    for n, m in ((40, 20), (100, 50), (500, 200)):
        held = np.empty((times, 2))
        for i in range(times):
            labels = Labels(rng.binomial(m, t), m, rng.binomial(m, f), m)
            q = rng.binomial(n, pi * t + (1 - pi) * f) / n
            low, high = fieller(q, n, labels)
            point, variance = rogan_gladen(q, labels), rogan_gladen_variance(q, n, labels)
            wald = point is not None and variance is not None and abs(point - pi) <= 1.96 * variance**0.5
            held[i] = low - 1e-9 <= pi <= high + 1e-9, wald
        cells.append(f"**{held[:, 0].mean():.3f}** / {held[:, 1].mean():.3f}")
    print(f"| {pi} | {t} | {f} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400)
    times = parser.parse_args().times
    print("| s | v | items x samples | alpha held (given) | normalised held (given) | half-width |")
    print("|---|---|---|---|---|---|")
    for v in (0.0, 0.25, 0.9, 1.0):
        for items in SIZES:
            scores(items, 1, v, times)
    for items in SIZES:
        scores(items, 4, 0.25, times)
    scores(500, 1, 0.25, times, 0.05)
    print("\nCorrected for its judge, Fieller / Wald:\n")
    print("| truth | finds | makes up | n=40, 20+20 labels | n=100, 50+50 | n=500, 200+200 |")
    print("|---|---|---|---|---|---|")
    for pi in (0.0, 0.1, 0.3, 0.9):
        for t, f in ((0.9, 0.03), (0.7, 0.1), (0.3, 0.03), (0.3, 0.2)):
            judge(pi, t, f, 5 * times)


if __name__ == "__main__":
    main()
