"""What an editor, the checks of its text and the rules for any text are worth, where a grammar knows what was meant.

    PYTHONPATH=src python benchmarks/editor.py [--model smollm2-135m] [--items 8]

Without --model only the checks and rules are measured, which takes seconds. `items` is the number of items of each of
ten built-in tasks; an item is one trial of every row (`ruler/editing.py`).
"""

from __future__ import annotations

import argparse
import time

from thinkaloud.open_model import open_model
from thinkaloud.ruler.editing import TASKS, editor_card
from thinkaloud.vocabulary import Key


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="")
    parser.add_argument("--items", type=int, default=8)
    parser.add_argument("--seed", default="1")
    args = parser.parse_args()
    started = time.perf_counter()
    rows = editor_card(open_model(args.model) if args.model else None, args.items, Key((args.seed,)))
    print(f"{args.model or 'no model'}: {args.items} items of each of {len(TASKS)} tasks, seed {args.seed}")
    print("| row | share | n |\n|---|---|---|")
    for row in rows:
        found = f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" if row.value is not None else str(row.reason)
        print(f"| {row.name} | {found} | {row.n} |")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
