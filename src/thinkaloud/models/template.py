"""Runs a chat template in the Jinja environment that transformers gives it.

Templates may use: `raise_exception`, `strftime_now`, `tojson`, `{% break %}`, `{% generation %}`, `namespace`, `dict`.
The date is always `DATE`, so that a prompt is the same every day; the model card says so if the template writes a date.
A template is code from a model file, so it runs in Jinja's sandbox, where no product or power may be large; whatever it
raises is its failure. A template that loops for ever is not stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence, Sized
from datetime import datetime
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.parser
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from thinkaloud.errors import FatalError

DATE = datetime(2026, 1, 1)
"""The date that templates see as today (a Thursday)."""
LARGEST, LONGEST = 10**9, 100
"""Of a product (a number, or the length of a text), and of an exponent."""
_NOW = re.compile(r"strftime_now\(\s*(['\"])(.*?)\1\s*\)")

Messages = Sequence[Mapping[str, Any]]
Apply = Callable[[Messages, bool], str]
"""Messages as text; whether the beginning of an assistant's turn is added."""


class Generation(jinja2.ext.Extension):
    """`{% generation %}`, which marks the model's text for training: its content is written unchanged."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        """Parse the block and return its statements."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, without products and powers that would fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """A product or a power; `SecurityError` where it would be larger than `LARGEST`."""
        if operator == "*":
            sizes = [len(one) if isinstance(one, Sized) else abs(one) for one in (left, right)]
            large = sizes[0] * sizes[1] > LARGEST
        else:
            large = abs(left) > 1 and abs(right) > LONGEST
        if large:
            raise SecurityError(f"{operator} makes something too large")
        return super().call_binop(context, operator, left, right)


def applied(template: str, tokens: Mapping[str, object]) -> Apply:
    """A template as a function. `tokens`: the texts of control tokens that templates write by name (`bos_token`...),
    and other variables that they may know."""
    environment = _Bounded(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation])
    environment.filters["tojson"] = _tojson
    environment.globals |= {"raise_exception": _raise, "strftime_now": DATE.strftime, "dict": dict}
    try:
        compiled = environment.from_string(template)
    except Exception as error:  # also RecursionError, for what is nested too deep
        raise FatalError(f"this model's chat template is broken ({error}): use --format completion") from error

    def apply(messages: Messages, begin: bool) -> str:
        try:
            return compiled.render(messages=messages, add_generation_prompt=begin, tools=None, documents=None, **tokens)
        except Exception as error:
            raise FatalError(f"this model's chat template failed ({error}): use --format completion") from error

    return apply


def writes_date(template: str) -> bool:
    """Whether the template asks for the current date."""
    return "strftime_now" in template


def dated(template: str) -> str:
    """The template with `DATE` in place of the current date, for other programs that render it. What no date can be
    written as (half a character) is left to them."""

    def written(found: re.Match[str]) -> str:
        try:
            return repr(DATE.strftime(found[2]))
        except ValueError:
            return found[0]

    return _NOW.sub(written, template)


def chosen(templates: Mapping[str, str]) -> tuple[str | None, str]:
    """From named templates, the one for plain turns (`default`, or the only one), and a note if there was a choice."""
    if "default" in templates:
        return templates["default"], ""
    if len(templates) == 1:
        ((name, template),) = templates.items()
        return template, f"the only one there is, {name!r}"
    names = ", ".join(sorted(templates))
    return None, f"none of {names} is called default, so none is used" if templates else ""


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def _tojson(
    value: Any, ensure_ascii: bool = False, indent: int | None = None, separators: Any = None, sort_keys: bool = False
) -> str:
    # Jinja's own escapes for HTML
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
