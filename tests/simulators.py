"""The simulators of benchmarks, so that tests and published error rates speak of the same worlds."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def simulator(name: str) -> ModuleType:
    """benchmarks/NAME.py as a module."""
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
