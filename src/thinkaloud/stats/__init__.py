"""Shared statistics: intervals and tests. Knows no model and no task, and of records only what a row is about."""
