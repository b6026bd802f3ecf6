"""The versions that this environment has of everything thinkaloud may bring along, as constraints for pip.

    python benchmarks/constraints.py > constraints.txt

Run where the tests have passed, and commit what it writes. Of an extra that is not installed here there is no line, and
stderr names it. Local parts of versions (`+cpu`) are left out, so that any build of a version will do.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "thinkaloud"


def closure() -> tuple[dict[str, str], list[str]]:
    """Version by name, of the requirements and of theirs; and what of ours is not installed."""
    found, missing = dict[str, str](), list[str]()
    waiting = [(NAME, one) for one in requires(NAME) or []]
    while waiting:
        by, said = waiting.pop()
        one = Requirement(said)
        ours = by == NAME and "extra ==" in said
        if one.marker is not None and not ours and not one.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(one.name)
        if name in found or name == NAME:
            continue
        try:
            found[name] = version(name).partition("+")[0]
        except PackageNotFoundError:
            missing += [name] if by == NAME else []
            continue
        waiting += [(name, more) for more in requires(name) or [] if "extra ==" not in more]
    return found, missing


if __name__ == "__main__":
    versions, lacking = closure()
    print("# Versions with which all tests passed. Written by benchmarks/constraints.py; see docs/install.md.")
    print("\n".join(f"{name}=={number}" for name, number in sorted(versions.items())))
    if lacking:
        print(f"not installed here: {', '.join(sorted(lacking))}", file=sys.stderr)
