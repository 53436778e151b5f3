"""Landlock of Linux: from here on this process reaches the named files and no others."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The same on every kind of processor."""
_VERSION_ONLY, _PATH_BENEATH = 1, 1

_READ_FILE = 1 << 2
_WRITE_FILE, _READ_DIRECTORY = 1 << 1, 1 << 3
_REMOVE_DIRECTORY, _REMOVE_FILE, _MAKE_DIRECTORY, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_SCRATCH = (
    _READ_FILE
    | _WRITE_FILE
    | _READ_DIRECTORY
    | _REMOVE_DIRECTORY
    | _REMOVE_FILE
    | _MAKE_DIRECTORY
    | _MAKE_FILE
    | _TRUNCATE
)
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights over files there are from each version on."""
_NETWORK_SINCE, _ALL_NETWORK = 4, 0b11
_SCOPES_SINCE, _ALL_SCOPES = 6, 0b11
"""Abstract sockets and signals, to what is not confined likewise."""


def version() -> int:
    """Return which version the kernel has; 0 means none."""
    return max(0, _call(_CREATE, None, 0, _VERSION_ONLY))


def restrict(readable: Iterable[str], scratch: str | None) -> int:
    """Leave this process these files to read and one directory to write; return the version that holds."""
    found = version()
    if not found:
        return 0
    handled = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= found)) - 1
    rules = _ruleset(found, handled)
    if rules < 0:
        return 0
    try:
        for path in readable:
            _allow(rules, path, _READ_FILE)
        if scratch is not None:
            _allow(rules, scratch, _SCRATCH & handled)
        return found if _call(_RESTRICT, rules, 0) == 0 else 0
    finally:
        os.close(rules)


def _ruleset(found: int, handled: int) -> int:
    network = _ALL_NETWORK if found >= _NETWORK_SINCE else 0
    scopes = _ALL_SCOPES if found >= _SCOPES_SINCE else 0
    fields = 3 if scopes else 2 if network else 1
    attributes = struct.pack("=QQQ", handled, network, scopes)[: 8 * fields]
    return _call(_CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), 0)


def _allow(rules: int, path: str, rights: int) -> None:
    """Allow rights over what is there; a file that is not there is allowed nothing."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):
        return
    try:
        _call(_ADD, rules, _PATH_BENEATH, ctypes.c_char_p(struct.pack("=Qi", rights, place)), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
