"""Waiting for a condition, for as long as a slow machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PATIENCE = 30.0


def until(look: Callable[[], Found], patience: float = PATIENCE) -> Found:
    """Look again and again until something is found, and return it."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found
