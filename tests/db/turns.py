"""Waiting for what a loop does by itself."""

from __future__ import annotations

import asyncio


async def a_turn() -> None:
    """Let work be started, and what was gathered in a turn of the loop be queued."""
    for _ in range(2):
        await asyncio.sleep(0)
