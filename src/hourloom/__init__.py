"""Hourloom records what people do on their computers and shows where the hours go."""

__version__ = "0.1.0"
