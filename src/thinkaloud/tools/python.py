"""Run Python that a model wrote, in a sandbox (`sandbox.py` says which, and how).

The program gets `inputs` as variables and `functions` as functions of the host: when it calls one, it pauses until the
host has the answer. Calls are answered one after another in the order in which the program makes them, also under
`asyncio.gather`, so that their ledger is always the same. `x = ask(q)` and `x = await ask(q)` both work; a program that
contains the word `await` or `asyncio` must await every call.

The result's text is what the program printed, then the value of its last expression (a text as it is, None not at
all), then, where it failed, the line that failed and why. It is cut in the middle to `limits.output` characters.

What the sandbox does not give: files, network, processes, environment, clock (it stands still at 2000-01-01), waiting
(`sleep` returns at once), chance (`random` starts at the same seed), third-party packages, and much of Python: no
`del`, no class inheritance, no `yield`, no properties, and of the standard library only parts of a few modules. See
`docs/tools.md`. A program that runs close to its time limit may pass on one machine and fail on a slower one;
everything else is deterministic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.tools import sandbox
from thinkaloud.tools.base import Stop, ToolResult, clip, one_line
from thinkaloud.tools.sandbox import Limits

Functions = Mapping[str, Callable[..., Awaitable[Any]]]
NOTHING: Mapping[str, Any] = MappingProxyType({})
LIMITS = Limits()

__all__ = ["LIMITS", "Functions", "Limits", "PythonSession", "run_python"]


async def run_python(
    code: str,
    *,
    inputs: Mapping[str, Any] = NOTHING,
    functions: Functions = NOTHING,
    limits: Limits = LIMITS,
) -> ToolResult:
    """Run one program. Every outcome is a `ToolResult`; only a missing library is an error (`UserError`).

    A function of the host that raises `Stop` or a `ThinkaloudError` ends the program at once, and the exception is in
    the result's `stopped`; anything else that it raises reaches the program as a `RuntimeError` it may catch.
    """
    sandbox.require()
    result, _ = await _run(sandbox.Program(code, inputs, frozenset(functions), limits), functions)
    return result


class PythonSession:
    """Programs that share their variables, as in a notebook.

    Between programs the session is only a value: nothing runs, and nothing has to be closed. A program that hits a
    limit of time or memory, crashes or is stopped leaves the variables as they were before it; after any other error
    they stay as the program left them. The limits hold for each program; the memory limit is that of the first.
    """

    def __init__(self, *, functions: Functions = NOTHING, limits: Limits = LIMITS) -> None:
        sandbox.require()
        self._functions, self._limits = functions, limits
        self._state: bytes | None = None
        self._turn = asyncio.Lock()

    async def run(self, code: str, inputs: Mapping[str, Any] = NOTHING) -> ToolResult:
        """Run the next program; `inputs` are set as variables before it."""
        async with self._turn:
            names = frozenset(self._functions)
            program = sandbox.Program(code, inputs, names, self._limits, state=self._state, keep=True)
            result, state = await _run(program, self._functions)
            self._state = state or self._state
            return result


async def _run(program: sandbox.Program, functions: Functions) -> tuple[ToolResult, bytes | None]:
    limits, calls = program.limits, 0
    if len(program.code) > limits.code:
        error = f"the program has {len(program.code)} characters, at most {limits.code} are run"
        return ToolResult(error, False, 0.0), None
    loop = asyncio.get_running_loop()
    while True:
        reached = await loop.run_in_executor(sandbox.threads(), sandbox.turn, program)
        if isinstance(reached, sandbox.Ended):
            return _result(program, reached, calls), reached.state
        if calls == limits.calls:
            return _result(program, sandbox.Ended(error=f"stopped: more than {calls} calls"), calls), None
        calls += 1
        try:
            answer = await _answer(reached, functions)
        except (Stop, ThinkaloudError) as stopped:
            ended = sandbox.Ended(error=f"stopped: {one_line(str(stopped))}")
            return _result(program, ended, calls, stopped), None
        if reached.later:
            program.settled[reached.id] = answer
            program.answer = {"future": ...}
        else:
            program.answer = answer


async def _answer(call: sandbox.Call, functions: Functions) -> dict[str, Any]:
    """The host's answer, in the interpreter's form: a value, or an exception."""
    try:
        return {"return_value": await functions[call.name](*call.args, **call.kwargs)}
    except (Stop, ThinkaloudError):
        raise
    except Exception as error:
        message = f"{call.name} failed: {type(error).__name__}: {one_line(str(error))}"
        return {"exc_type": "RuntimeError", "message": message}


def _result(program: sandbox.Program, ended: sandbox.Ended, calls: int, stopped: Exception | None = None) -> ToolResult:
    limit = program.limits.output
    printed = clip(program.said, limit)
    parts = [printed.removesuffix("\n")] if printed else []
    parts += [ended.value] if ended.value else []
    text = clip("\n".join(parts), limit)
    if ended.error is not None:  # never cut away: it is short, and it is what the model must read
        text = f"{text}\n{ended.error}" if text else ended.error
    return ToolResult(text, ended.error is None, program.seconds, calls, stopped)
