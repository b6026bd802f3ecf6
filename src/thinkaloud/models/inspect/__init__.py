"""Models behind Inspect's model layer: `inspect:PROVIDER/NAME`. Nothing a provider promises is trusted (`probe.py`)."""

from thinkaloud.models.inspect.model import open_inspect

__all__ = ["open_inspect"]
