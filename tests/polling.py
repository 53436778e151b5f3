"""Ask again until the answer is the one that must come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def until(ask: Callable[[], Answer], is_it: Callable[[Answer], bool], seconds: float = 30.0) -> Answer:
    """Return the first answer that is right, or else the last one, for the caller's assertions to judge."""
    latest = time.monotonic() + seconds
    while not is_it(answer := ask()) and time.monotonic() < latest:
        time.sleep(0.02)
    return answer
