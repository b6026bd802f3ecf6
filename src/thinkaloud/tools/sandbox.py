"""Runs a program in the sandbox for one turn: from its start, or from a pause, to its next call of the host or its end.

A paused program is a value: bytes, held by the host. So no worker is occupied while the program waits for the host, and
programs that start programs cannot block each other. The interpreter is `pydantic-monty`, an implementation of Python
without files, network, processes, environment and outside imports, run in worker processes that may crash without harm.
Its synchronous pool is used, from threads, because the asynchronous one can abort the host at exit.

This module knows one interpreter and nothing about event loops: `turn` blocks, and is called in `threads()`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.tools.base import one_line
from thinkaloud.tools.show import show

WORKERS = min(os.cpu_count() or 1, 4)
GRACE = 0.5  # seconds past its limit after which a worker that does not stop by itself is killed
BACKSTOP = 120.0  # seconds after which any turn is killed, whatever it was doing
SUSPENSIONS = 1000  # questions of the interpreter to the host in one turn (unknown names, imports)
FLOOD = 1_000_000  # printed characters that end a program
REUSE = 64  # turns after which a worker is replaced: it may keep the memory it once took


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one program: seconds of running time, bytes of heap, depth of calls, characters of source and result,
    calls of the host. Time in which it waits for the host does not count."""

    seconds: float = 2.0
    memory: int = 64 * 2**20
    depth: int = 1000
    code: int = 20_000
    output: int = 8_000
    calls: int = 64

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise UserError(f"limit {name} is {getattr(self, name)!r}: it must be greater than 0")


@dataclass(slots=True)
class Program:
    """A program in progress. `state`: the session in which it started; `paused`: the point at which it paused;
    `answer`: the result of the call that it waits for, in the interpreter's form; `settled`: answers that it has not
    awaited yet."""

    code: str
    inputs: Mapping[str, Any]
    names: frozenset[str]
    limits: Limits
    state: bytes | None = None
    keep: bool = False
    paused: bytes | None = None
    answer: Mapping[str, Any] | None = None
    settled: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def said(self) -> str:
        """Everything that it has printed so far."""
        return "".join(self.printed)


@dataclass(frozen=True, slots=True)
class Call:
    """The program waits for `name(*args, **kwargs)`. `later`: it will await the answer later, and needs a future
    now."""

    id: int
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    later: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The program has ended: `value` is its last expression, or `error` says what went wrong. `state` is the session
    after it, if it should be kept."""

    value: str = ""
    error: str | None = None
    state: bytes | None = None


class _Flood(Exception):
    """The program printed too much."""


def require() -> None:
    """Start the pool if it is not running; raises `UserError` if the library is not installed."""
    _pool()


@cache
def threads() -> ThreadPoolExecutor:
    """The threads in which turns are run: one per worker, so that none has to wait."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="thinkaloud-tools")


@cache
def _pool() -> Any:
    try:
        from pydantic_monty import Monty

        pool = Monty(
            min_processes=0,
            max_processes=WORKERS,
            request_timeout=BACKSTOP,
            max_checkouts_per_worker=REUSE,
            feed_duration_limit_grace=GRACE,
        )
        return pool.__enter__()
    except (ImportError, FileNotFoundError) as error:
        raise UserError(
            f"Python programs need a sandbox that is not installed ({one_line(str(error), 80)}): "
            "pip install 'thinkaloud[tools]'"
        ) from None


def turn(program: Program) -> Call | Ended:
    """Run until the program calls a host function or ends. Never raises; blocks no longer than its limits allow."""
    started = time.perf_counter()
    limits = program.limits
    try:
        with _pool().checkout(
            limits={
                "max_feed_duration_secs": limits.seconds,
                "max_memory": limits.memory,
                "max_recursion_depth": limits.depth,
                "max_suspensions": SUSPENSIONS,
            },
            # No clock, no waiting, no chance: the same program says the same every time.
            os_policy={"datetime": datetime(2000, 1, 1), "sleep": "zero", "random_start": {"seed": 0}},
        ) as session:
            return _in_session(program, session)
    except BaseException as error:  # a panic of native code is no Exception; interrupts only reach the main thread
        return Ended(error=_other(error, limits))
    finally:
        program.seconds += time.perf_counter() - started


