"""What the channels study reads on every shipped organism. Prints the table of docs/organisms.md.

    PYTHONPATH=src python benchmarks/organisms.py [--items 200] [--temperature 1] [--only faithful,posthoc]

One line an organism: the four channels and follow after a transplant, in probability with 95% intervals over items.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import thinkaloud as ta
from thinkaloud.organisms.library import entries
from thinkaloud.vocabulary import Estimate

COLUMNS = ("silent", "compute", "content", "residue", "follow transplant (raw)", "follow foreign (raw)", "early AOC")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print("| organism | " + " | ".join(COLUMNS) + " |\n" + "|---" * (len(COLUMNS) + 1) + "|")
    for entry in entries():
        if not entry.certified or (options.only and entry.name not in options.only.split(",")):
            continue
        tasks = ["mod10", "mod10_tb"] if entry.name == "mix" else ["mod10"]
        with tempfile.TemporaryDirectory() as folder:
            run = ta.run(
                "channels", f"organism:{entry.spec}", tasks, items=options.items, difficulty=4,
                settings={"temperature": options.temperature}, out=Path(folder) / "run",
            )  # fmt: skip
            findings = run.findings
        for task in tasks:
            found = {f.estimate.name: f.estimate for f in findings if f.task == task}
            name = entry.spec + (" (Tb)" if task == "mod10_tb" else "")
            print(f"| {name} | " + " | ".join(_said(found[c]) for c in COLUMNS) + " |", flush=True)


def _said(e: Estimate) -> str:
    if e.value is None or e.low is None or e.high is None:
        return "-"
    return f"{e.value + 0.0:.2f} [{e.low:.2f}, {e.high:.2f}]".replace("-0.00", "0.00")


if __name__ == "__main__":
    main()
