"""What Inspect finds by its entry point group `inspect_ai`: importing this registers the provider and the tasks."""

from thinkaloud.interop.provider import ThinkaloudAPI
from thinkaloud.interop.tasks import channels, estimated, faithfulness, measured, recorded

__all__ = ["ThinkaloudAPI", "channels", "estimated", "faithfulness", "measured", "recorded"]
