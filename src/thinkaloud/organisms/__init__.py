"""Reasoners whose truth is known: what every metric is tried on before it is believed."""
