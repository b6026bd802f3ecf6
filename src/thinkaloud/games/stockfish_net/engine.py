"""What Stockfish says besides UCI: the net it carries (`export_net`) and what it makes of a position without search
(`eval`); and whether its net counts there at all.

The engine has two evaluations. Where one side is far ahead in material it takes the classical one and asks no net: a
net that was trained for such odds is never heard there. Whether it counts at a position is found out and not looked up:
the engine is asked twice, with the net and with one whose result is moved by pawns, and only an evaluation that uses
the net moves. Each question is a process of its own, with the engine's own words read from its output. This module
plays nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.programs import HANG, located
from thinkaloud.games.stockfish_net import net as nnue
from thinkaloud.games.stockfish_net.net import BUCKETS, Layer, Net, Stack
from thinkaloud.games.stockfish_net.value import PAWN, SCALE

MOVED = 2
"""Pawns by which the net of a check differs."""
SAW = 0.05
"""Pawns that an evaluation has to move by to count as one that uses the net."""
NAME = "exported.nnue"
_NUMBER = r"[+-]?\s*\d+\.\d+"
_ROW = re.compile(rf"^\|\s*\d+\s*\|\s*({_NUMBER})\s*\|\s*({_NUMBER})\s*\|\s*({_NUMBER})\s*\|", re.M)


@dataclass(frozen=True)
class Static:
    """What `eval` prints of a position, in pawns, white's: `rows`, for each of the net's eight stacks its PSQT, its
    layers and both, which are the side to move's; the `net` by the stack whose turn it is; and what the engine goes by
    (`final`). None: it printed none, as in check."""

    rows: tuple[tuple[float, float, float], ...]
    net: float | None
    final: float | None


def exported(engine: str, path: str | Path) -> Net:
    """The net that an engine carries, kept at `path`; `UserError` where it carries none or one that cannot be read."""
    with tempfile.TemporaryDirectory() as folder:  # the command takes no path with spaces
        said = _asked(engine, [f"export_net {NAME}"], folder)
        made = Path(folder) / NAME
        if not made.exists():
            last = (said.strip().splitlines() or ["nothing"])[-1]
            raise UserError(f"{engine} keeps no net that it gives away: to export_net it said {last!r}")
        shutil.copyfile(made, path)
    return nnue.read(path)


def statics(engine: str, fens: Sequence[str], net: str | Path | None = None) -> list[Static]:
    """What an engine makes of positions, with the net in a file or its own."""
    use = [f"setoption name EvalFile value {net}"] if net is not None else []
    said = _asked(engine, [*use, *(line for fen in fens for line in (f"position fen {fen}", "eval"))])
    if "ERROR" in said:
        raise UserError(f"{engine} does not take the net {net}: it is none of its own architecture")
    found = [_static(one) for one in re.findall(r".*?^Final evaluation[^\n]*", said, re.M | re.S)]
    if len(found) != len(fens):
        raise ModelError(f"{engine} answered {len(found)} of {len(fens)} questions for an evaluation")
    return found


def net_counts(engine: str, net: Net, fens: Sequence[str]) -> list[bool]:
    """For each position whether the engine's evaluation moves where its net's does; False in check."""
    with tempfile.TemporaryDirectory() as folder:
        nets = [Path(folder) / "as-it-is.nnue", Path(folder) / "moved.nnue"]
        nnue.write(net, nets[0])
        nnue.write(moved(net, MOVED), nets[1])
        first, second = (statics(engine, fens, path) for path in nets)
    return [
        a.final is not None and b.final is not None and abs(a.final - b.final) > SAW
        for a, b in zip(first, second, strict=True)
    ]


def moved(net: Net, pawns: float) -> Net:
    """A net that says so many pawns more for the side to move, everywhere."""
    by = round(pawns * PAWN * SCALE)

    def one(stack: Stack) -> Stack:
        last = stack.layers[2]
        return replace(stack, layers=(*stack.layers[:2], Layer((last.bias + by).astype(np.int32), last.weight)))

    return net.with_stacks([one(stack) for stack in net.stacks])


def _asked(engine: str, lines: Sequence[str], folder: str | None = None) -> str:
    """All that an engine prints to some lines; `folder`: where it runs."""
    asked, program = "".join(f"{line}\n" for line in (*lines, "quit")), [str(Path(located(engine)).resolve())]
    try:
        ran = subprocess.run(
            program, input=asked, capture_output=True, text=True, timeout=HANG, check=False, cwd=folder
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"the engine {engine} did not end within {HANG:g} s") from error
    return ran.stdout


def _static(said: str) -> Static:
    rows = tuple((_number(a), _number(b), _number(c)) for a, b, c in _ROW.findall(said)[-BUCKETS:])
    return Static(rows, _named("NNUE evaluation", said), _named("Final evaluation", said))


def _named(name: str, said: str) -> float | None:
    found = re.search(rf"^{name}\s+({_NUMBER})", said, re.M)
    return None if found is None else _number(found[1])


def _number(text: str) -> float:
    return float(text.replace(" ", ""))
