"""Numeric internet addresses in one form, so that v4, v6 and v4-mapped compare as equals."""

from __future__ import annotations

import socket

MAPPED = bytes(10) + b"\xff\xff"
"""What stands before a v4 address written as a v6 one."""

_LOOPBACK_V6 = bytes(15) + b"\x01"


def packed(host: str) -> bytes | None:
    """Return an address as 16 bytes, v4 as v4-mapped; None when it is not numeric."""
    try:
        if ":" in host:
            return socket.inet_pton(socket.AF_INET6, host)
        return MAPPED + socket.inet_pton(socket.AF_INET, host)
    except (OSError, ValueError):
        return None


def is_loopback(host: str) -> bool:
    """Tell whether a numeric address is this computer's own: 127/8, ::1, ::ffff:127/104."""
    address = packed(host)
    return address is not None and (address == _LOOPBACK_V6 or address.startswith(MAPPED + b"\x7f"))


def is_any(address: bytes) -> bool:
    """Tell whether a packed address is the wildcard of either family."""
    return address in (bytes(16), MAPPED + bytes(4))