def _in_session(program: Program, session: Any) -> Call | Ended:
    from pydantic_monty import MontyRuntimeError, MontySyntaxError

    try:
        reached = _drive(program, session)
    except (MontyRuntimeError, MontySyntaxError) as error:
        # After a limit the heap may be torn: the session stays what it was before this program.
        torn = isinstance(error.exception(), TimeoutError | MemoryError)
        return Ended(error=_explained(program, error), state=session.dump() if program.keep and not torn else None)
    if isinstance(reached, Call):
        return reached
    return Ended(show(reached.output, program.limits.output), state=session.dump() if program.keep else None)


def _drive(program: Program, session: Any) -> Any:
    from pydantic_monty import FunctionSnapshot, FutureSnapshot, MontyComplete

    at: Any = _entered(program, session)
    while not isinstance(at, MontyComplete):
        if isinstance(at, FutureSnapshot):
            answers: dict[int, Any] = {i: program.settled.pop(i) for i in at.pending_call_ids if i in program.settled}
            at = at.resume(answers)
        elif _is_ours(at, FunctionSnapshot, program.names):
            program.paused = at.dump()
            later = at.allow_eager_await or _awaits(program.code)
            return Call(at.call_id, at.function_name, at.args, at.kwargs, later)
        else:  # a name or an import that is unknown, a file, a clock: the interpreter's own refusal
            at = at.resume_auto()
    return at


def _entered(program: Program, session: Any) -> Any:
    """The session at the point where this turn begins."""
    host = {"external_lookup": dict.fromkeys(program.names, _unreachable), "print_callback": _listener(program)}
    if program.paused is not None:
        return session.load_snapshot(program.paused, **host).resume(program.answer)
    if program.state is not None:
        session.load_session(program.state)
    return session.feed_start(program.code, inputs=dict(program.inputs), **host)


def _is_ours(at: Any, kind: Any, names: frozenset[str]) -> bool:
    return type(at) is kind and not at.is_os_function and at.object_id is None and at.function_name in names


def _unreachable(*_args: Any, **_kwargs: Any) -> None:
    """A placeholder for a host function: it defines the name; the call itself is answered by the host."""
    raise NotImplementedError("host functions are answered by the host")


def _awaits(code: str) -> bool:
    """Whether the program uses `await`. If not, it gets plain answers: models write both kinds."""
    return re.search(r"\b(await|asyncio)\b", code) is not None


def _listener(program: Program) -> Any:
    heard = len(program.said)

    def listen(_stream: str, text: str) -> None:
        nonlocal heard
        heard += len(text)
        if heard > FLOOD:
            raise _Flood(f"more than {FLOOD} characters were printed")
        program.printed.append(text)

    return listen


def _explained(program: Program, error: Any) -> str:
    """Two lines at most: the line that failed, and why."""
    limits, cause = program.limits, error.exception()
    message = one_line(error.display("type-msg"), 300)
    if isinstance(cause, TimeoutError) and "time limit exceeded" in message:
        message = _too_long(limits)
    elif isinstance(cause, MemoryError):
        message = f"MemoryError: the program needed more than {limits.memory / 2**20:g} MiB"
    elif "cannot suspend in this synchronous context" in message:
        message += " (call it in a for loop or a list comprehension, not through map, filter or a sort key)"
    elif "'coroutine'" in message:
        message += " (a program that uses await must await every call)"
    frames = error.traceback()
    if not frames:
        return message
    frame = frames[-1]
    lines = program.code.splitlines()
    source = frame.source_line or (lines[frame.line - 1] if 0 < frame.line <= len(lines) else "")
    return f"line {frame.line}: {one_line(source, 160)}\n{message}"


def _other(error: BaseException, limits: Limits) -> str:
    if type(error).__name__ == "MontyCrashedError":
        late = getattr(error, "timed_out", False)
        return _too_long(limits) if late else "the program made the sandbox crash"
    # Mostly a value that can not cross the boundary: an input, an answer of the host, or the last expression.
    return f"{type(error).__name__}: {one_line(str(error), 300)}"


def _too_long(limits: Limits) -> str:
    return f"TimeoutError: the program ran longer than {limits.seconds:g} s"  # the time itself would be noise
