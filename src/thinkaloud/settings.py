"""What may be set, in a frozen dataclass whose fields say what they mean.

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        shots: int = setting(6, "Solved examples before every question.")

Options of the command line, the tables of `config.toml` and the command that a report prints all follow from the
fields, so that a default stands in one place. A field is an int, float, str or bool, a tuple of numbers or of strings,
or one of these or None. This module knows no study and no command line.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from thinkaloud.errors import UserError, unknown
from thinkaloud.names import split_names

T = TypeVar("T")


@dataclass(frozen=True)
class NoSettings:
    """The settings of a study that has none."""


def setting(
    default: Any,
    about: str,
    *,
    choices: tuple[str, ...] = (),
    none: str = "",
    read: Callable[[str], Any] | None = None,
    path: bool = False,
) -> Any:
    """A field of a settings dataclass. `about`: one sentence for the help; `choices`: the only words allowed; `none`:
    the word for an empty tuple (`all`) or for None (`auto`); `read`: turns a word of a command line into a value, where
    the type alone does not say how (`4k`); `path`: it may name a file or a folder, which is looked for where the run
    was begun."""
    return dataclasses.field(default=default, metadata={"option": (about, choices, none, read), "path": path})


@dataclass(frozen=True, slots=True)
class Option:
    """A field as whoever shows it needs it. `flag` is its name on a command line, without dashes before it; `kind` is
    int, float, str or bool; `many`: it is a tuple of them."""

    name: str
    flag: str
    kind: type
    many: bool
    default: Any
    about: str
    choices: tuple[str, ...]
    none: str
    read: Callable[[str], Any] | None

    def text(self, value: Any) -> str:
        """A value as one word of a command line."""
        if value is None:
            return self.none
        return (",".join(map(str, value)) or self.none) if self.many else str(value)

    def value(self, text: str) -> Any:
        """The value of a word; `UserError` where it is none. Commas separate the parts of a tuple (`names.py`)."""
        if not self.many:
            return None if self.none and text == self.none else self._one(text)
        return tuple(map(self._one, () if text == self.none else split_names(text)))

    def _one(self, word: str) -> Any:
        try:
            return (self.read or self.kind)(word)
        except ValueError as error:
            wanted = {int: "a whole number", float: "a number"}.get(self.kind, self.kind.__name__)
            other = f" or {self.none!r}" if self.none else ""
            raise UserError(f"--{self.flag} is {word!r}: give {wanted}{other}") from error


def options(cls: type[Any]) -> tuple[Option, ...]:
    """The fields of a settings dataclass that are made by `setting`, in their order."""
    hints = typing.get_type_hints(cls)
    return tuple(_option(field, hints[field.name]) for field in dataclasses.fields(cls) if "option" in field.metadata)


def _option(field: dataclasses.Field[Any], hint: Any) -> Option:
    about, choices, none, read = field.metadata["option"]
    kinds = [one for one in _alternatives(hint) if one is not type(None)]
    plain = kinds[0]
    many = typing.get_origin(plain) is tuple
    kind = typing.get_args(plain)[0] if many else plain
    if typing.get_origin(kind) is typing.Literal:
        choices, kind = choices or typing.get_args(kind), str
    if int in kinds and str in kinds:  # a word or a number: `edge`, or a level
        kind, read = str, read or _word_or_number
    return Option(field.name, field.name.replace("_", "-"), kind, many, field.default, about, choices, none, read)


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _word_or_number(text: str) -> str | int:
    return int(text) if text.lstrip("-").isdigit() else text


def moved(values: T, place: Callable[[str], str]) -> T:
    """The same values; every word of a field that is a `path` becomes what `place` says."""
    found: dict[str, Any] = {}
    for one in dataclasses.fields(values):  # type: ignore[arg-type]
        value = getattr(values, one.name)
        if one.metadata.get("path") and value:
            found[one.name] = place(value) if isinstance(value, str) else tuple(map(place, value))
    made: T = dataclasses.replace(values, **found)  # type: ignore[type-var]
    return made


def arguments(values: Any) -> list[str]:
    """What must be said on a command line to have these values again: every option that is not at its default."""
    said: list[str] = []
    for option in options(type(values)):
        value = getattr(values, option.name)
        if value == option.default:
            continue
        if option.kind is bool:
            said.append(f"--{'' if value else 'no-'}{option.flag}")
        else:
            said += [f"--{option.flag}", option.text(value)]
    return said


def plain(values: Any) -> dict[str, Any]:
    """The values as TOML can hold them: no None, and tuples are lists."""
    found = {field.name: getattr(values, field.name) for field in dataclasses.fields(values)}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in found.items() if value is not None
    }


def load(cls: type[T], data: Mapping[str, Any], where: str) -> T:
    """The values of a table of a file. A name that is not a field or a value of another type is a `UserError` that
    quotes it; `where` is the beginning of its line."""
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for name in data:
        if name not in names:
            raise unknown(f"setting in {where}", name, names)
    hints = typing.get_type_hints(cls)
    made: T = cls(**{name: _converted(value, hints[name], f"{where}: {name}") for name, value in data.items()})
    return made


def checked(values: T, where: str = "") -> T:
    """The same values; a `UserError` for one of another type than its field has, or that is not among the choices."""
    for option in options(type(values)):
        value = getattr(values, option.name)
        if option.choices and value not in option.choices:
            raise unknown(option.name.replace("_", " "), str(value), option.choices)
    lead = f"{where}: " if where else ""
    for name, hint in typing.get_type_hints(type(values)).items():
        _converted(getattr(values, name), hint, f"{lead}{name}")
    return values


def _converted(value: Any, hint: Any, what: str) -> Any:
    try:
        found = msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        raise UserError(f"{what} is {value!r}: {str(error)[:1].lower()}{str(error)[1:]}") from error
    if isinstance(found, float) and not math.isfinite(found):
        raise UserError(f"{what} is {value!r}: give a finite number")
    return found
