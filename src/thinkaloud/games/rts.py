"""microRTS, a small game of real-time strategy, and the bots that come with it, played inside this process by Java.

Both sides act at the same time, tick by tick, and neither waits for the other: a game is no `Game` of positions and
moves. It goes from a `Start` to a `Played`, whose moves are what stood on the map, every `EVERY` ticks where that
changed.

A side has a base, workers and resources; workers harvest, bases and barracks make units, and who has no unit left has
lost. After `LONGEST` ticks a game is drawn. Scripted bots would play the same game from the same start: they `blunder`,
with some probability in every tick in which they may act, and then do something at random. All that is drawn, in Java
too, follows from the key of the game, so that a game is the same whenever it is played.

The `rts` extra brings the bridge (`jpype1`); the jar is that of the package `gym-microrts`, found and not imported. A
process has one Java machine and keeps it to its end. This module knows no recipe.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.game import DRAWN, LOST, WON
from thinkaloud.games.match import Played
from thinkaloud.vocabulary import Key

EVERY, LONGEST = 10, 2000
"""Ticks between two looks at the map, and of the longest game."""
FIELD = 20
"""Resources of a field at the start."""
LETTERS = {"Base": "B", "Barracks": "K", "Worker": "W", "Light": "L", "Heavy": "H", "Ranged": "R"}
"""Units on the map in letters: capitals are the giver's. `*` is a field of resources."""
SCRIPTED = ("WorkerRush", "LightRush", "HeavyRush", "RangedRush", "WorkerDefense", "LightDefense", "EconomyRush")
"""Bots that draw nothing by lot."""
MEMORY = "-Xmx512m"
LOOKAHEAD, DEPTH, EXPLORES = 50, 10, (0.3, 0.0, 0.4)
"""Of Monte Carlo search: ticks of a playout, depth of the tree, and its three shares of random choices."""


@dataclass(frozen=True)
class Bot:
    """Who plays: a scripted bot by its name, or Monte Carlo search with so many `playouts` a move, or neither: any
    action. With probability `blunders` it does something at random."""

    script: str = ""
    playouts: int = 0
    blunders: float = 0.0


@dataclass(frozen=True)
class Start:
    """What there is at first: the map in letters, the resources of giver and taker, and the tick from which the giver
    may act."""

    rows: str
    giver: int
    taker: int
    delay: int = 0

    @property
    def turned(self) -> Start:
        """The map turned around, so that the sides are exchanged."""
        return replace(self, rows=self.rows[::-1])

    def __str__(self) -> str:
        return f"{self.rows} {self.giver} {self.taker} {self.delay}"

    @staticmethod
    def read(text: str) -> Start:
        """The start that `str` gave."""
        rows, *numbers = text.split(" ")
        return Start(rows, *map(int, numbers))


def jar() -> Path:
    """The game's; `UserError` where something is missing."""
    try:
        import jpype
    except ImportError as error:
        raise UserError("rts needs the package `jpype1`: pip install 'thinkaloud[rts]'") from error
    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException as error:
        raise UserError("rts needs Java (apt-get install openjdk-17-jre-headless), and none was found") from error
    found = importlib.util.find_spec("gym_microrts")
    places = [] if found is None else [Path(place) for place in found.submodule_search_locations or ()]
    for place in places:
        if (there := place / "microrts" / "microrts.jar").is_file():
            return there
    raise UserError("rts needs the jar of gym-microrts: pip install --no-deps gym-microrts==0.4.3")


def fight(start: Start, giver: Bot, taker: Bot, giver_first: bool, key: Key) -> Played:
    """A game. `giver_first`: whether the giver is player 0, whose side of the map is the upper left."""
    java = _java()
    java.seed(key)
    sides = (giver, taker) if giver_first else (taker, giver)
    state = java.begun(start, giver_first)
    bots = [java.bot(bot, key.child(side)) for side, bot in enumerate(sides)]
    wild = java.bot(Bot(), key.child("wild"))
    lots = [key.child("blunders", side).rng for side in range(2)]
    frames: list[str] = []
    over = False
    try:
        while not over and state.getTime() < LONGEST:
            now = int(state.getTime())
            actions = []
            for side, (bot, spec, lot) in enumerate(zip(bots, sides, lots, strict=True)):
                if ((side == 0) == giver_first and now < start.delay) or not state.canExecuteAnyAction(side):
                    continue
                actions.append((wild if lot.random() < spec.blunders else bot).getAction(side, state))
            for action in actions:
                state.issueSafe(action)
            over = bool(state.cycle())
            if over or state.getTime() % EVERY == 0:
                _look(java.drawn(state, giver_first), int(state.getTime()), frames)
    except java.error as error:
        raise ModelError(f"microRTS broke off: {error}") from error
    winner = int(state.winner()) if over else -1
    score = DRAWN if winner < 0 else WON if (winner == 0) == giver_first else LOST
    return Played(tuple(frames), score, "over" if over else "time", ())


