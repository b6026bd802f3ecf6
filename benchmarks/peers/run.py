"""Every peer on every workload, in one run: same weights, same texts, same threads, interleaved.

    python benchmarks/peers/run.py [--quick] [--peers naive,llama_server] [--workloads early] [--out FOLDER]

Makes the environments that are missing, then measures: in each repeat every peer runs every workload once, in a process
of its own, before the next repeat begins. What took longer than `--once` seconds is not repeated. Results are appended
to `results.jsonl`, and what is there already is not run again, so that a run that was stopped goes on; the tables and
plots are written after every repeat. CPU seconds are the main figure: they bear other load on the machine best.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import questions
from contenders import CONTENDERS, DEFAULT, interpreter
from plots import plots
from results import Line, Results, machine
from session import HERE, Gone, Place, Session
from table import document
from workload import Workload, dump

Makers = dict[str, tuple[Callable[[], Workload], ...]]


@dataclass(frozen=True)
class Cell:
    """One workload, as it is sent, and the name it has in the results."""

    workload: dict[str, Any]

    @property
    def key(self) -> tuple[str, int, str]:
        text = json.dumps(self.workload, sort_keys=True).encode()
        return self.workload["name"], self.workload["size"], hashlib.sha256(text).hexdigest()[:12]


class Runner:
    """The loop; `say` is told what happens."""

    def __init__(self, args: argparse.Namespace, place: Place, say: Callable[[str], None]) -> None:
        self.args, self.place, self.say = args, place, say
        self.results = Results(args.out / "results.jsonl")
        self.cells = [Cell(dump(make())) for make in makers(args)]

    def repeat(self, name: str, number: int) -> None:
        """One peer's part of one repeat: all of its cells that are missing."""
        missing = [cell for cell in self.cells if self._wanted(name, cell, number)]
        if not missing:
            return
        contender = CONTENDERS[name]
        try:
            python = interpreter(contender.environment, self.args.envs)
            session: Session | None = Session(name, contender, python, self.place)
        except (RuntimeError, Gone) as error:
            self._fail(name, missing, number, str(error))
            return
        for at, cell in enumerate(missing):
            try:
                if session is None:
                    session = Session(name, contender, python, self.place)
                found = session.measure(cell.workload, self.args.limit)
                self._keep(Line.measured(name, cell.key, number, self.place.threads, {**found, "facts": session.facts}))
            except Gone as error:
                self._fail(name, [cell], number, str(error))
                if session is None:
                    self._fail(name, missing[at + 1 :], number, str(error))
                    return
                session.end()
                session = None
        if session is not None:
            session.end()

    def _wanted(self, name: str, cell: Cell, number: int) -> bool:
        there = self.results.of(name, cell.key, self.place.threads)
        if any(line.repeat == number for line in there):
            return False
        # what failed once fails again, and what is long is long again
        return not any(line.error is not None or line.cost["wall"] > self.args.once for line in there)

    def _fail(self, name: str, cells: list[Cell], number: int, why: str) -> None:
        for cell in cells:
            self._keep(Line.failed(name, cell.key, number, self.place.threads, why))

    def _keep(self, line: Line) -> None:
        self.results.add(line)
        cost = f"{line.cost['cpu']:.1f} CPU s, {line.cost['wall']:.1f} s" if line.error is None else line.error
        self.say(f"{line.peer} {line.workload} {line.size} #{line.repeat}: {cost}")


def makers(args: argparse.Namespace) -> Iterator[Callable[[], Workload]]:
    """Those of the workloads that are asked for."""
    stock: Makers = dict(questions.QUICK if args.quick else questions.FULL)
    if args.linear:
        stock = {"linear": questions.LINEAR[:2] if args.quick else questions.LINEAR}
    for name in args.workloads or stock:
        yield from stock[name]


def weights(args: argparse.Namespace) -> tuple[Path, Path]:
    """The float32 GGUF file and the folder made of it."""
    from thinkaloud.models.llama_cpp.dequantise import exact_copy
    from thinkaloud.models.named import SMOLLM2_SHA256, smollm2

    gguf, folder = exact_copy(smollm2(), SMOLLM2_SHA256), args.envs / "weights"
    if not (folder / "tokenizer.json").is_file():  # it is written last
        python = interpreter("transformers", args.envs)
        log = args.envs / "convert.log"
        with log.open("w") as out:
            done = subprocess.run([python, HERE / "convert.py", gguf, folder], stdout=out, stderr=out)
        if done.returncode:
            raise SystemExit(f"the weights could not be converted: see {log}")
    return gguf, folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=_names(CONTENDERS), help=", ".join(CONTENDERS))
    parser.add_argument("--workloads", type=_names(questions.FULL), help=", ".join(questions.FULL))
    parser.add_argument("--linear", action="store_true", help="instead: what a token costs as the context fills")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", type=float, default=20, help="seconds after which a cell is not repeated")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a cell is given up")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--quick", action="store_true", help="everything small, to see that it works")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--envs", type=Path, default=HERE / ".envs")
    args = parser.parse_args()
    args.peers = args.peers or [name for name in DEFAULT if CONTENDERS[name].ours or not args.linear]
    args.envs, args.out = args.envs.resolve(), args.out.resolve()
    args.envs.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.peers:  # installing is not measuring, and must not run beside it
        try:
            interpreter(CONTENDERS[name].environment, args.envs)
        except RuntimeError as error:
            print(f"{name}: {error}", flush=True)
    gguf, folder = weights(args)
    runner = Runner(args, Place(folder, gguf, args.out / "logs", args.threads), lambda line: print(line, flush=True))
    for number in range(args.repeats):
        for name in args.peers:
            runner.repeat(name, number)
        lines = [line for line in runner.results.lines if line.threads == args.threads]
        (args.out / "peers.md").write_text(document(lines, machine(args.threads)))
        for name, figure in plots(lines).items():
            (args.out / name).write_text(figure)
    print(f"written: {args.out / 'peers.md'}")


def _names(known: dict[str, Any]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"no {name!r}; there are {', '.join(known)}")
        return names

    return read


if __name__ == "__main__":
    main()
