"""Finished runs of the same questions held against each other: what changed, and what could have been seen."""
