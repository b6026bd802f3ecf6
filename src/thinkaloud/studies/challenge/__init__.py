"""Somebody's arm against the tuned baselines."""
