"""The tools that an arm can use, by name, as `Ask.tool` calls them: with the process that called.

`calculator`: an expression. `python`: a program in the sandbox; `inputs` are its variables. In a `Session` programs
share their variables and may ask sub-processes: `ask(text)` is `Ask.sub` below the tool, paid from the same ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thinkaloud.arms.ask import Ask, Tool
from thinkaloud.tools.base import ToolResult
from thinkaloud.tools.calculator import calculate
from thinkaloud.tools.python import PythonSession, run_python


async def calculator(text: str, *, ask: Ask) -> ToolResult:
    """Arithmetic."""
    return await calculate(text)


class Session:
    """Programs that share their variables; `calls`: they may ask sub-processes."""

    def __init__(self, calls: bool) -> None:
        self._ask: Ask | None = None
        self._python = PythonSession(functions={"ask": self._asked} if calls else {})

    async def run(self, code: str, inputs: Mapping[str, Any], ask: Ask) -> ToolResult:
        """The next program, whose sub-processes stand below `ask`."""
        self._ask = ask
        return await self._python.run(code, inputs)

    async def _asked(self, question: Any) -> str:
        assert self._ask is not None
        return await self._ask.sub(str(question))


async def python(
    text: str, *, ask: Ask, inputs: Mapping[str, Any] | None = None, session: Session | None = None
) -> ToolResult:
    """A program that a model wrote; without a session it is alone and asks nobody."""
    if session is not None:
        return await session.run(text, inputs or {}, ask)
    return await run_python(text, inputs=inputs or {})


TOOLS: Mapping[str, Tool] = {"calculator": calculator, "python": python}