def _look(drawn: str, now: int, frames: list[str]) -> None:
    """Keep what stands on the map, with the tick, if it changed."""
    if not frames or frames[-1].split(" ", 1)[1] != drawn:
        frames.append(f"{now} {drawn}")


class _Java:
    """The machine and the classes of the game."""

    def __init__(self) -> None:
        import jpype

        at = jar()
        if not jpype.isJVMStarted():
            libraries = sorted(str(one) for one in (at.parent / "lib").glob("*.jar"))
            # -Xrs: signals stay ours
            jpype.startJVM(MEMORY, "-XX:+UseSerialGC", "-Xrs", classpath=[str(at), *libraries], convertStrings=False)
            system = jpype.JClass("java.lang.System")
            system.setOut(system.err)  # what bots print is no answer of a worker
        self._class = jpype.JClass
        self._float = jpype.JFloat
        self.error = jpype.JException
        table = self._class("rts.units.UnitTypeTable")
        self.units = table(table.VERSION_ORIGINAL_FINETUNED, table.MOVE_CONFLICT_RESOLUTION_CANCEL_BOTH)

    def seed(self, key: Key) -> None:
        """Seed what the game's classes share, and count units from 0: their order in tables follows from that."""
        self._class("rts.units.Unit").next_ID = 0
        for name in ("util.Sampler", "ai.mcts.MCTSNode", "rts.PlayerActionGenerator"):
            self._seeded(None, self._class(name).class_, key.child(name))

    def bot(self, bot: Bot, key: Key) -> Any:
        """A bot as Java has it, seeded."""
        if bot.script:
            made = self._class(f"ai.abstraction.{bot.script}")(self.units)
        elif bot.playouts:
            shares = [self._float(one) for one in EXPLORES]
            policy, worth = self._class("ai.RandomBiasedAI")(), "ai.evaluation.SimpleSqrtEvaluationFunction3"
            made = self._class("ai.mcts.naivemcts.NaiveMCTS")(
                -1, bot.playouts, LOOKAHEAD, DEPTH, *shares, policy, self._class(worth)(), True
            )
        else:
            made = self._class("ai.RandomBiasedAI")()
        kind = made.getClass()
        while kind is not None:
            self._seeded(made, kind, key.child(str(kind.getName())))
            kind = kind.getSuperclass()
        return made

    def _seeded(self, of: Any, kind: Any, key: Key) -> None:
        """Put seeded generators in the place of those that an object, or a class itself, has."""
        random, static = self._class("java.util.Random"), self._class("java.lang.reflect.Modifier").isStatic
        for field in kind.getDeclaredFields():
            if field.getType().equals(random.class_) and (of is None) == bool(static(field.getModifiers())):
                field.setAccessible(True)
                seed = int.from_bytes(key.child(str(field.getName())).digest[:7], "big")
                field.set(of, random(self._class("java.lang.Long")(seed).longValue()))

    def begun(self, start: Start, giver_first: bool) -> Any:
        """The state of a game that begins."""
        rows = start.rows.split("/")
        field, unit, player = (self._class(name) for name in
                               ("rts.PhysicalGameState", "rts.units.Unit", "rts.Player"))  # fmt: skip
        made = field(len(rows[0]), len(rows))
        pair = (start.giver, start.taker) if giver_first else (start.taker, start.giver)
        for side, resources in enumerate(pair):
            made.addPlayer(player(side, resources))
        named = {letter: name for name, letter in LETTERS.items()}
        for y, row in enumerate(rows):
            for x, letter in enumerate(row):
                if letter == "*":
                    made.addUnit(unit(-1, self.units.getUnitType("Resource"), x, y, FIELD))
                elif letter != ".":
                    kind = self.units.getUnitType(named[letter.upper()])
                    made.addUnit(unit(int(letter.isupper() != giver_first), kind, x, y, 0))
        return self._class("rts.GameState")(made, self.units)

    def drawn(self, state: Any, giver_first: bool) -> str:
        """The map in letters, and the resources of giver and taker."""
        field = state.getPhysicalGameState()
        rows = [["."] * int(field.getWidth()) for _ in range(int(field.getHeight()))]
        for unit in state.getUnits():
            side, letter = int(unit.getPlayer()), LETTERS.get(str(unit.getType().name), "*")
            rows[int(unit.getY())][int(unit.getX())] = (
                letter if side < 0 or (side == 0) == giver_first else letter.lower()
            )
        have = [int(state.getPlayer(side).getResources()) for side in ((0, 1) if giver_first else (1, 0))]
        return f"{'/'.join(''.join(row) for row in rows)} {have[0]} {have[1]}"


@lru_cache(maxsize=1)
def _java() -> _Java:
    return _Java()
