"""Go engines as players: programs that speak GTP (GNU Go, KataGo), each in a process of its own.

Every game begins with `clear_board` and, where the engine has it, with a seed that follows from the game's key. The
stones where a game begins are placed one by one; black moves first and the komi is white's, whoever has more stones.
What an engine believes to be on the board is kept, and where that is not the position it is asked for (a move of its
own was not legal by our rules), it is told anew. How it chooses is a matter of its `arguments`; no time is ever set.

Answers are read by a thread, so that an engine that hangs can be told from one that thinks (`programs.py` says what
becomes of it). This module knows no odds.
"""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from dataclasses import dataclass, field

from thinkaloud.errors import ModelError, UserError
from thinkaloud.games.go import Go, Position
from thinkaloud.games.match import Chosen
from thinkaloud.games.programs import HANG, HELLO, RUNNING, end, located
from thinkaloud.vocabulary import Key

COLOURS = {True: "black", False: "white"}
SEED, JUDGE = "set_random_seed", "estimate_score"
"""Commands that only some engines have."""


class Refused(ModelError):
    """An engine answered with an error."""


@dataclass
class Talk:
    """A process that answers commands."""

    process: subprocess.Popen[str]
    _said: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line.rstrip())
        self._said.put(None)

    def ask(self, command: str, seconds: float) -> str:
        """Its answer: `Refused` where that is an error, `EOFError` where it has ended, `queue.Empty` where it is silent
        for so many seconds."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise EOFError from error
        lines: list[str] = []
        while True:
            line = self._said.get(timeout=seconds)
            if line is None:
                raise EOFError
            if lines and not line:
                break
            if lines or line.startswith(("=", "?")):
                lines.append(line)
        answer = " ".join(lines)[1:].strip()
        if lines[0].startswith("?"):
            raise Refused(f"{command}: {answer}")
        return answer

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass
class Engine:
    """A player, and a judge of positions. Its process is started when it is first asked."""

    path: str
    rules: Go
    arguments: tuple[str, ...] = ()
    hang: float = HANG
    _open: Talk | None = field(default=None, init=False, repr=False)
    _commands: frozenset[str] = field(default=frozenset(), init=False, repr=False)
    _game: object = field(default=None, init=False, repr=False)
    _believed: list[str] = field(default_factory=list, init=False, repr=False)

    async def choose(self, position: Position, key: Key) -> Chosen[str]:
        """See `Player`."""
        self._place(position, Key(key.path[:-1]))
        turn = position.giver_black == self.rules.giver_to_move(position)
        said = self._say(f"genmove {COLOURS[turn]}").lower()
        if said == "resign":
            return Chosen(None, gives_up=True)
        self._believed.append(said)
        return Chosen(said)

    def worth(self, position: Position) -> float:
        """By how many points it thinks the giver is ahead."""
        self._place(position, Key(("judge",)))
        said = self._say(JUDGE)
        found = re.match(r"([BW])\+([\d.]+)", said, re.IGNORECASE)
        lead = 0.0 if found is None else float(found[2]) * (1 if found[1].upper() == "B" else -1)
        if found is None and not said.startswith("0"):
            raise self._broken(f"judged a position {said!r}: B+3.5 was awaited")
        return lead if position.giver_black else -lead

    @property
    def judges(self) -> bool:
        """Whether it can say what a position is worth."""
        self._asked()
        return JUDGE in self._commands

    @property
    def id(self) -> str:
        """What it calls itself."""
        return f"{self._say('name')} {self._say('version')}"

    def close(self) -> None:
        """End its process."""
        end(self._open)
        self._open = None

    def _place(self, position: Position, game: Key) -> None:
        """Have it believe in a position."""
        self._asked()  # one that is started just now believes in nothing
        known = len(self._believed)
        if self._game != (position._replace(moves=()), game) or list(position.moves[:known]) != self._believed:
            self._begin(position, game)
        for at, move in enumerate(position.moves[len(self._believed) :], len(self._believed)):
            self._say(f"play {COLOURS[at % 2 == 0]} {move}")
            self._believed.append(move)

    def _begin(self, position: Position, game: Key) -> None:
        self._say("clear_board")
        self._say(f"komi {self.rules.komi:g}")
        if SEED in self._commands:
            self._say(f"{SEED} {int.from_bytes(game.digest[:3], 'big')}")
        for point, givers in self.rules.stones(position):
            self._say(f"play {COLOURS[givers == position.giver_black]} {point}")
        self._game, self._believed = (position._replace(moves=()), game), []

    def _say(self, command: str) -> str:
        talk = self._asked()
        try:
            return talk.ask(command, self.hang)
        except EOFError as error:
            raise self._broken("broke off") from error
        except queue.Empty as error:
            raise self._broken(f"did not answer for {self.hang:g} s") from error
        except Refused as error:
            raise self._broken(f"refused to {error}") from error

    def _asked(self) -> Talk:
        if self._open is None or self._open not in RUNNING:
            command = [located(self.path, "GTP", "gnugo"), *self.arguments]
            pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
            try:
                made = Talk(
                    subprocess.Popen(
                        command, stdin=pipe, stdout=pipe, stderr=nowhere, encoding="utf-8", errors="replace"
                    )
                )
            except OSError as error:
                raise UserError(f"{self.path} cannot be started: {error.strerror}") from error
            try:
                self._commands = frozenset(made.ask("list_commands", min(HELLO, self.hang)).split())
                made.ask(f"boardsize {self.rules.size}", self.hang)
            except (EOFError, queue.Empty, Refused) as error:
                made.close()
                more = f" ({error})" if isinstance(error, Refused) else ""
                raise UserError(
                    f"{self.path} {' '.join(self.arguments)} does not speak GTP on {self.rules.size}x{self.rules.size}"
                    f"{more}: give a Go engine with the arguments that it needs, such as gnugo --mode gtp"
                ) from error
            self._open, self._game = made, None
            RUNNING.append(made)
        return self._open

    def _broken(self, how: str) -> ModelError:
        self.close()
        return ModelError(f"the engine {self.path} {how}")
