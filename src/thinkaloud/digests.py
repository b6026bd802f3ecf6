"""A digest of what a Python object is: its class, that class's source, and its parameters.

    digest(thing)     64 hex digits, the same in every process; `UserError` where a parameter cannot be hashed

An object (or anything inside it) that has a text `digest` is taken at its word. Otherwise plain values, containers,
dataclasses, NumPy arrays, functions and objects of ordinary classes are hashed by content. A lock, an open file or a
connection has none: then the object needs a `digest` of its own, and the error says so. Module globals that a class
reads are not seen, nor is what a C extension hides.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import random
import re
import types
from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol, runtime_checkable

import numpy as np

from thinkaloud.errors import UserError

BILL = "usage"
"""The optional member of a model that counts what was spent: it grows while the model works, and is no parameter."""
LIBRARY = ("builtins", "abc", "typing", "collections", "enum", "thinkaloud")
"""Classes of these modules are known by name: their source is not the user's."""


def digest(thing: object, what: str) -> str:
    """64 hex digits. `what` is what the user calls the thing, for the error."""
    declared = _declared(thing)
    found = ["digest", declared] if declared else _plain(thing, what, ())
    return hashlib.sha256(_text(found).encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@runtime_checkable
class Digested(Protocol):
    """A thing that says what it is: its digest changes with what it does."""

    digest: str


def _declared(thing: object) -> str | None:
    found = thing.digest if isinstance(thing, Digested) and not isinstance(thing, type) else None
    return found if isinstance(found, str) and found else None


def _plain(value: Any, where: str, above: tuple[int, ...]) -> Any:
    """A value as JSON that is equal for equal values."""
    if value is None or (isinstance(value, (bool, int, float, complex, str)) and not isinstance(value, Enum)):
        return [type(value).__name__, repr(value)]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", hashlib.sha256(value).hexdigest()]
    if isinstance(value, PurePath):
        return ["path", str(value)]
    if id(value) in above:
        return ["above", len(above) - above.index(id(value))]
    inside = (*above, id(value))
    found = _container(value, where, inside) or _code(value, where, inside)
    return found if found is not None else _object(value, where, inside)


def _container(value: Any, where: str, above: tuple[int, ...]) -> Any:
    """Collections, arrays and patterns; None for anything else."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        return ["array", value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
    if isinstance(value, re.Pattern):
        return ["pattern", repr(value.pattern), value.flags]
    if isinstance(value, random.Random):
        return ["random", repr(value.getstate())]
    if isinstance(value, Enum):
        return ["enum", _name(type(value)), value.name]
    if isinstance(value, Mapping) and not hasattr(value, "__dict__"):
        pairs = [[_plain(k, where, above), _plain(v, f"{where}[{k!r}]", above)] for k, v in value.items()]
        return ["mapping", sorted(pairs, key=_text)]
    if type(value) in (list, tuple):
        return [type(value).__name__, [_plain(one, f"{where}[{i}]", above) for i, one in enumerate(value)]]
    if type(value) in (set, frozenset):
        return ["set", sorted((_plain(one, where, above) for one in value), key=_text)]
    return None


def _code(value: Any, where: str, above: tuple[int, ...]) -> Any:
    """Classes, functions and modules; None for anything else."""
    if isinstance(value, types.ModuleType):
        return ["module", value.__name__]
    if isinstance(value, type):
        return ["class", _name(value), [_class(one, where, above) for one in value.__mro__ if _own(one)]]
    if isinstance(value, functools.partial):
        return ["partial", _plain([value.func, list(value.args), dict(value.keywords)], where, above)]
    if isinstance(value, types.MethodType):
        return ["method", _plain(value.__func__, where, above), _plain(value.__self__, where, above)]
    if isinstance(value, types.FunctionType):
        return ["function", _name(value), _source(value, value.__code__), *_bound(value, where, above)]
    if isinstance(value, types.BuiltinFunctionType):
        return ["function", f"{value.__module__}.{value.__qualname__}"]
    return None


def _object(value: Any, where: str, above: tuple[int, ...]) -> Any:
    """The object of an ordinary class by its parameters."""
    if declared := _declared(value):
        return ["digest", _name(type(value)), declared]
    slots = [name for one in type(value).__mro__ for name in _slots(one)]
    if not hasattr(value, "__dict__") and not slots:
        raise UserError(
            f"{where} is a {_name(type(value))}, whose content cannot be hashed: give {where.partition('.')[0]} a "
            "`digest`, a text that changes whenever what it does changes"
        )
    held = {**getattr(value, "__dict__", {}), **{name: getattr(value, name) for name in slots if hasattr(value, name)}}
    cached = {
        n for one in type(value).__mro__ for n, at in vars(one).items() if isinstance(at, functools.cached_property)
    }
    held = {name: one for name, one in held.items() if name not in {BILL, *cached}}
    content = [[name, _plain(one, f"{where}.{name}", above)] for name, one in sorted(held.items())]
    inner = [_plain(dict(value.items()), where, above)] if isinstance(value, dict) else []
    inner += [_plain(list(value), where, above)] if isinstance(value, (Sequence, Set)) else []
    return ["object", _plain(type(value), where, above), content, *inner]


def _slots(one: type) -> Sequence[str]:
    found = vars(one).get("__slots__", ())
    return [name for name in ([found] if isinstance(found, str) else found) if not name.startswith("__")]


def _own(one: type) -> bool:
    """Whether a class is the user's, so that its source counts."""
    return one.__module__.partition(".")[0] not in LIBRARY


def _class(one: type, where: str, above: tuple[int, ...]) -> Any:
    """A class by its source, what its methods close over, and the values that its body holds."""
    functions = {name: made for name, held in vars(one).items() if (made := _function(held)) is not None}
    codes = [function.__code__ for _, function in sorted(functions.items())]
    bound = [[name, *_bound(function, where, above)] for name, function in sorted(functions.items())]
    values = []
    for name, held in sorted(vars(one).items()):
        if name not in functions and not name.startswith("__") and not inspect.isdatadescriptor(held):
            try:
                values.append([name, _plain(held, where, above)])
            except UserError:  # a constant of the class: its source says what it is
                continue
    return [_name(one), _source(one, *codes), bound, values]


def _function(held: Any) -> types.FunctionType | None:
    if isinstance(held, (staticmethod, classmethod)):
        held = held.__func__
    if isinstance(held, property):
        held = held.fget
    return held if isinstance(held, types.FunctionType) else None


def _bound(function: types.FunctionType, where: str, above: tuple[int, ...]) -> list[Any]:
    """What a function closes over, and its defaults."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    closed = [
        [name, _plain(cell.cell_contents, f"{where} ({name})", above)]
        for name, cell in sorted(cells.items())
        if name != "__class__" and cell.cell_contents is not function
    ]
    return [closed, _plain([list(function.__defaults__ or ()), function.__kwdefaults__ or {}], where, above)]


def _source(thing: type | Callable[..., Any], *codes: types.CodeType) -> str:
    """The text of a class or function; where there is none (a console), what it was compiled to."""
    try:
        if getattr(thing, "__name__", "") == "<lambda>":  # its source is a line, which may have several
            raise OSError
        return hashlib.sha256(inspect.getsource(thing).encode("utf-8", "surrogatepass")).hexdigest()
    except (OSError, TypeError):
        return hashlib.sha256(repr([_compiled(code) for code in codes]).encode()).hexdigest()


def _compiled(code: types.CodeType) -> list[Any]:
    constants = [_compiled(one) if isinstance(one, types.CodeType) else repr(one) for one in code.co_consts]
    return [code.co_code.hex(), constants, code.co_names]


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
