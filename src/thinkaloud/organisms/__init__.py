"""Reasoners whose truth is known (model organisms), on which every metric is tested."""
