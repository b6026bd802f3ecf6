"""The report of the rungs."""
