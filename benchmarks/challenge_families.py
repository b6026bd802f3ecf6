"""How often does a challenge confirm a gain or a loss in some family where there is none? Prints the table of
docs/challenge.md.

    PYTHONPATH=src python benchmarks/challenge_families.py [--studies 2000]

An arm and a baseline that are equally good answer n items of each of 21 families; on a share of the items (the
discordance) one of them is right and the other is not, either of them as likely. A study counts if Holm's p of any
family is below .05. By signs is what `thinkaloud challenge` does (`stats/signs.py`); by Student's t is what it did.
The last two columns: the share of families confirmed where the arm is right on 50% more of the items than it loses.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from thinkaloud.stats.bootstrap import Array
from thinkaloud.stats.distributions import t_tail
from thinkaloud.stats.equivalence import holm
from thinkaloud.stats.signs import sign_flip

FAMILIES, EFFECT = 21, 0.5
SIZES, DISCORDANCES = (5, 8, 12, 20, 40), (0.2, 0.5, 0.9)


def by_t(x: Array) -> float:
    error = float(x.std(ddof=1)) / math.sqrt(len(x))
    if error == 0:
        return float(x.mean() == 0)
    return min(1.0, 2 * t_tail(abs(float(x.mean())) / error, len(x) - 1))


def draw(rng: np.random.Generator, n: int, discordance: float, effect: float) -> Array:
    """Differences [families, n]: 1, 0 or -1 with mean `effect`."""
    u = rng.random((FAMILIES, n))
    return np.where(u < (discordance + effect) / 2, 1.0, np.where(u < discordance, -1.0, 0.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    print("| items | discordance | any family, by t | by signs | found, by t | by signs |\n|---|---|---|---|---|---|")
    for n in SIZES:
        for discordance in DISCORDANCES:
            rng = np.random.default_rng([n, round(100 * discordance)])
            cells = []
            for effect in (0.0, EFFECT):
                if effect > discordance:
                    cells += ["-", "-"]
                    continue
                drawn = [draw(rng, n, discordance, effect) for _ in range(studies if effect == 0 else studies // 10)]
                for test in (by_t, sign_flip):
                    low = [np.array(holm([test(x) for x in study])) < 0.05 for study in drawn]
                    cells.append(f"{np.mean([x.any() for x in low]) if effect == 0 else np.mean(low):.3f}")
            print(f"| {n} | {discordance:g} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
