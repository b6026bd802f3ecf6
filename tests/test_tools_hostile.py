"""Hostile programs: each ends within its bounds as a result, learns nothing, and leaves the host alive and small."""

import asyncio
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from thinkaloud.tools.base import ToolResult
from thinkaloud.tools.python import Limits, run_python

pytest.importorskip("pydantic_monty")

TIGHT = Limits(seconds=0.2, memory=32 * 2**20, output=2000)
PATIENT = Limits(seconds=30, memory=32 * 2**20, output=2000)
"""For what ends by itself or by its memory, on a machine that may be slow."""

REFUSED = {
    "os": ("import os\nos.system('id')", "AttributeError"),
    "listing": ("import os\nos.listdir('/')", "PermissionError"),
    "environment": ("import os\nos.environ['HOME']", "not supported"),
    "getenv": ("import os\nos.getenv('PATH')", "not supported"),
    "socket": ("import socket", "No module named 'socket'"),
    "urllib": ("import urllib.request", "No module named"),
    "subprocess": ("import subprocess", "No module named 'subprocess'"),
    "ctypes": ("import ctypes", "No module named 'ctypes'"),
    "threading": ("import threading", "No module named 'threading'"),
    "importlib": ("import importlib", "No module named 'importlib'"),
    "builtins": ("import builtins", "No module named 'builtins'"),
    "installed package": ("import numpy", "No module named 'numpy'"),
    "host module": ("import thinkaloud", "No module named 'thinkaloud'"),
    "sys.modules": ("import sys\nsys.modules", "AttributeError"),
    "open": ("open('/etc/passwd').read()", "PermissionError"),
    "open to write": ("open('/tmp/thinkaloud-was-here', 'w').write('x')", "PermissionError"),
    "path": ("from pathlib import Path\nPath('/etc/passwd').read_text()", "PermissionError"),
    "import function": ("__import__('os').system('id')", "NameError"),
    "import by eval": ("eval(\"__import__('os')\")", "NameError"),
    "import by exec": ('exec("import socket")', "No module named 'socket'"),
    "builtins by name": ("__builtins__", "NameError"),
    "globals": ("globals()", "NameError"),
    "subclasses": ("().__class__.__base__.__subclasses__()", "AttributeError"),
    "subclasses by type": ("type(1).__subclasses__()", "AttributeError"),
    "getattr": ("getattr((), '__cl' + 'ass__')", "AttributeError"),
    "format": ("'{0.__class__}'.format(1)", "AttributeError"),
    "function globals": ("def f():\n    pass\nf.__globals__", "AttributeError"),
    "function code": ("def f():\n    pass\nf.__code__", "AttributeError"),
    "host function globals": ("ask.__globals__", "AttributeError"),
    "traceback": ("try:\n    1/0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_globals", "AttributeError"),
    "recursion limit": ("import sys\nsys.setrecursionlimit(10**9)", "AttributeError"),
    "digits": ("import sys\nsys.set_int_max_str_digits(0)", "AttributeError"),
    "exit": ("exit()", "NameError"),
    "input": ("input('password: ')", "NameError"),
    "breakpoint": ("breakpoint()", "NameError"),
    "fullwidth": ("\uff4f\uff50\uff45\uff4e('/etc/passwd')", "PermissionError"),
    "zero width": ("op\u200ben('/etc/passwd')", "SyntaxError"),
}

BOUNDED = {
    "loop": ("while True:\n    pass", "longer than 0.2 s"),
    "loop that catches": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        "longer",
    ),
    "loop in a cleanup": ("def f():\n    try:\n        f()\n    finally:\n        f()\nf()", "longer"),
    "sum": ("sum(range(10**12))", "longer"),
    "squares": ("x = 10**5\nwhile True:\n    x = x * x", ""),
    "text": ("'a' * 10**10", "more than 32 MiB"),
    "list": ("[0] * 10**10", "more than 32 MiB"),
    "doubling": ("x = 'a'\nwhile True:\n    x = x + x", "more than 32 MiB"),
    "nested doubling": ("x = []\nwhile True:\n    x = [x, x, x, [x]]", ""),
    "appending": ("x = []\nwhile True:\n    x.append('a' * 1000)", "more than 32 MiB"),
    "memory that catches": (
        "x = []\nwhile True:\n    try:\n        x.append('a' * 10**6)\n    except BaseException:\n        pass",
        "MiB",
    ),
    "join": ("','.join(['a' * 10**6] * 10**6)", ""),
    "replace": ("'a'.replace('a', 'b' * 10**9)", "MiB"),
    "format": ("'{:>10000000000}'.format(1)", "MiB"),
    "giant power": ("10**10**8", "MiB"),
    "giant shift": ("1 << 10**12", ""),
    "factorial": ("import math\nmath.factorial(10**8)", ""),
    "giant decimal": ("int('9' * 10**6)", "ValueError"),
    "recursion": ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError"),
    "recursion that catches": ("def f():\n    try:\n        f()\n    except BaseException:\n        f()\nf()", ""),
    "recursion of reprs": ("class A:\n    def __repr__(self):\n        return repr(self)\nrepr(A())", ""),
    "parentheses": ("(" * 9000 + "1" + ")" * 9000, "nested"),
    "signs": ("-" * 19000 + "1", "nested"),
    "brackets": ("[" * 9000 + "]" * 9000, "nested"),
    "chain": ("x = 1" + " + 1" * 4900 + "\n'a' * 10**10", ""),
    "long": ("x = 1\n" * 50_000, "at most 20000 are run"),
    "long line": ("x = '" + "a" * 10**6 + "'", "at most 20000 are run"),
    "prints": ("while True:\n    print('x' * 1000)", ""),
    "one print": ("print('x' * 10**9)", "MiB"),
    "names": ("while True:\n    try:\n        nothing\n    except NameError:\n        pass", "limit"),
    "imports": ("while True:\n    try:\n        import nothing\n    except ImportError:\n        pass", "limit"),
    "many arguments": ("ask(*range(10**5))\n1/0", "ask failed"),
    "raise": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "raise exit": ("raise SystemExit", ""),
    "syntax": ("x ==== 1", "line 1: x ==== 1\nSyntaxError"),
    "surrogate": ("'\ud800'", ""),
    "regex": ("import re\nre.match(r'(a*)*\\1b', 'a' * 40)", ""),
    "regex size": ("import re\nre.compile('(a{1000}){1000}')", ""),
}

