"""What of a source file decides what it computes: its text without comments, docstrings and blank lines.

The digest is of this text and not of a parse tree, so it is the same under every version of Python that can read the
file. Strings are kept as they are, with the blank lines in them: a prompt is code here. This module knows neither
imports nor cards.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator

DIGITS = 12
"""Hex digits of a digest: enough to see a change; it guards against accidents and not against attackers."""
HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Statements, and the clauses that hold some."""


def digest(content: bytes) -> str:
    """A short hash."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def bare(source: str, tree: ast.Module) -> str:
    """The code of a Python file without what only readers see; `tree` is the file parsed."""
    lines = [line.encode() for line in io.StringIO(source)]
    for row, column in _comments(source):
        lines[row] = lines[row].decode()[:column].encode() + b"\n"
    for node in _statements(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            _blank(lines, node)
    inside = {row for first, end in _long_strings(tree) for row in range(first, end)} if _quoted(lines) else set()
    kept = [line if row in inside else line.rstrip() + b"\n" for row, line in enumerate(lines)]
    return b"".join(line for row, line in enumerate(kept) if line.strip() or row in inside).decode()


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node, at any depth."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, HOLDERS):
            yield node
            yield from _statements(node)


def _comments(source: str) -> Iterator[tuple[int, int]]:
    """Line (from 0) and column of every comment."""
    if "#" in source:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0] - 1, token.start[1]


def _blank(lines: list[bytes], node: ast.stmt) -> None:
    """Take a statement's text out; columns are in bytes. There are as many lines as before."""
    assert node.end_lineno is not None and node.end_col_offset is not None
    first, last = node.lineno - 1, node.end_lineno - 1
    rest = lines[first][: node.col_offset] + lines[last][node.end_col_offset :]
    lines[first : last + 1] = [b"\n"] * (last - first) + [rest]


def _quoted(lines: list[bytes]) -> bool:
    return any(b'"""' in line or b"'''" in line for line in lines)


def _long_strings(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First line of every string of several lines (from 0), and the line after the last that its end does not stand
    in. What is inside of a formatted string is not looked at: older versions of Python do not know where it is."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr):
            yield from _long_strings(node)
        elif node.end_lineno is not None and node.end_lineno > node.lineno:
            yield node.lineno - 1, node.end_lineno - 1
