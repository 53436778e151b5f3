"""Targets of time per period."""
