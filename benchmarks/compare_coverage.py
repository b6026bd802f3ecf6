"""Do the verdicts of `thinkaloud compare` keep their promises? Prints the tables of docs/compare.md.

    PYTHONPATH=src python benchmarks/compare_coverage.py [--times 1000] [--draws 1000]

Simulated pairs of runs with a known difference, as records of items. `ours`: the interval of `stats/paired.py`;
`guard`: `stats/bootstrap.interval` over the same joint rows; `t`: Student's t of the items' differences.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from thinkaloud.metrics.compared import Quantity, channel_rows, linear
from thinkaloud.metrics.matched import Matched, match
from thinkaloud.metrics.readings import p_gold
from thinkaloud.stats.bootstrap import Array, Sample, difference, interval, t_quantile
from thinkaloud.stats.paired import Row, compare_row
from thinkaloud.vocabulary import Key

SIZES = (12, 24, 48, 96)
MARGIN = 0.05
OPTIONS = 4
Pair = Callable[[np.random.Generator, int], tuple[Array, Array]]
SPREAD = 8.0  # how closely two readings of one item agree (Beta precision)


def two_models(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Readings of two models that agree about as well as two reasonings of one model, equal in the mean."""
    rate = rng.beta(0.6, 0.6, n)
    a, b = rng.beta(SPREAD * rate + 1e-3, SPREAD * (1 - rate) + 1e-3, (2, n))
    return a, b


