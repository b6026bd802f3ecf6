"""Which code decides what a measurement finds: every module that is imported on the way, from the one that measures.

Imports are read from the source, also those inside functions and those of the packages that a module lies in; not
those for type checkers alone. A module that is opened by a name in a string (a task, a study) is not found this way and
must be one of the roots. Modules that only show or keep what was found are left out, by the patterns in `LEFT_OUT`, and
nothing is followed through them.

`Closure.digests` is what a calibration card keeps, and `changed` says which of it is another one now. This module
measures nothing and knows no card.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from thinkaloud.calibration.code import HOLDERS, bare, digest

PACKAGE = Path(__file__).parent.parent
LEFT_OUT: Mapping[str, str] = {
    "": "the package itself imports nothing before it is asked to",
    "_version": "a number that changes with every release",
    "open_model": "finds a model by its name; reasoners of a card are roots of its closure",
    "organisms.block": "a real model, of which no card is measured",
    "organisms.block.*": "a real model, of which no card is measured",
    "report.*": "shows findings",
    "studies.*.page": "shows findings",
    "studies.*.page.*": "shows findings",
    "studies.*.card": "puts a card into words",
    "runs.journal": "keeps records in a folder; no card is measured in one",
    "runs.identity": "says what a folder holds",
    "runs.progress": "shows how far a run is",
}
"""Pattern of module names below the package -> why these modules decide no number of a card."""
NAMED = 4
"""So many changed modules are named in a sentence."""
Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Closure:
    """`roots`: modules below the package that measure, `rules.measure` for `package/rules/measure.py`. `data`: patterns
    of files that decide numbers as well, below the package. `left_out` as `LEFT_OUT`. `package`: the package's folder.
    """

    roots: Sequence[str]
    data: Sequence[str] = ()
    left_out: Sequence[str] = tuple(LEFT_OUT)
    package: Path = PACKAGE

    def modules(self) -> dict[str, Path]:
        """Every module that decides a number, by its name below the package, sorted; `FileNotFoundError` where a root
        is no module."""
        found: dict[str, Path] = {}
        waiting = list(self.roots)
        while waiting:
            name = waiting.pop()
            if name in found or self._leaves_out(name):
                continue
            path = self._path(name)
            if path is None:
                raise FileNotFoundError(f"no module {name!r} below {self.package}")
            found[name] = path
            asked = _asked(path, name, self.package.name)
            waiting += [one for one in {*_packages(name), *asked} if self._path(one)]
        return dict(sorted(found.items()))

    def digests(self) -> dict[str, str]:
        """The digest of each module's code and of each data file; `FileNotFoundError` where a pattern fits no file."""
        found = {name: code_digest(path) for name, path in self.modules().items()}
        for pattern in self.data:
            paths = sorted(self.package.glob(pattern))
            if not paths:
                raise FileNotFoundError(f"no file fits {pattern!r} below {self.package}")
            found |= {path.relative_to(self.package).as_posix(): digest(path.read_bytes()) for path in paths}
        return found

    def _leaves_out(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.left_out)

    def _path(self, name: str) -> Path | None:
        """The file of a module or a package; None where there is none (a name imported from a module)."""
        place = self.package.joinpath(*name.split(".")) if name else self.package
        files = (place / "__init__.py", place.with_suffix(".py"))
        return next((path for path in files if path.is_file()), None)


def code_digest(path: Path) -> str:
    """The digest of the code of a Python file."""
    return digest(_read(path)[1].encode())


def changed(kept: object, now: Mapping[str, str]) -> list[str]:
    """Modules and files that are others than those kept, came or went; all where what is kept is no table of digests
    (an older card)."""
    before: Mapping[object, object] = kept if isinstance(kept, Mapping) else {}
    return sorted(name for name in {*map(str, before), *now} if before.get(name) != now.get(name))


def few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    shown = ", ".join(names[:NAMED])
    return shown + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _packages(name: str) -> Iterator[str]:
    """The packages that a module lies in: each is run when it is imported."""
    while name:
        name = name.rpartition(".")[0]
        yield name


def _asked(path: Path, name: str, package: str) -> Iterator[str]:
    """Names below the package that a module may import. For `from a import b` both `a` and `a.b`: which of them is a
    module, the source does not say."""
    inside = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for whole in _imported(_read(path)[0], ".".join(filter(None, (package, inside)))):
        if whole == package or whole.startswith(f"{package}."):
            yield whole.removeprefix(package).removeprefix(".")


def _read(path: Path) -> tuple[list[Import], str]:
    """What a file imports, and its code."""
    return _parsed(path.read_text("utf-8"))


@lru_cache(maxsize=512)
def _parsed(source: str) -> tuple[list[Import], str]:
    tree = ast.parse(source)
    return [node for node in _run(tree) if isinstance(node, ast.Import | ast.ImportFrom)], bare(source, tree)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """All statements that can be run, at any depth: not what only type checkers see."""
    for child in node.orelse if isinstance(node, ast.If) and _for_types(node.test) else ast.iter_child_nodes(node):
        if isinstance(child, HOLDERS):
            yield child
            yield from _run(child)


def _for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _imported(found: Sequence[Import], inside: str) -> Iterator[str]:
    """Whole names that import statements may import, from within the package `inside`."""
    for node in found:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            above = inside.split(".")[: inside.count(".") + 2 - node.level] if node.level else []
            start = ".".join(filter(None, (*above, node.module)))
            yield from (start, *(f"{start}.{alias.name}" for alias in node.names))