HARMLESS = {
    "sleeping": "import time\ntime.sleep(10**9)",
    "async sleeping": "import asyncio\nawait asyncio.sleep(10**9)",
    "regex": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
    "long value": "'x' * 10**7",
    "many values": "list(range(10**5))",
    "deep value": "x = []\nfor i in range(10**5):\n    x = [x]\nx",
    "cyclic value": "x = []\nx.append(x)\nx",
    "deep argument": "x = []\nfor i in range(10**4):\n    x = [x]\nask(x)",
    "own class as argument": "class A:\n    pass\nask(A())",
    "function as argument": "ask(ask)",
    "name taken": "ask = 3\nprint = 4\nask",
    "zero bytes": "'a\x00b'",
    "empty": "",
    "giant value": "10**5000",
}


async def ask(value):
    return "ok"


def run(code, limits=TIGHT):
    return asyncio.run(run_python(code, functions={"ask": ask}, limits=limits))


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_outside_can_be_reached(name):
    code, why = REFUSED[name]
    result = run(code)
    assert not result.ok and why in result.text and "root:" not in result.text


@pytest.mark.parametrize("name", BOUNDED)
def test_time_memory_depth_and_output_are_bounded(name):
    code, why = BOUNDED[name]
    result = run(code, PATIENT if "MiB" in why else TIGHT)
    assert not result.ok and why in result.text
    assert len(result.text) < TIGHT.output + 700
    assert len(result.text.removeprefix("x").splitlines()[-1]) < 400
    assert run("1 + 1", PATIENT).text == "2"  # the next program finds everything in order


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_but_harmless_programs_end_well(name):
    result = run(HARMLESS[name], PATIENT)
    assert result.ok and len(result.text) < TIGHT.output + 200


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="abx=()[]{}:'\"+-*/.,\n 01@#\\", max_size=60))
@example("\ud800")
@example("\x00")
@example("ask(")
def test_no_text_raises(code):
    assert isinstance(run(code), ToolResult)


BOMBS = [
    "'a' * 10**10",
    "x = 'a'\nwhile True:\n    x = x + x",
    "[[i] for i in range(10**9)]",
    "while True:\n    print('x' * 1000)",
    "x = []\nwhile True:\n    x.append({'a': x})",
    "10**10**8",
    "['a' * 100 for i in range(10**5)]",
    "'x' * (20 * 2**20)",
    "def f(n):\n    return f(n + 1)\nf(0)",
    "','.join(['a' * 10**6] * 10**6)",
]

WATCHED = f"""
import asyncio, resource
from pathlib import Path
from thinkaloud.tools import sandbox
from thinkaloud.tools.python import Limits, run_python
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
async def main():
    limits = Limits(seconds=0.5, memory=32 * 2**20)
    await run_python("1")
    before = peak()
    for _ in range(2):
        await asyncio.gather(*(run_python(bomb, limits=limits) for bomb in {BOMBS!r}))
    print(peak() - before)
asyncio.run(main())
sandbox._pool().__exit__(None, None, None)  # so that every worker is accounted for
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_of_host_and_workers_stays_small_and_the_host_ends_well():
    """Ten bombs at once, twice: the limit is 32 MiB a program; nothing is left running and the exit code is 0."""
    ended = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr[-500:]
    host, worker = (int(line) / 1024 for line in ended.stdout.split())
    assert host > 0 and worker > 0, ended.stdout
    assert host < 128 and worker < 128, (host, worker)
