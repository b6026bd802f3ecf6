"""Hold plain JSON against a schema, and say in one line what does not fit: which field, and which value.

A schema is a type that msgspec can read: a `TypedDict` of numbers, texts, lists and further `TypedDict`s. Fields that a
schema does not name are let through, so that a study may keep more. This module knows no record.
"""

from __future__ import annotations

import reprlib
import types
from collections.abc import Iterator
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import msgspec

from thinkaloud.errors import UserError


def check(value: object, schema: Any, where: str = "") -> None:
    """`UserError` where a value does not fit; `where` is the beginning of its line."""
    try:
        msgspec.convert(value, schema, strict=True)
    except (msgspec.ValidationError, UnicodeError) as error:  # the latter for half a character
        lead = f"{where}: " if where else ""
        raise UserError(f"{lead}{next(_misfits(value, schema, ''), str(error))}") from error


def _misfits(value: object, schema: Any, field: str) -> Iterator[str]:
    """What does not fit, field by field."""
    inner = [kind for kind in _alternatives(schema) if _fits_outside(value, kind)]
    if is_typeddict(schema) and isinstance(value, dict):
        lead = f"{field}." if field else ""
        for name, hint in get_type_hints(schema, include_extras=True).items():
            optional = get_origin(hint) is NotRequired
            if name in value:
                yield from _misfits(value[name], get_args(hint)[0] if optional else hint, f"{lead}{name}")
            elif not optional:
                yield f"{lead}{name} is missing"
    elif get_origin(schema) is dict and isinstance(value, dict):
        for name, one in value.items():
            yield from _misfits(one, get_args(schema)[1], f"{field}.{name}")
    elif get_origin(schema) is list and isinstance(value, list):
        for place, one in enumerate(value):
            yield from _misfits(one, get_args(schema)[0], f"{field}[{place}]")
    elif len(inner) == 1 and inner[0] is not schema:
        yield from _misfits(value, inner[0], field)
    else:
        yield from _misfit(value, schema, field)


def _alternatives(schema: Any) -> tuple[Any, ...]:
    return get_args(schema) if isinstance(schema, types.UnionType) else (schema,)


def _fits_outside(value: object, kind: Any) -> bool:
    """Whether a value has what is inside this alternative: a table has fields, a list has elements."""
    origin = dict if is_typeddict(kind) else get_origin(kind)
    return origin in (dict, list) and isinstance(value, origin)


def _misfit(value: object, schema: Any, field: str) -> Iterator[str]:
    try:
        msgspec.convert(value, schema, strict=True)
    except msgspec.ValidationError as error:
        words = get_args(schema) if get_origin(schema) is Literal else ()
        said = f"known: {', '.join(map(str, words))}" if words else str(error)
        yield f"{field or 'it'} is {reprlib.repr(value)}: {said[:1].lower()}{said[1:]}"
    except UnicodeError:
        yield f"{field or 'it'} is {reprlib.repr(value)}: half a character"
