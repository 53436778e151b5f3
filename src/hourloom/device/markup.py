"""Texts within XML, without the library whose import brings the web and its certificates along."""

from __future__ import annotations

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escaped(text: str) -> str:
    """Write a text so that it is only text."""
    return text.translate(_ENTITIES)


def quoted(text: str) -> str:
    """Write a text as the value of an attribute."""
    return f'"{escaped(text)}"'
