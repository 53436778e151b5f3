"""Shared words without input or output."""
