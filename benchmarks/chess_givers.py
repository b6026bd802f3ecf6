"""Is it odds that a chess engine must have seen, or a weaker opponent? Stockfish 15.1's net, trained in four ways.

    PYTHONPATH=src python benchmarks/chess_givers.py FOLDER [--seeds 8]      # make maia

Lessons are games at 300 nodes a move of the untouched net, as giver, {from even starts, with a knight missing} against
itself with {300, 100} nodes; the layer stacks are trained on their quiet positions. Every net
and the untouched one then give a knight, and nothing, to the taker of the lessons (the untouched net with 100 nodes)
and to a held-out one of another kind. A training seed has its own openings, own lessons, own order of positions and own
test games; in a seed all nets meet the same openings. So seeds are independent, and all intervals are over them.

Everything is kept in the folder as it comes: one line a game, the four nets of a seed, what training did. A second call
goes on where the first one ended and prints the tables of the seeds that are complete. Engines take one thread.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import chess_givers_tables as tables
from thinkaloud.errors import UserError
from thinkaloud.games.chess_rules import Chess, Position, board_of
from thinkaloud.games.match import play
from thinkaloud.games.openings import Asked, Ground, Opening, openings
from thinkaloud.games.programs import close_all, located
from thinkaloud.games.stockfish_net import engine as stockfish
from thinkaloud.games.stockfish_net import net as nnue
from thinkaloud.games.stockfish_net import training as nnue_train
from thinkaloud.games.stockfish_net import value as nnue_value
from thinkaloud.games.stockfish_net.net import Layer, Net, Stack
from thinkaloud.games.stockfish_net.quiet import quiet
from thinkaloud.games.stockfish_net.training import Fit, Lessons
from thinkaloud.games.uci import Engine, net_at
from thinkaloud.runs.lock import holding
from thinkaloud.vocabulary import Key

RULES = Chess()
BASE, EVEN = "base", "even"
OWN, HELD_OUT = "Stockfish, 100 nodes", "held out"
OPPONENTS = {"equal": 300, "weaker": 100}
"""Nodes of the opponent in lessons."""
LISTED = ("even", "pawn f", "knight", "bishop", "rook", "knight + knight", "queen")
"""Odds for which is found out whether the net counts at their start; not all are played."""
Games = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is fixed before the first game. `lessons` and `tests`: openings a seed, each played with either side first;
    `scale` makes less of both; `positions`: how many an arm trains on, one in ten openings being held out."""

    first: int = 0
    seeds: int = 8
    odds: str = "knight"
    nodes: int = 300
    lessons: int = 70
    tests: Mapping[str, int] = field(
        default_factory=lambda: {"held out/odds": 50, "held out/even": 4, f"{OWN}/odds": 20, f"{OWN}/even": 12}
    )
    positions: int = 8000
    scale: float = 1.0
    plies: int = 6
    tolerance: float = 2.0
    judge: int = 300
    fit: Fit = field(default_factory=lambda: Fit(batch=256))
    programs: Mapping[str, str] = field(default_factory=dict)

    @property
    def numbers(self) -> range:
        """The training seeds."""
        return range(self.first, self.first + self.seeds)

    def openings(self, what: str) -> int:
        """How many: of `lessons`, or of a test."""
        return max(2, round(self.scale * (self.lessons if what == "lessons" else self.tests[what])))


ARMS = tuple(f"{start}, {opponent}" for start, opponent in itertools.product((EVEN, "odds"), OPPONENTS))


@dataclass(frozen=True)
class Match:
    """Some games: of which net (an arm, or the base) against whom, from which start, as lessons or as a test."""

    kind: str
    seed: int
    giver: str
    taker: str
    start: str

    @property
    def name(self) -> str:
        return "/".join((self.kind, str(self.seed), self.giver, self.taker, self.start))


