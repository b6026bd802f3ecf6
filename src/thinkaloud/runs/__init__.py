"""The run folder: what was asked, what was recorded, how to go on."""
