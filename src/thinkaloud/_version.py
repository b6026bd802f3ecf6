"""The version of this package, for whoever writes down what made a number."""

__version__ = "0.4.0"
