"""Models behind Inspect's model layer: `inspect:PROVIDER/NAME`. What a provider can do is probed, not assumed
(`probe.py`)."""

from thinkaloud.models.inspect.model import open_inspect

__all__ = ["open_inspect"]
