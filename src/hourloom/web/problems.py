"""Errors on the wire: each family has one status, each class a stable code."""

from __future__ import annotations

import logging
import math
from datetime import date
from pathlib import PurePath
from types import TracebackType

import msgspec
import msgspec.json

from hourloom.core import errors
from hourloom.core.strict_json import NotJson

log = logging.getLogger(__name__)

STATUS: dict[type[errors.HourloomError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.TimedOut: 503,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
    errors.Refused: 500,
}


class MethodNotAllowed(errors.Invalid):
    """This address does not answer {method} requests."""


class NotThatType(errors.Invalid):
    """The body must be {wanted}, not '{found}'."""


class InvalidShape(errors.Invalid):
    """{reason}."""


STATUS[MethodNotAllowed] = 405
STATUS[NotThatType] = 415
STATUS[InvalidShape] = 422


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong, after RFC 9457."""

    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, object] = {}


def status_of(error: errors.HourloomError) -> int:
    """Return the HTTP status of an error: its own, or its family's."""
    for family in type(error).__mro__:
        if family in STATUS:
            return STATUS[family]
    return 500


def problem_of(error: errors.HourloomError) -> Problem:
    """Describe an error for `/api/v1`."""
    family = next((f for f in type(error).__mro__ if f in STATUS), type(error))
    fields = {name: found for name, value in error.fields.items() if (found := _plain(value)) is not None}
    return Problem(
        title=family.__name__, status=status_of(error), detail=error.message, code=error.code, fields=fields
    )


def _plain(value: object) -> object:
    """Return a field as JSON has it, for sentences in other languages; None where it has no form there."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [found for each in value if (found := _plain(each)) is not None]
    return str(value) if isinstance(value, date | PurePath) else None


def retry_after(error: errors.HourloomError) -> dict[str, str]:
    """Return the header that says when to come again."""
    seconds = error.fields.get("seconds", 10)
    return {"retry-after": str(math.ceil(seconds) if isinstance(seconds, int | float) else 10)}


def known(error: Exception) -> errors.HourloomError:
    """Return a Hourloom error for any exception; what nobody foresaw is logged without its values."""
    if isinstance(error, errors.HourloomError):
        return error
    if isinstance(error, msgspec.ValidationError):
        return InvalidShape(reason=str(error))
    if isinstance(error, msgspec.DecodeError):
        return NotJson(reason=str(error))
    if _is_shortage(error):
        log.error("short of memory", exc_info=_without_message(error))
        return ShortOfMemory()
    log.error("unforeseen %s", type(error).__name__, exc_info=_without_message(error))
    return Unforeseen()


class ShortOfMemory(errors.Unavailable):
    """The server is short of memory; ask for less, or try again later."""


class Unforeseen(errors.HourloomError):
    """Something unforeseen went wrong; the log says where."""


def _is_shortage(error: Exception) -> bool:
    """Tell whether there was no memory, be it for a thread, which Python says in words only."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    )


def _without_message(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    """Keep the traceback but not the message, which may quote a title or a URL."""
    return type(error), type(error).__new__(type(error)), error.__traceback__
