"""The name of the request at hand, by which an answer is found again in the log.

It is made here and never taken from outside: what somebody sends does not get into the log.
"""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from itertools import count

REQUEST_ID = "x-request-id"

_numbers = count(1)
_prefix = secrets.token_hex(4)
_at_hand: ContextVar[int] = ContextVar("request", default=0)


def begin_request() -> None:
    """Begin a request on this task."""
    _at_hand.set(next(_numbers))


def this_request() -> str:
    """Return the name of the request at hand; where none was begun, one is."""
    if not _at_hand.get():
        begin_request()
    return f"{_prefix}-{_at_hand.get():x}"


def request_at_hand() -> str | None:
    """Return the name of the request at hand, if there is one."""
    return this_request() if _at_hand.get() else None
