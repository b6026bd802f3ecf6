"""The Python tool: what programs may do, how they talk to the host, and that sessions keep their variables."""

import asyncio
import subprocess
import sys

import pytest

from thinkaloud.errors import ModelError, UserError
from thinkaloud.tools import sandbox
from thinkaloud.tools.base import Stop
from thinkaloud.tools.python import Limits, PythonSession, run_python
from thinkaloud.tools.show import show

pytest.importorskip("pydantic_monty")


def run(code, **options):
    return asyncio.run(run_python(code, **options))


class Host:
    """A host function that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    async def ask(self, text):
        self.asked.append(text)
        await asyncio.sleep(0)
        return f"<{text}>"


def test_the_text_is_what_was_printed_and_the_last_value():
    result = run("print('a')\nx = context + question\nx", inputs={"context": "c", "question": "q"})
    assert (result.text, result.ok, result.calls) == ("a\ncq", True, 0)
    assert run("x = 3").text == "" and run("x = 3\nx").text == "3"


@pytest.mark.parametrize(
    ("code", "text", "asked"),
    [
        ("ask('a') + ask('b')", "<a><b>", ["a", "b"]),
        ("def f(q):\n    return ask(q)\n[f(q) for q in 'ab']", "['<a>', '<b>']", ["a", "b"]),
        ("x = await ask('a')\nx", "<a>", ["a"]),
        ("import asyncio\nr = await asyncio.gather(ask('a'), ask('b'))\nr[1]", "<b>", ["a", "b"]),
        (
            "import asyncio\nasync def f(q):\n    return await ask(q)\nasync def main():\n"
            "    return await asyncio.gather(*[f(q) for q in 'cab'])\nasyncio.run(main())",
            "['<c>', '<a>', '<b>']",
            ["c", "a", "b"],
        ),
        ("ask(ask('a'))", "<<a>>", ["a", "<a>"]),
    ],
)
def test_calls_are_answered_in_the_programs_order_however_they_are_written(code, text, asked):
    host = Host()
    result = run(code, functions={"ask": host.ask})
    assert (result.text, result.ok, host.asked, result.calls) == (text, True, asked, len(asked))


def test_variables_chance_and_functions_survive_a_call():
    """A pause is a copy of the whole program: it must come back as it was."""
    code = (
        "import random\nclass A:\n    def __init__(s):\n        s.x = [1]\na = A()\nb = a\nr = [random.random()]\n{}\n"
    )
    code += "a.x.append(2)\nr.append(random.random())\n(b.x, r)"
    host = Host()
    paused = run(code.format("ask('p')"), functions={"ask": host.ask})
    assert host.asked == ["p"] and paused.text == run(code.format("pass")).text


def test_a_host_function_that_raises_is_an_error_the_program_can_catch():
    async def ask(text):
        raise ValueError("no such thing\nand more")

    functions = {"ask": ask}
    result = run("ask('a')", functions=functions)
    assert not result.ok
    assert result.text == "line 1: ask('a')\nRuntimeError: ask failed: ValueError: no such thing"
    assert run("try:\n    ask('a')\nexcept RuntimeError:\n    print('caught')", functions=functions).text == "caught"
    waits = "try:\n    await ask('a')\nexcept RuntimeError:\n    print('caught')"
    assert run(waits, functions=functions).text == "caught"


@pytest.mark.parametrize("error", [Stop("no budget is left"), ModelError("the backend is gone")])
def test_the_host_can_end_a_program_that_catches_everything(error):
    async def ask(text):
        raise error

    code = "print('before')\nwhile True:\n    try:\n        ask('a')\n    except BaseException:\n        pass"
    result = run(code, functions={"ask": ask})
    assert (result.ok, result.stopped, result.text) == (False, error, f"before\nstopped: {error}")


def test_values_that_can_not_cross_are_results():
    async def ask(text):
        return object()

    assert not run("ask('a')", functions={"ask": ask}).ok
    assert not run("x", inputs={"x": object()}).ok
    assert "ask failed" in run("ask(1, 2, 3)", functions={"ask": ask}).text


def test_calls_are_bounded():
    host = Host()
    result = run("while True:\n    ask('a')", functions={"ask": host.ask}, limits=Limits(calls=5))
    assert (result.ok, len(host.asked), result.text) == (False, 5, "stopped: more than 5 calls")


def test_time_in_which_the_host_is_awaited_does_not_count():
    async def ask(text):
        await asyncio.sleep(0.12)
        return text

    result = run("for i in range(4):\n    ask('a')\n'done'", functions={"ask": ask}, limits=Limits(seconds=0.1))
    assert (result.text, result.ok) == ("done", True)  # the host alone waited 0.48 s


def test_running_time_adds_up_over_calls():
    """Otherwise a program could run for ever by asking often."""
    code = "while True:\n    for i in range(20000):\n        pass\n    ask('a')"
    result = run(code, functions={"ask": Host().ask}, limits=Limits(seconds=0.1, calls=100_000))
    assert not result.ok and "longer than 0.1 s" in result.text


def test_programs_that_start_programs_never_wait_for_each_other():
    """More programs at once, each inside another, than there are workers: nothing may hold a worker while it waits."""
    n = 3 * sandbox.WORKERS

    async def nested(depth):
        async def ask(text):
            return (await nested(depth - 1)).text if depth else text

        return await run_python("ask('x') + '.'", functions={"ask": ask})

    async def all_of_them():
        return await asyncio.wait_for(asyncio.gather(*(nested(3) for _ in range(n))), 60)

    assert {result.text for result in asyncio.run(all_of_them())} == {"x...."}


def test_the_event_loop_is_free_while_a_program_runs():
    async def both():
        program = asyncio.create_task(run_python("while True:\n    pass", limits=Limits(seconds=0.3)))
        beats = 0
        while not program.done():
            await asyncio.sleep(0.005)
            beats += 1
        return beats

    assert asyncio.run(both()) > 5


def test_a_cancelled_program_is_cancelled():
    async def ask(text):
        await asyncio.sleep(3600)

    async def cancelled():
        await asyncio.wait_for(run_python("ask('a')", functions={"ask": ask}), 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())


def test_nothing_inside_depends_on_when_and_where():
    code = "import time, datetime, random\ntime.sleep(1000)\n"
    code += "(time.time(), str(datetime.datetime.now()), random.random(), {'b', 'a', 'c'})"
    first = run(code)
    assert first.ok and "2000-01-01" in first.text and "{'a', 'b', 'c'}" in first.text
    script = f"import asyncio\nfrom thinkaloud.tools.python import run_python\nr = asyncio.run(run_python({code!r}))\n"
    other = subprocess.run(
        [sys.executable, "-c", script + "assert r.ok\nprint(r.text)"], capture_output=True, text=True
    )
    assert (other.stdout.strip(), other.returncode) == (first.text, 0)


def test_a_session_keeps_its_variables():
    async def all_of_it():
        host = Host()
        session = PythonSession(functions={"ask": host.ask}, limits=Limits(seconds=0.2))
        return [
            (await session.run("x = [n]\ndef f():\n    return x", {"n": 1})).text,
            (await session.run("x.append(ask('a'))\n1/0")).text,
            (await session.run("f()")).text,
            (await session.run("x = 5\nwhile True:\n    pass")).text,
            (await session.run("f()")).text,
        ]

    failed = "line 2: 1/0\nZeroDivisionError: division by zero"
    late = "TimeoutError: the program ran longer than 0.2 s"
    assert asyncio.run(all_of_it()) == ["", failed, "[1, '<a>']", late, "[1, '<a>']"]


def test_two_programs_share_nothing():
    run("secret = 1\nimport math\nmath.pi = 3")
    assert "NameError" in run("secret").text
    assert run("import math\nmath.pi").text.startswith("3.14")


def test_values_are_written_without_the_whole_of_them():
    assert show([1] * 10**6, 30) == "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1,..."
    assert show({3, 1, 10}, 99) == "{1, 3, 10}" and show((1,), 99) == "(1,)" and show(None, 99) == ""
    assert show({"a": [set(), {"b"}]}, 99) == "{'a': [set(), {'b'}]}"
    assert "cannot be written" in show(10**5000, 99)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert len(show(deep, 1000)) < 200


def test_limits_are_positive_and_a_missing_library_names_its_extra(monkeypatch):
    with pytest.raises(UserError, match="seconds is -1"):
        Limits(seconds=-1)
    monkeypatch.setattr(sandbox, "_pool", sandbox._pool.__wrapped__)
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    with pytest.raises(UserError, match=r"thinkaloud\[tools\]"):
        run("1")
    with pytest.raises(UserError, match=r"thinkaloud\[tools\]"):
        PythonSession()
