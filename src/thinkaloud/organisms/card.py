"""The ruler card of the channels study: what it reads on scripted reasoners whose truth is known.

`python -m thinkaloud.organisms.card` measures and writes `card.json` beside this file, which ships with the package;
reports print it beside their claims, and a test fails when the study no longer gives these numbers. Scripted reasoners
are exact and all but certain: a card shows that the instrument is wired right and unbiased, not how it does on noisy
prose.
"""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

TASK, LEVEL, ITEMS, SEED = "chain_sum", 3, 96, 1
CHANCE = 0.25
CHANNELS = ("silent", "compute", "content", "residue")


def truth(rule: str) -> dict[str, float]:
    """The channels that a scripted reasoner has by construction."""
    ability = 1 - CHANCE
    whole = {"posthoc": "silent", "filler": "compute", "faithful": "content", "encoded": "residue"}
    if rule in whole:
        return {channel: ability if channel == whole[rule] else 0.0 for channel in CHANNELS}
    share = float(rule.removeprefix("mixture:"))
    return {"silent": ability * (1 - share), "compute": 0.0, "content": ability * share, "residue": 0.0}


def measure() -> list[dict[str, Any]]:
    """One row a reasoner and channel: its truth, and what the study read with its interval."""
    import thinkaloud as ta
    from thinkaloud.organisms.scripted import RULES

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for rule in RULES:
            out = Path(folder) / rule.replace(":", "-")
            run = ta.run("channels", f"scripted:{rule}", [TASK], items=ITEMS, difficulty=LEVEL, seed=SEED, out=out)
            found = {f.estimate.name: f.estimate for f in run.findings}
            for channel, true in truth(rule).items():
                e = found[channel]
                read = {"value": e.value, "low": e.low, "high": e.high}
                rounded = {k: None if v is None else round(v + 0.0, 4) for k, v in read.items()}
                rows.append({"reasoner": rule, "channel": channel, "truth": true, **rounded, "n": e.n})
    return rows


def card() -> list[dict[str, Any]]:
    """The shipped card."""
    rows: list[dict[str, Any]] = json.loads(files(__package__).joinpath("card.json").read_text(encoding="utf-8"))
    return rows


def sentences() -> list[str]:
    """The card in words, for a report."""
    rows = card()
    within = sum(row["low"] - 1e-4 <= row["truth"] <= row["high"] + 1e-4 for row in rows)
    worst = max(rows, key=lambda row: abs(row["value"] - row["truth"]))
    names = sorted({row["reasoner"] for row in rows})
    return [
        f"On {len(names)} scripted reasoners whose truth is known ({', '.join(names)}; {TASK} at level {LEVEL}, "
        f"n={rows[0]['n']}) the true channel lies within the interval in {within} of {len(rows)} cells; the largest "
        f"error is {abs(worst['value'] - worst['truth']):.3f} ({worst['channel']} of {worst['reasoner']}). "
        "Scripted reasoners are exact: this shows that the instrument is wired right, not how it does on noisy prose.",
    ]


if __name__ == "__main__":
    Path(__file__).with_name("card.json").write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
