"""One peer in its own process and environment: loads, warms up, then runs the workloads that it is sent.

    ENVIRONMENT/bin/python worker.py PEER --folder WEIGHTS --gguf FILE --threads N

One workload a line on standard input, as JSON; one answer a line on standard output. What libraries print goes to
standard error. Loading, warming up and counting tokens are not in the time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import workload as wl
from engines.base import Given, Peer
from meter import Meter

WARM = wl.Workload(
    "warm",
    0,
    {"none": (("What is 2 + 3?", "2 + 3 = 5. The answer is A."),)},
    (
        (wl.Write("w", "none", ("What is 4 + 3?",), (), 4, 2, 0.7),),
        (wl.Score("s", "none", ("What is 4 + 3?",), (wl.Ref("w"), "The answer is"), ("A", "B")),),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer

    def say(line: dict[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    try:
        module = importlib.import_module(f"engines.{args.peer}")
        peer: Peer = module.Engine(Given(args.folder, args.gguf, args.threads))
        wl.play(WARM, peer.run)
    except Exception as error:
        say({"error": _short(error), "trace": traceback.format_exc()})
        return
    say({"ready": peer.facts})
    for line in sys.stdin:
        workload = wl.load(json.loads(line))
        try:
            say(measured(peer, workload, args.folder / "tokenizer.json"))
        except Exception as error:
            say({"error": _short(error), "trace": traceback.format_exc()})
    peer.close()


def measured(peer: Peer, workload: wl.Workload, tokenizer: Path) -> dict[str, Any]:
    """Run a workload once and say what it cost and gave."""
    from tokenizers import Tokenizer

    peer.forget()
    peer.computed = None
    with Meter() as meter:
        answers, asks = wl.play(workload, peer.run)
    tokens = Tokenizer.from_file(str(tokenizer))
    encoded = tokens.encode_batch(wl.sequences(asks, answers.texts), add_special_tokens=False)
    asked, unique = wl.count([one.ids for one in encoded])
    tokens_of = {"asked": asked, "unique": unique, "computed": peer.computed}
    return {"cost": asdict(meter.cost), "tokens": tokens_of, "answers": asdict(answers)}


def _short(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:300]


if __name__ == "__main__":
    main()
