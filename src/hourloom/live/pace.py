"""How fast one socket may send: a bucket of permits that fills evenly."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Lets a burst through at once and makes what exceeds it wait; nothing is refused."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, burst
        self._permits = float(burst)
        self._counted = time.monotonic()

    async def permit(self) -> None:
        """Wait until one more may pass."""
        now = time.monotonic()
        self._permits = min(self._burst, self._permits + (now - self._counted) * self._per_second)
        self._counted = now
        self._permits -= 1
        if self._permits < 0:
            await asyncio.sleep(-self._permits / self._per_second)