def rounded(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """A model and the same one in coarser arithmetic: equal but for noise of .05, either way."""
    rate = rng.beta(0.6, 0.6, n)
    return np.clip(rate, 0.05, 0.95), np.clip(np.clip(rate, 0.05, 0.95) + rng.uniform(-0.05, 0.05, n), 0, 1)


def flipping(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Accuracies: one answer in five is drawn anew."""
    a = (rng.random(n) < 0.6) * 1.0
    return a, np.where(rng.random(n) < 0.2, (rng.random(n) < 0.6) * 1.0, a)


WORLDS: dict[str, Pair] = {"two models": two_models, "coarser arithmetic": rounded, "flips of a fifth": flipping}


def with_change(pair: Pair, share: float) -> Pair:
    """On this share of items B's probability is gone."""

    def made(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        a, b = pair(rng, n)
        return a, np.where(rng.random(n) < share, 0.0, b)

    return made


def rare(share: float) -> Pair:
    """Sure in A; in B wrong on a rare kind of item."""
    return lambda rng, n: (np.ones(n), (rng.random(n) >= share) * 1.0)


def truth(pair: Pair) -> float:
    """The mean difference, from a million items."""
    a, b = pair(np.random.default_rng(0), 1_000_000)
    return float((b - a).mean())


def record(number: int, readings: dict[str, float]) -> dict[str, Any]:
    """An item with the probability of its right option under each condition."""
    conditions = {}
    for name, p in readings.items():
        p = min(max(p, 1e-9), 1 - 1e-9)
        rest = math.log((1 - p) / (OPTIONS - 1))
        conditions[name] = {"logprobs": [math.log(p), *[rest] * (OPTIONS - 1)]}
    return {
        "item": f"i{number}", "task": "t", "level": 1, "fold": number % 2, "question": "?", "status": "ok",
        "options": list("abcd"), "gold": 0, "error": None, "conditions": conditions,
        "thought": {"steps": []},
    }  # fmt: skip


def matched(pair: Pair, rng: np.random.Generator, n: int) -> Matched:
    """Two runs whose items were read under `own`."""
    a, b = pair(rng, n)
    return match(*([record(i, {"own": float(p)}) for i, p in enumerate(side)] for side in (a, b)))


OWN = Quantity("P(gold) own", lambda one: p_gold(one, "own"))


def study(pair: Pair, n: int, i: int, draws: int) -> tuple[Row, Array]:
    """One comparison, and its joint rows."""
    joint = linear(matched(pair, np.random.default_rng([n, i]), n), OWN)
    return compare_row(joint, MARGIN, key=Key(("c", str(n), str(i))), draws=draws), joint.rows


def readable(pair: Pair, n: int, times: int, draws: int) -> float:
    """The difference that is as large as the smallest change that studies of it say they could have seen, as a share of
    items whose answer is lost."""
    share = 0.2
    for _ in range(4):
        made = with_change(pair, share)
        smallest = np.mean([study(made, n, i, draws)[0].smallest or 0.0 for i in range(times)])
        share = min(0.9, share * float(smallest) / abs(truth(made)))
    return share


def coverage(name: str, pair: Pair, times: int, draws: int) -> None:
    """How often three intervals hold the truth, and their half-widths."""
    known, cells = truth(pair), []
    for n in SIZES:
        held, half = np.zeros(3), np.zeros(3)
        for i in range(times):
            row, rows = study(pair, n, i, draws)
            d = rows[:, 1] - rows[:, 0]
            corners = np.array([(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)])
            guard = interval("d", difference(1, 0), Sample(rows, None, corners), Key(("g", str(n))), draws)
            t = t_quantile(0.975, n - 1) * d.std(ddof=1) / math.sqrt(n)
            ends = [(e.low or 0.0, e.high or 0.0) for e in (row.difference, guard)] + [(d.mean() - t, d.mean() + t)]
            held += [low - 1e-9 <= known <= high + 1e-9 for low, high in ends]
            half += [(high - low) / 2 for low, high in ends]
        cells.append(
            " / ".join(f"{h:.3f}" for h in held / times) + " (" + " / ".join(f"{w:.3f}" for w in half / times) + ")"
        )
    print(f"| {name} ({known:+.3f}) | " + " | ".join(cells) + " |", flush=True)


def verdicts(name: str, pair: Pair, n: int, times: int, draws: int) -> None:
    """Equal pairs, pairs that differ by what could have been seen, and pairs that differ by just the margin."""
    equal = [study(pair, n, i, draws)[0] for i in range(times)]
    share = readable(pair, n, 40, draws)
    seen = [study(with_change(pair, share), n, times + i, draws)[0] for i in range(times)]
    just = MARGIN / abs(truth(with_change(pair, 0.5))) * 0.5
    edge = [study(with_change(pair, just), n, 2 * times + i, draws)[0] for i in range(times)]

    def rate(rows: list[Row], word: str) -> str:
        return f"{np.mean([row.word == word for row in rows]):.3f}"

    print(
        f"| {name} | {n} | {rate(equal, 'different')} | {rate(equal, 'the same')} | "
        f"{abs(truth(with_change(pair, share))):.3f} | {rate(seen, 'different')} | {rate(edge, 'the same')} |",
        flush=True,
    )


def channel_pair(rng: np.random.Generator, n: int, lost: float) -> Matched:
    """Two models of which half of the items need the reasoning; B has lost the words' content on some of them."""
    known, needs = rng.random(n) < 0.3, rng.random(n) < 0.5
    base = np.where(known, 0.9, 0.25)
    gone = rng.random(n) < lost
    sides = []
    for broken in (np.zeros(n, dtype=bool), gone):
        free = rng.beta(SPREAD * base, SPREAD * (1 - base), (2, n))
        own = np.clip(np.where(known | needs, 0.95, 0.2) + rng.uniform(-0.04, 0.04, n), 0, 1)
        paraphrase = np.clip(np.where(broken, free[0], own) + rng.uniform(-0.04, 0.04, n), 0, 1)
        named = {"silent": free[0], "filler:dots": free[1], "paraphrase": paraphrase, "own": own}
        sides.append([record(i, {k: float(v[i]) for k, v in named.items()}) for i in range(n)])
    return match(*sides)


def channel_rows_of(lost: float, n: int, i: int, draws: int) -> dict[str, Row]:
    """Content, residue and share of one comparison."""
    joints = channel_rows(channel_pair(np.random.default_rng([n, i]), n, lost))
    kept = [joint for joint in joints if joint.name in ("compute", "content", "residue", "externalised share")]
    return {joint.name: compare_row(joint, MARGIN, key=Key(("c", str(n), str(i))), draws=draws) for joint in kept}


def channels(lost: float, n: int, times: int, draws: int) -> None:
    """Coverage and verdicts of the channels and the share; the truth is the mean over all of the studies."""
    found = [channel_rows_of(lost, n, i, draws) for i in range(times)]
    for name in found[0]:
        rows = [one[name] for one in found if one[name].difference.value is not None]
        values = np.array([row.difference.value for row in rows])
        known = 0.0 if lost == 0 else float(values.mean())
        held = np.mean([row.difference.low <= known <= row.difference.high for row in rows])  # type: ignore[operator]
        told = np.mean([row.word == "different" for row in rows])
        smallest = np.median([row.smallest for row in rows])
        print(
            f"| {name} | {lost:g} | {n} | {known:+.3f} | {held:.3f} | {told:.3f} | {smallest:.3f} | {len(rows)} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    given = parser.parse_args()
    print("ours / guard / t (half-widths)\n| pairs (true difference) | " + " | ".join(f"n={n}" for n in SIZES) + " |")
    lost = with_change(two_models, 0.2)
    for name, pair in {
        **WORLDS,
        "two models, a fifth lost": lost,
        "rare, 6%": rare(0.06),
        "rare, 12%": rare(0.12),
    }.items():
        coverage(name, pair, given.times, given.draws)
    print("\n| pairs | n | equal: different | equal: the same | change that could be seen | seen | margin: the same |")
    for name, pair in WORLDS.items():
        for n in (24, 48, 96):
            verdicts(name, pair, n, given.times, given.draws)
    print("\n| row | lost | n | true difference | coverage | different | smallest change, median | studies |")
    for share in (0.0, 0.8):
        channels(share, 48, max(1, given.times // 5), given.draws)


if __name__ == "__main__":
    main()