class Work:
    """The folder."""

    def __init__(self, folder: Path, plan: Plan, taker: Engine) -> None:
        self.folder, self.plan, self.held_out = folder, plan, taker
        self.log = folder / "games.jsonl"
        for name in ("books", "nets"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        fixed(folder / "plan.json", plan)
        self.games = read_games(self.log)
        self.base = stockfish.exported("stockfish", folder / "base.nnue")

    def run(self) -> None:
        """Whatever is not yet there, seed by seed."""
        for seed in self.plan.numbers:
            began, had = time.perf_counter(), len(self.games)
            for arm in ARMS:
                start, opponent = arm.split(", ")
                self.play(Match("lesson", seed, arm, opponent, start), self.folder / "base.nnue")
            for arm in ARMS:
                self.train(seed, arm)
            for giver in (BASE, *ARMS):
                self.test(seed, giver)
            took = (time.perf_counter() - began) / 60
            print(f"seed {seed}: {len(self.games) - had} games, {took:.1f} min", flush=True)

    def test(self, seed: int, giver: str) -> None:
        """All test games of a net."""
        path = self.folder / "base.nnue"
        if giver != BASE:
            path = self.folder / "tested.nnue"
            nnue.write(self.net(seed, giver), path)
        for what in self.plan.tests:
            taker, start = what.split("/")
            self.play(Match("test", seed, giver, taker, start), path)

    def play(self, match: Match, net: Path) -> None:
        """The games of a match that are not yet there; no engine is started where all are."""
        lacking = [one for one in self._wanted(match) if one[0] not in self.games]
        if not lacking:
            return
        giver = Engine("stockfish", self.plan.nodes, net=str(net.resolve()))
        taker = self.held_out
        if match.taker != HELD_OUT:
            taker = Engine("stockfish", OPPONENTS.get(match.taker, 100), net=str((self.folder / "base.nnue").resolve()))
        with self.log.open("ab") as file:
            for name, opening, first in lacking:
                begun = RULES.read(opening.first(first))
                played = asyncio.run(play(RULES, begun, giver, taker, Key((name,))))
                kept = {"key": name, "begun": opening.first(first), "moves": played.moves, "score": played.score}
                self.games[name] = {**kept, "ended": played.ended}
                file.write(msgspec.json.encode(self.games[name]) + b"\n")
                file.flush()
        giver.close()
        if taker is not self.held_out:
            taker.close()

    def _wanted(self, match: Match) -> Iterator[tuple[str, Opening, bool]]:
        for opening in self.book(match.kind, match.seed, match.start, self._openings(match)):
            for first in (True, False):
                yield f"{match.name}/{opening.number}/{'giver' if first else 'taker'}", opening, first

    def _openings(self, match: Match) -> int:
        return self.plan.openings("lessons" if match.kind == "lesson" else f"{match.taker}/{match.start}")

    def book(self, kind: str, seed: int, start: str, count: int) -> Sequence[Opening]:
        """The first of a seed's openings; tests share theirs, and so do lessons."""
        plan, path = self.plan, self.folder / "books" / f"{kind}-{seed}-{start}.json"
        if not path.exists():
            these = [what for what in plan.tests if what.endswith(start)] if kind == "test" else ["lessons"]
            most = max(map(plan.openings, these))
            judge = Engine("stockfish", plan.judge)
            ground = Ground(RULES, started(plan.odds if start == "odds" else EVEN), judge.worth, RULES.mirrored)
            asked = Asked(start, plan.plies, most, plan.tolerance)
            found = openings(ground, asked, Key(("book", kind, str(seed), start)))
            judge.close()
            _whole(path, msgspec.json.encode(found))
        return msgspec.json.decode(path.read_bytes(), type=list[Opening])[:count]

    # -------------------------------------------------------------------------------------------------------- training

    def train(self, seed: int, arm: str) -> None:
        """The net of an arm, kept with what its training did."""
        path, about = self.path(seed, arm, "npz"), self.path(seed, arm, "json")
        if about.exists():
            return
        plan, rng = self.plan, Key(("train", str(seed), arm)).rng
        learned, held = self.lessons(seed, arm)
        some = learned[np.sort(rng.permutation(len(learned.target))[: plan.positions])]
        net = nnue_train.trained(self.base, some, plan.fit, rng)
        starts = [board_of(started(odds)) for odds in (EVEN, plan.odds)]
        said = {
            "positions": len(some.target),
            "held out": len(held.target),
            "loss before": nnue_train.loss(self.base, held, plan.fit),
            "loss after": nnue_train.loss(net, held, plan.fit),
            "starts before": nnue_value.value(self.base, starts).tolist(),
            "starts after": nnue_value.value(net, starts).tolist(),
            "moved": float(
                np.mean(np.abs(nnue_value.values(net, held.given) - nnue_value.values(self.base, held.given)))
            ),
        }
        arrays = {f"{at}-{n}-{what}": getattr(layer, what) for at, stack in enumerate(net.stacks)
                  for n, layer in enumerate(stack.layers) for what in ("bias", "weight")}  # fmt: skip
        np.savez(path, **arrays)
        nnue.write(self.net(seed, arm), self.folder / "tested.nnue")
        engine = stockfish.statics("stockfish", [board.fen() for board in starts], self.folder / "tested.nnue")
        if any(abs((one.net or 0) - v) > 0.02 for one, v in zip(engine, said["starts after"], strict=True)):
            raise SystemExit(f"{arm}, seed {seed}: the engine reads {engine}, the trained net says {said}")
        _whole(about, msgspec.json.encode(said))

    def lessons(self, seed: int, arm: str) -> tuple[Lessons, Lessons]:
        """Positions of an arm's lessons to learn from, and those of every tenth opening."""
        start, opponent = arm.split(", ")
        kept: tuple[list[Any], list[Any]] = ([], [])
        for name, opening, _ in self._wanted(Match("lesson", seed, arm, opponent, start)):
            game = self.games[name]
            for board, giver in quiet(RULES.read(game["begun"]), game["moves"]):
                kept[opening.number % 10 == 0].append((board, game["score"] if giver else 1 - game["score"]))
        return self._made(kept[0]), self._made(kept[1])

    def _made(self, some: list[Any]) -> Lessons:
        given = nnue_value.inputs(self.base, (board for board, _ in some))
        results = np.array([score for _, score in some])
        return Lessons(given, nnue_train.targets(self.base, given, results, self.plan.fit))

    def net(self, seed: int, arm: str) -> Net:
        """The net of an arm as it was kept."""
        with np.load(self.path(seed, arm, "npz")) as kept:

            def layer(at: int, n: int) -> Layer:
                return Layer(kept[f"{at}-{n}-bias"], kept[f"{at}-{n}-weight"])

            return self.base.with_stacks(
                [Stack(one.hash, (layer(at, 0), layer(at, 1), layer(at, 2))) for at, one in enumerate(self.base.stacks)]
            )

    def path(self, seed: int, arm: str, form: str) -> Path:
        """Of a net (npz), or of what its training did (json)."""
        return self.folder / "nets" / f"{seed}-{arm.replace(', ', '-')}.{form}"

    # ------------------------------------------------------------------------------------------------- does it count?

    def counts(self) -> dict[str, list[bool]]:
        """For each odds whether the net counts at the start, with the giver to move and with the taker."""
        pairs = {odds: (start := started(odds), RULES.mirrored(start)) for odds in LISTED}
        fens = [board_of(one).fen() for pair in pairs.values() for one in pair if one is not None]
        found = stockfish.net_counts("stockfish", self.base, fens)
        return {odds: found[2 * at : 2 * at + 2] for at, odds in enumerate(pairs)}

    def counts_in_games(self, most: int = 300) -> tuple[int, int]:
        """In how many of some positions of the base's test games at odds its net counts, and how many those were."""
        names = [name for name in self.games if name.startswith("test/") and f"/{BASE}/" in name and "/odds/" in name]
        games = [self.games[name] for name in names]
        boards = [b for one in games for b, giver in quiet(RULES.read(one["begun"]), one["moves"]) if giver]
        some = [boards[at].fen() for at in Key(("counts",)).rng.permutation(len(boards))[:most]]
        return sum(stockfish.net_counts("stockfish", self.base, some)), len(some)


def started(odds: str) -> Position:
    """The first position at some odds."""
    return RULES.start(() if odds == EVEN else odds.split(" + "))


def fixed(path: Path, plan: Plan) -> None:
    """A folder belongs to one plan."""
    text = msgspec.json.format(msgspec.json.encode(plan))
    if path.exists() and path.read_bytes() != text:
        raise SystemExit(f"{path.parent} was begun with another plan: {path}; give another folder")
    _whole(path, text)


def _whole(path: Path, text: bytes) -> None:
    """A file that is there whole or not at all."""
    half = path.with_suffix(".part")
    half.write_bytes(text)
    half.replace(path)


def read_games(path: Path) -> Games:
    """Games that were kept; a last line that was cut off is taken away."""
    raw = path.read_bytes() if path.exists() else b""
    whole = raw[: raw.rfind(b"\n") + 1]
    if whole != raw:
        path.write_bytes(whole)
    return {one["key"]: one for one in map(msgspec.json.decode, whole.splitlines())}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--held-out", default="lc0", help="any engine that speaks UCI; it is asked for one node a move")
    asked.add_argument("--net", default="maia-1900", help="its net, by file or name; '' where it has its own")
    asked.add_argument("--seeds", type=int, default=Plan().seeds)
    asked.add_argument("--first", type=int, default=0, help="number of the first seed")
    asked.add_argument("--scale", type=float, default=1.0, help="less than 1: fewer games everywhere")
    asked.add_argument("--tables", action="store_true", help="play nothing")
    given = asked.parse_args()
    try:
        with holding(given.folder):
            _work(given)
    except UserError as error:
        raise SystemExit(f"{error}") from error
    finally:
        close_all()


def _work(given: argparse.Namespace) -> None:
    files = {"engine": located("stockfish"), "held out": located(given.held_out)}
    if given.net:
        files["its net"] = net_at(given.net)
    digests = {name: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] for name, path in files.items()}
    plan = Plan(first=given.first, seeds=given.seeds, scale=given.scale, programs=digests)
    work = Work(given.folder, plan, Engine(given.held_out, 1, net=files.get("its net", "")))
    if not given.tables:
        work.run()
    tables.show(work)


if __name__ == "__main__":
    main()
