"""The icon, drawn: a disc for recording, two bars for paused, a ring for offline, a mark of exclamation."""

from __future__ import annotations

import math
from functools import cache

from hourloom.device.tray.ports import Look

SIZES = (22, 44)
Colour = tuple[int, int, int]

_COLOURS: dict[Look, Colour] = {
    Look.RECORDING: (0x2E, 0xA0, 0x8A),
    Look.PAUSED: (0x8A, 0x8F, 0x98),
    Look.OFFLINE: (0x8A, 0x8F, 0x98),
    Look.ATTENTION: (0xD9, 0x82, 0x1E),
}


@cache
def pixels_of(look: Look, size: int) -> bytes:
    """Return an icon's pixels line by line, each as alpha, red, green and blue."""
    colour = bytes(_COLOURS[look])
    drawn = bytearray()
    for row in range(size):
        for column in range(size):
            # From -1 to 1, measured at the middle of the pixel.
            x, y = (2 * column + 1) / size - 1, (2 * row + 1) / size - 1
            drawn.append(round(255 * _covered(look, x, y, size)))
            drawn += colour
    return bytes(drawn)


def _covered(look: Look, x: float, y: float, size: int) -> float:
    """Return how much of a pixel is coloured, from 0 to 1: edges are soft over one pixel."""
    disc = _inside(0.85 - math.hypot(x, y), size)
    match look:
        case Look.RECORDING:
            return disc
        case Look.PAUSED:
            return _inside(min(0.7 - abs(y), 0.2 - abs(abs(x) - 0.4)), size)
        case Look.OFFLINE:
            return disc * (1 - _inside(0.55 - math.hypot(x, y), size))
        case Look.ATTENTION:
            stroke = _inside(min(0.12 - abs(x), 0.35 - abs(y + 0.2)), size)
            dot = _inside(0.15 - math.hypot(x, y - 0.45), size)
            return disc * (1 - max(stroke, dot))


def _inside(distance: float, size: int) -> float:
    return min(1.0, max(0.0, distance * size / 2 + 0.5))
